// How long a watch waits before it tries again: full jitter from 0.8 s up to 30 s, forgotten after two calm minutes.
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';

const FIRST_MS = 800;
const LAST_MS = 30_000;
const CALM_MS = 120_000;

export class RetryDelay {
  readonly #clock: Clock;
  readonly #random: Random;
  #ceilingMs = FIRST_MS;
  #lastAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Milliseconds to wait now; the ceiling doubles with each call. */
  next(): number {
    const now = this.#clock.monotonic();
    if (now - this.#lastAt > CALM_MS) this.#ceilingMs = FIRST_MS;
    this.#lastAt = now;
    const delayMs = this.#random() * this.#ceilingMs;
    this.#ceilingMs = Math.min(LAST_MS, this.#ceilingMs * 2);
    return delayMs;
  }
}
