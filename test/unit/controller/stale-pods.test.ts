// Pods that are not followed any more: an old view of them never shrinks anything.
import { beforeEach, describe, expect, it } from 'vitest';
import type { Reading } from '../../../src/decide/types.ts';
import { controllerOn, World } from '../../support/ports.ts';
import { CPU, prometheus, spec, target } from '../../support/targets.ts';

/** Down without waiting, so that nothing but the rule under test stands against it. */
const policies = [{ type: 'Percent', value: 100, periodSeconds: 1 }] as const;
const AT_ONCE = { policies, selectPolicy: 'Max', stabilizationWindowSeconds: 0 } as const;
const behavior = { scaleUp: AT_ONCE, scaleDown: AT_ONCE };

describe('pods that are not followed any more', () => {
  let world: World;
  let isStale: boolean;
  beforeEach(() => {
    world = new World();
    isStale = true;
    const select = world.select.bind(world);
    world.select = (namespace, selector) => ({ ...select(namespace, selector), isStale }) as ReturnType<typeof select>;
    world.deploy('web', 6);
  });
  const value = (units: number): Reading => ({
    kind: 'value',
    valueMilli: BigInt(units) * 1000n,
    atMs: world.clock.now(),
    scrapeIntervalMs: undefined,
    partial: false,
  });
  /** The size after a few cycles. */
  async function settles(): Promise<number> {
    const on = controllerOn(world);
    world.onChange = () => {};
    for (let cycle = 0; cycle < 10; cycle++) {
      await on.cycle();
      await world.clock.advance(15_000);
    }
    return world.workloads.get('shop/Deployment/web')?.replicas ?? 0;
  }

  it.each([
    ['followed', false, 1],
    ['not followed', true, 6],
  ])('cpu, pods %s', async (_name, stale, size) => {
    isStale = stale;
    world.loadPerPod(20);
    world.put(target({ spec: spec({ metrics: [CPU], behavior }) }));
    expect(await settles()).toBe(size);
    if (stale) expect(world.condition('shop/web', 'ScalingActive')).toBe('False/FailedGetResourceMetric');
  });

  it.each([
    ['a total per pod', { type: 'Value', valueMilli: 100_000n }, 20, 6],
    ['an average, low', { type: 'AverageValue', averageValueMilli: 100_000n }, 200, 6],
    ['an average, high', { type: 'AverageValue', averageValueMilli: 100_000n }, 900, 9],
  ])('%s', async (_name, wanted, units, size) => {
    world.answer = () => value(units);
    const metric = { ...prometheus('up'), target: wanted } as ReturnType<typeof prometheus>;
    world.put(target({ spec: spec({ metrics: [metric], behavior }) }));
    expect(await settles()).toBe(size);
  });
});
