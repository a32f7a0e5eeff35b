// PartialView, told minute by minute: metrics of a few pods, and answers that say they are partial.
import { describe, expect, it } from 'vitest';
import { judgeView } from '../../../../src/decide/guards/partial-view.ts';
import type { PodSample, PodState, Reading } from '../../../../src/decide/types.ts';
import { type PlantOptions, type PlantView, run, runUnguarded } from '../../../support/plant.ts';
import { behavior, plantSpec, podsAverage, prometheusAverage, withValue } from '../../../support/plant-metrics.ts';

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
      '3: 10 PartialView', // six of ten unseen
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
  const seen = (...names: string[]): Reading => ({
    kind: 'pods',
    samples: new Map(names.map((name) => [name, sample])),
  });
  const ask = (pods: readonly PodState[], sinceMs?: number) => ({ now: NOW, pods, warmUpMs: 300_000, sinceMs });
  const [a, b, c] = [pod('a'), pod('b'), pod('c')];

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
    const view = judgeView(seen('a', 'b', 'c'), ask(pods));
    expect(view.objection !== undefined).toBe(partial);
    expect(view.sinceMs).toBe(partial ? NOW : undefined);
  });

  it('objects for 15 minutes and remembers after that that it did', () => {
    const pods = [a, pod('x'), pod('y')];
    expect(judgeView(seen('a'), ask(pods, NOW - 899_999)).objection).toBeDefined();
    expect(judgeView(seen('a'), ask(pods, NOW - 900_000))).toEqual({ sinceMs: NOW - 900_000, objection: undefined });
  });
});
