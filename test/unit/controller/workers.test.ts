import { describe, expect, it } from 'vitest';
import { WorkQueue } from '../../../src/controller/queue.ts';
import { Workers, type Away } from '../../../src/controller/workers.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';

function working(size: number, run: (key: string, away: Away) => Promise<void>) {
  const clock = new FakeClock();
  const queue = new WorkQueue(clock);
  const workers = new Workers(clock, queue, size, run);
  const add = (...keys: string[]) => {
    for (const key of keys) queue.add(key);
    workers.pump();
  };
  return { clock, queue, workers, add };
}

describe('Workers', () => {
  it('works on no more keys at once than there are workers', async () => {
    const begun: string[] = [];
    const ends = new Map<string, () => void>();
    const { clock, add } = working(2, (key) => {
      begun.push(key);
      return new Promise((resolve) => ends.set(key, resolve));
    });
    add('a', 'b', 'c');
    await clock.advance(0);
    expect(begun).toEqual(['a', 'b']);
    ends.get('b')!();
    await clock.advance(0);
    expect(begun).toEqual(['a', 'b', 'c']);
  });

  it('a cycle that waits for a source that hangs holds no worker', async () => {
    const done: string[] = [];
    const { clock, add } = working(1, async (key, away) => {
      if (key.startsWith('hang')) await away(new Promise(() => {}));
      done.push(key);
    });
    add(...Array.from({ length: 50 }, (_, index) => `hang-${index}`), 'fine');
    await clock.advance(10);
    expect(done).toEqual(['fine']);
  });

  it('a cycle that comes back goes before new keys and still counts', async () => {
    const log: string[] = [];
    let answer: () => void = () => {};
    const { clock, add } = working(1, async (key, away) => {
      log.push(`${key} begins`);
      if (key === 'a') await away(new Promise<void>((resolve) => (answer = resolve)));
      if (key === 'b') {
        answer();
        await settle();
      }
      log.push(`${key} ends`);
    });
    add('a', 'b', 'c');
    await clock.advance(10);
    expect(log).toEqual(['a begins', 'b begins', 'b ends', 'a ends', 'c begins', 'c ends']);
  });

  it('gives the worker back when what it waited for failed', async () => {
    const done: string[] = [];
    const { clock, add } = working(1, async (key, away) => {
      await away(Promise.reject(new Error('no'))).catch(() => {});
      done.push(key);
    });
    add('a', 'b');
    await clock.advance(10);
    expect(done.sort()).toEqual(['a', 'b']);
  });

  it('leaves the event loop a turn between batches of starts', async () => {
    const clock = new FakeClock();
    const queue = new WorkQueue(clock);
    let runs = 0;
    const workers = new Workers(clock, queue, 16, () => {
      runs += 1;
      return Promise.resolve();
    });
    for (let index = 0; index < 100; index++) queue.add(`k${index}`);
    workers.pump();
    await settle();
    expect(runs).toBe(16);
    await clock.advance(0);
    expect(runs).toBe(100);
  });
});
