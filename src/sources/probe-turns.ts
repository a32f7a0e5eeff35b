// Whose turn it is to try a source that failed: one request whose own backend fails, or hangs, must not be the only one ever tried,
// or those that would be well are never read again. Promises: who tried waits for those who were turned away since, but not for ever.

/** Above the default sync period of 15 s: who does not ask within it has gone, or asks seldom. */
const PATIENCE_MS = 20_000;
/** Requests remembered; far more than one source is asked for. */
const MAX_KEYS = 5000;

export class ProbeTurns {
  readonly #tried = new Set<string>();
  readonly #waiting = new Set<string>();
  #patientUntil: number | undefined;

  /** Whether this request may try now; false: others go first. `now` is of the monotonic clock. */
  mayTry(key: string, now: number): boolean {
    if (!this.#tried.has(key) || this.#waiting.size === 0) return true;
    this.#patientUntil ??= now + PATIENCE_MS;
    return now >= this.#patientUntil;
  }

  /** It was turned away. */
  refuse(key: string): void {
    if (!this.#tried.has(key) && this.#waiting.size < MAX_KEYS) this.#waiting.add(key);
  }

  /** It tries. When nobody waits any more, a new round begins. */
  take(key: string): void {
    // It had to wait, and nobody came.
    if (this.#tried.has(key)) this.#waiting.clear();
    this.#waiting.delete(key);
    if (this.#waiting.size === 0 || this.#tried.size >= MAX_KEYS) this.#tried.clear();
    this.#tried.add(key);
    this.#patientUntil = undefined;
  }

  /** The source is well. */
  clear(): void {
    this.#tried.clear();
    this.#waiting.clear();
    this.#patientUntil = undefined;
  }
}
