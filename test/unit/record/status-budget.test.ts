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
