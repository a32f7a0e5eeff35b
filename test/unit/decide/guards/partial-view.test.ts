// PartialView, told minute by minute: metrics of a few pods, and answers that say they are partial.
import { describe, expect, it } from 'vitest';
import { objectToFewReady } from '../../../../src/decide/guards/few-ready.ts';
import { judgeView } from '../../../../src/decide/guards/partial-view.ts';
import type { MetricMemory, PodSample, PodState, PodsReading, Reading } from '../../../../src/decide/types.ts';
import { type PlantOptions, type PlantView, run, runUnguarded } from '../../../support/plant.ts';
import {
  behavior,
  externalValue,
  plantSpec,
  podsAverage,
  prometheusAverage,
  withValue,
} from '../../../support/plant-metrics.ts';
import * as situations from '../../../support/situations.ts';
import { TimeLine } from '../../../support/situations.ts';

/** The reading without what some pods say, from one minute to another. */
function without(names: readonly string[], from: number, to: number) {
  return (reading: Reading, { minute }: PlantView): Reading => {
    if (reading.kind !== 'pods' || minute < from || minute >= to) return reading;
    return { kind: 'pods', samples: new Map([...reading.samples].filter(([name]) => !names.includes(name))) };
  };
}

/** Only four pods report, and they happen to be idle: the busy shards are those that nobody sees. */
function fourIdlePods(from: number, to: number) {
  return (reading: Reading, { minute }: PlantView): Reading => {
    if (reading.kind !== 'pods' || minute < from || minute >= to) return reading;
    return withValue({ kind: 'pods', samples: new Map([...reading.samples].slice(0, 4)) }, 100n);
  };
}

describe('six of ten pods without a sample', () => {
  const plant: PlantOptions = {
    spec: plantSpec({ metrics: [podsAverage(600n)], behavior: behavior(60) }),
    replicas: 10,
    load: () => 5.5,
    tamper: fourIdlePods(3, 9),
  };

  it('lead the HPA down in steps, each of which makes the next one possible', () => {
    expect(runUnguarded(plant, 12).story(2, 10)).toEqual([
      '2: 10', // 0.55 on each pod
      '3: 10', // 0.1 on four; for the six the target is assumed: together two thirds of it
      '4: 7', // the window is over
      '5: 4', // and with fewer pods the four idle ones weigh more
      '6: 1',
      '7: 1', // one pod for the load of ten
      '8: 1',
      '9: 5', // the samples are back
      '10: 10',
    ]);
  });

  it('lead nowhere with the guard', () => {
    expect(run(plant, 12).story(2, 10)).toEqual([
      '2: 10',
      '3: 10 VanishedLoad PartialView', // six of ten unseen, and hardly anything left of the load
      '4: 10 PartialView',
      '5: 10 PartialView',
      '6: 10 PartialView',
      '7: 10 PartialView',
      '8: 10 PartialView',
      '9: 10', // all ten seen
      '10: 10',
    ]);
  });

  it('are the HPA’s business after a quarter of an hour', () => {
    const forever: PlantOptions = { ...plant, tamper: fourIdlePods(3, 99) };
    expect(run(forever, 22).changes()).toEqual([
      '19: 10 -> 7', // the hold ended at 18 minutes; it was longer than the window, so one window is waited
      '20: 7 -> 4',
      '21: 4 -> 1',
    ]);
  });

  it('may be too few for all that and still ask for more', () => {
    const busy: PlantOptions = {
      ...plant,
      load: (minute) => (minute < 3 ? 5.5 : 20),
      tamper: (reading) =>
        reading.kind === 'pods' ? { kind: 'pods', samples: new Map([...reading.samples].slice(0, 6)) } : reading,
    };
    const guarded = run(busy, 5);
    expect(guarded.changes()).toEqual(runUnguarded(busy, 5).changes());
    expect(guarded.changes()[0]).toBe('3: 10 -> 20');
  });
});

describe('a Prometheus that says its answer is partial', () => {
  const plant: PlantOptions = {
    spec: plantSpec({ metrics: [prometheusAverage(100_000n)], behavior: behavior(60) }),
    replicas: 10,
    load: () => 950,
    tamper: (reading, { minute }) => {
      const part = withValue(reading, 400_000n);
      return minute >= 3 && minute < 9 && part.kind === 'value' ? { ...part, partial: true } : reading;
    },
  };

  it('shrinks what believes it', () => {
    expect(runUnguarded(plant, 8).changes()).toEqual(['3.75: 10 -> 4']);
  });

  it('holds with the guard for as long as it says so', () => {
    const guarded = run(plant, 12);
    expect(guarded.changes()).toEqual([]);
    expect(guarded.guards()).toEqual(['PartialView']);
  });

  it('raises all the same', () => {
    const growing: PlantOptions = {
      ...plant,
      tamper: (reading, { minute }) =>
        minute >= 3 && reading.kind === 'value' ? { ...withValue(reading, 1_900_000n), partial: true } : reading,
    };
    expect(run(growing, 5).changes()).toEqual(['3: 10 -> 19']);
  });
});

describe('normal operation', () => {
  it('a deploy that replaces all pods at once, with the load falling in the middle of it', () => {
    const plant: PlantOptions = {
      spec: plantSpec({ metrics: [podsAverage(600n)], behavior: behavior(60) }),
      replicas: 10,
      startS: 60,
      load: (minute) => (minute < 4 ? 5.5 : 2),
      rollout: { minute: 2, surge: 10 },
    };
    const guarded = run(plant, 12);
    expect(guarded.changes()).toEqual(['4.75: 10 -> 4']);
    expect(guarded.changes()).toEqual(runUnguarded(plant, 12).changes());
    expect(guarded.guards()).toEqual([]);
  });

  it('three of ten pods without a sample are filled in as ever', () => {
    const plant: PlantOptions = {
      spec: plantSpec({ behavior: behavior(60) }),
      replicas: 10,
      load: (minute) => (minute < 3 ? 5.5 : 2),
      tamper: (reading) =>
        reading.kind === 'pods' ? { kind: 'pods', samples: new Map([...reading.samples].slice(3)) } : reading,
    };
    const guarded = run(plant, 8);
    expect(guarded.changes()).toEqual(runUnguarded(plant, 8).changes());
    expect(guarded.guards()).toEqual([]);
  });
});

/** A pod with three times the work of what it requests, beside nine with next to none. */
const UNEVEN: PlantOptions = {
  spec: plantSpec({ behavior: behavior(60) }),
  replicas: 10,
  load: () => 5.5,
};
const uneven = (reading: Reading): Reading => {
  if (reading.kind !== 'pods') return reading;
  const samples = [...reading.samples].map(
    ([name, sample]) => [name, { ...sample, valueMilli: name === 'web-1' ? 5000n : 100n }] as const,
  );
  return { kind: 'pods', samples: new Map(samples) };
};

describe('one busy pod without a sample', () => {
  // 5.9 cores in ten pods: 0.98 of the target. Without web-1 the HPA assumes one core for it, and sees 1.9.
  const plant = (from: number, to: number): PlantOptions => ({
    ...UNEVEN,
    tamper: (reading, view) => without(['web-1'], from, to)(uneven(reading), view),
  });

  it('is taken by the HPA to use what it requests', () => {
    expect(runUnguarded(plant(3, 9), 5).changes()[0]).toBe('3.75: 10 -> 4');
  });

  it('counts with its last sample with the guard', () => {
    const guarded = run(plant(3, 9), 12);
    expect(guarded.changes()).toEqual([]);
    expect(guarded.story(2, 10)).toEqual([
      '2: 10',
      '3: 10 PartialView', // five cores a moment ago
      '4: 10 PartialView',
      '5: 10 PartialView',
      '6: 10 PartialView',
      '7: 10 PartialView',
      '8: 10 PartialView',
      '9: 10', // and now, too
      '10: 10',
    ]);
  });

  it('is the HPA’s business after a quarter of an hour', () => {
    expect(run(plant(3, 99), 20).changes()[0]).toBe('19: 10 -> 4');
  });

  it('counts with what it used, and no more than that, where the rest is needed less', () => {
    const falling: PlantOptions = {
      ...UNEVEN,
      tamper: (reading, view) => {
        const given = uneven(reading);
        if (view.minute < 3 || given.kind !== 'pods') return given;
        const half = new Map([...given.samples].map(([name, one]) => [name, { ...one, valueMilli: 1500n }] as const));
        return without(['web-1'], 4, 99)(withIdle({ kind: 'pods', samples: half }), view);
      },
    };
    // From minute 3 on web-1 uses 1.5 cores and the others nothing: 2.5 pods' worth. The HPA goes by the one core requested.
    expect(runUnguarded(falling, 6).changes()).toEqual(['3.75: 10 -> 3', '4.75: 3 -> 2']);
    expect(run(falling, 6).changes()).toEqual(['3.75: 10 -> 3']);
  });
});

function withIdle(reading: PodsReading): PodsReading {
  const samples = [...reading.samples].map(
    ([name, one]) => [name, name === 'web-1' ? one : { ...one, valueMilli: 0n }] as const,
  );
  return { kind: 'pods', samples: new Map(samples) };
}

describe('a controller that has just started, and a busy pod that it never saw', () => {
  const line = (guards: 'Enabled' | 'Disabled') => {
    const rules = situations.behavior({}, { stabilizationWindowSeconds: 0 });
    return new TimeLine(4, { spec: { guards, behavior: rules } });
  };
  /** pod-0 uses six times what it requests, the others nothing. */
  const at = (second: number, sees = false) => {
    const samples = situations.samples(
      { ...(sees && { 'pod-0': 3000 }), 'pod-1': 20, 'pod-2': 20, 'pod-3': 20 },
      situations.NOW + second * 1000,
    );
    return { readings: [samples] };
  };

  it('is no reason for the HPA to wait', () => {
    expect(line('Disabled').at(0, at(0))).toBe(2);
  });

  it('is waited for with the guard', () => {
    const guarded = line('Enabled');
    expect([0, 15, 30].map((second) => guarded.at(second, at(second)))).toEqual([4, 4, 4]);
    expect(guarded.at(45, at(45, true))).toBe(8);
  });

  it('is waited for no longer than a quarter of an hour', () => {
    const guarded = line('Enabled');
    for (let second = 0; second < 900; second += 15) expect(guarded.at(second, at(second))).toBe(4);
    // The size is what a long hold leaves as the last recommendation; here no window goes by it.
    expect(guarded.at(900, at(900))).toBe(2);
  });
});

describe('a list of pods with half of its items', () => {
  const plant: PlantOptions = {
    spec: plantSpec({ behavior: behavior(60) }),
    replicas: 10,
    load: () => 5.5,
    listed: (pods, { minute }) => (minute >= 3 && minute < 9 ? pods.slice(0, 5) : pods),
  };

  it('is half the work to the HPA', () => {
    // 0.55 of a core is inside the tolerance; 0.5 is not, and by five pods it takes five.
    const calm: PlantOptions = { ...plant, load: (minute) => (minute < 3 ? 5.5 : 5) };
    expect(runUnguarded(calm, 5).changes()).toEqual(['3.75: 10 -> 5', '4: 5 -> 9']);
    expect(run(calm, 12).changes()).toEqual(['10: 10 -> 9']); // a window after the hold, by all ten
  });

  it('is held for with the guard, and names what is missing', () => {
    const calm: PlantOptions = { ...plant, load: (minute) => (minute < 3 ? 5.5 : 5) };
    const { decision } = run(calm, 5).at(5);
    expect(decision.proposals[0]?.guards).toEqual(['PartialView']);
    expect(decision.proposals[0]?.steps.at(-1)?.detail).toBe(
      '5 of the 10 pods that the workload counts are not in the list',
    );
  });

  it('is the HPA’s business after a quarter of an hour', () => {
    const forever: PlantOptions = {
      ...plant,
      load: (minute) => (minute < 3 ? 5.5 : 5),
      listed: (pods, { minute }) => (minute >= 3 ? pods.slice(0, 5) : pods),
    };
    expect(run(forever, 20).changes()[0]).toBe('19: 10 -> 5');
  });

  it('is not what a quota makes of it: there the workload counts no more pods than there are', () => {
    const quota: PlantOptions = {
      spec: plantSpec({ behavior: behavior(60) }),
      replicas: 10,
      load: (minute) => (minute < 3 ? 5.5 : 2),
      quota: (minute) => (minute < 3 ? 40 : 6),
    };
    expect(run(quota, 8).changes()).toEqual(runUnguarded(quota, 8).changes());
    expect(run(quota, 8).guards()).toEqual([]);
  });
});

describe('a list of pod metrics with half of its items', () => {
  const half = ['web-1', 'web-3', 'web-5', 'web-7', 'web-9'];
  const plant: PlantOptions = {
    spec: plantSpec({ metrics: [podsAverage(600n)], behavior: behavior(60) }),
    replicas: 10,
    load: (minute) => (minute < 3 ? 5.5 : 3),
    tamper: without(half, 3, 9),
  };

  it('shrinks what believes it, and nothing with the guard', () => {
    // 0.3 on five, and for the others the target: 4.5 of 6.
    expect(runUnguarded(plant, 5).changes()[0]).toBe('3.75: 10 -> 8');
    const guarded = run(plant, 12);
    expect(guarded.changes()).toEqual(['10: 10 -> 5']); // all ten seen, and a window after the hold
    expect(guarded.at(5).decision.proposals[0]?.guards).toEqual(['PartialView']);
  });
});

describe('a value for the whole while no pod is ready', () => {
  // A latency of half its target, measured of nobody: from minute 3 to 9 all ten pods fail their probes.
  const plant: PlantOptions = {
    spec: plantSpec({ metrics: [externalValue(200_000n)], behavior: behavior(60) }),
    replicas: 10,
    load: () => 1,
    measure: ({ minute }) => (minute < 3 ? 190 : 100),
    isHealthy: (_pod, { minute }) => minute < 3 || minute >= 9,
  };

  it('asks the HPA for nothing at all', () => {
    expect(runUnguarded(plant, 5).changes()).toEqual(['3.75: 10 -> 1']);
  });

  it('asks for the size as it is with the guard, until pods are ready', () => {
    const guarded = run(plant, 11);
    expect(guarded.story(2, 10)).toEqual([
      '2: 10',
      '3: 10 PartialView', // half of nothing is nothing
      '4: 10 PartialView',
      '5: 10 PartialView',
      '6: 10 PartialView',
      '7: 10 PartialView',
      '8: 10 PartialView',
      '9: 10', // all ready: five are enough, and the window has to pass
      '10: 5',
    ]);
  });
});

describe('a value for the whole while few pods are ready', () => {
  const plant: PlantOptions = {
    spec: plantSpec({ metrics: [externalValue(200_000n)], behavior: behavior(60) }),
    replicas: 10,
    load: () => 1,
    measure: ({ minute }) => (minute < 3 ? 190 : 100),
    isHealthy: ({ name }, { minute }) => minute < 3 || name === 'web-1',
  };

  it('asks the HPA for its share of the ready ones', () => {
    expect(runUnguarded(plant, 5).changes()).toEqual(['3.75: 10 -> 1']);
  });

  it('asks for its share of all with the guard, and so it ends by itself where the others never get ready', () => {
    expect(run(plant, 9).changes()).toEqual(['3.75: 10 -> 5', '4.75: 5 -> 3', '5.75: 3 -> 2', '6.75: 2 -> 1']);
  });

  it('asks for its share of the pods that a quota allows, as ever', () => {
    const quota: PlantOptions = { ...plant, quota: () => 4, isHealthy: () => true };
    expect(run(quota, 5).changes()).toEqual(runUnguarded(quota, 5).changes());
    expect(run(quota, 5).changes()[0]).toBe('3.75: 10 -> 2');
  });

  it('asks for no more than its share of the size in a rollout with a surge', () => {
    const calm: PlantOptions = {
      ...plant,
      isHealthy: () => true,
      measure: ({ minute }) => (minute < 3 ? 190 : 150),
      startS: 60,
      rollout: { minute: 2, surge: 3 },
    };
    expect(run(calm, 4).changes()).toEqual(['4: 10 -> 8']);
    expect(run(calm, 9).changes()).toEqual(runUnguarded(calm, 9).changes());
  });
});

describe('judgeView', () => {
  const NOW = 10_000_000;
  const pod = (name: string, changes: Partial<PodState> = {}): PodState => ({
    name,
    phase: 'Running',
    deleting: false,
    ready: 'True',
    readyTransitionAtMs: 0,
    startedAtMs: 0,
    containers: [],
    initContainers: [],
    podRequests: undefined,
    ...changes,
  });
  const sample: PodSample = { valueMilli: 5n, atMs: NOW, windowMs: 15_000 };
  const seen = (...names: string[]): PodsReading => ({
    kind: 'pods',
    samples: new Map(names.map((name) => [name, sample])),
  });
  /** A view of a, b and c, where `pods` are those that the list has; all of them were seen before unless said otherwise. */
  const view = (pods: readonly PodState[], memory: Partial<MetricMemory> = {}, changes: object = {}) => {
    const reading = seen('a', 'b', 'c');
    const scale = { specReplicas: pods.length, statusReplicas: pods.length };
    const known = { last: seen(...pods.map(({ name }) => name)), ...memory };
    const ask = { now: NOW, pods, scale, cpuInitializationPeriodMs: 300_000, ...changes };
    return judgeView({ usable: reading, fresh: reading, detail: '' }, known, ask);
  };
  const [a, b, c] = [pod('a'), pod('b'), pod('c')];
  const neverSeen = { last: undefined };

  it.each([
    ['all seen', [a, b, c], false],
    ['one of three unseen: exactly a third', [a, pod('x'), c], false],
    ['two of five unseen', [a, b, c, pod('x'), pod('y')], true],
    ['two of three unseen', [a, pod('x'), pod('y')], true],
    ['the unseen ones are starting', [a, pod('x', { startedAtMs: NOW }), pod('y', { startedAtMs: NOW })], false],
    ['the unseen ones are being deleted', [a, pod('x', { deleting: true }), pod('y', { deleting: true })], false],
    ['the unseen ones are pending', [a, pod('x', { phase: 'Pending' }), pod('y', { startedAtMs: undefined })], false],
    ['the unseen ones are unready, and old', [a, pod('x', { ready: 'False' }), pod('y', { ready: 'False' })], true],
    ['no pods at all', [], false],
  ])('%s', (_name, pods, partial) => {
    const { objection, memory } = view(pods);
    expect(objection !== undefined).toBe(partial);
    expect(memory.partialSinceMs).toBe(partial ? NOW : undefined);
  });

  it('objects for 15 minutes and remembers after that that it did', () => {
    const pods = [a, pod('x'), pod('y')];
    expect(view(pods, { partialSinceMs: NOW - 899_999 }).objection).toBeDefined();
    const late = view(pods, { partialSinceMs: NOW - 900_000 });
    expect(late.objection).toBeUndefined();
    expect(late.memory.partialSinceMs).toBe(NOW - 900_000);
  });

  it('objects to one pod that was never seen, for 15 minutes', () => {
    const pods = [a, b, c, pod('x')];
    const first = view(pods, neverSeen);
    expect(first.objection?.detail).toBe('1 of 4 running pods have not been seen yet');
    expect(first.memory.unseen).toEqual(new Map([['x', { sinceMs: NOW, sample: undefined }]]));
    const since = (sinceMs: number) => ({ last: undefined, unseen: new Map([['x', { sinceMs, sample: undefined }]]) });
    expect(view(pods, since(NOW - 899_999)).objection).toBeDefined();
    const late = view(pods, since(NOW - 900_000));
    expect(late.objection).toBeUndefined();
    expect(late.memory.unseen?.get('x')?.sinceMs).toBe(NOW - 900_000);
  });

  it.each([
    ['starting', { startedAtMs: NOW - 299_999 }],
    ['pending', { phase: 'Pending' }],
    ['being deleted', { deleting: true }],
  ])('does not wait for one that was never seen and is %s', (_name, changes) => {
    expect(view([a, b, c, pod('x', changes)], neverSeen).objection).toBeUndefined();
  });

  it('remembers the last sample of a pod for 15 minutes from when it is missed', () => {
    const pods = [a, b, c, pod('x')];
    expect(view(pods).remembered).toEqual(new Map([['x', sample]]));
    const since = (sinceMs: number) => ({ unseen: new Map([['x', { sinceMs, sample }]]) });
    expect(view(pods, since(NOW - 899_999)).remembered.size).toBe(1);
    expect(view(pods, since(NOW - 900_000)).remembered.size).toBe(0);
    expect(view(pods, since(NOW - 900_000)).objection).toBeUndefined();
  });

  it('forgets a pod that is seen again or gone', () => {
    const unseen = new Map([
      ['b', { sinceMs: 0, sample }],
      ['gone', { sinceMs: 0, sample }],
    ]);
    expect(view([a, b, c], { unseen }).memory.unseen).toBeUndefined();
  });

  it('takes the sample of an earlier pod of the same name for nobody’s', () => {
    const again = pod('x', { startedAtMs: NOW + 1 });
    expect(view([a, b, c, again]).remembered.size).toBe(0);
  });

  it('keeps through a time without readings who was not seen before it', () => {
    const unseen = new Map([['x', { sinceMs: 5, sample }]]);
    const gone: Reading = { kind: 'absent', reason: 'Timeout', message: 'no answer' };
    const ask = { now: NOW, pods: [], scale: { specReplicas: 1, statusReplicas: 1 }, cpuInitializationPeriodMs: 0 };
    const { memory, objection } = judgeView(
      { usable: gone, fresh: gone, detail: '' },
      { unseen, absentSinceMs: 7, partialSinceMs: 9 },
      ask,
    );
    expect(memory).toEqual({ unseen, absentSinceMs: 7, partialSinceMs: 9 });
    expect(objection).toBeUndefined();
  });

  it.each([
    ['as many as the workload counts', [a, b, c], 3, false],
    ['one fewer than it counts', [a, b, c], 4, true],
    ['more than it counts', [a, b, c], 2, false],
    ['one that terminates and may or may not count', [a, b, c, pod('x', { deleting: true })], 4, false],
    ['one that failed and does not count', [a, b, c, pod('x', { phase: 'Failed' })], 4, true],
    ['one that is pending and counts', [a, b, c, pod('x', { phase: 'Pending' })], 4, false],
  ])('a list of %s', (_name, pods, statusReplicas, objects) => {
    const { objection, memory } = view(pods, {}, { scale: { specReplicas: 9, statusReplicas } });
    expect(objection !== undefined).toBe(objects);
    expect(memory.absentSinceMs).toBe(objects ? NOW : undefined);
  });

  it('objects to a short list for 15 minutes, and to one that is short by far anew', () => {
    const short = (statusReplicas: number) =>
      view([a, b, c], { absentSinceMs: NOW - 900_000 }, { scale: { specReplicas: 9, statusReplicas } }).objection;
    expect(short(4)).toBeUndefined();
    expect(short(5)).toBeDefined();
  });
});

describe('objectToFewReady', () => {
  const ask = { serving: 1, ratio: 0.5, replicas: 1, current: 10, statusReplicas: 10 };

  it.each([
    ['its share of all', ask, 5],
    ['the size while none is ready', { ...ask, serving: 0, replicas: 0 }, 10],
    ['the size while none is ready, though there are none either', { ...ask, serving: 0, statusReplicas: 0 }, 10],
    ['nothing more than asked for', { ...ask, replicas: 5 }, undefined],
    ['a share of the pods that there are', { ...ask, statusReplicas: 4 }, 2],
    ['a share of no more than the size', { ...ask, statusReplicas: 40 }, 5],
    ['nothing where readiness plays no role', { ...ask, serving: undefined }, undefined],
    ['nothing without a ratio', { ...ask, ratio: undefined }, undefined],
    ['nothing of no load on ready pods', { ...ask, ratio: 0, replicas: 0 }, undefined],
  ])('asks for %s', (_name, given, floor) => {
    expect(objectToFewReady(given)?.floor).toBe(floor);
  });
});
