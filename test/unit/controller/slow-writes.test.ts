// Writes that hang, as behind a broken admission webhook: they hold up nobody else.
import { expect, it } from 'vitest';
import { sleep } from '../../../src/base/clock.ts';
import { SetpointError } from '../../../src/base/errors.ts';
import type { Scale } from '../../../src/controller/ports.ts';
import { controllerOn, World } from '../../support/ports.ts';
import { spec, target } from '../../support/targets.ts';

const HANGS_MS = 3_000;

it('sizes that cannot be written in time delay no other target by more than a period', async () => {
  const world = new World();
  const write = world.write.bind(world) as (...given: unknown[]) => Promise<unknown>;
  world.write = (async (first: Scale | object, ...rest: unknown[]) => {
    if ('specReplicas' in first && first.name.startsWith('slow')) {
      await sleep(world.clock, HANGS_MS, new AbortController().signal);
      throw new SetpointError('Deadline', 'no complete answer in time');
    }
    return write(first, ...rest);
  }) as World['write'];
  const add = (name: string) => {
    world.deploy(name, 3);
    world.put(target({ name, spec: spec({ scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name } }) }));
  };
  for (let index = 0; index < 100; index++) add(`slow-${index}`);
  world.loadPerPod(450);
  const on = controllerOn(world, { workers: 4 });
  on.start();
  await world.clock.advance(20_000);
  add('good');
  const since = world.clock.monotonic();
  await world.clock.advance(1_000);
  expect(world.sizes).toEqual(['good 3→5']);
  await world.clock.advance(120_000);
  const good = world.reports.filter(({ target: { name } }) => name === 'good');
  expect(good.length).toBeGreaterThanOrEqual(8);
  expect(Math.max(...good.map(({ lagMs }) => lagMs))).toBeLessThan(15_000);
  expect(world.clock.monotonic() - since).toBe(121_000);
  on.leadership.abort(new Error('over'));
  await on.stop();
});

it('a status that takes its time delays nobody who looks on', async () => {
  const world = new World();
  world.deploy('web', 3);
  world.put(target({ name: 'web' }));
  world.loadPerPod(450);
  let answerStatus = (): void => {};
  const write = world.write.bind(world) as (...given: unknown[]) => Promise<unknown>;
  world.write = (async (first: Scale | object, ...rest: unknown[]) => {
    if (!('specReplicas' in first)) await new Promise<void>((resolve) => (answerStatus = resolve));
    return write(first, ...rest);
  }) as World['write'];
  const on = controllerOn(world);
  on.start();
  await world.clock.advance(15_000);
  expect(world.requests.statusWrites).toBe(0);
  expect(world.reports.map(({ record }) => record?.outcome)).toEqual(['Written']);
  expect(world.durations).toEqual([]);
  answerStatus();
  await world.clock.advance(1);
  expect(world.requests.statusWrites).toBe(1);
  expect(world.durations).toHaveLength(1);
  on.leadership.abort(new Error('over'));
  await on.stop();
});
