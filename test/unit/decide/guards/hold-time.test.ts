// What holds mean for the windows, told minute by minute: nothing while they last, one window after a long one.
import { describe, expect, it } from 'vitest';
import { trackHold } from '../../../../src/decide/guards/hold-time.ts';
import { decide } from '../../../../src/decide/decide.ts';
import type { Reading } from '../../../../src/decide/types.ts';
import { type PlantOptions, run, runUnguarded } from '../../../support/plant.ts';
import { equalSamples, noHistory, NOW, seconds, situation, TimeLine } from '../../../support/situations.ts';
import {
  behavior,
  externalAverage,
  externalValue,
  plantSpec,
  UNREACHABLE,
  withValue,
} from '../../../support/plant-metrics.ts';

/** A queue with 100 per replica. */
const QUEUE = externalAverage(100_000n);

describe('metrics missing for ten minutes, and a low first sample', () => {
  const plant: PlantOptions = {
    spec: plantSpec(),
    replicas: 10,
    load: (minute) => (minute < 11.8 ? 5.5 : 2),
    tamper: (reading, { minute }) => (minute >= 2 && minute < 12 ? UNREACHABLE : reading),
  };

  it('make the HPA shrink on that one sample, since its window is empty by then', () => {
    expect(runUnguarded(plant, 19).changes()).toEqual(['12: 10 -> 4']);
  });

  it('make it wait a whole window with the guards', () => {
    expect(run(plant, 19).changes()).toEqual(['17.25: 10 -> 4']);
  });
});

describe('metrics missing for two minutes', () => {
  it('leave the window as it was: what was wanted before still counts, nothing new is added', () => {
    const plant: PlantOptions = {
      spec: plantSpec(),
      replicas: 10,
      load: (minute) => (minute < 2 ? 5.5 : 2),
      tamper: (reading, { minute }) => (minute >= 2 && minute < 4 ? UNREACHABLE : reading),
    };
    expect(run(plant, 12).changes()).toEqual(['7: 10 -> 4']);
    expect(run(plant, 12).changes()).toEqual(runUnguarded(plant, 12).changes());
  });
});

describe('one of two metrics missing for seven minutes', () => {
  it('is a hold like any other when the other one wants fewer', () => {
    const plant: PlantOptions = {
      spec: plantSpec({ metrics: [...plantSpec().metrics, QUEUE] }),
      replicas: 10,
      load: (minute) => (minute < 2 ? 5.5 : 2),
      tamper: (reading, { minute }, metric) => {
        if (metric.type !== 'External') return reading;
        return minute >= 2 && minute < 9 ? UNREACHABLE : withValue(reading, 200_000n);
      },
    };
    expect(runUnguarded(plant, 16).changes()).toEqual(['9: 10 -> 4']);
    expect(run(plant, 16).changes()).toEqual(['14.25: 10 -> 4']);
  });
});

describe('a hold and a metric that is well', () => {
  // A latency at 0.95 of its target, and a queue. From minute 3 on the latency is 1.5 times its target and two pods are ready.
  const plant = (queue: bigint): PlantOptions => ({
    spec: plantSpec({ metrics: [externalValue(1_000_000n), QUEUE], behavior: behavior(60) }),
    replicas: 10,
    load: () => 950,
    isHealthy: ({ name }, { minute }) => minute < 3 || name === 'web-1' || name === 'web-2',
    tamper: (reading, { minute }, metric) => {
      if (minute < 3) return reading;
      return withValue(reading, metric.name === 'queue' ? queue : 1_500_000n);
    },
  });

  it('is no recommendation where it alone keeps the size', () => {
    const timeline = run(plant(200_000n), 5);
    const { size, history } = timeline.at(5);
    expect(size).toBe(10);
    expect(history.holdSinceMs).toBeDefined();
    const newest = Math.max(...(history.recommendations ?? []).map(({ atMs }) => atMs));
    expect(newest).toBeLessThan(history.holdSinceMs ?? 0);
    expect(history.recommendations).toEqual(timeline.at(2.9).history.recommendations);
  });

  it('does not hide what the other metric asks for', () => {
    // 1400 by 100 per replica: the queue grows the size, and this is stored as ever.
    const { size, history } = run(plant(1_400_000n), 5).at(5);
    expect(size).toBe(14);
    expect(history.holdSinceMs).toBeUndefined();
    expect(history.recommendations).toContainEqual(expect.objectContaining({ replicas: 14 }));
  });

  it('does not count as one where the other metric asks for the current size itself', () => {
    const { size, history } = run(plant(1_000_000n), 5).at(5);
    expect(size).toBe(10);
    expect(history.holdSinceMs).toBeUndefined();
  });
});

/** The same values, sampled at that second. */
function fresh(reading: Reading, atS: number): Reading {
  if (reading.kind !== 'pods') return reading;
  const samples = [...reading.samples].map(([name, one]) => [name, { ...one, atMs: NOW + seconds(atS) }] as const);
  return { kind: 'pods', samples: new Map(samples) };
}

describe('a time in which the pods cannot be told apart', () => {
  const low = equalSamples(4, 60);
  const missing = { kind: 'missing' } as const;

  it.each([
    ['Disabled', 1],
    ['Enabled', 4],
  ] as const)('with guards %s, the first low sample after ten minutes of it leaves %i replicas', (guards, size) => {
    const line = new TimeLine(4, { spec: { guards } });
    line.at(0);
    for (let atS = 15; atS <= 600; atS += 15) expect(line.at(atS, { selectorProblem: missing })).toBe(4);
    expect(line.at(615, { readings: [fresh(low, 615)] })).toBe(size);
  });

  it('is over after one window', () => {
    const line = new TimeLine(4, { spec: { guards: 'Enabled' } });
    line.at(0);
    for (let atS = 15; atS <= 600; atS += 15) line.at(atS, { selectorProblem: missing });
    const sizes = [615, 705, 795, 885, 930].map((atS) => line.at(atS, { readings: [fresh(low, atS)] }));
    expect(sizes).toEqual([4, 4, 4, 4, 1]);
  });
});

it('guards that are switched off in the middle of a long hold leave nothing behind', () => {
  const low = { readings: [equalSamples(4, 60)] };
  const held = { ...noHistory, holdSinceMs: NOW - seconds(3600) };
  const decided = decide(situation({ ...low, history: held }));
  expect(decided).toEqual(decide(situation(low)));
  expect(decided.decision.desiredReplicas).toBe(1);
});

describe('trackHold', () => {
  it.each([
    ['no hold', undefined, false, { holdSinceMs: undefined, storeCurrent: false, storeProposal: true }],
    ['a hold begins', undefined, true, { holdSinceMs: 400_000, storeCurrent: false, storeProposal: false }],
    ['a hold goes on', 50_000, true, { holdSinceMs: 50_000, storeCurrent: false, storeProposal: false }],
    ['a short hold ends', 100_000, false, { holdSinceMs: undefined, storeCurrent: false, storeProposal: true }],
    ['a long hold ends', 99_999, false, { holdSinceMs: undefined, storeCurrent: true, storeProposal: true }],
  ])('%s', (_name, since, held, expected) => {
    expect(trackHold(since, held, 400_000, 300_000)).toEqual(expected);
  });
});
