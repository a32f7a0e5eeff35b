// A size that was written just before a crash, or set by hand while no controller ran: no rate policy is stepped over because of it.
import { beforeEach, describe, expect, it } from 'vitest';
import type { TargetSpec } from '../../../src/api/spec.ts';
import { ApiStatusError } from '../../../src/base/errors.ts';
import { controllerOn, World } from '../../support/ports.ts';
import { spec, target } from '../../support/targets.ts';

const MINUTE = 60_000;
const rules = (value: number) =>
  ({
    policies: [{ type: 'Pods', value, periodSeconds: 600 }],
    selectPolicy: 'Max',
    stabilizationWindowSeconds: 0,
  }) as const;
/** Up by four pods in ten minutes, down by one. */
const slowly: Partial<TargetSpec> = { maxReplicas: 20, behavior: { scaleUp: rules(4), scaleDown: rules(1) } };

describe('a start', () => {
  let world: World;
  let on: ReturnType<typeof controllerOn>;
  const workload = () => world.workloads.get('shop/Deployment/web')!;
  const scaleEvents = () => world.status('shop/web')['scaleEvents'];

  beforeEach(() => {
    world = new World();
    world.deploy('web', 3);
  });

  /** A controller that knows nothing but what the API server shows. */
  function restart(): void {
    on = controllerOn(world);
    world.onChange = () => {};
  }
  async function cycleAfter(ms: number): Promise<void> {
    await world.clock.advance(ms);
    await on.cycle();
  }
  /** A controller that leaves the workload at its three pods and says so. */
  async function settled(changes: Partial<TargetSpec> = {}): Promise<void> {
    world.put(target({ spec: spec({ ...slowly, ...changes }) }));
    world.loadPerPod(300);
    restart();
    await on.cycle();
    expect(world.status('shop/web')).toMatchObject({ currentReplicas: 3, desiredReplicas: 3 });
  }
  /** The size is written, and then the process is gone. */
  async function crashAfterWriting(): Promise<void> {
    world.beforeStatusWrite = () => {
      throw new ApiStatusError(500, 'InternalError', 'gone');
    };
    await cycleAfter(15_000);
    world.beforeStatusWrite = () => {};
    restart();
  }

  it('after a crash between the size and the status counts what was added', async () => {
    await settled();
    world.loadPerPod(3000);
    await crashAfterWriting();
    expect(world.sizes).toEqual(['web 3→7']);
    await cycleAfter(15_000);
    expect(workload().replicas).toBe(7);
    expect(scaleEvents()).toMatchObject({ up: [{ change: 4, time: '2026-01-01T00:00:30.000Z', unconfirmed: true }] });
    // The next start knows it from the status.
    restart();
    await cycleAfter(9 * MINUTE);
    expect(workload().replicas).toBe(7);
    await cycleAfter(MINUTE);
    expect(workload().replicas).toBe(11);
  });

  it('after a crash between the size and the status counts what was removed', async () => {
    await settled();
    world.loadPerPod(100);
    await crashAfterWriting();
    expect(world.sizes).toEqual(['web 3→2']);
    for (let minute = 0; minute < 9; minute++) await cycleAfter(MINUTE);
    expect(workload().replicas).toBe(2);
    await cycleAfter(2 * MINUTE);
    expect(workload().replicas).toBe(1);
  });

  it('after a size set by hand makes no room for the other direction', async () => {
    await settled();
    world.resize(workload(), 8);
    world.loadPerPod(10);
    restart();
    await cycleAfter(15_000);
    expect(workload().replicas).toBe(7);
    restart();
    await cycleAfter(MINUTE);
    expect(workload().replicas).toBe(7);
  });

  it('counts nothing twice: a change that the status tells of is known', async () => {
    await settled();
    world.loadPerPod(450);
    await cycleAfter(15_000);
    expect(world.sizes).toEqual(['web 3→5']);
    restart();
    await cycleAfter(15_000);
    expect(JSON.stringify(scaleEvents())).not.toContain('unconfirmed');
    expect(world.sizes).toEqual(['web 3→5', 'web 5→7']);
  });

  it('counts nothing while it runs: a size set by hand is nobody’s then', async () => {
    await settled();
    world.resize(workload(), 7);
    world.loadPerPod(3000);
    await cycleAfter(15_000);
    expect(workload().replicas).toBe(11);
  });

  describe('counts nothing', () => {
    const byHand = (replicas: number) => () => world.resize(workload(), replicas);
    it.each<[string, { spec?: Partial<TargetSpec>; meanwhile?: () => void; size?: number }]>([
      ['with guards Disabled, as the HPA', { spec: { guards: 'Disabled' } }],
      ['in mode Recommend, which writes nothing', { spec: { mode: 'Recommend' }, size: 7 }],
      ['of a size above the bounds', { meanwhile: byHand(25), size: 20 }],
      ['of a size below the bounds', { spec: { minReplicas: 2 }, meanwhile: byHand(1), size: 2 }],
      ['beside another writer', { meanwhile: () => conflictShown() }],
      ['after a time without the workload', { meanwhile: () => unreadableShown() }],
    ])('%s', async (_what, { spec: changes = {}, meanwhile, size = 11 }) => {
      await settled(changes);
      world.loadPerPod(3000);
      byHand(7)();
      meanwhile?.();
      restart();
      await cycleAfter(15_000);
      expect(JSON.stringify(scaleEvents())).not.toContain('unconfirmed');
      expect(workload().replicas).toBe(size);
    });

    it('of a workload that was switched off', async () => {
      world.resize(workload(), 0);
      world.put(target({ spec: spec(slowly) }));
      restart();
      await on.cycle();
      expect(world.condition('shop/web', 'ScalingActive')).toBe('False/ScalingDisabled');
      byHand(3)();
      world.loadPerPod(3000);
      restart();
      await cycleAfter(15_000);
      expect(workload().replicas).toBe(7);
    });

    it('of a target whose spec was changed meanwhile: the status may speak of another workload', async () => {
      await settled();
      world.deploy('api', 8);
      world.edit('shop/web', { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'api' } });
      world.loadPerPod(3000);
      restart();
      await cycleAfter(15_000);
      expect(world.sizes).toEqual(['api 8→12']);
    });

    it('of a target that has no status yet', async () => {
      world.put(target({ spec: spec(slowly) }));
      world.loadPerPod(3000);
      restart();
      await on.cycle();
      expect(workload().replicas).toBe(7);
    });
  });

  function showCondition(type: 'Conflict' | 'AbleToScale', status: 'True' | 'False', reason: string): void {
    const before = world.target('shop/web');
    const conditions = before.previous.conditions.filter((condition) => condition.type !== type);
    const shown = { type, status, reason, message: '' } as (typeof conditions)[number];
    world.put({ ...before, previous: { ...before.previous, conditions: [...conditions, shown] } });
  }
  const conflictShown = () => showCondition('Conflict', 'True', 'ForeignWriter');
  const unreadableShown = () => showCondition('AbleToScale', 'False', 'FailedGetScale');
});
