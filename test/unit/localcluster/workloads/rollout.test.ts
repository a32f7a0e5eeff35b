// The arithmetic of rollouts: single steps by table, whole rollouts by property.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isScaling,
  resolveFenceposts,
  type Rollout,
  rollingStep,
  scaledSizes,
} from '../../../../src/localcluster/workloads/rollout.ts';

const set = (name: string, size: number, available = size, recorded?: { desired: number; max: number }) => ({
  name,
  size,
  available,
  ...(recorded ? { recorded } : {}),
});

describe('resolveFenceposts', () => {
  test.each([
    [4, '25%', '25%', { maxSurge: 1, maxUnavailable: 1 }],
    [3, '25%', '25%', { maxSurge: 1, maxUnavailable: 0 }],
    [10, 2, 0, { maxSurge: 2, maxUnavailable: 0 }],
    [3, 0, '10%', { maxSurge: 0, maxUnavailable: 1 }],
    [3, 0, 5, { maxSurge: 0, maxUnavailable: 3 }],
    [0, '25%', '25%', { maxSurge: 0, maxUnavailable: 1 }],
  ])('%i replicas, surge %s, unavailable %s', (replicas, surge, unavailable, expected) => {
    expect(resolveFenceposts(replicas, surge, unavailable)).toEqual(expected);
  });

  test('a quarter each when nothing is said', () => {
    expect(resolveFenceposts(8)).toEqual({ maxSurge: 2, maxUnavailable: 2 });
  });
});

describe('rollingStep', () => {
  const base = { replicas: 4, maxSurge: 1, maxUnavailable: 1 };
  test.each<[string, Partial<Rollout>, Record<string, number>]>([
    ['starts with the surge', { newSet: set('new', 0), oldSets: [set('old', 4)] }, { new: 1 }],
    ['takes old ones while new ones start', { newSet: set('new', 1, 0), oldSets: [set('old', 4)] }, { old: 3 }],
    ['waits when availability is used up', { newSet: set('new', 2, 0), oldSets: [set('old', 3)] }, {}],
    [
      'takes unavailable old pods first',
      { newSet: set('new', 1, 1), oldSets: [set('bad', 2, 0), set('old', 2)] },
      { bad: 0 },
    ],
    ['ends with no old pods', { newSet: set('new', 4), oldSets: [set('old', 1)] }, { old: 0 }],
    ['takes surplus new pods away', { newSet: set('new', 6), oldSets: [] }, { new: 4 }],
    ['rests when done', { newSet: set('new', 4), oldSets: [set('old', 0)] }, {}],
  ])('%s', (_, rollout, expected) => {
    expect(rollingStep({ ...base, newSet: set('new', 0), oldSets: [], ...rollout })).toEqual(expected);
  });

  test('whatever the figures, a rollout ends, never exceeds the surge and never goes under the minimum', () => {
    const figures = fc.record({
      replicas: fc.integer({ min: 1, max: 30 }),
      surge: fc.oneof(fc.integer({ min: 0, max: 10 }), fc.constantFrom('0%', '25%', '100%')),
      unavailable: fc.oneof(fc.integer({ min: 0, max: 10 }), fc.constantFrom('0%', '25%', '100%')),
      oldSets: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(figures, ({ replicas, surge, unavailable, oldSets }) => {
        const fenceposts = resolveFenceposts(replicas, surge, unavailable);
        const sizes = new Map([['new', 0]]);
        for (let index = 0; index < oldSets; index++) sizes.set(`old${index}`, 0);
        for (let pod = 0; pod < replicas; pod++) {
          const name = `old${pod % oldSets}`;
          sizes.set(name, sizes.get(name)! + 1);
        }
        const total = () => [...sizes.values()].reduce((a, b) => a + b, 0);
        for (let step = 0; sizes.get('new') !== replicas || total() !== replicas; step++) {
          expect(step).toBeLessThan(200);
          // New pods become available between steps: the best the pods can do; old ones always are.
          const newSet = set('new', sizes.get('new')!);
          const old = [...sizes].filter(([name]) => name !== 'new').map(([name, size]) => set(name, size));
          const next = rollingStep({ replicas, ...fenceposts, newSet, oldSets: old });
          expect(Object.keys(next).length).toBeGreaterThan(0);
          for (const [name, size] of Object.entries(next)) sizes.set(name, size);
          expect(total()).toBeLessThanOrEqual(replicas + fenceposts.maxSurge);
          expect(total()).toBeGreaterThanOrEqual(replicas - fenceposts.maxUnavailable);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('scaledSizes', () => {
  const record = { desired: 10, max: 13 };
  test('only a recorded size that differs is a scaling', () => {
    const rollout = { replicas: 10, maxSurge: 3, maxUnavailable: 2, oldSets: [] };
    expect(isScaling({ ...rollout, newSet: set('new', 8) })).toBe(false);
    expect(isScaling({ ...rollout, newSet: set('new', 8, 8, record) })).toBe(false);
    expect(isScaling({ ...rollout, replicas: 12, newSet: set('new', 8, 8, record) })).toBe(true);
    expect(isScaling({ ...rollout, replicas: 12, newSet: set('new', 0, 0, record) })).toBe(false);
  });

  test('one active set takes it all', () => {
    const rollout = { replicas: 7, maxSurge: 2, maxUnavailable: 1, newSet: set('new', 0), oldSets: [set('old', 3)] };
    expect(scaledSizes(rollout)).toEqual({ old: 7 });
  });

  test('in the middle of a rollout each set grows by its part (the example of the Kubernetes documentation)', () => {
    // 10 replicas, surge 3, 8 old and 5 new pods that never get ready; scaled to 15.
    const rollout = {
      replicas: 15,
      maxSurge: 3,
      maxUnavailable: 2,
      newSet: set('new', 5, 0, record),
      oldSets: [set('old', 8, 8, record)],
    };
    expect(scaledSizes(rollout)).toEqual({ old: 11, new: 7 });
  });

  test('and shrinks by its part, to nothing at zero', () => {
    const sets = { newSet: set('new', 5, 0, record), oldSets: [set('old', 8, 8, record)] };
    expect(scaledSizes({ replicas: 5, maxSurge: 2, maxUnavailable: 1, ...sets })).toEqual({ old: 4, new: 3 });
    expect(scaledSizes({ replicas: 0, maxSurge: 0, maxUnavailable: 1, ...sets })).toEqual({ old: 0, new: 0 });
  });
});
