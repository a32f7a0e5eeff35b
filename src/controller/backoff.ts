// How long to wait before a key that failed is tried again: doubled with each failure in a row, per key, up to a limit.

export interface BackoffLimits {
  /** Wait after the first failure, in milliseconds. */
  readonly baseMs: number;
  readonly maxMs: number;
}

export class Backoff {
  readonly #limits: BackoffLimits;
  readonly #failures = new Map<string, number>();

  constructor(limits: BackoffLimits) {
    this.#limits = limits;
  }

  /** Counts a failure and says how many milliseconds to wait. */
  next(key: string): number {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    // 2^40 times any base is beyond any limit; more would only leave the range of exact numbers.
    return Math.min(this.#limits.baseMs * 2 ** Math.min(failures, 40), this.#limits.maxMs);
  }

  /** Failures in a row. */
  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** The key succeeded, or is gone. */
  forget(key: string): void {
    this.#failures.delete(key);
  }
}
