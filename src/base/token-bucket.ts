// A token bucket with lanes: who waits in a lower lane number goes first, and a pause (Retry-After) holds all lanes but 0.
// It counts requests, not bytes; what a token is taken for is the caller's business.
import type { CancelTimer, Clock } from './clock.ts';

export interface TokenBucketOptions {
  readonly clock: Clock;
  /** Tokens per second; a negative number switches the bucket off: nobody ever waits (a pause still holds). */
  readonly ratePerSecond: number;
  /** Tokens that can be saved up: the most that may be taken at once. At least 1. */
  readonly burst: number;
  /** Number of lanes. Default 1. */
  readonly lanes?: number;
}

interface Waiter {
  readonly signal: AbortSignal;
  readonly grant: () => void;
}

export class TokenBucket {
  readonly #clock: Clock;
  readonly #ratePerMs: number;
  readonly #burst: number;
  readonly #lanes: Set<Waiter>[];
  #tokens: number;
  #filledAt: number;
  #pausedUntil = Number.NEGATIVE_INFINITY;
  #cancelTimer: CancelTimer | undefined;

  constructor(options: TokenBucketOptions) {
    this.#clock = options.clock;
    this.#ratePerMs = options.ratePerSecond < 0 ? Number.POSITIVE_INFINITY : options.ratePerSecond / 1000;
    this.#burst = Math.max(1, options.burst);
    this.#tokens = this.#burst;
    this.#filledAt = options.clock.monotonic();
    this.#lanes = Array.from({ length: Math.max(1, options.lanes ?? 1) }, () => new Set<Waiter>());
  }

  /** Callers waiting in all lanes. */
  get waiting(): number {
    return this.#lanes.reduce((sum, lane) => sum + lane.size, 0);
  }

  /** Takes a token when one is free and nobody of the same or a better lane waits for it. */
  tryTake(lane = this.#lanes.length - 1): boolean {
    if (this.#isPaused(lane) || this.#lanes.slice(0, lane + 1).some((waiters) => waiters.size > 0)) return false;
    return this.#takeOne();
  }

  /** Resolves when a token is taken; rejects with the signal's reason when it aborts first (no token is taken then). */
  take(signal: AbortSignal, lane = this.#lanes.length - 1): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    if (this.tryTake(lane)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const waiters = this.#lanes[lane] ?? new Set<Waiter>();
      const onAbort = () => {
        waiters.delete(waiter);
        reject(signal.reason as Error);
      };
      const waiter: Waiter = {
        signal,
        grant: () => {
          signal.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      signal.addEventListener('abort', onAbort, { once: true });
      waiters.add(waiter);
      this.#schedule();
    });
  }

  /** Holds every lane but 0 for this long, or until an earlier pause ends if that is later. */
  pause(forMs: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#clock.monotonic() + forMs);
  }

  #isPaused(lane: number): boolean {
    return lane > 0 && this.#clock.monotonic() < this.#pausedUntil;
  }

  #takeOne(): boolean {
    const now = this.#clock.monotonic();
    if (this.#ratePerMs === Number.POSITIVE_INFINITY) return true;
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#filledAt) * this.#ratePerMs);
    this.#filledAt = now;
    // A timer may fire a rounding error too early; a billionth of a token is not worth another turn.
    if (this.#tokens < 1 - 1e-9) return false;
    this.#tokens = Math.max(0, this.#tokens - 1);
    return true;
  }

  #serve(): void {
    this.#cancelTimer = undefined;
    for (const [lane, waiters] of this.#lanes.entries()) {
      for (const waiter of waiters) {
        if (this.#isPaused(lane) || !this.#takeOne()) break;
        waiters.delete(waiter);
        waiter.grant();
      }
    }
    this.#schedule();
  }

  #schedule(): void {
    const lane = this.#lanes.findIndex((waiters) => waiters.size > 0);
    if (lane === -1) {
      this.#cancelTimer?.();
      this.#cancelTimer = undefined;
      return;
    }
    this.#cancelTimer?.();
    const pauseMs = this.#isPaused(lane) ? this.#pausedUntil - this.#clock.monotonic() : 0;
    const refillMs = this.#ratePerMs === Number.POSITIVE_INFINITY ? 0 : Math.max(0, 1 - this.#tokens) / this.#ratePerMs;
    // A rate of zero never refills: look again in an hour rather than never or at once.
    this.#cancelTimer = this.#clock.setTimer(Math.min(3_600_000, Math.max(pauseMs, refillMs)), () => this.#serve());
  }
}
