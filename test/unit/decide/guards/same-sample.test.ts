// SameSample, told minute by minute: what a controller does that is faster than its metrics.
import { describe, expect, it } from 'vitest';
import { followSample, objectToGrowth } from '../../../../src/decide/guards/same-sample.ts';
import { isNewSample } from '../../../../src/decide/guards/samples.ts';
import type { PodsReading, SampleMemory, ValueReading } from '../../../../src/decide/types.ts';
import { type PlantOptions, run, runUnguarded } from '../../../support/plant.ts';
import { behavior, externalValue, plantSpec, podsAverage } from '../../../support/plant-metrics.ts';

/** Load per ready pod, against 0.6: the shape of a utilization or of a waiting time that comes as one value. */
const PER_POD: Pick<PlantOptions, 'measure'> = { measure: ({ load, readyPods }) => load / Math.max(1, readyPods) };

describe('samples 60 s apart and a period of 15 s', () => {
  const plant: PlantOptions = {
    ...PER_POD,
    spec: plantSpec({ metrics: [externalValue(600n)] }),
    replicas: 4,
    scrapeS: 60,
    scrapeDelayS: 5,
    load: (minute) => (minute < 3 ? 2.2 : 6),
  };

  it('make the HPA multiply one overload by the pods that its own answer brought', () => {
    const hpa = runUnguarded(plant, 12);
    expect(hpa.changes()).toEqual([
      '3.25: 4 -> 8', // 1.5 cores on each of four pods: 2.5 times the target, 10 pods; limited to 8
      '3.5: 8 -> 10', // the rest of it
      '3.75: 10 -> 20', // the same sample, times the eight pods that are ready by now: 20
      '4: 20 -> 25', // the same sample, times ten
      '10.25: 25 -> 10', // and five minutes later it finds that ten are enough
    ]);
  });

  it('give what they ask for, once, with the guard', () => {
    expect(run(plant, 12).story(2, 6)).toEqual([
      '2: 4',
      '3: 4', // the load is there, the sample is not yet
      '4: 10 SameSample', // climbed to 10 in two steps; 25 would have to be said by a newer sample
      '5: 10', // which says 0.6 on each of ten
      '6: 10',
    ]);
  });
});

describe('a climb under a speed limit', () => {
  it('goes on from the same sample up to what it asked for', () => {
    const up = { policies: [{ type: 'Pods', value: 1, periodSeconds: 15 }] } as const;
    const plant: PlantOptions = {
      ...PER_POD,
      spec: plantSpec({ metrics: [externalValue(600n)], behavior: behavior(300, up) }),
      replicas: 4,
      scrapeS: 120,
      scrapeDelayS: 5,
      load: (minute) => (minute < 2 ? 2.2 : 6),
    };
    expect(run(plant, 8).changes()).toEqual([
      '2.25: 4 -> 5', // one sample says 10, one pod at a time
      '2.5: 5 -> 6',
      '2.75: 6 -> 7',
      '3: 7 -> 8',
      '3.25: 8 -> 9',
      '3.5: 9 -> 10', // there; the next sample is due at four minutes
    ]);
  });
});

describe('normal operation', () => {
  it('a period of 5 s and samples every 30 s: the first answer to each sample is as fast as the HPA’s', () => {
    const plant: PlantOptions = {
      ...PER_POD,
      spec: plantSpec({ metrics: [externalValue(600n)] }),
      replicas: 4,
      periodS: 5,
      scrapeS: 30,
      scrapeDelayS: 5,
      load: (minute) => (minute < 3 ? 2.2 : 6),
    };
    expect(runUnguarded(plant, 8).changes().slice(0, 2)).toEqual(['3.08: 4 -> 8', '3.17: 8 -> 10']);
    expect(run(plant, 8).changes()).toEqual([
      '3.08: 4 -> 8', // the first sample of the new load
      '3.17: 8 -> 10',
      '3.58: 10 -> 13', // the next one, taken when eight pods were ready
    ]);
  });

  it('CPU with samples 60 s apart is what it is for the HPA, which counts pods without a sample by itself', () => {
    const plant: PlantOptions = {
      spec: plantSpec(),
      replicas: 4,
      scrapeS: 60,
      scrapeDelayS: 5,
      load: (minute) => (minute < 3 ? 2.2 : 6),
    };
    const guarded = run(plant, 12);
    expect(guarded.changes()).toEqual(['3.25: 4 -> 8', '3.5: 8 -> 10']);
    expect(guarded.changes()).toEqual(runUnguarded(plant, 12).changes());
    expect(guarded.guards()).toEqual([]);
  });

  it('a deploy under load changes nothing', () => {
    const plant: PlantOptions = {
      spec: plantSpec({ metrics: [podsAverage(600n)] }),
      replicas: 10,
      startS: 40,
      scrapeS: 30,
      load: () => 5.5,
      rollout: { minute: 2, surge: 3 },
    };
    const guarded = run(plant, 12);
    expect(guarded.changes()).toEqual(runUnguarded(plant, 12).changes());
    expect(guarded.guards()).toEqual([]);
  });

  it('a load that grows from sample to sample is followed from sample to sample', () => {
    const plant: PlantOptions = {
      spec: plantSpec(),
      replicas: 4,
      scrapeS: 60,
      periodS: 5,
      load: (minute) => 2.2 + Math.max(0, minute - 2) * 0.9,
    };
    const guarded = run(plant, 15);
    expect(guarded.changes()).toEqual(runUnguarded(plant, 15).changes());
    expect(guarded.at(15).size).toBeGreaterThanOrEqual(20);
  });
});

describe('the ceiling', () => {
  const reading: ValueReading = {
    kind: 'value',
    valueMilli: 5n,
    atMs: 1000,
    scrapeIntervalMs: undefined,
    partial: false,
  };
  const known: SampleMemory = { reading, newAtMs: 2000, target: '60', ceiling: 10 };

  it.each([
    ['beyond it', 25, 8, 10],
    ['beyond it, with more than that already there', 25, 20, 20],
    ['up to it', 10, 8, undefined],
    ['for fewer', 3, 8, undefined],
  ])('asking %s', (_name, replicas, current, ceiling) => {
    expect(objectToGrowth(known, { now: 3000, replicas, current })?.ceiling).toBe(ceiling);
  });

  it('stays with its sample', () => {
    expect(followSample(reading, known, { now: 3000, target: '60', replicas: 25 })).toEqual({
      isNew: false,
      sample: known,
    });
  });

  it('is set by the first number where the metric failed at first', () => {
    const failed = { ...known, ceiling: undefined };
    expect(followSample(reading, failed, { now: 3000, target: '60', replicas: 7 }).sample.ceiling).toBe(7);
  });

  it('starts anew when the user changes the target, for the same sample', () => {
    expect(followSample(reading, known, { now: 3000, target: '30', replicas: 25 })).toMatchObject({
      isNew: false,
      sample: { ceiling: 25, target: '30', newAtMs: 2000 },
    });
  });

  it('starts anew with a newer sample', () => {
    const newer = { ...reading, atMs: 1001 };
    expect(followSample(newer, known, { now: 3000, target: '60', replicas: 25 })).toMatchObject({
      isNew: true,
      sample: { ceiling: 25, newAtMs: 3000 },
    });
  });
});

describe('isNewSample', () => {
  const value = (valueMilli: bigint, atMs?: number, scrapeIntervalMs?: number): ValueReading => ({
    kind: 'value',
    valueMilli,
    atMs,
    scrapeIntervalMs,
    partial: false,
  });
  const pods = (samples: Readonly<Record<string, number | undefined>>): PodsReading => ({
    kind: 'pods',
    samples: new Map(Object.entries(samples).map(([name, atMs]) => [name, { valueMilli: 5n, atMs, windowMs: 15_000 }])),
  });
  const since = (reading: ValueReading | PodsReading): SampleMemory => ({
    reading,
    newAtMs: 0,
    target: '',
    ceiling: undefined,
  });

  it.each([
    ['a newer stamp', value(5n, 20), value(5n, 10), 1000, true],
    ['the same stamp with another value', value(6n, 10), value(5n, 10), 1000, false],
    [
      'the stamp of the oldest series, which stays, with another value',
      value(6n, 10, 30_000),
      value(5n, 10),
      1000,
      true,
    ],
    [
      'the stamp of the oldest series, which stays, with the same value',
      value(5n, 10, 30_000),
      value(5n, 10),
      90_000,
      false,
    ],
    ['an older stamp', value(5n, 5), value(5n, 10), 1000, false],
    ['no stamp, another value', value(6n), value(5n), 1000, true],
    ['no stamp, the same value, too soon', value(5n), value(5n), 29_999, false],
    ['no stamp, the same value, after the usual interval', value(5n), value(5n), 30_000, true],
    ['no stamp, the same value, before its own interval', value(5n, undefined, 60_000), value(5n), 59_999, false],
    ['no stamp, the same value, after its own interval', value(5n, undefined, 60_000), value(5n), 60_000, true],
    ['pods, half of them newer', pods({ a: 20, b: 10 }), pods({ a: 10, b: 10 }), 1000, true],
    ['pods, fewer than half newer', pods({ a: 20, b: 10, c: 10 }), pods({ a: 10, b: 10, c: 10 }), 1000, false],
    ['pods, half of them never seen before', pods({ a: 10, b: 10 }), pods({ a: 10 }), 1000, true],
    ['pods without stamps, too soon', pods({ a: undefined }), pods({ a: undefined }), 1000, false],
    ['pods without stamps, later', pods({ a: undefined }), pods({ a: undefined }), 30_000, true],
    ['a reading of another kind', pods({ a: 10 }), value(5n, 10), 1000, true],
  ])('%s', (_name, reading, before, now, expected) => {
    expect(isNewSample(reading, since(before), now)).toBe(expected);
  });

  it('takes the first sample ever for new', () => {
    expect(isNewSample(value(0n), undefined, 0)).toBe(true);
  });
});
