// The decision against NaN, infinities, huge and empty input: it never throws, and never invents a size.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Metric, TargetSpec } from '../../src/api/spec.ts';
import { conclude } from '../../src/decide/conclude.ts';
import { decide } from '../../src/decide/decide.ts';
import type { PodState, Reading, Situation } from '../../src/decide/types.ts';
import {
  behavior,
  type Changes,
  equalSamples,
  external,
  pods,
  samples,
  situation,
  value,
} from '../support/situations.ts';
import { toldOf } from '../support/explained.ts';
import { CPU } from '../support/targets.ts';

const BOTH = ['Enabled', 'Disabled'] as const;
const MAX = 2_147_483_647;
const HUGE = 2n ** 63n - 1n;

function sizes(changes: Changes): number[] {
  return BOTH.map((guards) => {
    const given = situation({ ...changes, spec: { ...changes.spec, guards } });
    const { decision } = decide(given);
    toldOf(given);
    return decision.desiredReplicas;
  });
}

describe('numbers out of all proportion', () => {
  const far = { maxReplicas: MAX };
  it.each<[string, Changes, number[]]>([
    [
      'a value beyond what a size can be is the largest size, not the smallest',
      {
        spec: {
          ...far,
          behavior: behavior({ policies: [{ type: 'Percent', value: 2_000_000_000, periodSeconds: 15 }] }),
          metrics: [external('queue', { type: 'AverageValue', averageValueMilli: 1n })],
        },
        readings: [value(HUGE)],
      },
      [80_000_004, 80_000_004],
    ],
    [
      'a value of zero against a target of zero keeps the size',
      { spec: { metrics: [external('queue', { type: 'Value', valueMilli: 0n })] }, readings: [value(0)] },
      [4, 4],
    ],
    [
      'more than 2^30 replicas without behavior can still grow',
      {
        scale: { specReplicas: 2 ** 30 + 1, statusReplicas: 2 ** 30 + 1 },
        spec: { ...far, metrics: [external('queue', { type: 'AverageValue', averageValueMilli: 1n })] },
        readings: [value(HUGE)],
      },
      [MAX, MAX],
    ],
    [
      'negative usage asks for nothing, which the guards do not believe',
      { spec: { metrics: [external('queue')] }, readings: [value(-5_000_000)] },
      [4, 1],
    ],
    ['no pods at all hold the size', { pods: [], readings: [equalSamples(4, 900)] }, [4, 4]],
    ['no metrics at all hold the size', { spec: { metrics: [] }, readings: [] }, [4, 4]],
    ['fewer readings than metrics hold the size', { readings: [] }, [4, 4]],
    ['an empty reading holds the size', { readings: [samples({})] }, [4, 4]],
    [
      'requests of zero hold the size',
      { pods: pods(4, { containers: [{ name: 'main', requests: { cpu: 0n } }] }) },
      [4, 4],
    ],
    ['a pod without containers requests nothing', { pods: pods(4, { containers: [] }) }, [4, 4]],
    ['bounds that contradict each other give the upper one', { spec: { minReplicas: 9, maxReplicas: 3 } }, [3, 3]],
  ])('%s', (_what, changes, expected) => {
    expect(sizes(changes)).toEqual(expected);
  });

  it('sums above 64 bits wrap around in the plain HPA and are exact with guards', () => {
    // 4 × 2^61 thousandths are 2^63: the HPA sees a negative sum.
    const changes = { readings: [equalSamples(4, 2n ** 61n)], spec: { maxReplicas: 100 } };
    expect(sizes(changes)).toEqual([8, 1]);
  });
});

/** Any number a type allows, the worst ones often. */
const number = fc.oneof(
  fc.constantFrom(
    0,
    -0,
    1,
    -1,
    0.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    MAX,
    -MAX,
    2 ** 53,
    5e-324,
  ),
  fc.double(),
  fc.integer(),
);
const bigint = fc.oneof(fc.constantFrom(0n, 1n, -1n, HUGE, -HUGE, HUGE * HUGE), fc.bigInt());
const name = fc.constantFrom('pod-0', 'pod-1', '', '__proto__', 'constructor', 'toString');
const resource = fc.constantFrom('cpu', 'memory', '__proto__', 'constructor', '');
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined });
const requests = fc.dictionary(resource, bigint);
const anyPod: fc.Arbitrary<PodState> = fc.record({
  name,
  phase: fc.constantFrom('Running', 'Pending', 'Failed', 'Succeeded', 'Unknown', '', 'Gone'),
  deleting: fc.boolean(),
  ready: fc.constantFrom('True', 'False', 'Unknown', undefined),
  readyTransitionAtMs: maybe(number),
  startedAtMs: maybe(number),
  containers: fc.array(fc.record({ name, requests }), { maxLength: 2 }),
  initContainers: fc.array(fc.record({ name, requests, restartable: fc.boolean() }), { maxLength: 2 }),
  podRequests: maybe(requests),
});
const sample = fc.record({ valueMilli: bigint, atMs: maybe(number), windowMs: number });
const anyReading: fc.Arbitrary<Reading> = fc.oneof(
  fc
    .array(fc.tuple(name, sample), { maxLength: 4 })
    .map((entries): Reading => ({ kind: 'pods', samples: new Map(entries) })),
  fc.record({
    kind: fc.constant('value' as const),
    valueMilli: bigint,
    atMs: maybe(number),
    scrapeIntervalMs: maybe(number),
    partial: fc.boolean(),
  }),
  fc.constant<Reading>({ kind: 'absent', reason: 'BadValue', message: 'NaN' }),
);
const target = fc.record(
  {
    type: fc.constantFrom('Utilization', 'Value', 'AverageValue', ''),
    averageUtilization: number,
    averageValueMilli: bigint,
    valueMilli: bigint,
  },
  { requiredKeys: ['type'] },
);
const anyMetric: fc.Arbitrary<Metric> = fc
  .record({
    name: fc.constantFrom('a', 'b', '__proto__', ''),
    target,
    maxAgeSeconds: number,
    direction: fc.constantFrom('Both', 'Up', 'Down'),
    type: fc.constantFrom('Resource', 'ContainerResource', 'Pods', 'Object', 'External', 'Prometheus', 'Unknown'),
    resource,
  })
  .map((given) => ({
    ...given,
    container: 'main',
    metricName: 'm',
    query: 'up',
    source: 'default',
    typeName: 'Weather',
    describedObject: { kind: 'Ingress', name: 'main' },
  })) as fc.Arbitrary<Metric>;
const anyRules = fc.record(
  {
    stabilizationWindowSeconds: number,
    selectPolicy: fc.constantFrom('Max' as const, 'Min' as const, 'Disabled' as const),
    policies: fc.array(
      fc.record({ type: fc.constantFrom('Pods' as const, 'Percent' as const), value: number, periodSeconds: number }),
      { maxLength: 3 },
    ),
    tolerance: number,
  },
  { requiredKeys: ['selectPolicy', 'policies'] },
);
const event = fc.record({ change: number, atMs: number, outdated: fc.boolean() });
const anySituation = (replicas: fc.Arbitrary<number>, bound: fc.Arbitrary<number>): fc.Arbitrary<Situation> =>
  fc
    .record({
      now: number,
      metrics: fc.array(anyMetric, { maxLength: 3 }),
      behavior: maybe(fc.record({ scaleUp: anyRules, scaleDown: anyRules })),
      guards: fc.constantFrom(...BOTH),
      minReplicas: bound,
      maxReplicas: bound,
      specReplicas: replicas,
      statusReplicas: replicas,
      readings: fc.array(anyReading, { maxLength: 4 }),
      pods: fc.array(anyPod, { maxLength: 4 }),
      recommendations: fc.option(fc.array(fc.record({ replicas: number, atMs: number }), { maxLength: 4 })),
      up: fc.array(event, { maxLength: 3 }),
      down: fc.array(event, { maxLength: 3 }),
      tolerance: number,
      zeroByUs: fc.boolean(),
    })
    .map((given) => {
      const { metrics, behavior, guards, minReplicas, maxReplicas, specReplicas, statusReplicas } = given;
      const spec: Partial<TargetSpec> = { metrics, guards, minReplicas, maxReplicas, ...(behavior && { behavior }) };
      const base = situation();
      const mark = { type: 'ScaledToZero', status: 'True', reason: 'ScaledToZero', message: '' } as const;
      return {
        ...base,
        now: given.now,
        spec: { ...base.spec, ...spec },
        scale: { specReplicas, statusReplicas },
        pods: given.pods,
        readings: given.readings,
        previous: { conditions: given.zeroByUs ? [mark] : [], scaleEvents: { up: [], down: [] } },
        history: {
          recommendations: given.recommendations,
          scaleEvents: { up: given.up, down: given.down },
          metrics: {},
        },
        defaults: { ...base.defaults, tolerance: given.tolerance },
      };
    });

describe('any input of its types', () => {
  it('is decided, explained and concluded without a throw', () => {
    fc.assert(
      fc.property(anySituation(number, number), (given) => {
        const decided = decide(given);
        toldOf(given);
        for (const kind of ['written', 'failed', 'withheld'] as const) {
          conclude(decided, { kind, message: 'no', why: 'Recommend' }, given);
        }
        // What was remembered is taken in again.
        decide({ ...given, history: decided.history });
      }),
      { numRuns: 1500 },
    );
  });

  it('gives a whole number within the bounds when size and bounds are such', () => {
    const whole = fc.oneof(fc.constantFrom(0, 1, 2, MAX), fc.integer({ min: 0, max: 50 }));
    fc.assert(
      fc.property(anySituation(whole, whole), (given) => {
        const { minReplicas, maxReplicas } = given.spec;
        fc.pre(minReplicas <= maxReplicas && maxReplicas > 0);
        const { decision } = decide(given);
        expect(Number.isInteger(decision.desiredReplicas)).toBe(true);
        if (!decision.rescale) return;
        expect(decision.desiredReplicas).toBeGreaterThanOrEqual(minReplicas);
        expect(decision.desiredReplicas).toBeLessThanOrEqual(maxReplicas);
      }),
      { numRuns: 1500 },
    );
  });
});

it('a cpu metric beside garbage still has its say', () => {
  const metrics = [external('queue', { type: 'Nonsense' }), CPU];
  expect(sizes({ spec: { metrics }, readings: [value(1), equalSamples(4, 600)] })).toEqual([8, 8]);
});
