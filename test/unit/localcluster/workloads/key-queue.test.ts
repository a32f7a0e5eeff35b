// The controllers' queue: merging, delays, retries, stop.
import { expect, test } from 'vitest';
import { KeyQueue } from '../../../../src/localcluster/workloads/key-queue.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

function recording(fail: (key: string) => boolean = () => false) {
  const clock = new FakeClock();
  const seen: string[] = [];
  const errors: string[] = [];
  const queue = new KeyQueue(
    clock,
    (key) => {
      seen.push(`${key}@${clock.monotonic()}`);
      if (fail(key)) throw new Error('no');
    },
    (key) => errors.push(key),
  );
  return { clock, seen, errors, queue };
}

test('keys added before a pass merge into one', async () => {
  const { clock, seen, queue } = recording();
  for (const key of ['a', 'b', 'a', 'a']) queue.add(key);
  expect(seen).toEqual([]);
  await clock.advance(0);
  expect(seen).toEqual(['a@0', 'b@0']);
});

test('of two delays the sooner counts', async () => {
  const { clock, seen, queue } = recording();
  queue.addAfter('a', 500);
  queue.addAfter('a', 100);
  queue.addAfter('a', 900);
  await clock.advance(2_000);
  expect(seen).toEqual(['a@100']);
});

test('a failing key comes back later and later, and starts anew after a success', async () => {
  let failures = 4;
  const { clock, seen, errors, queue } = recording(() => failures-- > 0);
  queue.add('a');
  await clock.advance(10_000);
  expect(seen).toEqual(['a@0', 'a@10', 'a@30', 'a@70', 'a@150']);
  expect(errors).toHaveLength(4);
  failures = 1;
  queue.add('a');
  await clock.advance(1_000);
  expect(seen.slice(5)).toEqual(['a@10000', 'a@10010']);
});

test('after stop nothing runs and no timer is left', async () => {
  const { clock, seen, queue } = recording();
  queue.add('a');
  queue.addAfter('b', 10);
  queue.stop();
  queue.add('c');
  expect(clock.pendingTimers).toBe(0);
  await clock.advance(1_000);
  expect(seen).toEqual([]);
});
