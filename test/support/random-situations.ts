// Random situations for properties: plausible ones, where every pod of the size is there, and the building blocks for worse.
import fc from 'fast-check';
import type { Metric, ScalingRules, TargetSpec } from '../../src/api/spec.ts';
import type { History, PodState, Reading, Situation } from '../../src/decide/types.ts';
import { external, NOW, pod, seconds, situation } from './situations.ts';
import { CPU } from './targets.ts';

/** What one pod is and uses. */
export interface RandomPod {
  readonly usage: number;
  readonly request: number;
  readonly state: 'ready' | 'starting' | 'pending' | 'deleting' | 'failed';
  readonly hasSample: boolean;
}

export const randomPod = (states: readonly RandomPod['state'][]): fc.Arbitrary<RandomPod> =>
  fc.record({
    usage: fc.integer({ min: 0, max: 3000 }),
    request: fc.integer({ min: 1, max: 1000 }),
    state: fc.constantFrom(...states),
    hasSample: fc.boolean(),
  });

export function podOf({ request, state }: RandomPod, index: number): PodState {
  const base = pod(`pod-${index}`, {
    containers: [{ name: 'main', requests: { cpu: BigInt(request), memory: BigInt(request) } }],
  });
  switch (state) {
    case 'starting':
      return { ...base, ready: 'False', startedAtMs: NOW - seconds(20), readyTransitionAtMs: NOW - seconds(20) };
    case 'pending':
      return { ...base, phase: 'Pending', ready: undefined, startedAtMs: undefined };
    case 'deleting':
      return { ...base, deleting: true };
    case 'failed':
      return { ...base, phase: 'Failed' };
    case 'ready':
    default:
      return base;
  }
}

/** The samples of the pods that have one, all usage times `factor`. */
export function readingOf(all: readonly RandomPod[], factor = 1): Reading {
  const samples = all.flatMap(({ usage, hasSample }, index) => {
    const sample = { valueMilli: BigInt(usage * factor), atMs: NOW, windowMs: 15_000 };
    return hasSample ? [[`pod-${index}`, sample] as const] : [];
  });
  return { kind: 'pods', samples: new Map(samples) };
}

const policies = fc.array(
  fc.record({
    type: fc.constantFrom('Pods' as const, 'Percent' as const),
    value: fc.integer({ min: 1, max: 200 }),
    periodSeconds: fc.integer({ min: 1, max: 1800 }),
  }),
  { minLength: 1, maxLength: 3 },
);
const rules: fc.Arbitrary<ScalingRules> = fc.record(
  {
    stabilizationWindowSeconds: fc.integer({ min: 0, max: 3600 }),
    selectPolicy: fc.constantFrom('Max' as const, 'Min' as const, 'Disabled' as const),
    policies,
    tolerance: fc.constantFrom(0, 0.05, 0.1, 0.5),
  },
  { requiredKeys: ['selectPolicy', 'policies'] },
);
export const randomBehavior = fc.option(fc.record({ scaleUp: rules, scaleDown: rules }), { nil: undefined });

const age = fc.integer({ min: 0, max: 4000 });
const event = fc.record({
  change: fc.integer({ min: 1, max: 20 }),
  atMs: age.map((each) => NOW - seconds(each)),
  outdated: fc.boolean(),
});
export const randomHistory: fc.Arbitrary<History> = fc.record({
  recommendations: fc.option(
    fc.array(fc.record({ replicas: fc.nat(40), atMs: age.map((each) => NOW - seconds(each)) }), { maxLength: 6 }),
  ),
  scaleEvents: fc.record({ up: fc.array(event, { maxLength: 4 }), down: fc.array(event, { maxLength: 4 }) }),
  metrics: fc.constant({}),
});

export interface World {
  readonly pods: readonly RandomPod[];
  readonly queueMilli: number;
  readonly metrics: readonly Metric[];
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly behavior: TargetSpec['behavior'];
  readonly history: History;
  readonly guards: 'Enabled' | 'Disabled';
}

const METRICS: readonly Metric[] = [
  CPU,
  { ...CPU, name: 'cpu-average', target: { type: 'AverageValue', averageValueMilli: 300n } },
  {
    type: 'Resource',
    name: 'memory',
    resource: 'memory',
    target: { type: 'Utilization', averageUtilization: 120 },
    maxAgeSeconds: 180,
    direction: 'Both',
  },
  {
    type: 'Pods',
    name: 'per-pod',
    metricName: 'rps',
    target: { type: 'AverageValue', averageValueMilli: 500n },
    maxAgeSeconds: 180,
    direction: 'Both',
  },
  external('queue'),
  external('total', { type: 'Value', valueMilli: 100_000n }),
];

/** Worlds where the size is the number of pods, and within its bounds. */
export const world = (states: readonly RandomPod['state'][] = ['ready', 'starting', 'pending']): fc.Arbitrary<World> =>
  fc
    .record({
      pods: fc.array(randomPod(states), { minLength: 1, maxLength: 12 }),
      queueMilli: fc.integer({ min: 0, max: 5_000_000 }),
      metrics: fc.subarray([...METRICS], { minLength: 1, maxLength: 3 }),
      below: fc.nat(3),
      above: fc.nat(20),
      behavior: randomBehavior,
      history: randomHistory,
      guards: fc.constantFrom('Enabled' as const, 'Disabled' as const),
    })
    .map(({ below, above, ...rest }) => ({
      ...rest,
      minReplicas: Math.max(1, rest.pods.length - below),
      maxReplicas: rest.pods.length + above,
    }));

/** The situation of a world, with all usage times `factor`. */
export function situationOf(given: World, factor = 1): Situation {
  const size = given.pods.length;
  const { metrics, minReplicas, maxReplicas, behavior, guards, history } = given;
  const ofPods = readingOf(given.pods, factor);
  const ofQueue: Reading = {
    kind: 'value',
    valueMilli: BigInt(given.queueMilli * factor),
    atMs: NOW,
    scrapeIntervalMs: undefined,
    partial: false,
  };
  return situation({
    spec: { metrics, minReplicas, maxReplicas, guards, ...(behavior && { behavior }) },
    scale: { specReplicas: size, statusReplicas: given.pods.filter(({ state }) => state !== 'failed').length },
    pods: given.pods.map(podOf),
    readings: metrics.map(({ type }) => (type === 'External' ? ofQueue : ofPods)),
    history,
  });
}
