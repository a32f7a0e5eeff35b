import { describe, expect, it } from 'vitest';
import { TokenBucket } from '../../../src/base/token-bucket.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const never = new AbortController().signal;

describe('TokenBucket', () => {
  it('lets the burst go at once and the rest at the rate', async () => {
    const clock = new FakeClock();
    const bucket = new TokenBucket({ clock, ratePerSecond: 10, burst: 3 });
    const taken: number[] = [];
    for (let i = 0; i < 6; i++) void bucket.take(never).then(() => taken.push(clock.monotonic()));
    await clock.advance(1000);
    expect(taken).toEqual([0, 0, 0, 100, 200, 300]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('serves the better lane first, however late it came', async () => {
    const clock = new FakeClock();
    const bucket = new TokenBucket({ clock, ratePerSecond: 1, burst: 1, lanes: 3 });
    const order: string[] = [];
    void bucket.take(never, 2).then(() => order.push('first'));
    void bucket.take(never, 2).then(() => order.push('rest'));
    void bucket.take(never, 1).then(() => order.push('scale'));
    void bucket.take(never, 0).then(() => order.push('lease'));
    await clock.advance(5000);
    expect(order).toEqual(['first', 'lease', 'scale', 'rest']);
  });

  it('does not let a latecomer overtake its own lane', async () => {
    const clock = new FakeClock();
    const bucket = new TokenBucket({ clock, ratePerSecond: 1, burst: 1 });
    await bucket.take(never);
    void bucket.take(never);
    await clock.advance(999);
    expect(bucket.tryTake()).toBe(false);
    await clock.advance(1);
    expect(bucket.waiting).toBe(0);
  });

  it('holds all lanes but 0 while paused', async () => {
    const clock = new FakeClock();
    const bucket = new TokenBucket({ clock, ratePerSecond: -1, burst: 1, lanes: 2 });
    bucket.pause(3000);
    const times: string[] = [];
    void bucket.take(never, 1).then(() => times.push(`rest ${clock.monotonic()}`));
    void bucket.take(never, 0).then(() => times.push(`lease ${clock.monotonic()}`));
    await clock.advance(10_000);
    expect(times).toEqual(['lease 0', 'rest 3000']);
  });

  it('a lane 0 caller who waits for tokens does not lift the pause of the others', async () => {
    const clock = new FakeClock();
    const bucket = new TokenBucket({ clock, ratePerSecond: 1, burst: 1, lanes: 2 });
    await bucket.take(never, 0);
    bucket.pause(5000);
    const times: string[] = [];
    void bucket.take(never, 1).then(() => times.push(`rest ${clock.monotonic()}`));
    void bucket.take(never, 0).then(() => times.push(`lease ${clock.monotonic()}`));
    await clock.advance(10_000);
    expect(times).toEqual(['lease 1000', 'rest 5000']);
  });

  it('an aborted wait takes no token and leaves no timer', async () => {
    const clock = new FakeClock();
    const bucket = new TokenBucket({ clock, ratePerSecond: 1, burst: 1 });
    await bucket.take(never);
    const controller = new AbortController();
    const waiting = bucket.take(controller.signal);
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await clock.advance(1000);
    expect(bucket.tryTake()).toBe(true);
    expect(clock.pendingTimers).toBe(0);
    await expect(bucket.take(AbortSignal.abort(new Error('late')))).rejects.toThrow('late');
  });

  it('negative rate: nobody waits', async () => {
    const bucket = new TokenBucket({ clock: new FakeClock(), ratePerSecond: -1, burst: 0 });
    for (let i = 0; i < 1000; i++) expect(bucket.tryTake()).toBe(true);
    expect(bucket.waiting).toBe(0);
  });
});
