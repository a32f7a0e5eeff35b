// A clock that moves only when a test says so. Timers fire in order of their time, ties in order of creation.
import type { CancelTimer, Clock } from '../../src/base/clock.ts';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

export class FakeClock implements Clock {
  #nowMs: number;
  #monotonicMs = 0;
  #order = 0;
  readonly #timers = new Set<Timer>();

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonic(): number {
    return this.#monotonicMs;
  }

  setTimer(delayMs: number, callback: () => void): CancelTimer {
    const timer = { at: this.#monotonicMs + Math.max(0, delayMs), order: this.#order++, callback };
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  }

  /** Timers that have not fired. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** Milliseconds until the next timer fires; undefined when none waits. */
  get nextTimerInMs(): number | undefined {
    const next = this.#next(Number.POSITIVE_INFINITY);
    return next && Math.max(0, next.at - this.#monotonicMs);
  }

  /** Moves the wall clock alone, as an administrator or NTP would. */
  jumpWall(byMs: number): void {
    this.#nowMs += byMs;
  }

  /** Moves time by `byMs`, firing timers on the way and letting promises settle after each. */
  async advance(byMs: number): Promise<void> {
    const until = this.#monotonicMs + byMs;
    await settle();
    for (let next = this.#next(until); next; next = this.#next(until)) {
      this.#moveTo(Math.max(next.at, this.#monotonicMs));
      this.#timers.delete(next);
      next.callback();
      await settle();
    }
    this.#moveTo(until);
    await settle();
  }

  #moveTo(at: number): void {
    this.#nowMs += at - this.#monotonicMs;
    this.#monotonicMs = at;
  }

  #next(until: number): Timer | undefined {
    let best: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.at > until) continue;
      if (!best || timer.at < best.at || (timer.at === best.at && timer.order < best.order)) best = timer;
    }
    return best;
  }
}

/** Lets everything that is already resolved run: a macrotask turn lets all chained microtasks finish. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}
