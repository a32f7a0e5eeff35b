// What the guards promise whatever happens: over random minutes of random readings, beside the plain HPA on the very same ones.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Metric } from '../../src/api/spec.ts';
import { conclude } from '../../src/decide/conclude.ts';
import { decide } from '../../src/decide/decide.ts';
import { emptyHistory } from '../../src/decide/history.ts';
import { recommend } from '../../src/decide/recommend.ts';
import type { History, PodState, Proposal, Reading, Situation } from '../../src/decide/types.ts';
import { behavior, externalValue, plantSpec, podsAverage, prometheusAverage } from '../support/plant-metrics.ts';

const EPOCH_MS = Date.UTC(2026, 0, 5);
const METRICS: readonly Metric[] = [
  plantSpec().metrics[0] as Metric,
  { ...podsAverage(600n), name: 'per-pod' },
  externalValue(100_000n),
  prometheusAverage(100_000n),
];
const PODS = Array.from({ length: 8 }, (_, index) => `web-${index}`);

/** A metric's answer in one step: which pods have a sample, how much of it, and how old it is. */
interface Answer {
  readonly missing: boolean;
  readonly milli: number;
  readonly ageS: number;
  readonly partial: boolean;
  readonly pods: readonly { readonly seen: boolean; readonly milli: number; readonly ageS: number }[];
}
interface Step {
  readonly afterS: number;
  readonly podCount: number;
  readonly unready: number;
  readonly surge: number;
  readonly young: boolean;
  readonly answers: readonly Answer[];
}

const milli = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2_000 }), fc.integer({ min: 0, max: 4_000_000 }));
const ageS = fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 0, max: 60 }) }, fc.integer({ min: -90, max: 400 }));
const answer: fc.Arbitrary<Answer> = fc.record({
  missing: fc.nat(9).map((roll) => roll === 0),
  milli,
  ageS,
  partial: fc.nat(9).map((roll) => roll === 0),
  pods: fc.array(
    fc.record({ seen: fc.nat(3).map((roll) => roll > 0), milli: fc.integer({ min: 0, max: 2_000 }), ageS }),
    { minLength: PODS.length, maxLength: PODS.length },
  ),
});
const step: fc.Arbitrary<Step> = fc.record({
  afterS: fc.integer({ min: 1, max: 120 }),
  podCount: fc.integer({ min: 0, max: PODS.length }),
  unready: fc.nat(PODS.length),
  surge: fc.integer({ min: -3, max: 3 }),
  young: fc.boolean(),
  answers: fc.array(answer, { minLength: METRICS.length, maxLength: METRICS.length }),
});
const steps = fc.array(step, { minLength: 1, maxLength: 25 });
const hasBehavior = fc.boolean();

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

function podsOf(given: Step, now: number): PodState[] {
  return PODS.slice(0, given.podCount).map((name, index) => ({
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

function situationOf(given: Step, now: number, size: number, history: History, withBehavior: boolean): Situation {
  const rules = withBehavior ? { behavior: behavior(60) } : {};
  return {
    now,
    namespace: 'shop',
    name: 'web',
    spec: plantSpec({ metrics: METRICS, ...rules }),
    scale: { specReplicas: size, statusReplicas: Math.max(0, size + given.surge) },
    selectorProblem: undefined,
    pods: podsOf(given, now),
    readings: METRICS.map((metric, index) => readingOf(metric, given.answers[index] as Answer, now)),
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
function play(given: readonly Step[], withBehavior: boolean, look: (situation: Situation) => void): History {
  let now = EPOCH_MS;
  let size = 10;
  let history: History = emptyHistory;
  for (const each of given) {
    now += each.afterS * 1000;
    const situation = situationOf(each, now, size, history, withBehavior);
    look(situation);
    const decided = decide(situation);
    const concluded = decided.decision.rescale ? conclude(decided, { kind: 'written' }, situation) : decided;
    size = concluded.decision.desiredReplicas;
    history = concluded.history;
  }
  return history;
}

function unguarded(situation: Situation): Situation {
  return { ...situation, spec: { ...situation.spec, guards: 'Disabled' } };
}

/** What is wrong with a guarded proposal beside the plain one on the same readings; undefined: nothing. */
function faultBeside(guarded: Proposal, plain: Proposal, current: number): string | undefined {
  const moves = guarded.guards.some((guard) => guard === 'StaleSample' || guard === 'SurgeIsNotSize');
  if (guarded.replicas === undefined) return plain.replicas === undefined || moves ? undefined : 'lost its number';
  if (!guarded.mayLower && guarded.replicas !== current) return 'held elsewhere than at the current size';
  if (moves) return undefined;
  // Neither samples nor averages are others than the HPA's: then only SameSample may give less, and never less than there is.
  if (plain.replicas === undefined) return 'made a number out of nothing';
  if (guarded.guards.length === 0) return guarded.replicas === plain.replicas ? undefined : 'moved without a guard';
  if (!guarded.guards.includes('SameSample'))
    return guarded.replicas > plain.replicas ? undefined : 'lowered by a hold';
  return guarded.replicas >= current && guarded.replicas < plain.replicas ? undefined : 'cut below the current size';
}

/** What is wrong with the steps of a proposal: they lead from the HPA's number to the one in the end without a gap. */
function faultOfStory({ steps: story, replicas, rawReplicas }: Proposal): string | undefined {
  if (replicas === undefined) return undefined;
  const starts = [undefined, ...story.map(({ after }) => after)];
  const isWhole = story.every(({ before }, index) => index === 0 || before === starts[index]);
  const fits = story[0]?.after === rawReplicas && story.at(-1)?.after === replicas;
  return isWhole && fits ? undefined : `the steps do not lead to ${replicas}`;
}

describe('guards, over any minutes', () => {
  it('never ask for less than the HPA, but for what SameSample cuts and StaleSample and SurgeIsNotSize take away', () => {
    fc.assert(
      fc.property(steps, hasBehavior, (given, withBehavior) => {
        play(given, withBehavior, (situation) => {
          const guarded = recommend(situation).proposals;
          const plain = recommend(unguarded(situation)).proposals;
          const current = situation.scale.specReplicas;
          const faults = guarded.flatMap((proposal, index) => [
            faultBeside(proposal, plain[index] as Proposal, current),
            faultOfStory(proposal),
          ]);
          expect(faults.filter((fault) => fault !== undefined)).toEqual([]);
        });
      }),
      { numRuns: 100 },
    );
  });

  it('leave a whole number within the bounds', () => {
    fc.assert(
      fc.property(steps, hasBehavior, (given, withBehavior) => {
        play(given, withBehavior, (situation) => {
          const { desiredReplicas } = decide(situation).decision;
          expect(Number.isInteger(desiredReplicas)).toBe(true);
          expect(desiredReplicas).toBeGreaterThanOrEqual(situation.spec.minReplicas);
          expect(desiredReplicas).toBeLessThanOrEqual(situation.spec.maxReplicas);
        });
      }),
      { numRuns: 50 },
    );
  });

  it('never shrink what misses a metric, whatever was before', () => {
    fc.assert(
      fc.property(steps, hasBehavior, fc.nat(METRICS.length - 1), (given, withBehavior, missing) => {
        play(given, withBehavior, (situation) => {
          const readings = situation.readings.with(missing, {
            kind: 'absent',
            reason: 'Unreachable',
            message: 'the source cannot be reached',
          });
          const { desiredReplicas } = decide({ ...situation, readings }).decision;
          expect(desiredReplicas).toBeGreaterThanOrEqual(situation.scale.specReplicas);
        });
      }),
      { numRuns: 50 },
    );
  });

  it('remember no more than a sample or two per pod and a score of peaks', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 30, maxLength: 60 }), (given) => {
        const history = play(given, false, () => undefined);
        for (const memory of Object.values(history.metrics)) {
          expect(memory.peaks?.length ?? 0).toBeLessThanOrEqual(20);
          const readings = [memory.last, memory.sample?.reading];
          const sizes = readings.map((reading) => (reading?.kind === 'pods' ? reading.samples.size : 1));
          expect(Math.max(...sizes)).toBeLessThanOrEqual(2 * PODS.length);
        }
        expect(Object.keys(history.metrics)).toHaveLength(METRICS.length);
      }),
      { numRuns: 10 },
    );
  });

  it('never give less for twice the usage, where there are pods, none beyond the size, and nothing is remembered', () => {
    fc.assert(
      fc.property(step, hasBehavior, fc.integer({ min: 1, max: 40 }), (given, withBehavior, size) => {
        const once = situationOf(
          { ...given, podCount: Math.min(given.podCount + 1, size) },
          EPOCH_MS,
          size,
          emptyHistory,
          withBehavior,
        );
        const twice = { ...once, readings: once.readings.map(doubled) };
        const [low, high] = [recommend(once).proposals, recommend(twice).proposals];
        for (const [index, { replicas }] of low.entries()) {
          expect(high[index]?.replicas ?? -1).toBeGreaterThanOrEqual(replicas ?? -1);
        }
        expect(decide(twice).decision.desiredReplicas).toBeGreaterThanOrEqual(decide(once).decision.desiredReplicas);
      }),
      { numRuns: 300 },
    );
  });
});

function doubled(reading: Reading): Reading {
  if (reading.kind === 'absent') return reading;
  if (reading.kind === 'value') return { ...reading, valueMilli: reading.valueMilli * 2n };
  const samples = [...reading.samples].map(
    ([name, sample]) => [name, { ...sample, valueMilli: sample.valueMilli * 2n }] as const,
  );
  return { kind: 'pods', samples: new Map(samples) };
}
