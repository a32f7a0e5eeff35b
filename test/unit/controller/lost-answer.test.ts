// A size that was written although its answer never came counts as written: no rate policy is stepped over, nobody is blamed.
import { beforeEach, describe, expect, it } from 'vitest';
import { ApiStatusError, SetpointError } from '../../../src/base/errors.ts';
import { controllerOn, World } from '../../support/ports.ts';
import { spec, target } from '../../support/targets.ts';

const onePodAMinute = {
  policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }],
  selectPolicy: 'Max',
  stabilizationWindowSeconds: 0,
} as const;

describe('a size whose answer was lost', () => {
  let world: World;
  let on: ReturnType<typeof controllerOn>;
  const size = () => world.workloads.get('shop/Deployment/web')?.replicas;
  let began: number;
  const at = (seconds: number) => `${new Date(began + seconds * 1000).toISOString().slice(0, 19)}Z`;
  const scaleEvents = () => world.status('shop/web')['scaleEvents'];
  beforeEach(() => {
    world = new World();
    began = world.clock.now();
    world.deploy('web', 3);
    world.put(target({ spec: spec({ behavior: { scaleUp: onePodAMinute, scaleDown: onePodAMinute } }) }));
    on = controllerOn(world);
    world.onChange = () => {};
    world.loadPerPod(450);
  });

  /** The next write takes effect, and then its caller hears of this instead. */
  function loseNextAnswer(error: Error): void {
    world.beforeScaleWrite = (scale) => {
      world.beforeScaleWrite = () => {};
      const workload = world.workloads.get('shop/Deployment/web')!;
      expect(String(workload.version)).toBe(scale.resourceVersion);
      world.resize(workload, 4);
      throw error;
    };
  }

  it('and whose repetition met a conflict, is not decided on once more in the same cycle', async () => {
    loseNextAnswer(new ApiStatusError(409, 'Conflict', 'the object has been modified'));
    await on.cycle();
    expect(size()).toBe(4);
    expect(world.reasons()).toEqual(['SuccessfulRescale']);
    expect(scaleEvents()).toMatchObject({ up: [{ change: 1 }] });
    await world.clock.advance(15_000);
    await on.cycle();
    expect(size()).toBe(4);
    await world.clock.advance(60_000);
    await on.cycle();
    expect(size()).toBe(5);
  });

  it.each([
    ['ran into its deadline', new SetpointError('Deadline', 'no complete answer in time')],
    ['broke off', new SetpointError('Network', 'reset')],
    ['was a failure of a proxy', new ApiStatusError(504, 'Timeout', 'gateway')],
  ])('because it %s, counts once it is seen', async (_name, error) => {
    loseNextAnswer(error);
    await on.cycle();
    expect(world.condition('shop/web', 'AbleToScale')).toBe('False/FailedUpdateScale');
    await world.clock.advance(15_000);
    await on.cycle();
    expect(size()).toBe(4);
    expect(scaleEvents()).toMatchObject({ up: [{ change: 1 }] });
    const first = { from: 3, to: 4, cycle: '1-1', reason: 'cpu 150% of target: 3 → 4, limited by the scale-up rate' };
    expect(world.status('shop/web')['history']).toEqual([{ ...first, time: at(0) }]);
    expect(world.status('shop/web')['lastScaleTime']).toBe(at(0));
    await world.clock.advance(60_000);
    await on.cycle();
    expect(size()).toBe(5);
    expect(world.status('shop/web')['history']).toMatchObject([first, { from: 4, to: 5 }]);
    expect(world.status('shop/web')['conditions']).not.toContainEqual(expect.objectContaining({ type: 'Conflict' }));
  });

  it('is told when a status can be written, by the clock as it is then', async () => {
    loseNextAnswer(new SetpointError('Network', 'reset'));
    await on.cycle();
    world.beforeStatusWrite = () => {
      world.beforeStatusWrite = () => {};
      throw new SetpointError('Network', 'reset');
    };
    world.clock.jumpWall(3_600_000);
    await world.clock.advance(15_000);
    await on.cycle();
    expect(world.status('shop/web')['history']).toBeUndefined();
    await world.clock.advance(15_000);
    await on.cycle();
    expect(world.status('shop/web')['history']).toMatchObject([{ from: 3, to: 4, time: at(3600) }]);
    expect(world.status('shop/web')['lastScaleTime']).toBe(at(3600));
  });

  it('is nobody’s to tell when the write was refused and the look after it failed', async () => {
    world.beforeScaleWrite = () => {
      world.beforeScaleWrite = () => {};
      world.beforeScaleRead = () => {
        world.beforeScaleRead = () => {};
        throw new SetpointError('Network', 'reset');
      };
      throw new ApiStatusError(409, 'Conflict', 'the object has been modified');
    };
    await on.cycle();
    // By a user.
    world.resize(world.workloads.get('shop/Deployment/web')!, 4);
    await world.clock.advance(15_000);
    await on.cycle();
    expect(world.sizes).toEqual([]);
    expect(world.status('shop/web')['history']).toBeUndefined();
    expect(world.status('shop/web')['lastScaleTime']).toBeUndefined();
  });

  it('that never took effect is written again, once', async () => {
    world.beforeScaleWrite = () => {
      world.beforeScaleWrite = () => {};
      throw new SetpointError('Network', 'reset');
    };
    await on.cycle();
    await world.clock.advance(1_000);
    await on.cycle();
    expect(world.sizes).toEqual(['web 3→4']);
    expect(world.status('shop/web')['history']).toMatchObject([{ from: 3, to: 4, time: at(1) }]);
    expect(scaleEvents()).toMatchObject({ up: [{ change: 1 }] });
  });

  it('is somebody else’s when it is another one', async () => {
    loseNextAnswer(new SetpointError('Network', 'reset'));
    await on.cycle();
    world.resize(world.workloads.get('shop/Deployment/web')!, 7);
    await world.clock.advance(1_000);
    await on.cycle();
    expect(scaleEvents()).toMatchObject({ up: [{ change: 1 }] });
    expect(size()).toBe(8);
  });
});
