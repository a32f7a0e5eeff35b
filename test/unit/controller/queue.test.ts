import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WorkQueue, type QueueObserver } from '../../../src/controller/queue.ts';
import { FakeClock } from '../../support/fake-clock.ts';

describe('WorkQueue', () => {
  it('hands out keys in the order of their adding', () => {
    const queue = new WorkQueue(new FakeClock());
    for (const key of ['b', 'a', 'c']) queue.add(key);
    expect([queue.take(), queue.take(), queue.take(), queue.take()]).toEqual(['b', 'a', 'c', undefined]);
  });

  it('merges a key that waits already', () => {
    const queue = new WorkQueue(new FakeClock());
    queue.add('a');
    queue.add('b');
    queue.add('a');
    expect([queue.take(), queue.take(), queue.take()]).toEqual(['a', 'b', undefined]);
  });

  it('runs a key once more when it was added, however often, while at work', () => {
    const queue = new WorkQueue(new FakeClock());
    queue.add('a');
    expect(queue.take()).toBe('a');
    queue.add('a');
    queue.add('a');
    // Not a second worker for the same key.
    expect(queue.take()).toBeUndefined();
    queue.done('a');
    expect(queue.take()).toBe('a');
    queue.done('a');
    expect(queue.take()).toBeUndefined();
  });

  it('ends work on a key it never handed out without effect', () => {
    const queue = new WorkQueue(new FakeClock());
    queue.add('a');
    queue.done('a');
    expect(queue.take()).toBe('a');
  });

  it('drains on shutdown: waits for what is at work, hands out nothing, takes nothing', async () => {
    const queue = new WorkQueue(new FakeClock());
    queue.add('a');
    queue.add('b');
    queue.take();
    let drained = false;
    const shutDown = queue.shutDown().then(() => {
      drained = true;
      return undefined;
    });
    queue.add('c');
    queue.add('a');
    expect(queue.take()).toBeUndefined();
    await Promise.resolve();
    expect(drained).toBe(false);
    queue.done('a');
    await shutDown;
    expect(queue.take()).toBeUndefined();
  });

  it('is drained at once when nothing is at work, and may be shut down twice', async () => {
    const queue = new WorkQueue(new FakeClock());
    queue.add('a');
    await Promise.all([queue.shutDown(), queue.shutDown()]);
    expect(queue.depth).toBe(0);
  });

  it('tells the observer what the standard metrics need', async () => {
    const clock = new FakeClock();
    const seen: string[] = [];
    const observer: QueueObserver = {
      depth: (keys) => seen.push(`depth ${keys}`),
      added: () => seen.push('added'),
      waited: (seconds) => seen.push(`waited ${seconds}`),
      worked: (seconds) => seen.push(`worked ${seconds}`),
      retried: () => seen.push('retried'),
    };
    const queue = new WorkQueue(clock, observer);
    queue.add('a');
    await clock.advance(2_000);
    queue.take();
    await clock.advance(3_000);
    expect(queue.unfinished()).toEqual({ totalSeconds: 3, longestSeconds: 3 });
    queue.done('a');
    queue.noteRetry();
    expect(seen).toEqual(['added', 'depth 1', 'waited 2', 'depth 0', 'worked 3', 'retried']);
    expect(queue.unfinished()).toEqual({ totalSeconds: 0, longestSeconds: 0 });
  });

  // Invariants, whatever happens in whatever order:
  // 1. a key is never handed out while it is at work; 2. after an add, the key is handed out at least once more;
  // 3. a key is handed out no more often than it was added; 4. the depth is the number of keys that can be taken;
  // 5. when all is worked off, nothing is left.
  it('keeps its invariants under any sequence of adds, takes and ends', () => {
    const action = fc.oneof(
      fc.record({ kind: fc.constant('add' as const), key: fc.integer({ min: 0, max: 6 }) }),
      fc.record({ kind: fc.constant('take' as const) }),
      fc.record({ kind: fc.constant('done' as const), pick: fc.nat(100) }),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
        const queue = new WorkQueue(new FakeClock());
        const atWork = new Set<string>();
        const owed = new Set<string>();
        const added = new Map<string, number>();
        const taken = new Map<string, number>();
        const take = (): boolean => {
          const depth = queue.depth;
          const key = queue.take();
          expect(key === undefined).toBe(depth === 0);
          if (key === undefined) return false;
          expect(atWork.has(key)).toBe(false);
          atWork.add(key);
          owed.delete(key);
          taken.set(key, (taken.get(key) ?? 0) + 1);
          expect(taken.get(key)).toBeLessThanOrEqual(added.get(key) ?? 0);
          return true;
        };
        for (const step of actions) {
          if (step.kind === 'add') {
            const key = `k${step.key}`;
            queue.add(key);
            owed.add(key);
            added.set(key, (added.get(key) ?? 0) + 1);
          } else if (step.kind === 'take') {
            take();
          } else {
            const key = [...atWork][step.pick % Math.max(1, atWork.size)];
            if (key === undefined) continue;
            atWork.delete(key);
            queue.done(key);
          }
          expect(queue.processing).toBe(atWork.size);
        }
        for (;;) {
          const more = take();
          for (const key of atWork) queue.done(key);
          const ended = atWork.size;
          atWork.clear();
          if (!more && ended === 0) break;
        }
        expect([...owed]).toEqual([]);
        expect([queue.depth, queue.processing]).toEqual([0, 0]);
      }),
    );
  });
});
