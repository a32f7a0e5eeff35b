import { describe, expect, it } from 'vitest';
import { SharedDeadlines } from '../../../src/base/deadline.ts';
import { FakeClock } from '../../support/fake-clock.ts';

describe('deadlines of many who begin together', () => {
  const setUp = () => {
    const clock = new FakeClock();
    const parent = new AbortController();
    return { clock, parent, deadlines: new SharedDeadlines(clock, 35_000, 1_000) };
  };

  it('are one, with one timer, until the last of them has disposed of it', () => {
    const { clock, parent, deadlines } = setUp();
    const [first, second] = [deadlines.start(parent.signal), deadlines.start(parent.signal)];
    expect(second.signal).toBe(first.signal);
    expect(clock.pendingTimers).toBe(1);
    first.dispose();
    expect(clock.pendingTimers).toBe(1);
    second.dispose();
    expect(clock.pendingTimers).toBe(0);
  });

  it('are others for who begins later, under another signal, or after all have gone', async () => {
    const { clock, parent, deadlines } = setUp();
    const first = deadlines.start(parent.signal);
    const elsewhere = deadlines.start(new AbortController().signal);
    await clock.advance(1_001);
    const later = deadlines.start(parent.signal);
    expect(new Set([first.signal, elsewhere.signal, later.signal]).size).toBe(3);
    for (const one of [first, elsewhere, later]) one.dispose();
    expect(deadlines.start(parent.signal).signal).not.toBe(later.signal);
  });

  it('run out, up to the grace early, and tell all who wait', async () => {
    const { clock, parent, deadlines } = setUp();
    deadlines.start(parent.signal);
    await clock.advance(900);
    const late = deadlines.start(parent.signal);
    let told = 0;
    void late.aborted.then(() => (told += 1));
    void late.aborted.then(() => (told += 1));
    expect(late.remainingMs()).toBe(34_100);
    await clock.advance(34_100);
    expect([late.expired, late.signal.aborted, told]).toEqual([true, true, 2]);
    // Whoever begins now has all of its time.
    expect(deadlines.start(parent.signal).remainingMs()).toBe(35_000);
  });

  it('end with the signal they are under', async () => {
    const { parent, deadlines } = setUp();
    const deadline = deadlines.start(parent.signal);
    parent.abort(new Error('stopping'));
    await deadline.aborted;
    expect([deadline.signal.aborted, deadline.expired]).toEqual([true, false]);
  });
});
