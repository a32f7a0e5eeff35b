// When targets are decided: time-lines on a fake clock.
import { describe, expect, it } from 'vitest';
import type { Metric } from '../../../src/api/spec.ts';
import { ApiStatusError } from '../../../src/base/errors.ts';
import type { Reading } from '../../../src/decide/types.ts';
import { controllerOn, World } from '../../support/ports.ts';
import { CPU, prometheus, spec, target } from '../../support/targets.ts';

/** Targets t0..tn on workloads of their own, each with one metric. */
function fleet(world: World, count: number, metric: (index: number) => Metric, prefix = 't') {
  for (let index = 0; index < count; index++) {
    const name = `${prefix}${index}`;
    world.deploy(name, 3);
    const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name };
    world.put(target({ name, spec: spec({ scaleTargetRef, metrics: [metric(index)] }) }));
  }
}

const value = (milli: bigint): Reading => ({
  kind: 'value',
  valueMilli: milli,
  atMs: undefined,
  scrapeIntervalMs: 30_000,
  partial: false,
});

/** Times of the cycles of a target, in seconds since the start of the test. */
function cyclesOf(world: World, name: string, since: number): number[] {
  return world.reports
    .filter((report) => report.target.name === name)
    .map(({ atMs }) => Math.round((atMs - since) / 10) / 100);
}

describe('taking over', () => {
  it('decides all targets within three seconds, spread, and then each in its period', async () => {
    const world = new World();
    fleet(world, 200, (index) => prometheus(`query ${index}`));
    world.answer = () => value(300_000n);
    const on = controllerOn(world);
    const since = world.clock.now();
    on.start();
    await world.clock.advance(3_000);
    expect(new Set(world.reports.map(({ target }) => target.name)).size).toBe(200);
    expect(new Set(world.reports.map(({ atMs }) => atMs)).size).toBeGreaterThan(20);
    // Then one decision per target and period, and never two within half a period.
    await world.clock.advance(60_000);
    for (const name of ['t0', 't77', 't199']) {
      const times = cyclesOf(world, name, since);
      const gaps = times.slice(1).map((time, index) => Math.round((time - times[index]!) * 100) / 100);
      expect(gaps[0]).toBeGreaterThanOrEqual(7.5);
      expect(gaps.slice(1)).toEqual(gaps.slice(1).map(() => 15));
      expect(times.length).toBeGreaterThanOrEqual(4);
    }
    await on.stop();
  });

  it('does nothing before it leads, and knows what came before', async () => {
    const world = new World();
    const on = controllerOn(world);
    fleet(world, 3, () => CPU);
    await world.clock.advance(60_000);
    expect(world.reports).toEqual([]);
    on.start();
    await world.clock.advance(2_100);
    expect(world.reports).toHaveLength(3);
    await on.stop();
  });
});

describe('what wakes a target', () => {
  it('a changed spec is decided at once, our own status writes wake nobody', async () => {
    const world = new World();
    world.deploy('web', 3);
    world.put(target());
    world.loadPerPod(300);
    const on = controllerOn(world);
    on.start();
    await world.clock.advance(16_000);
    const before = world.reports.length;
    world.edit('shop/web', { minReplicas: 4 });
    await world.clock.advance(0);
    expect(world.reports).toHaveLength(before + 1);
    expect(world.sizes).toEqual(['web 3→4']);
    expect(world.requests.statusWrites).toBe(2);
    // Nothing more until the next slot, at least half a period later.
    await world.clock.advance(7_000);
    expect(world.reports).toHaveLength(before + 1);
    await on.stop();
  });

  it('a new target is decided at once, a deleted one is forgotten', async () => {
    const world = new World();
    const on = controllerOn(world);
    on.start();
    await world.clock.advance(5_000);
    world.deploy('web', 3);
    world.put(target());
    await world.clock.advance(0);
    expect(world.reports).toHaveLength(1);
    world.remove('shop/web');
    await world.clock.advance(60_000);
    expect([world.reports.length, world.gone, on.controller.size]).toEqual([1, ['shop/web'], 0]);
    expect(world.clock.pendingTimers).toBe(0);
  });

  it('a target of the same name with another uid begins anew', async () => {
    const world = new World();
    world.deploy('web', 3);
    world.put(target());
    world.loadPerPod(300);
    const on = controllerOn(world);
    on.start();
    await world.clock.advance(3_000);
    world.put(target({ uid: 'another' }));
    await world.clock.advance(0);
    expect(world.reports.map(({ target }) => target.uid)).toEqual(['uid-of-web', 'another']);
    // What observers keep of the first one is not the second one's.
    expect(world.gone).toEqual(['shop/web']);
    await on.stop();
  });

  it('a change that comes during a cycle runs it once more, at once', async () => {
    const world = new World();
    world.deploy('web', 3);
    world.put(target());
    let release = () => {};
    world.answer = () =>
      new Promise((resolve) => {
        release = () => resolve({ kind: 'absent', reason: 'Empty', message: '' });
      });
    const on = controllerOn(world);
    on.start();
    await world.clock.advance(3_000);
    world.edit('shop/web', { minReplicas: 2 });
    world.edit('shop/web', { minReplicas: 3 });
    release();
    await world.clock.advance(0);
    // The first cycle was dropped, the second one reads anew for the newest spec.
    expect([world.reports.length, world.requests.metricReads]).toEqual([0, 2]);
    // And under a tick of its own, not under that of its next regular slot.
    expect(Number(world.reads[1]?.split('@')[1])).toBe(Math.floor(world.clock.now() / 1000) * 1000);
    release();
    await world.clock.advance(0);
    expect(world.reports.map(({ target }) => target.generation)).toEqual([3]);
    await on.stop();
  });

  it('B34: a target that is being deleted is not decided again, however long its finalizer takes', async () => {
    const world = new World();
    world.deploy('web', 3);
    world.put(target());
    world.loadPerPod(300);
    const on = controllerOn(world);
    on.start();
    await world.clock.advance(3_000);
    world.put({ ...world.target('shop/web'), deleting: true, generation: 2 });
    await world.clock.advance(120_000);
    expect([world.reports.length, world.clock.pendingTimers]).toEqual([1, 0]);
    await on.stop();
  });
});

describe('P8: one bad target delays no other', () => {
  it('a hundred targets of a source that hangs delay a target of another source by nothing, with two workers', async () => {
    const world = new World();
    fleet(world, 100, (index) => prometheus(`hang ${index}`, 'slow'));
    world.deploy('web', 3);
    world.put(target());
    world.loadPerPod(300);
    const { answer } = world;
    world.answer = (metric, context, signal) =>
      metric.type === 'Prometheus' ? new Promise(() => {}) : answer(metric, context, signal);
    const on = controllerOn(world, { workers: 2 });
    on.start();
    await world.clock.advance(150_000);
    const mine = world.reports.filter(({ target }) => target.name === 'web');
    expect(mine.length).toBeGreaterThanOrEqual(10);
    // A turn of the event loop or two, no more.
    expect(Math.max(...mine.map(({ lagMs }) => lagMs))).toBeLessThan(10);
    // And those that hang are decided too, on absence, and hold.
    expect(world.reports.some(({ target }) => target.name === 't0')).toBe(true);
    expect(world.sizes).toEqual([]);
    await on.stop();
  });

  it('F25: an API server that refuses one target is asked late, the others go on', async () => {
    const world = new World();
    fleet(world, 2, () => CPU);
    world.loadPerPod(300);
    world.beforeScaleRead = ({ name }) => {
      if (name === 't0') throw new ApiStatusError(403, 'Forbidden', 'no');
    };
    const on = controllerOn(world);
    on.start();
    await world.clock.advance(301_000);
    // Once a minute against four times a minute.
    expect(world.reports.filter(({ target }) => target.name === 't0').length).toBeLessThanOrEqual(6);
    expect(world.reports.filter(({ target }) => target.name === 't1').length).toBeGreaterThanOrEqual(20);
    await on.stop();
  });

  it('an API server that has just started, and refuses everybody, is asked again after 5 s', async () => {
    const world = new World();
    world.deploy('web', 3);
    world.put(target({ spec: spec({ syncPeriodSeconds: 1 }) }));
    world.loadPerPod(300);
    const startsAt = world.clock.now() + 10_000;
    world.beforeScaleRead = () => {
      const now = world.clock.now();
      if (now >= startsAt && now < startsAt + 1_000) throw new ApiStatusError(403, 'Forbidden', 'no roles yet');
    };
    const on = controllerOn(world);
    on.start();
    await world.clock.advance(20_000);
    const [refused = 0, again = 0, next = 0] = cyclesOf(world, 'web', startsAt).filter((seconds) => seconds >= 0);
    expect(refused).toBeLessThan(1);
    expect(again - refused).toBeGreaterThanOrEqual(5);
    expect(again - refused).toBeLessThan(6.5);
    expect(next - again).toBeLessThan(1.5);
    await on.stop();
  });

  it('F24: a passing failure is tried again sooner than the period, with growing waits', async () => {
    const world = new World();
    world.deploy('web', 3);
    world.put(target());
    let failures = 3;
    world.beforeScaleRead = () => {
      if (failures-- > 0) throw new ApiStatusError(503, '', 'no');
    };
    world.loadPerPod(300);
    const on = controllerOn(world);
    const since = world.clock.now();
    on.start();
    await world.clock.advance(14_000);
    const [first, ...then] = cyclesOf(world, 'web', since);
    expect(then.map((time) => Math.round(time - first!)).slice(0, 3)).toEqual([1, 3, 7]);
    // A success in between, and the waits begin anew.
    await world.clock.advance(16_000);
    failures = 1;
    const before = world.reports.length;
    await world.clock.advance(15_000);
    const [failed, retried] = world.reports.slice(before);
    expect(Math.round((retried!.atMs - failed!.atMs) / 1000)).toBe(1);
    await on.stop();
  });

  it('F23: patience that the API server asks for is kept, beyond the period too', async () => {
    const world = new World();
    world.deploy('web', 3);
    world.put(target());
    let asked = 0;
    world.beforeScaleRead = () => {
      asked += 1;
      throw new ApiStatusError(429, 'TooManyRequests', 'slow down', 40_000);
    };
    const on = controllerOn(world);
    on.start();
    await world.clock.advance(39_000);
    expect(asked).toBe(1);
    await world.clock.advance(5_000);
    expect(asked).toBe(2);
    await on.stop();
  });
});

describe('periods', () => {
  it('each target has its own, sharers meet where their periods do', async () => {
    const world = new World();
    for (const [name, syncPeriodSeconds] of [
      ['fast', 5],
      ['slow', 15],
    ] as const) {
      world.deploy(name, 3);
      const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name };
      world.put(target({ name, spec: spec({ scaleTargetRef, syncPeriodSeconds }) }));
    }
    world.loadPerPod(300);
    const on = controllerOn(world);
    on.start();
    await world.clock.advance(20_000);
    world.reads.length = 0;
    await world.clock.advance(60_000);
    const ticks = world.reads.map((read) => read.split('@')[1]);
    expect(ticks).toHaveLength(16);
    // The slow one has no tick of its own.
    expect(new Set(ticks).size).toBe(12);
    await on.stop();
  });

  it('a cycle that outlasts its period skips what it missed', async () => {
    const world = new World();
    world.deploy('web', 3);
    world.put(target({ spec: spec({ syncPeriodSeconds: 1 }) }));
    world.answer = (_metric, { podNames }) =>
      new Promise((resolve) => {
        world.clock.setTimer(3_500, () =>
          resolve({
            kind: 'pods',
            samples: new Map(
              [...podNames].map((name) => [name, { valueMilli: 300n, atMs: world.clock.now(), windowMs: 30_000 }]),
            ),
          }),
        );
      });
    const on = controllerOn(world);
    on.start();
    await world.clock.advance(42_000);
    expect(world.reports.length).toBeGreaterThanOrEqual(9);
    expect(world.reports.length).toBeLessThanOrEqual(12);
    expect(Math.max(...world.reports.map(({ lagMs }) => lagMs))).toBeLessThan(10);
    await on.stop();
  });

  it('F07: a jump of the wall clock makes nobody wait longer than one and a half periods', async () => {
    const world = new World();
    world.deploy('web', 3);
    world.put(target());
    world.loadPerPod(300);
    const on = controllerOn(world);
    on.start();
    await world.clock.advance(30_000);
    for (const jump of [-3_600_000, 3_600_000]) {
      world.clock.jumpWall(jump);
      const before = world.reports.length;
      await world.clock.advance(37_500);
      expect(world.reports.length - before).toBeGreaterThanOrEqual(2);
      expect(world.reports.length - before).toBeLessThanOrEqual(4);
    }
    await on.stop();
  });
});

describe('stopping', () => {
  it('ends reads at once, lets a write under way end, begins nothing more', async () => {
    const world = new World();
    fleet(world, 2, (index) => (index === 0 ? prometheus('hang') : CPU));
    world.loadPerPod(450);
    const { answer } = world;
    world.answer = (metric, context, signal) =>
      metric.type === 'Prometheus' ? new Promise(() => {}) : answer(metric, context, signal);
    let finishWrite = () => {};
    world.pauseWrites = () => new Promise((resolve) => (finishWrite = resolve));
    const on = controllerOn(world);
    on.start();
    await world.clock.advance(3_000);
    let stopped = false;
    const stop = on.controller.stop().then(() => (stopped = true));
    await world.clock.advance(1_000);
    expect(stopped).toBe(false);
    finishWrite();
    await world.clock.advance(0);
    // The status of the size that was written is written too.
    finishWrite();
    await world.clock.advance(0);
    expect(await stop).toBe(true);
    expect(world.sizes).toEqual(['t1 3→5']);
    expect(world.condition('shop/t1', 'AbleToScale')).toBe('True/SucceededRescale');
    world.edit('shop/t0', { minReplicas: 9 });
    await world.clock.advance(60_000);
    expect(world.sizes).toEqual(['t1 3→5']);
  });

  it('begins nothing more when leadership is lost', async () => {
    const world = new World();
    fleet(world, 5, () => CPU);
    world.loadPerPod(300);
    const on = controllerOn(world);
    on.start();
    await world.clock.advance(3_000);
    const before = world.reports.length;
    on.leadership.abort(new Error('lease lost'));
    await world.clock.advance(60_000);
    expect(world.reports).toHaveLength(before);
    await on.stop();
  });
});
