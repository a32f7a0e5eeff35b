// SurgeIsNotSize, told minute by minute: rollouts of a workload that is scaled on an average of one value.
import { describe, expect, it } from 'vitest';
import { differsBySurge } from '../../../../src/decide/guards/surge-is-not-size.ts';
import type { Reading } from '../../../../src/decide/types.ts';
import { type PlantOptions, run, runUnguarded } from '../../../support/plant.ts';
import { externalAverage, plantSpec, podsAverage, prometheusAverage } from '../../../support/plant-metrics.ts';

/** A queue with 100 per replica. */
const QUEUE = externalAverage(100_000n);

describe('a rollout with two surge pods, at 108 % of the target', () => {
  const plant: PlantOptions = {
    spec: plantSpec({ metrics: [QUEUE] }),
    replicas: 10,
    startS: 60,
    load: () => 1080,
    rollout: { minute: 2, surge: 2 },
  };

  it('leaves the HPA with twelve replicas for good', () => {
    expect(runUnguarded(plant, 30).changes()).toEqual([
      '2: 10 -> 12', // 1080 over twelve pods is inside the tolerance, so "keep" means twelve
    ]);
  });

  it('ends with ten with the guard', () => {
    expect(run(plant, 30).story(1, 9)).toEqual([
      '1: 10', // 108 per replica: inside the tolerance
      '2: 10 SurgeIsNotSize', // twelve pods, ten replicas: still 108
      '3: 10', // the first new pods replaced old ones; no surge at this moment
      '4: 10 SurgeIsNotSize', // the next two
      '5: 10 SurgeIsNotSize',
      '6: 10 SurgeIsNotSize',
      '7: 10 SurgeIsNotSize',
      '8: 10', // done
      '9: 10',
    ]);
  });

  it('grows by the load while it rolls, and by the load only', () => {
    const doubled: PlantOptions = { ...plant, load: (minute) => (minute < 3 ? 950 : 1900) };
    expect(runUnguarded(doubled, 30).changes()).toEqual([
      '3: 10 -> 19', // 1900 by 100
      '3.25: 19 -> 21', // with the surge there are 21 pods, over which 1900 is inside the tolerance
    ]);
    expect(run(doubled, 30).changes()).toEqual(['3: 10 -> 19']);
  });
});

describe('normal operation', () => {
  it('a rollout on target changes nothing', () => {
    const plant: PlantOptions = {
      spec: plantSpec({ metrics: [prometheusAverage(100_000n)] }),
      replicas: 10,
      startS: 60,
      load: () => 950,
      rollout: { minute: 2, surge: 2 },
    };
    const guarded = run(plant, 15);
    expect(guarded.changes()).toEqual([]);
    expect(guarded.guards()).toEqual([]);
  });

  it('a quota that allows fewer pods than wanted: up by the load, down by the load', () => {
    const plant: PlantOptions = {
      spec: plantSpec({ metrics: [QUEUE] }),
      replicas: 4,
      quota: () => 6,
      load: (minute) => (minute < 2 ? 390 : minute < 8 ? 900 : 380),
    };
    const guarded = run(plant, 15);
    expect(guarded.changes()).toEqual(['2: 4 -> 8', '2.25: 8 -> 9', '13: 9 -> 4']);
    expect(guarded.changes()).toEqual(runUnguarded(plant, 15).changes());
  });

  it('waking from zero is the HPA’s', () => {
    const plant: PlantOptions = {
      spec: plantSpec({ metrics: [QUEUE], minReplicas: 0 }),
      replicas: 1,
      load: (minute) => (minute < 10 ? 0 : 350),
    };
    expect(run(plant, 12).changes()).toEqual(runUnguarded(plant, 12).changes());
  });

  it('metrics per pod are left to the HPA, surge or not', () => {
    const plant: PlantOptions = {
      spec: plantSpec({ metrics: [podsAverage(600n)] }),
      replicas: 10,
      load: () => 5.5,
      rollout: { minute: 2, surge: 3 },
    };
    expect(run(plant, 10).guards()).toEqual([]);
  });
});

describe('differsBySurge', () => {
  const value: Reading = {
    kind: 'value',
    valueMilli: 5n,
    atMs: undefined,
    scrapeIntervalMs: undefined,
    partial: false,
  };
  const pods: Reading = { kind: 'pods', samples: new Map() };

  it.each([
    ['more pods than wanted', value, 10, 12, true],
    ['fewer pods than wanted', value, 10, 6, true],
    ['as many', value, 10, 10, false],
    ['from zero', value, 0, 2, false],
    ['per pod', pods, 10, 12, false],
  ] as const)('%s', (_name, reading, specReplicas, statusReplicas, expected) => {
    expect(differsBySurge(reading, { specReplicas, statusReplicas })).toBe(expected);
  });
});
