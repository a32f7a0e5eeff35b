// StaleSample, told minute by minute: samples that are old, from the future, or older than the last one.
import { describe, expect, it } from 'vitest';
import { judgeAge } from '../../../../src/decide/guards/stale-sample.ts';
import type { PodSample, PodsReading, Reading, ValueReading } from '../../../../src/decide/types.ts';
import { type PlantOptions, type PlantView, run, runUnguarded } from '../../../support/plant.ts';
import { behavior, externalAverage, plantSpec, withValue } from '../../../support/plant-metrics.ts';

/** A queue with 100 per replica. */
const QUEUE = externalAverage(100_000n);

describe('an adapter that serves its last answer for ever', () => {
  // It stops in a short lull, at 2:30; the queue itself is back at 390 from minute 3 on.
  const plant = (): PlantOptions => {
    let last: Reading | undefined;
    return {
      spec: plantSpec({ metrics: [QUEUE] }),
      replicas: 4,
      load: (minute) => (minute >= 2 && minute < 3 ? 190 : 390),
      tamper: (reading, { minute }) => {
        if (minute <= 2.5) last = reading;
        return last ?? reading;
      },
    };
  };

  it('makes the HPA halve the size once the window is over', () => {
    expect(runUnguarded(plant(), 12).changes()).toEqual(['7: 4 -> 2']);
  });

  it('may not lower with the guard', () => {
    const timeline = run(plant(), 12);
    expect(timeline.story(2, 9)).toEqual([
      '2: 4', // the lull: it would take two replicas
      '3: 4', // the lull again: the queue is long, the sample does not say so
      '4: 4', // the sample is 90 s old and may still vote for fewer; the window does not let it
      '5: 4', // 150 s
      '6: 4 StaleSample', // 210 s, more than maxAgeSeconds: no vote for fewer
      '7: 4 StaleSample', // 270 s: the window is over, and the HPA would shrink
      '8: 4 StaleSample', // over five minutes: the metric is missing
      '9: 4 StaleSample',
    ]);
    // From five minutes on it is a missing metric, said like any other.
    const conditions = timeline.at(9).decision.conditions.filter(({ type }) => type === 'ScalingActive');
    expect(conditions).toMatchObject([{ status: 'False', reason: 'FailedGetExternalMetric' }]);
    expect(conditions[0]?.message).toContain('too old to be of use');
  });
});

describe('two replicas of a metrics server, one of which lags by two minutes', () => {
  // They answer in turns while the queue grows by 100 a minute.
  const plant = (): PlantOptions => {
    const past: Reading[] = [];
    return {
      spec: plantSpec({ metrics: [QUEUE], behavior: behavior(0) }),
      replicas: 4,
      load: (minute) => 390 + Math.min(4, Math.max(0, minute - 2)) * 100,
      tamper: (reading, { minute }) => {
        past.push(reading);
        return (minute * 4) % 2 === 1 ? (past[Math.max(0, past.length - 9)] ?? reading) : reading;
      },
    };
  };

  it('make the size swing in the HPA', () => {
    expect(runUnguarded(plant(), 5).changes()).toEqual([
      '3: 4 -> 5', // 490 by the one
      '3.25: 5 -> 4', // 390 by the other
      '3.5: 4 -> 6', // and so on, each time with pods started and stopped
      '3.75: 6 -> 4',
      '4: 4 -> 6',
      '4.25: 6 -> 5',
      '4.5: 5 -> 7',
      '4.75: 7 -> 5',
      '5: 5 -> 7',
    ]);
  });

  it('only ever grow with the load with the guard', () => {
    const timeline = run(plant(), 12);
    expect(timeline.changes()).toEqual([
      '3: 4 -> 5', // 490; the lagging answers in between are older than what is known
      '4: 5 -> 6', // 590
      '5: 6 -> 7', // 690
      '6: 7 -> 8', // 790, where the queue stays
    ]);
    expect(timeline.guards()).toEqual(['StaleSample']);
  });
});

describe('a source whose clock is an hour ahead', () => {
  const plant: PlantOptions = {
    spec: plantSpec({ metrics: [QUEUE], behavior: behavior(0) }),
    replicas: 10,
    load: () => 950,
    tamper: (reading, { minute, nowMs }) =>
      minute >= 3 && minute < 5 && reading.kind === 'value'
        ? { ...reading, valueMilli: 300_000n, atMs: nowMs + 3_600_000 }
        : reading,
  };

  it('is believed by the HPA', () => {
    expect(runUnguarded(plant, 4).changes()).toEqual(['3: 10 -> 3']);
  });

  it('is missing with the guard', () => {
    const timeline = run(plant, 8);
    expect(timeline.story(2, 6)).toEqual([
      '2: 10', // 95 per replica
      '3: 10 StaleSample', // 300 in all, in an hour: no sample of now
      '4: 10 StaleSample',
      '5: 10', // the clock is right again: stamps go back by an hour, and nothing holds that against them
      '6: 10',
    ]);
    expect(timeline.at(3).decision.proposals[0]?.failure?.message).toContain('check the clocks');
  });
});

describe('normal operation', () => {
  it('sparse and slow samples, 60 s apart and two minutes late, are as good as any', () => {
    const plant: PlantOptions = {
      spec: plantSpec(),
      replicas: 4,
      scrapeS: 60,
      scrapeDelayS: 120,
      load: (minute) => (minute < 2 ? 2.2 : minute < 10 ? 6 : 2.2),
    };
    const guarded = run(plant, 20);
    expect(guarded.changes()).toEqual([
      '4: 4 -> 8', // the load of minute 2, two minutes late
      '4.25: 8 -> 10', // the rest of the same step, as the speed limit allows
      '17: 10 -> 4', // the load of minute 10, two minutes late, after a window of five
    ]);
    expect(guarded.changes()).toEqual(runUnguarded(plant, 20).changes());
    expect(guarded.guards()).toEqual([]);
  });

  it('an old sample may still raise the size', () => {
    const plant: PlantOptions = {
      spec: plantSpec({ metrics: [QUEUE] }),
      replicas: 4,
      scrapeS: 60,
      scrapeDelayS: 240,
      load: (minute) => (minute < 2 ? 390 : 900),
    };
    const guarded = run(plant, 10);
    expect(guarded.changes()).toEqual(['6: 4 -> 8', '6.25: 8 -> 9']);
    expect(guarded.guards()).toEqual([]);
  });

  it('a longer maxAgeSeconds makes such a pipeline whole', () => {
    const plant: PlantOptions = {
      spec: plantSpec({ metrics: [{ ...QUEUE, maxAgeSeconds: 600 }] }),
      replicas: 8,
      scrapeS: 60,
      scrapeDelayS: 420,
      load: (minute) => (minute < 2 ? 790 : 390),
    };
    expect(run(plant, 20).changes()).toEqual(['14: 8 -> 4']);
  });

  it('the samples of a few pods that got stuck do not keep the others from shrinking', () => {
    const stuck = new Map<string, PodSample>();
    const plant: PlantOptions = {
      spec: plantSpec({ behavior: behavior(60) }),
      replicas: 10,
      load: (minute) => (minute < 6 ? 5.5 : 2.2),
      tamper: (reading) => {
        if (reading.kind !== 'pods') return reading;
        const samples = new Map(reading.samples);
        for (const name of ['web-1', 'web-2']) {
          const first = stuck.get(name) ?? samples.get(name);
          if (first === undefined) continue;
          stuck.set(name, first);
          samples.set(name, first);
        }
        return { kind: 'pods', samples };
      },
    };
    // Two pods without a usable sample count as if they used all they requested.
    expect(run(plant, 12).changes()).toEqual(['6.75: 10 -> 7', '7.75: 7 -> 6']);
  });
});

describe('a sum of series with times of their own', () => {
  /** Of the plant's value, and of another series that is as old as `ageS` says; undefined: it is not there. */
  const plant = (ageS: (view: PlantView) => number | undefined, also = 0n): PlantOptions => ({
    spec: plantSpec({ metrics: [QUEUE], behavior: behavior(0) }),
    replicas: 4,
    load: (minute) => (minute < 4 ? 390 : minute < 12 ? 2390 : 390),
    tamper: (reading, view) => {
      const old = ageS(view);
      if (reading.kind !== 'value' || old === undefined) return reading;
      const newestMs = reading.atMs;
      const atMs = (newestMs ?? 0) - old * 1000;
      return { ...reading, valueMilli: reading.valueMilli + also, atMs, ...(newestMs !== undefined && { newestMs }) };
    },
  });
  const sizes = (timeline: { changes(): readonly string[] }) => timeline.changes().join(', ');

  it('grows with its newest series, however long another one has stood still, and does not shrink', () => {
    const dead = plant(({ minute }) => Math.max(0, (minute - 1) * 60));
    expect(sizes(runUnguarded(dead, 14))).toMatch(/^4: 4 -> .*-> 24, .*-> 4$/);
    expect(sizes(run(dead, 14))).toMatch(/^4: 4 -> .*-> 24$/);
  });

  it('counts a series that lags whether it comes, stays or comes and goes', () => {
    const flaps = plant(({ minute }) => ((minute * 4) % 2 === 0 ? undefined : 40), 600_000n);
    expect(run(flaps, 3).changes()[0]).toContain('4 -> ');
    expect(
      run(
        plant(({ minute }) => (minute < 2 ? undefined : 100), 600_000n),
        3,
      ).changes()[0],
    ).toContain('2: 4 -> ');
  });
});

describe('judgeAge', () => {
  const NOW = 10_000_000;
  const value = (ageS: number): ValueReading => ({
    kind: 'value',
    valueMilli: 5n,
    atMs: NOW - ageS * 1000,
    scrapeIntervalMs: undefined,
    partial: false,
  });
  const pods = (...agesS: readonly (number | undefined)[]): PodsReading => ({
    kind: 'pods',
    samples: new Map(
      agesS.map((ageS, index) => [
        `pod-${index}`,
        { valueMilli: 5n, atMs: ageS === undefined ? undefined : NOW - ageS * 1000, windowMs: 15_000 },
      ]),
    ),
  });
  const fate = (reading: Reading): string => {
    if (reading.kind === 'absent') return reading.reason;
    return reading.kind === 'value' ? 'value' : `${reading.samples.size} pods`;
  };

  it.each([
    ['as old as allowed', value(180), 'value', 'value'],
    ['a second older', value(181), 'value', 'StaleSample'],
    ['five minutes old', value(300), 'value', 'StaleSample'],
    ['older', value(301), 'StaleSample', 'StaleSample'],
    ['a minute ahead', value(-60), 'value', 'value'],
    ['more ahead', value(-61), 'FutureSample', 'FutureSample'],
    ['of unknown age', { ...value(0), atMs: undefined }, 'value', 'value'],
    ['of pods, all fresh', pods(0, 180, undefined), '3 pods', '3 pods'],
    ['of pods, one old', pods(0, 181), '2 pods', '1 pods'],
    ['of pods, one of no use', pods(0, 301), '1 pods', '1 pods'],
    ['of pods, one ahead', pods(0, -61), '1 pods', '1 pods'],
    ['of pods, all old', pods(181, 200), '2 pods', 'StaleSample'],
    ['of pods, all of no use', pods(301, 400), 'StaleSample', 'StaleSample'],
    ['of pods, all ahead', pods(-61, -90), 'FutureSample', 'FutureSample'],
  ] as const)('a sample %s', (_name, reading, usable, fresh) => {
    const aged = judgeAge(reading, undefined, NOW, 180_000);
    expect([fate(aged.usable), fate(aged.fresh)]).toEqual([usable, fresh]);
  });

  it('lets the last sample stand beside an earlier one, and age by its own stamp', () => {
    const last = withValue(value(200), 9n);
    if (last.kind !== 'value') throw new Error('expected a value');
    expect(judgeAge(value(250), last, NOW, 180_000)).toMatchObject({
      usable: { valueMilli: 9n },
      fresh: { reason: 'StaleSample' },
    });
  });

  it('takes a sum for an earlier one only when its oldest and its newest series are', () => {
    const sum = (oldestS: number, newestS: number) => ({ ...value(oldestS), newestMs: NOW - newestS * 1000 });
    const stands = (reading: ValueReading, last: ValueReading) =>
      judgeAge(reading, last, NOW, 180_000).usable !== reading;
    expect(stands(sum(60, 20), sum(50, 10))).toBe(true);
    expect(stands(sum(50, 20), sum(50, 10))).toBe(true); // one series stands still, the server lags
    expect(stands(sum(60, 10), value(20))).toBe(false); // one that lags came
    expect(stands(value(40), sum(60, 20))).toBe(false); // the newest is gone
    expect(stands(value(10), sum(60, -3600))).toBe(false); // one was stamped an hour ahead
    expect(stands(sum(10, -3600), sum(20, -3600))).toBe(false);
  });

  it('lets the last sample of a pod stand beside an earlier one of the same pod only', () => {
    const aged = judgeAge(pods(100, 10), pods(50), NOW, 180_000);
    expect(aged.usable).toMatchObject({ kind: 'pods' });
    expect(
      aged.usable.kind === 'pods' && [...aged.usable.samples.values()].map(({ atMs }) => NOW - (atMs ?? 0)),
    ).toEqual([50_000, 10_000]);
  });

  it('hands a reading without fault on as it is', () => {
    const reading = pods(0, 10, 20);
    const aged = judgeAge(reading, pods(30, 30, 30), NOW, 180_000);
    expect(aged.usable).toBe(reading);
    expect(aged.fresh).toBe(reading);
  });
});
