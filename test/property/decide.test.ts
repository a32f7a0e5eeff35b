// What a decision promises whatever comes in. On a failure fast-check prints the seed and the smallest counter-example.
// Where the plain HPA breaks a promise, the worlds are narrowed and the counter-example stands beside it. The laws of the guards
// over several decisions are in laws.test.ts.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../src/decide/decide.ts';
import type { Reading, Situation } from '../../src/decide/types.ts';
import { type RandomPod, readingOf, situationOf, world, type World } from '../support/random-situations.ts';
import { equalSamples, external, pod, pods, samples, situation, sizeIn, value } from '../support/situations.ts';

const size = (given: Situation): number => decide(given).decision.desiredReplicas;
const RUNS = { numRuns: 400 };
const ANY_STATE: readonly RandomPod['state'][] = ['ready', 'starting', 'pending', 'deleting', 'failed'];

describe('the result', () => {
  it('is a whole number within the bounds', () => {
    fc.assert(
      fc.property(world(ANY_STATE), fc.integer({ min: 1, max: 60 }), (given, specReplicas) => {
        const decided = size({ ...situationOf(given), scale: { specReplicas, statusReplicas: specReplicas } });
        expect(Number.isInteger(decided)).toBe(true);
        expect(decided).toBeGreaterThanOrEqual(given.minReplicas);
        expect(decided).toBeLessThanOrEqual(given.maxReplicas);
      }),
      RUNS,
    );
  });

  it('is what the last step says, and each step begins where the one before ended', () => {
    fc.assert(
      fc.property(world(ANY_STATE), (given) => {
        const { decision } = decide(situationOf(given));
        const [first, ...later] = decision.steps;
        expect(first?.before).toBe(decision.currentReplicas);
        later.forEach((step, index) => expect(step.before).toBe(decision.steps[index]?.after));
        expect(decision.steps.at(-1)?.after).toBe(decision.desiredReplicas);
        expect(decision.rescale).toBe(decision.desiredReplicas !== decision.currentReplicas);
      }),
      RUNS,
    );
  });

  it('is the same for the same situation, and what came in is not changed', () => {
    fc.assert(
      fc.property(world(ANY_STATE), (given) => {
        const one = situationOf(given);
        const before = structuredClone(one);
        expect(decide(one)).toEqual(decide(situationOf(given)));
        expect(one).toEqual(before);
      }),
      { numRuns: 100 },
    );
  });
});

describe('doubling all usage', () => {
  it('never lowers the answer while every pod of the size is there, and ready where a value is multiplied by it', () => {
    const servesOrHasNoValue = (given: World): boolean =>
      given.metrics.every(({ name }) => name !== 'total') || given.pods.every(({ state }) => state === 'ready');
    fc.assert(
      fc.property(world().filter(servesOrHasNoValue), (given) => {
        expect(size(situationOf(given, 2))).toBeGreaterThanOrEqual(size(situationOf(given)));
      }),
      { numRuns: 1500 },
    );
  });

  it('never lowers the answer with guards, whatever state the pods are in', () => {
    fc.assert(
      fc.property(world(ANY_STATE), (given) => {
        const guarded: World = { ...given, guards: 'Enabled' };
        expect(size(situationOf(guarded, 2))).toBeGreaterThanOrEqual(size(situationOf(guarded)));
      }),
      { numRuns: 1500 },
    );
  });

  it('can lower it in the plain HPA when few pods are ready, by which it multiplies a value', () => {
    const total = external('total', { type: 'Value', valueMilli: 100_000n });
    const given = { spec: { metrics: [total] }, pods: [pod('pod-0'), ...pods(4, { ready: 'False' }).slice(1)] };
    expect(sizeIn({ ...given, readings: [value(90_000)] })).toBe(4);
    expect(sizeIn({ ...given, readings: [value(180_000)] })).toBe(2);
  });

  it('can lower it in the plain HPA when pods are being deleted and not yet replaced', () => {
    const deleting = pods(3, { deleting: true }).map((each, index) => ({ ...each, name: `gone-${index}` }));
    const changes = { pods: [pod('pod-0'), ...deleting] };
    // At its target the size is kept; at twice the target the one pod left is what is multiplied.
    expect(sizeIn({ ...changes, readings: [equalSamples(1, 300)] })).toBe(4);
    expect(sizeIn({ ...changes, readings: [equalSamples(1, 600)] })).toBe(2);
  });

  it('can lower it in the plain HPA when a rollout runs more pods than the size', () => {
    const starting = { ready: 'False', startedAtMs: situation().now - 1000 } as const;
    const all = [...pods(8), ...pods(16, starting).slice(8)];
    // 84 % of the target over eight ready pods is seven, more than the size; above the target the starting pods count as idle,
    // which turns the change around, and the size holds.
    expect(sizeIn({ pods: all, readings: [equalSamples(16, 255)] })).toBe(7);
    expect(sizeIn({ pods: all, readings: [equalSamples(16, 510)] })).toBe(4);
  });
});

it('the order of pods and samples changes nothing', () => {
  fc.assert(
    fc.property(world(ANY_STATE), fc.infiniteStream(fc.nat()), (given, random) => {
      const one = situationOf(given);
      const shuffle = <T>(list: readonly T[]): T[] =>
        list
          .map((item) => ({ item, place: random.next().value as number }))
          .sort((a, b) => a.place - b.place)
          .map(({ item }) => item);
      const readings = one.readings.map(
        (reading): Reading =>
          reading.kind === 'pods' ? { kind: 'pods', samples: new Map(shuffle([...reading.samples])) } : reading,
      );
      const other = decide({ ...one, pods: shuffle(one.pods), readings });
      const same = decide(one);
      expect(other.decision).toEqual(same.decision);
      expect(other.history.recommendations).toEqual(same.history.recommendations);
    }),
    RUNS,
  );
});

describe('raising maxReplicas', () => {
  it('never lowers the answer while the size is within both', () => {
    fc.assert(
      fc.property(world(ANY_STATE), fc.nat(50), (given, more) => {
        const raised: World = { ...given, maxReplicas: given.maxReplicas + more };
        expect(size(situationOf(raised))).toBeGreaterThanOrEqual(size(situationOf(given)));
      }),
      RUNS,
    );
  });

  it('can lower it when the size was above: the bound looks at no metric', () => {
    const idle = { scale: { specReplicas: 8, statusReplicas: 8 }, pods: pods(8), readings: [equalSamples(8, 15)] };
    expect(sizeIn({ ...idle, spec: { maxReplicas: 5 } })).toBe(5);
    expect(sizeIn({ ...idle, spec: { maxReplicas: 10 } })).toBe(1);
  });
});

describe('missing data', () => {
  const absent: Reading = { kind: 'absent', reason: 'Timeout', message: 'no answer within 5 s' };

  it('of any metric never lowers the size', () => {
    fc.assert(
      fc.property(world(ANY_STATE), fc.nat(), (given, which) => {
        const one = situationOf(given);
        const lost = which % one.readings.length;
        const readings = one.readings.map((reading, index) => (index === lost ? absent : reading));
        expect(size({ ...one, readings })).toBeGreaterThanOrEqual(one.scale.specReplicas);
      }),
      RUNS,
    );
  });

  it('of pods past their start never lowers a size that all data would keep, with guards', () => {
    fc.assert(
      fc.property(world(ANY_STATE), fc.infiniteStream(fc.boolean()), (given, random) => {
        const all = given.pods.map((each) => ({ ...each, hasSample: each.state !== 'starting' || each.hasSample }));
        const part = all.map((each) => ({
          ...each,
          hasSample: each.hasSample && (each.state === 'starting' || (random.next().value as boolean)),
        }));
        const [whole, lacking] = [all, part].map((ofPods) =>
          size(situationOf({ ...given, guards: 'Enabled', pods: ofPods })),
        );
        expect(lacking).toBeGreaterThanOrEqual(Math.min(whole ?? 0, given.pods.length));
      }),
      { numRuns: 1000 },
    );
  });

  it('of some pods asks in the plain HPA for no fewer than all data would, while no pod uses more than it requests', () => {
    const modest = world(['ready']).map((given) => ({
      ...given,
      guards: 'Disabled' as const,
      metrics: given.metrics.filter(({ name }) => name === 'cpu' || name === 'memory'),
      pods: given.pods.map((each) => ({ ...each, usage: Math.min(each.usage, each.request) })),
    }));
    fc.assert(
      fc.property(
        modest.filter(({ metrics }) => metrics.length > 0),
        (given) => {
          const part = situationOf(given);
          const all = given.pods.map((each) => ({ ...each, hasSample: true }));
          const whole = { ...part, readings: part.readings.map(() => readingOf(all)) };
          expect(size(part)).toBeGreaterThanOrEqual(Math.min(size(whole), part.scale.specReplicas));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('of a pod far above its request can lower it in the plain HPA, which assumes full use', () => {
    // With the busy pod: 3060 of 2000 is 153 %. Without it: 20 of 500 on three, full use assumed on the fourth: 28 %.
    const busy = samples({ 'pod-0': 3000, 'pod-1': 20, 'pod-2': 20, 'pod-3': 20 });
    const without = samples({ 'pod-1': 20, 'pod-2': 20, 'pod-3': 20 });
    expect(sizeIn({ readings: [busy] })).toBe(8);
    expect(sizeIn({ readings: [without] })).toBe(2);
  });
});
