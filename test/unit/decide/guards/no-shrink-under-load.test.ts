// NoShrinkUnderLoad, told minute by minute: beside the plain HPA where that shrinks an overloaded workload, and in normal operation.
import { describe, expect, it } from 'vitest';
import { objectUnderLoad } from '../../../../src/decide/guards/no-shrink-under-load.ts';
import { type PlantOptions, run, runUnguarded } from '../../../support/plant.ts';
import { behavior, externalValue, plantSpec } from '../../../support/plant-metrics.ts';

const isStorm = (minute: number): boolean => minute >= 3 && minute < 9;

describe('probes that fail under load', () => {
  // The 99th percentile of latency, target 200 ms. In the storm it is 300 ms, and eight of ten pods fail their readiness probes.
  const plant: PlantOptions = {
    spec: plantSpec({ metrics: [externalValue(200_000n)], behavior: behavior(60) }),
    replicas: 10,
    load: () => 1,
    measure: ({ minute }) => (isStorm(minute) ? 300 : 180),
    isHealthy: ({ name }, { minute }) => !isStorm(minute) || name === 'web-1' || name === 'web-2',
  };

  it('make the HPA shrink in the middle of it', () => {
    expect(runUnguarded(plant, 8).story(2, 6)).toEqual([
      '2: 10', // 180 ms: inside the tolerance
      '3: 10', // 300 ms: 1.5 times the target, times the two pods that are ready: it wants 3
      '4: 3', // the window of a minute is over
      '5: 3', // two of them ready, times 1.5: it is content
      '6: 3', // the whole storm falls on two pods
    ]);
  });

  it('never make it shrink with the guard', () => {
    expect(run(plant, 12).story(2, 11)).toEqual([
      '2: 10', // 180 ms
      '3: 10 NoShrinkUnderLoad', // 1.5 times the target is no reason for fewer than 10
      '4: 10 NoShrinkUnderLoad', // the window is over, the guard is not
      '5: 10 NoShrinkUnderLoad', // still eight pods out
      '6: 10 NoShrinkUnderLoad',
      '7: 10 NoShrinkUnderLoad',
      '8: 10 NoShrinkUnderLoad',
      '9: 10', // the storm is over, latency is back at 180 ms
      '10: 10', // and nothing is held any more
      '11: 10',
    ]);
  });

  it('shrink it as usual when the latency falls far enough later', () => {
    const calm: PlantOptions = { ...plant, measure: ({ minute }) => (isStorm(minute) ? 300 : minute < 3 ? 180 : 100) };
    // 100 ms from minute 9 on: half of the pods are too many; the hold was longer than the window, so one window is waited.
    expect(run(calm, 11).changes()).toEqual(['10: 10 -> 5', '11: 5 -> 3']);
  });
});

describe('no ready pod at all', () => {
  const plant: PlantOptions = {
    spec: plantSpec({ metrics: [externalValue(200_000n)], behavior: behavior(60) }),
    replicas: 10,
    load: () => 1,
    measure: ({ minute }) => (isStorm(minute) ? 400 : 180),
    isHealthy: (_pod, { minute }) => !isStorm(minute),
  };

  it('means the minimum to the HPA', () => {
    expect(runUnguarded(plant, 5).changes()).toEqual(['3.75: 10 -> 1']);
  });

  it('means the size as it is with the guard', () => {
    expect(run(plant, 10).changes()).toEqual([]);
  });
});

describe('nodes lost under load', () => {
  // CPU at 60 % of a core; of ten pods seven are lost, and those that are left run at their limit.
  const plant: PlantOptions = {
    spec: plantSpec({ behavior: behavior(60) }),
    replicas: 10,
    load: () => 5.5,
    capacity: 1,
    quota: (minute) => (isStorm(minute) ? 3 : 40),
  };

  it('make the HPA want fewer pods than before, so that it takes longer to recover', () => {
    expect(runUnguarded(plant, 12).story(2, 10)).toEqual([
      '2: 10', // 55 % on each
      '3: 10', // three pods at 100 %: 1.67 times the target, times 3, is 5
      '4: 5', // the window is over: it asks for half of what the load needs
      '5: 5',
      '6: 5',
      '7: 5',
      '8: 5',
      '9: 5', // the nodes are back
      '10: 9', // and only now does it learn how much was missing
    ]);
  });

  it('leave the wanted size alone with the guard', () => {
    expect(run(plant, 12).changes()).toEqual([]);
  });
});

describe('normal operation', () => {
  it('a quota that allows fewer pods than wanted neither pins the size nor lets it run away', () => {
    const plant: PlantOptions = {
      spec: plantSpec({ behavior: behavior(60) }),
      replicas: 4,
      load: (minute) => (minute < 2 ? 2.2 : minute < 10 ? 6 : 2),
      capacity: 1,
      quota: () => 6,
    };
    const guarded = run(plant, 15);
    expect(guarded.changes()).toEqual([
      '2: 4 -> 7', // all four at 100 %
      '2.75: 7 -> 10', // six at 100 %: ten would be right, six is all there can be
      '10.75: 10 -> 4', // the load is gone: down as fast as the window allows, though ten never ran
    ]);
    expect(guarded.changes()).toEqual(runUnguarded(plant, 15).changes());
    expect(guarded.guards()).toEqual([]);
  });

  it('below the target nothing is held', () => {
    const plant: PlantOptions = {
      spec: plantSpec({ metrics: [externalValue(200_000n)], behavior: behavior(60) }),
      replicas: 10,
      load: () => 1,
      measure: ({ minute }) => (isStorm(minute) ? 150 : 180),
    };
    expect(run(plant, 6).changes()[0]).toBe('3.75: 10 -> 8');
    expect(run(plant, 6).guards()).toEqual([]);
  });
});

describe('objectUnderLoad', () => {
  const ask = { ratio: 1.5, toleranceUp: 0.1, replicas: 3, current: 10 };

  it.each([
    ['beyond the tolerance', ask, true],
    ['exactly at the end of the tolerance', { ...ask, ratio: 1.1 }, false],
    ['below the target', { ...ask, ratio: 0.5 }, false],
    ['asking for as many', { ...ask, replicas: 10 }, false],
    ['asking for more', { ...ask, replicas: 12 }, false],
    ['without a ratio', { ...ask, ratio: undefined }, false],
    ['with a ratio that is no number', { ...ask, ratio: Number.NaN }, false],
    ['with an endless ratio', { ...ask, ratio: Number.POSITIVE_INFINITY }, true],
    ['within a wide tolerance of its own', { ...ask, toleranceUp: 0.6 }, false],
  ])('%s: objects %s', (_name, given, objects) => {
    expect(objectUnderLoad(given) !== undefined).toBe(objects);
  });
});
