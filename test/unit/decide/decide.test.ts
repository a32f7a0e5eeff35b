// The decision as a whole: its branches, how metrics are combined, what it says.
import { describe, expect, it } from 'vitest';
import { decide, needsReadings } from '../../../src/decide/decide.ts';
import {
  absent,
  behavior,
  type Changes,
  conditionsOf,
  equalSamples,
  external,
  NOW,
  pods,
  seconds,
  situation,
  sizeIn,
  value,
} from '../../support/situations.ts';
import { CPU } from '../../support/targets.ts';

const decided = (changes: Changes) => decide(situation(changes));
const size = (replicas: number) => ({ scale: { specReplicas: replicas, statusReplicas: replicas } });

describe('a decision', () => {
  it('says how it came about', () => {
    const { decision } = decided({ readings: [equalSamples(4, 600)], spec: { maxReplicas: 6 } });
    expect(decision).toMatchObject({
      currentReplicas: 4,
      desiredReplicas: 6,
      rescale: true,
      rescaleReason: 'cpu resource utilization (percentage of request) above target',
      unclampedReplicas: 8,
      winner: 'cpu',
      statusDesiredReplicas: 6,
      error: undefined,
    });
    expect(decision.steps.map(({ stage, before, after, reason }) => [stage, before, after, reason])).toEqual([
      ['combine', 4, 8, 'MetricProposal'],
      ['limit', 8, 6, 'TooManyReplicas'],
    ]);
    expect(decision.proposals).toMatchObject([{ name: 'cpu', replicas: 8, rawReplicas: 8, ratio: 2, mayLower: true }]);
    expect(decision.proposals[0]?.steps[0]?.detail).toBe('cpu is 2 times its target over 4 ready pods');
  });

  it('is made without metrics when the size is out of bounds, and stores nothing', () => {
    const { decision, history } = decided({ ...size(12), readings: [] });
    expect(decision).toMatchObject({
      desiredReplicas: 10,
      rescale: true,
      rescaleReason: 'Current number of replicas above Spec.MaxReplicas',
      currentMetrics: [],
      unclampedReplicas: undefined,
    });
    expect(history.recommendations).toEqual([]);
  });

  it('leaves a workload that somebody set to zero alone', () => {
    const given = decided({ ...size(0), readings: [] });
    expect(given.decision).toMatchObject({ desiredReplicas: 0, rescale: false, error: undefined });
    expect(conditionsOf(given)).toEqual(['AbleToScale=True/SucceededGetScale', 'ScalingActive=False/ScalingDisabled']);
  });

  it('starts from the current size at first sight, whatever the branch', () => {
    const history = { recommendations: null, scaleEvents: { up: [], down: [] }, metrics: {} };
    const first = (replicas: number) =>
      decided({ ...size(replicas), history, readings: [value(1)] }).history.recommendations;
    expect(first(12)).toEqual([{ replicas: 12, atMs: NOW }]);
    expect(first(0)).toEqual([{ replicas: 0, atMs: NOW }]);
    expect(sizeIn({ history, readings: [equalSamples(4, 1)] })).toBe(4);
  });

  it('asks for readings only where metrics are looked at', () => {
    const needs = (changes: Changes) => needsReadings(situation(changes));
    expect([needs({}), needs(size(0)), needs(size(12)), needs({ selectorProblem: { kind: 'missing' } })]).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  it.each([
    [{ kind: 'missing' }, 'InvalidSelector', 'SelectorRequired', 'selector is required'],
    [
      { kind: 'unparsable', message: 'what is ???' },
      'InvalidSelector',
      'InvalidSelector',
      "couldn't convert selector into a corresponding internal selector object: what is ???",
    ],
    [
      { kind: 'ambiguous', rivals: ['api', 'web'], selector: 'app=web' },
      'AmbiguousSelector',
      'AmbiguousSelector',
      'pods by selector app=web are controlled by multiple HPAs: [shop/api shop/web]',
    ],
  ] as const)('is impossible with a selector that is %o', (selectorProblem, reason, event, message) => {
    const given = decided({ selectorProblem });
    expect(given.decision).toMatchObject({ desiredReplicas: 4, rescale: false, error: { kind: 'internal' } });
    expect(conditionsOf(given)[1]).toBe(`ScalingActive=False/${reason}`);
    expect(given.decision.events.map((each) => [each.reason, each.message])).toEqual([
      [event, message],
      ['FailedComputeMetricsReplicas', message],
    ]);
  });
});

describe('several metrics', () => {
  const two = (first: number | undefined, second: number | undefined, changes: Changes = {}) => {
    const reading = (milli: number | undefined) => (milli === undefined ? absent : value(milli * 100_000));
    const metrics = [external('a'), external('b')];
    return decided({ ...changes, spec: { metrics, ...changes.spec }, readings: [reading(first), reading(second)] });
  };
  it('the largest proposal wins, the first one on ties', () => {
    expect(two(6, 8).decision).toMatchObject({ desiredReplicas: 8, winner: 'b' });
    expect(two(6, 6).decision).toMatchObject({ desiredReplicas: 6, winner: 'a' });
  });
  it('while all ask for nothing, the last one has the word', () => {
    expect(two(0, 0).decision).toMatchObject({ unclampedReplicas: 0, winner: 'b' });
  });
  it('a failed one takes away the right to shrink, and is told', () => {
    const given = two(2, undefined);
    expect(given.decision).toMatchObject({
      desiredReplicas: 4,
      unclampedReplicas: undefined,
      steps: [{ stage: 'combine', reason: 'MissingMetricHold', before: 4, after: 4 }],
    });
    expect(given.decision.currentMetrics).toEqual([
      { name: 'a', averageValueMilli: 50_000n, sampleAtMs: NOW },
      undefined,
    ]);
    expect(given.decision.error?.message).toContain('invalid metrics (1 invalid out of 2), first error is: ');
    expect(given.history.recommendations).toEqual([]);
  });
  it('a failed one does not take away the right to grow, and its error is kept', () => {
    const { decision } = two(undefined, 7);
    expect(decision).toMatchObject({ desiredReplicas: 7, rescale: true, error: { kind: 'internal' } });
    expect(decision.events.map(({ reason }) => reason)).toEqual(['FailedGetExternalMetric']);
  });
  it('all failed: the size and the old wish stay', () => {
    const previous = { desiredReplicas: 9, conditions: [], scaleEvents: { up: [], down: [] } };
    expect(two(undefined, undefined, { previous }).decision).toMatchObject({
      desiredReplicas: 4,
      statusDesiredReplicas: 9,
      steps: [{ reason: 'NoUsableMetric' }],
    });
  });
});

describe('direction', () => {
  const only = (direction: 'Up' | 'Down', milli: number) =>
    decided({ spec: { metrics: [{ ...external('a'), direction }] }, readings: [value(milli)] }).decision;
  it('Up never votes for fewer', () => {
    expect(only('Up', 100_000)).toMatchObject({ desiredReplicas: 4, proposals: [{ replicas: 4, rawReplicas: 1 }] });
    expect(only('Up', 100_000).steps[0]?.reason).toBe('DirectionUp');
    expect(only('Up', 800_000).desiredReplicas).toBe(8);
  });
  it('Down never votes for more', () => {
    expect(only('Down', 800_000)).toMatchObject({ desiredReplicas: 4, proposals: [{ replicas: 4, rawReplicas: 8 }] });
    expect(only('Down', 100_000).desiredReplicas).toBe(1);
  });
  it('Up that wants fewer abstains: the others may shrink the target', () => {
    const metrics = [{ ...external('a'), direction: 'Up' as const }, CPU];
    expect(sizeIn({ spec: { metrics }, readings: [value(1), equalSamples(4, 1)] })).toBe(1);
  });
  it('Up that is on its target holds against the others', () => {
    const metrics = [{ ...external('a'), direction: 'Up' as const }, CPU];
    expect(sizeIn({ spec: { metrics }, readings: [value(400_000), equalSamples(4, 1)] })).toBe(4);
  });
  it('Up that is missing takes away the right to shrink, like any other', () => {
    const metrics = [{ ...external('a'), direction: 'Up' as const }, CPU];
    expect(sizeIn({ spec: { metrics }, readings: [absent, equalSamples(4, 1)] })).toBe(4);
  });
});

describe('the earliest scale-down', () => {
  const earliest = (changes: Changes) => {
    const at = decided(changes).decision.earliestScaleDownAtMs;
    return at === undefined ? undefined : (at - NOW) / 1000;
  };
  it('is one window after the size was last recommended', () => {
    const recommendations = [{ replicas: 4, atMs: NOW - seconds(100) }];
    const history = { recommendations, scaleEvents: { up: [], down: [] }, metrics: {} };
    expect(earliest({ history, readings: [equalSamples(4, 100)] })).toBe(200.001);
    expect(earliest({ history, readings: [equalSamples(4, 100)], spec: { behavior: behavior() } })).toBe(200);
  });
  it('waits for the scale-down policies as well', () => {
    const down = [{ change: 1, atMs: NOW - seconds(10), outdated: false }];
    const history = { recommendations: [], scaleEvents: { up: [], down }, metrics: {} };
    const policies = [{ type: 'Pods', value: 1, periodSeconds: 600 } as const];
    const given = behavior({}, { policies, stabilizationWindowSeconds: 0 });
    expect(earliest({ history, readings: [equalSamples(4, 100)], spec: { behavior: given } })).toBe(590);
  });
  it('is unset at the minimum, and where scaling down is disabled', () => {
    expect(earliest({ spec: { minReplicas: 4 } })).toBeUndefined();
    expect(earliest({ spec: { behavior: behavior({}, { selectPolicy: 'Disabled' }) } })).toBeUndefined();
  });
});

it('what came in stays as it was', () => {
  const given = situation({
    pods: pods(4),
    history: { recommendations: null, scaleEvents: { up: [], down: [] }, metrics: {} },
  });
  const before = structuredClone(given);
  decide(given);
  expect(given).toEqual(before);
});
