// When a status is written: at once, by the budget, or not at all.
import { beforeEach, describe, expect, it } from 'vitest';
import { SetpointError } from '../../../src/base/errors.ts';
import { controllerOn, World } from '../../support/ports.ts';
import { spec, target } from '../../support/targets.ts';

describe('refreshing what the columns show', () => {
  let world: World;
  let on: ReturnType<typeof controllerOn>;
  const shown = () => (world.status('shop/web')['summary'] as { metrics: string }).metrics;
  /** One cycle of a target whose size stays, at so much of 500m of cpu. */
  const cycleAt = async (milli: number) => {
    world.loadPerPod(milli);
    await on.cycle();
  };
  beforeEach(async () => {
    world = new World();
    world.deploy('web', 3);
    // Without guards, so that a new value of the same moment counts.
    world.put(target({ spec: spec({ guards: 'Disabled' }) }));
    on = controllerOn(world, { writesPerSecond: 1 });
    world.onChange = () => {};
    await cycleAt(300);
    // The budget's first write of this second is spent on somebody else.
    on.budget.offer('shop/other', 1, () => Promise.resolve());
    await world.clock.advance(0);
  });

  it('waits for the budget, then shows the latest values', async () => {
    await cycleAt(310);
    await cycleAt(320);
    expect([world.requests.statusWrites, shown()]).toEqual([1, 'cpu: 60%/60%']);
    await world.clock.advance(1_000);
    expect([world.requests.statusWrites, shown()]).toEqual([2, 'cpu: 64%/60%']);
  });

  it('is not needed any more when the value is back', async () => {
    await cycleAt(320);
    await cycleAt(300);
    await world.clock.advance(5_000);
    expect([world.requests.statusWrites, on.budget.waiting]).toEqual([1, 0]);
  });

  it('is not needed any more when the status was written for a better reason', async () => {
    await cycleAt(320);
    await cycleAt(450);
    expect([world.sizes, world.requests.statusWrites]).toEqual([['web 3→5'], 2]);
    await world.clock.advance(5_000);
    expect(world.requests.statusWrites).toBe(2);
  });

  it('does not write over an object that changed meanwhile', async () => {
    await cycleAt(320);
    world.edit('shop/web', { maxReplicas: 20 });
    await world.clock.advance(5_000);
    expect(world.requests.statusWrites).toBe(1);
  });

  it('is dropped with its target', async () => {
    await cycleAt(320);
    world.remove('shop/web');
    await on.cycle();
    expect(on.budget.waiting).toBe(0);
  });

  it('P7: is not written by who leads no longer, nor with the gate closed', async () => {
    await cycleAt(320);
    world.gateError = new SetpointError('GateClosed', 'the lease may be lost');
    await world.clock.advance(1_000);
    world.gateError = undefined;
    await cycleAt(330);
    on.leadership.abort(new Error('lost'));
    await world.clock.advance(5_000);
    expect(world.requests.statusWrites).toBe(1);
  });

  it('is tried again by a later cycle when it fails', async () => {
    await cycleAt(320);
    world.beforeStatusWrite = () => {
      throw new SetpointError('Network', 'reset');
    };
    await world.clock.advance(1_000);
    expect(shown()).toBe('cpu: 60%/60%');
    world.beforeStatusWrite = () => {};
    await cycleAt(320);
    await world.clock.advance(1_000);
    expect(shown()).toBe('cpu: 64%/60%');
    // And no event was made of it: nothing that matters was lost.
    expect(world.events).toEqual([]);
  });

  it('puts right what somebody edited in a status whose numbers are right', async () => {
    const edited = { ...world.status('shop/web'), summary: { metrics: 'cpu: 1%/60%', why: '' } };
    world.put({ ...world.target('shop/web'), rawStatus: edited, resourceVersion: 'edited' });
    await cycleAt(300);
    await cycleAt(300);
    expect(on.budget.waiting).toBe(1);
    await world.clock.advance(60_000);
    await cycleAt(300);
    await world.clock.advance(1_000);
    expect(shown()).toBe('cpu: 60%/60%');
  });
});

describe('a change of size whose status could not be written', () => {
  it('is told by the next status, with its time', async () => {
    const world = new World();
    world.deploy('web', 3);
    world.put(target({ spec: spec({ guards: 'Disabled' }) }));
    const on = controllerOn(world);
    world.loadPerPod(450);
    world.beforeStatusWrite = () => {
      throw new SetpointError('Network', 'reset');
    };
    const changedAt = `${new Date(world.clock.now()).toISOString().slice(0, 19)}Z`;
    await on.cycle();
    expect([world.sizes, world.status('shop/web')['history']]).toEqual([['web 3→5'], undefined]);
    await world.clock.advance(15_000);
    world.beforeStatusWrite = () => {};
    world.loadPerPod(300);
    await on.cycle();
    expect(world.status('shop/web')).toMatchObject({
      currentReplicas: 5,
      lastScaleTime: changedAt,
      history: [{ time: changedAt, from: 3, to: 5 }],
    });
    await world.clock.advance(15_000);
    world.loadPerPod(600);
    await on.cycle();
    expect(world.status('shop/web')).toMatchObject({
      history: [
        { from: 3, to: 5 },
        { from: 5, to: 10 },
      ],
    });
  });
});
