import { describe, expect, it } from 'vitest';
import { StatusBudget } from '../../../src/record/status-budget.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';

function budgeted(writesPerSecond: number) {
  const clock = new FakeClock();
  const budget = new StatusBudget(clock, writesPerSecond);
  const written: string[] = [];
  const offer = (key: string, distance: number) =>
    budget.offer(key, distance, () => {
      written.push(key);
      return Promise.resolve();
    });
  return { clock, budget, written, offer };
}

describe('StatusBudget', () => {
  it('writes no more than so many a second, those furthest off first', async () => {
    const { clock, written, offer } = budgeted(2);
    for (let index = 1; index <= 40; index++) offer(`t${index}`, index / 40);
    await clock.advance(0);
    expect(written).toEqual(['t40']);
    await clock.advance(10_000);
    expect(written).toHaveLength(21);
    expect(written.slice(0, 4)).toEqual(['t40', 't39', 't38', 't37']);
  });

  it('saves nothing up: a quiet hour does not buy a burst', async () => {
    const { clock, written, offer } = budgeted(2);
    await clock.advance(3_600_000);
    for (let index = 0; index < 10; index++) offer(`t${index}`, 1);
    await clock.advance(999);
    expect(written).toHaveLength(2);
  });

  it('lets a target that is a little off for long have its turn', async () => {
    const { clock, written, offer } = budgeted(1);
    offer('quiet', 0.05);
    // Others are far off, every second anew.
    for (let second = 0; second < 60; second++) {
      for (let index = 0; index < 3; index++) offer(`busy${index}`, 0.5);
      offer('quiet', 0.05);
      await clock.advance(1_000);
    }
    expect(written).toContain('quiet');
  });

  /** Each period each of them is nearly right, one after the other, as cycles come. */
  const wander = async (on: ReturnType<typeof budgeted>, targets: number, periods: number) => {
    for (let period = 0; period < periods; period++) {
      for (let index = 0; index < targets; index++) {
        on.offer(`t${index}`, 0.02);
        await on.clock.advance(15_000 / targets);
      }
    }
  };

  it('gives a tenth of its writes to what is off by less than a twentieth, in turns', async () => {
    const on = budgeted(2);
    // Two minutes of 50 targets: of 240 writes 24 are for them, and the last ones granted wait for their next cycle.
    await wander(on, 50, 8);
    expect(on.written.length).toBeGreaterThanOrEqual(20);
    expect(on.written.length).toBeLessThanOrEqual(24);
    // Nobody twice before everybody once.
    expect(new Set(on.written).size).toBe(on.written.length);
  });

  it('keeps the columns of a few targets fresh', async () => {
    const on = budgeted(2);
    await wander(on, 2, 8);
    // One write in five seconds: each of the two in every period.
    expect(on.written.length).toBeGreaterThanOrEqual(14);
  });

  it('shows no value wrong, however little, for longer than half an hour', async () => {
    const on = budgeted(2);
    // A tenth of the writes would take 25 minutes for 300 of these 500: the others go after half an hour, at two a second.
    await wander(on, 500, 120);
    expect(new Set(on.written).size).toBeLessThan(400);
    await wander(on, 500, 16);
    expect(new Set(on.written).size).toBe(500);
  });

  it('writes what is far off at once, whatever waits that is nearly right', async () => {
    const on = budgeted(2);
    await wander(on, 50, 1);
    const before = on.written.length;
    on.offer('far', 0.05);
    await on.clock.advance(500);
    expect(on.written.slice(before)).toContain('far');
  });

  it('forgets a turn that was given to a target which shows what it should by now', async () => {
    const { clock, budget, written, offer } = budgeted(2);
    offer('first', 0.02);
    offer('a', 0.02);
    await clock.advance(5_000);
    // The turn of `a`, which is right again when it comes.
    offer('b', 0.02);
    budget.withdraw('a');
    await clock.advance(1_000);
    offer('a', 0.02);
    await clock.advance(1_000);
    expect(written).toEqual(['first']);
  });

  it('replaces an offer by a newer one and forgets what was withdrawn', async () => {
    const { clock, budget, written, offer } = budgeted(2);
    offer('a', 0.1);
    offer('a', 0.2);
    offer('b', 0.9);
    budget.withdraw('b');
    expect(budget.waiting).toBe(1);
    await clock.advance(5_000);
    expect(written).toEqual(['a']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('writes nothing once stopped, or with no budget', async () => {
    const { clock, budget, written, offer } = budgeted(2);
    offer('a', 1);
    await budget.stop();
    const none = budgeted(0);
    none.offer('a', 1);
    await clock.advance(5_000);
    await none.clock.advance(5_000);
    expect([written, none.written]).toEqual([[], []]);
  });

  it('is stopped when the write under way has ended: the lease must not be given back before', async () => {
    const { clock, budget } = budgeted(2);
    const write = Promise.withResolvers<void>();
    budget.offer('a', 1, () => write.promise);
    await clock.advance(0);
    let isStopped = false;
    const stopped = budget.stop().finally(() => {
      isStopped = true;
    });
    await settle();
    expect(isStopped).toBe(false);
    write.resolve();
    await stopped;
  });
});
