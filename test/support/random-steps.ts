// Random minutes for properties of the guards: each step a time, the pods that there are, and an answer for each metric, of which
// any part may be missing, old, partial or odd. `play` runs them through the decision.
import fc from 'fast-check';
import type { Metric } from '../../src/api/spec.ts';
import { conclude } from '../../src/decide/conclude.ts';
import { decide } from '../../src/decide/decide.ts';
import { emptyHistory } from '../../src/decide/history.ts';
import type { History, PodState, Reading, Situation } from '../../src/decide/types.ts';
import { behavior, externalValue, plantSpec, podsAverage, prometheusAverage } from './plant-metrics.ts';

export const EPOCH_MS = Date.UTC(2026, 0, 5);
export const METRICS: readonly Metric[] = [
  plantSpec().metrics[0] as Metric,
  { ...podsAverage(600n), name: 'per-pod' },
  externalValue(100_000n),
  prometheusAverage(100_000n),
];
export const PODS = Array.from({ length: 16 }, (_, index) => `web-${index}`);

/** A metric's answer in one step: which pods have a sample, how much of it, and how old it is. */
interface Answer {
  readonly missing: boolean;
  readonly milli: number;
  readonly ageS: number;
  readonly partial: boolean;
  readonly pods: readonly { readonly seen: boolean; readonly milli: number; readonly ageS: number }[];
}
export interface Step {
  readonly afterS: number;
  /** How many pods there are beyond the size, or less than that. */
  readonly extra: number;
  readonly unready: number;
  /** How many of them the workload does not count yet, or counts and the list has not. */
  readonly surge: number;
  readonly young: boolean;
  readonly answers: readonly Answer[];
}

/** Around the targets of the metrics with one value, for sizes around ten. */
const valueMilli = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 0, max: 200_000 }),
  fc.integer({ min: 0, max: 2_000_000 }),
  fc.integer({ min: 0, max: 4_000_000 }),
);
/** Mostly below the 600 that a pod is to use, so that means are on both sides of it. */
const podMilli = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 700 }) },
  fc.integer({ min: 0, max: 1_200 }),
  fc.integer({ min: 0, max: 4_000 }),
);
const ageS = fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 0, max: 60 }) }, fc.integer({ min: -90, max: 400 }));
const answer: fc.Arbitrary<Answer> = fc.record({
  missing: fc.nat(9).map((roll) => roll === 0),
  milli: valueMilli,
  ageS,
  partial: fc.nat(9).map((roll) => roll === 0),
  pods: fc.array(fc.record({ seen: fc.nat(3).map((roll) => roll > 0), milli: podMilli, ageS }), {
    minLength: PODS.length,
    maxLength: PODS.length,
  }),
});
export const step: fc.Arbitrary<Step> = fc.record({
  afterS: fc.integer({ min: 1, max: 120 }),
  extra: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: -12, max: 4 })),
  unready: fc.oneof(fc.constant(0), fc.nat(PODS.length)),
  surge: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.integer({ min: -3, max: 3 })),
  young: fc.boolean(),
  answers: fc.array(answer, { minLength: METRICS.length, maxLength: METRICS.length }),
});
export const steps = fc.array(step, { minLength: 1, maxLength: 25 });

/** What is the same in all steps of a day. */
export interface Setup {
  readonly withBehavior: boolean;
  readonly metrics: readonly number[];
  readonly minReplicas: number;
}
export const setup: fc.Arbitrary<Setup> = fc.record({
  withBehavior: fc.boolean(),
  metrics: fc.subarray([...METRICS.keys()], { minLength: 1 }),
  minReplicas: fc.constantFrom(0, 1),
});

function readingOf(metric: Metric, given: Answer, now: number): Reading {
  if (given.missing) return { kind: 'absent', reason: 'Timeout', message: 'no answer' };
  if (metric.type === 'Resource' || metric.type === 'Pods') {
    const seen = given.pods.flatMap((pod, index) =>
      pod.seen
        ? [
            [
              PODS[index] ?? '',
              { valueMilli: BigInt(pod.milli), atMs: now - pod.ageS * 1000, windowMs: 15_000 },
            ] as const,
          ]
        : [],
    );
    return { kind: 'pods', samples: new Map(seen) };
  }
  return {
    kind: 'value',
    valueMilli: BigInt(given.milli),
    atMs: metric.type === 'Prometheus' ? undefined : now - given.ageS * 1000,
    scrapeIntervalMs: metric.type === 'Prometheus' ? 30_000 : undefined,
    partial: given.partial,
  };
}

function podsOf(given: Step, now: number, size: number): PodState[] {
  return PODS.slice(0, Math.max(0, size + given.extra)).map((name, index) => ({
    name,
    phase: 'Running',
    deleting: false,
    ready: index < given.unready ? 'False' : 'True',
    readyTransitionAtMs: now - 3_000_000,
    startedAtMs: given.young && index === 0 ? now - 20_000 : now - 3_600_000,
    containers: [{ name: 'app', requests: { cpu: 1000n } }],
    initContainers: [],
    podRequests: undefined,
  }));
}

export function situationOf(given: Step, now: number, size: number, history: History, day: Setup): Situation {
  const pods = podsOf(given, now, size);
  const rules = day.withBehavior ? { behavior: behavior(60) } : {};
  return {
    now,
    namespace: 'shop',
    name: 'web',
    spec: plantSpec({
      metrics: day.metrics.map((index) => METRICS[index] as Metric),
      minReplicas: day.minReplicas,
      maxReplicas: 14,
      ...rules,
    }),
    scale: { specReplicas: size, statusReplicas: Math.max(0, pods.length + given.surge) },
    selectorProblem: undefined,
    pods,
    readings: day.metrics.map((index) => readingOf(METRICS[index] as Metric, given.answers[index] as Answer, now)),
    previous: { conditions: [], scaleEvents: { up: [], down: [] } },
    history,
    defaults: {
      tolerance: 0.1,
      downscaleStabilizationMs: 300_000,
      cpuInitializationPeriodMs: 300_000,
      initialReadinessDelayMs: 30_000,
    },
  };
}

/** Plays steps from ten replicas on and shows each situation before it is decided. */
export function play(given: readonly Step[], day: Setup, look: (situation: Situation) => void): History {
  let now = EPOCH_MS;
  let size = 10;
  let history: History = emptyHistory;
  for (const each of given) {
    now += each.afterS * 1000;
    const situation = situationOf(each, now, size, history, day);
    look(situation);
    const decided = decide(situation);
    const concluded = decided.decision.rescale ? conclude(decided, { kind: 'written' }, situation) : decided;
    size = concluded.decision.desiredReplicas;
    history = concluded.history;
  }
  return history;
}
