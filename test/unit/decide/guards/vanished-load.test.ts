// VanishedLoad, told minute by minute: a source that says zero, and loads that really go away.
import { describe, expect, it } from 'vitest';
import { type LoadMemory, objectToFall, observeLoad } from '../../../../src/decide/guards/vanished-load.ts';
import { type PlantOptions, run, runUnguarded } from '../../../support/plant.ts';
import {
  behavior,
  externalAverage,
  plantSpec,
  prometheusAverage,
  UNREACHABLE,
  withValue,
} from '../../../support/plant-metrics.ts';

/** 100 requests per second per replica. */
const RPS = prometheusAverage(100_000n);
/** A queue with 100 per replica. */
const QUEUE = externalAverage(100_000n);

describe('a provider that answers zero for 45 seconds', () => {
  const plant: PlantOptions = {
    spec: plantSpec({ metrics: [RPS], behavior: behavior(0) }),
    replicas: 10,
    load: () => 950,
    tamper: (reading, { minute }) => (minute >= 3 && minute < 3.75 ? withValue(reading, 0n) : reading),
  };

  it('takes the HPA to the minimum at peak', () => {
    expect(runUnguarded(plant, 6).changes()).toEqual([
      '3: 10 -> 1', // "no load"
      '3.75: 1 -> 5', // the provider is back; the speed limit is not
      '4: 5 -> 10',
    ]);
  });

  it('is not believed with the guard', () => {
    expect(run(plant, 6).story(2, 5)).toEqual([
      '2: 10', // 950 requests per second
      '3: 10 VanishedLoad', // none: after 950 a moment ago, not without a second look
      '4: 10', // 950 again: nothing happened
      '5: 10',
    ]);
  });

  it('is not believed of pods either', () => {
    const pods: PlantOptions = { ...plant, spec: plantSpec({ behavior: behavior(0) }), load: () => 5.5 };
    expect(runUnguarded(pods, 4).changes()[0]).toBe('3: 10 -> 1');
    expect(run(pods, 6).changes()).toEqual([]);
  });
});

describe('a Prometheus that comes back empty-handed after an outage', () => {
  // Missing for six minutes, longer than any window here, and then 20 for a minute, since its rates have nothing to look back on.
  const plant: PlantOptions = {
    spec: plantSpec({ metrics: [RPS], behavior: behavior(60) }),
    replicas: 10,
    load: () => 950,
    tamper: (reading, { minute }) => {
      if (minute >= 3 && minute < 9) return UNREACHABLE;
      return minute >= 9 && minute < 10 ? withValue(reading, 20_000n) : reading;
    },
  };

  it('is believed by the HPA at its first word', () => {
    expect(runUnguarded(plant, 9.5).changes()).toEqual(['9: 10 -> 1']);
  });

  it('is compared with the load before the outage with the guard', () => {
    expect(run(plant, 13).story(8, 11)).toEqual([
      '8: 10', // missing: the HPA's rule holds the size
      '9: 10 VanishedLoad', // 20 after 950, with nothing in between
      '10: 10', // the rates are whole again
      '11: 10',
    ]);
  });
});

describe('a load far beyond what the size may be', () => {
  // Ten is the maximum; 150 would be right, and then the provider answers a twentieth of it: eight.
  const plant: PlantOptions = {
    spec: plantSpec({ metrics: [RPS], maxReplicas: 10, behavior: behavior(0) }),
    replicas: 10,
    load: () => 15_000,
    tamper: (reading, { minute }) => (minute >= 3 && minute < 3.75 ? withValue(reading, 750_000n) : reading),
  };

  it('is believed by the HPA to be gone, since so little is asked for', () => {
    expect(runUnguarded(plant, 6).changes()).toEqual(['3: 10 -> 8', '3.75: 8 -> 10']);
  });

  it('is doubted with the guard, by how much it fell and not by the size it would leave', () => {
    expect(run(plant, 6).changes()).toEqual([]);
  });

  it('may really be gone: that takes a minute', () => {
    const over: PlantOptions = {
      ...plant,
      load: (minute) => (minute < 3 ? 15_000 : 750),
      tamper: (reading) => reading,
    };
    expect(run(over, 6).changes()).toEqual(['4: 10 -> 8']);
  });
});

describe('a load that really goes away', () => {
  const fall = (changes: Partial<PlantOptions> = {}): PlantOptions => ({
    spec: plantSpec({ metrics: [QUEUE], behavior: behavior(0) }),
    replicas: 10,
    load: (minute) => (minute < 3 ? 950 : 20),
    ...changes,
  });

  it('is believed after a minute of samples 15 s apart', () => {
    expect(run(fall(), 6).story(2, 5)).toEqual([
      '2: 10',
      '3: 10 VanishedLoad', // 20 after 950
      '4: 1', // four newer samples and 60 s agree
      '5: 1',
    ]);
  });

  it('is believed after two newer samples when they are 60 s apart', () => {
    expect(run(fall({ scrapeS: 60 }), 6).story(2, 6)).toEqual([
      '2: 10',
      '3: 10 VanishedLoad', // 20 after 950
      '4: 10 VanishedLoad', // one newer sample; what was read in between was the same one
      '5: 1', // two
      '6: 1',
    ]);
  });

  it('is believed after a minute of a Prometheus value that stands still, scraped every 30 s', () => {
    const spec = plantSpec({ metrics: [RPS], behavior: behavior(0) });
    expect(run(fall({ spec, scrapeS: 30 }), 6).changes()).toEqual(['4: 10 -> 1']);
  });

  it('is believed after a minute also where it comes to rest about a tenth', () => {
    // 90 or 99 after 950: now under a tenth, now over it.
    const wavering = fall({ load: (minute) => (minute < 3 ? 950 : minute % 0.5 === 0 ? 90 : 99) });
    expect(run(wavering, 8).changes()).toEqual(['4: 10 -> 1']);
  });

  it('is not doubted at the minimum, where nothing could shrink', () => {
    const plant = fall({ spec: plantSpec({ metrics: [QUEUE], minReplicas: 10, behavior: behavior(0) }) });
    expect(run(plant, 6).guards()).toEqual([]);
  });

  it('takes no longer than with the HPA under the default window of five minutes', () => {
    const plant = fall({ spec: plantSpec({ metrics: [QUEUE] }) });
    expect(runUnguarded(plant, 12).changes()).toEqual(['8: 10 -> 1']);
    expect(run(plant, 12).changes()).toEqual(['8: 10 -> 1']);
  });

  it('reaches zero replicas only after five newer samples, by way of one', () => {
    const plant = fall({
      spec: plantSpec({ metrics: [QUEUE], minReplicas: 0, behavior: behavior(0) }),
      scrapeS: 30,
      replicas: 4,
      load: (minute) => (minute < 2 || minute >= 8 ? 390 : 0),
    });
    expect(run(plant, 9).changes()).toEqual([
      '3: 4 -> 1', // two newer samples and 60 s
      '4.5: 1 -> 0', // five newer samples
      '8: 0 -> 4', // up at once, as ever
    ]);
  });
});

describe('normal operation', () => {
  it('a quiet night, from full load to almost none within an hour', () => {
    const plant: PlantOptions = {
      spec: plantSpec({ metrics: [QUEUE], behavior: behavior(60) }),
      replicas: 10,
      load: (minute) => 950 * Math.exp(-minute / 12),
    };
    const guarded = run(plant, 60);
    expect(guarded.changes()).toEqual(runUnguarded(plant, 60).changes());
    expect(guarded.at(60).size).toBe(1);
    expect(guarded.guards()).toEqual([]);
  });

  it('a queue that is worked off in bursts grows at once each time', () => {
    const plant: PlantOptions = {
      spec: plantSpec({ metrics: [QUEUE], behavior: behavior(0) }),
      replicas: 10,
      load: (minute) => (minute % 6 < 3 ? 950 : 30),
    };
    expect(run(plant, 13).changes()).toEqual([
      '4: 10 -> 1', // a minute after the end of the first burst
      '6: 1 -> 5', // the second burst: at once, as fast as allowed
      '6.25: 5 -> 10',
      '10: 10 -> 1',
      '12: 1 -> 5',
      '12.25: 5 -> 10',
    ]);
  });

  it('a fall to a fifth is nobody’s business but the windows’', () => {
    const plant: PlantOptions = {
      spec: plantSpec({ metrics: [QUEUE], behavior: behavior(0) }),
      replicas: 10,
      load: (minute) => (minute < 3 ? 950 : 190),
    };
    expect(run(plant, 5).changes()).toEqual(['3: 10 -> 2']);
  });

  it('the last sparks of a metric that is almost nothing anyway', () => {
    // From 3 to 0 and back, of a target of 100: one replica throughout.
    const plant: PlantOptions = {
      spec: plantSpec({ metrics: [QUEUE], behavior: behavior(0) }),
      replicas: 1,
      load: (minute) => (Math.floor(minute) % 2 === 0 ? 3 : 0),
    };
    expect(run(plant, 20).changes()).toEqual([]);
  });
});

describe('observeLoad', () => {
  it('keeps no more than a score of peaks, whatever the samples are', () => {
    let memory: LoadMemory = {};
    for (let second = 0; second < 3600; second += 1) {
      const totalMilli = BigInt(1_000_000 - second * 10);
      memory = observeLoad(memory, {
        now: second * 1000,
        totalMilli,
        isNew: true,
        lastSeenAtMs: second === 0 ? undefined : (second - 1) * 1000,
      });
      expect(memory.peaks?.length).toBeLessThanOrEqual(20);
    }
    expect(memory.fall).toBeUndefined();
  });

  it('forgets a doubt as soon as the load is back', () => {
    let memory = observeLoad({}, { now: 0, totalMilli: 1000n, isNew: true, lastSeenAtMs: undefined });
    memory = observeLoad(memory, { now: 15_000, totalMilli: 0n, isNew: true, lastSeenAtMs: 0 });
    expect(memory.fall).toEqual({ peakMilli: 1000n, sinceMs: 15_000, agreed: 0 });
    memory = observeLoad(memory, { now: 30_000, totalMilli: 199n, isNew: true, lastSeenAtMs: 15_000 });
    expect(memory.fall?.agreed).toBe(1);
    memory = observeLoad(memory, { now: 45_000, totalMilli: 200n, isNew: true, lastSeenAtMs: 30_000 });
    expect(memory.fall).toBeUndefined();
  });

  it('counts a sample read twice once', () => {
    let memory = observeLoad({}, { now: 0, totalMilli: 1000n, isNew: true, lastSeenAtMs: undefined });
    for (let second = 15; second <= 600; second += 15) {
      const seen = { now: second * 1000, totalMilli: 0n, isNew: second === 15, lastSeenAtMs: (second - 15) * 1000 };
      memory = observeLoad(memory, seen);
    }
    expect(memory.fall).toMatchObject({ agreed: 0 });
  });
});

describe('objectToFall', () => {
  const fall = { peakMilli: 1000n, sinceMs: 0, agreed: 0 };

  it.each([
    ['the size', 10, 10, undefined],
    ['a little less', 9, 10, 10],
    ['under half of it', 4, 10, 10],
    ['more than the size', 12, 10, undefined],
    ['zero at the minimum', 0, 1, undefined],
  ])('for a proposal of %s', (_name, replicas, current, floor) => {
    expect(objectToFall({ fall }, { now: 15_000, replicas, current, minReplicas: 1 })?.floor).toBe(floor);
  });

  it('tells from what, since when, and how often it was confirmed', () => {
    const seen = { fall: { peakMilli: 5_500n, sinceMs: 0, agreed: 1 } };
    expect(objectToFall(seen, { now: 15_000, replicas: 1, current: 10, minReplicas: 1 })?.detail).toBe(
      'the load fell to under a tenth of its highest of late, 5.5, 15 s ago, and 1 newer sample confirmed it since',
    );
  });

  it('says nothing without a fall', () => {
    expect(objectToFall({}, { now: 15_000, replicas: 0, current: 10, minReplicas: 0 })).toBeUndefined();
  });
});
