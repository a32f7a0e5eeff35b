import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Backoff } from '../../../src/controller/backoff.ts';
import { Delays } from '../../../src/controller/delays.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function started() {
  const clock = new FakeClock();
  const ready: string[] = [];
  const delays = new Delays(clock, (key) => ready.push(`${key}@${clock.monotonic()}`));
  return { clock, ready, delays };
}

describe('Delays', () => {
  it('announces keys in order of time, from one timer', async () => {
    const { clock, ready, delays } = started();
    delays.add('c', 300);
    delays.add('a', 100);
    delays.add('b', 200);
    expect(clock.pendingTimers).toBe(1);
    await clock.advance(250);
    expect(ready).toEqual(['a@100', 'b@200']);
    await clock.advance(250);
    expect(ready).toEqual(['a@100', 'b@200', 'c@300']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('keeps the earlier of two times of one key', async () => {
    const { clock, ready, delays } = started();
    delays.add('a', 200);
    delays.add('a', 100);
    delays.add('a', 300);
    await clock.advance(1_000);
    expect(ready).toEqual(['a@100']);
  });

  it('moves a key to a later time when it is replaced', async () => {
    const { clock, ready, delays } = started();
    delays.add('a', 100);
    delays.replace('a', 400);
    await clock.advance(1_000);
    expect(ready).toEqual(['a@400']);
  });

  it('forgets removed keys, and all of them when stopped', async () => {
    const { clock, ready, delays } = started();
    delays.add('a', 100);
    delays.add('b', 100);
    delays.remove('a');
    await clock.advance(150);
    delays.add('c', 200);
    delays.stop();
    delays.add('d', 200);
    await clock.advance(1_000);
    expect(ready).toEqual(['b@100']);
    expect([delays.size, clock.pendingTimers]).toEqual([0, 0]);
  });

  it('is not moved by a jump of the wall clock', async () => {
    const { clock, ready, delays } = started();
    delays.add('a', 100);
    clock.jumpWall(-3_600_000);
    await clock.advance(150);
    expect(ready).toEqual(['a@100']);
  });

  it('takes keys added from within an announcement', async () => {
    const clock = new FakeClock();
    const ready: number[] = [];
    const delays: Delays = new Delays(clock, (key) => {
      ready.push(clock.monotonic());
      if (ready.length < 3) delays.add(key, clock.monotonic() + 10);
    });
    delays.add('a', 10);
    await clock.advance(100);
    expect(ready).toEqual([10, 20, 30]);
  });

  it('announces each key exactly once at its last agreed time, whatever was asked in between', async () => {
    const ask = fc.record({
      verb: fc.constantFrom('add' as const, 'replace' as const, 'remove' as const),
      key: fc.integer({ min: 0, max: 9 }),
      at: fc.integer({ min: 1, max: 50 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(ask, { maxLength: 300 }), async (asks) => {
        const { clock, ready, delays } = started();
        const expected = new Map<string, number>();
        for (const { verb, key: number, at } of asks) {
          const key = `k${number}`;
          if (verb === 'remove') {
            expected.delete(key);
            delays.remove(key);
          } else {
            expected.set(key, verb === 'add' ? Math.min(at, expected.get(key) ?? at) : at);
            delays[verb](key, at);
          }
        }
        expect(delays.size).toBe(expected.size);
        await clock.advance(60);
        expect([...ready].sort()).toEqual([...expected].map(([key, at]) => `${key}@${at}`).sort());
      }),
      { numRuns: 40 },
    );
  });
});

describe('Backoff', () => {
  it('doubles per key up to the limit and begins anew when forgotten', () => {
    const backoff = new Backoff({ baseMs: 1_000, maxMs: 15_000 });
    expect([1, 2, 3, 4, 5, 6].map(() => backoff.next('a'))).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
    expect(backoff.next('b')).toBe(1_000);
    expect([backoff.failures('a'), backoff.failures('b')]).toEqual([6, 1]);
    backoff.forget('a');
    expect([backoff.failures('a'), backoff.next('a')]).toEqual([0, 1_000]);
  });

  it('stays finite however often a key fails', () => {
    const backoff = new Backoff({ baseMs: 1, maxMs: 60_000 });
    for (let failure = 0; failure < 2_000; failure++) backoff.next('a');
    expect(backoff.next('a')).toBe(60_000);
  });
});
