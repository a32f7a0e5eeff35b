import { describe, expect, it } from 'vitest';
import type { Decision } from '../../../src/decide/types.ts';
import { recordOf } from '../../../src/record/decision-record.ts';
import { nextStatus } from '../../../src/record/status.ts';
import { distanceBetween, hasSameWords, numbersOf, numbersShown } from '../../../src/record/status-gist.ts';
import { decision } from '../../support/decisions.ts';
import { target } from '../../support/targets.ts';

const STEP = {
  stage: 'combine',
  before: 3,
  after: 3,
  reason: 'WithinTolerance',
  detail: 'cpu is on its target',
} as const;
const FAILURE = { reason: 'FailedGetResourceMetric', message: 'no data' } as const;
const AT = Date.UTC(2026, 0, 1, 12);
const saidBy = (made: Decision, of = target()) => ({ target: of, decision: made, conditions: made.conditions });
/** Whether a decision with these changes says the same as one without. */
const isSame = (changes: Partial<Decision>) =>
  hasSameWords(saidBy(decision()), saidBy(decision(changes))) &&
  hasSameWords(saidBy(decision(changes)), saidBy(decision()));
const cpuAt = (ratio: number | undefined, averageValueMilli?: bigint): Decision =>
  decision({
    proposals: [
      { ...decision().proposals[0]!, ratio, status: { name: 'cpu', ...(averageValueMilli && { averageValueMilli }) } },
    ],
    currentMetrics: [{ name: 'cpu', ...(averageValueMilli && { averageValueMilli }) }],
  });

function shownOf(made: Decision): unknown {
  const record = recordOf({
    decision: made,
    metrics: target().spec!.metrics,
    outcome: { kind: 'none' },
    error: undefined,
    cycle: undefined,
    readyPods: 3,
    leadTimeMs: undefined,
    now: AT,
  });
  const { conditions } = made;
  const story = { target: target(), decision: made, record, conditions, rescaled: false, why: '', now: AT };
  return nextStatus(undefined, { ...story, scaleEvents: { up: [], down: [] } });
}

describe('the words of two cycles', () => {
  it('are the same whatever the numbers are', () => {
    const { proposals } = decision();
    const moved = proposals.map((proposal) => ({ ...proposal, ratio: 0.97 }));
    expect(isSame({ proposals: moved, earliestScaleDownAtMs: AT })).toBe(true);
  });

  it.each<[string, Partial<Decision>]>([
    ['another size is found', { currentReplicas: 7 }],
    ['another size is decided on', { desiredReplicas: 7 }],
    ['another size is wanted', { statusDesiredReplicas: 7 }],
    ['another metric wins', { winner: 'rps' }],
    ['something else blocks a smaller size', { scaleDownBlockedBy: 'ScaleDownLimit' }],
    ['a metric has another name', { proposals: [{ ...decision().proposals[0]!, name: 'rps' }] }],
    ['a metric fails', { proposals: [{ ...decision().proposals[0]!, failure: FAILURE }] }],
    ['a metric went', { proposals: [] }],
    ['a guard acts', { proposals: [{ ...decision().proposals[0]!, guards: ['StaleSample'] }] }],
    ['a metric says something else', { proposals: [{ ...decision().proposals[0]!, steps: [STEP] }] }],
    ['a stage was passed', { steps: [STEP] }],
    ['a condition went', { conditions: decision().conditions.slice(1) }],
    ['a condition says something else', { conditions: [{ ...decision().conditions[0]!, message: 'other words' }] }],
  ])('are others when %s', (_what, changes) => {
    expect(isSame(changes)).toBe(false);
  });

  it('are others for another spec', () => {
    const made = decision();
    expect(hasSameWords(saidBy(made), saidBy(made, target({ generation: 9 })))).toBe(false);
  });
});

describe('the numbers of a status', () => {
  it.each([
    [0.98, 49n],
    [1 / 3, 1_234_567n],
    [Number.POSITIVE_INFINITY, 5_000n],
    [0, 0n],
  ])('are read back as they were written: ratio %s', (ratio, milli) => {
    const made = cpuAt(ratio, milli);
    expect(distanceBetween(numbersShown(shownOf(made)), numbersOf(made))).toBe(0);
  });

  it.each([
    ['a value that moved', cpuAt(1, 50n), cpuAt(0.95, 48n), 0.05],
    ['an average alone', cpuAt(1, 50n), cpuAt(1, 51n), 0.01],
    ['a value that came', cpuAt(undefined), cpuAt(0.5, 25n), 1],
    ['a value that went', cpuAt(0.5, 25n), cpuAt(undefined), 1],
    ['a value without any bound', cpuAt(0.5, 25n), cpuAt(Number.POSITIVE_INFINITY, 25n), 1],
  ])('are apart by %s', (_what, before, after, distance) => {
    expect(distanceBetween(numbersShown(shownOf(before)), numbersOf(after))).toBeCloseTo(distance, 10);
  });

  it.each([[undefined], ['x'], [{ lastDecision: { metrics: [{ ratio: 5 }] } }], [{ currentMetrics: [null, 7] }]])(
    'are none where a status is %j',
    (status) => {
      expect(distanceBetween(numbersShown(status), numbersOf(cpuAt(1, 50n)))).toBe(1);
    },
  );
});
