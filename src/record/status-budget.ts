// Refreshes of what the columns show, for all targets together: at most so many writes a second, those furthest off first.
// A refresh that is never due is never lost silently: the target offers a newer one with its next cycle. What must be written
// does not come here.
import type { CancelTimer, Clock } from '../base/clock.ts';

interface Offer {
  readonly distance: number;
  /** Since when the target shows something else than it should. */
  readonly sinceMs: number;
  readonly write: () => Promise<void>;
}

export class StatusBudget {
  readonly #clock: Clock;
  readonly #gapMs: number;
  readonly #offers = new Map<string, Offer>();
  /** Writes under way. */
  readonly #writing = new Set<Promise<void>>();
  #timer: CancelTimer | undefined;
  #nextAtMs = Number.NEGATIVE_INFINITY;

  /** `writesPerSecond` 0 or less: nothing is ever refreshed. */
  constructor(clock: Clock, writesPerSecond: number) {
    this.#clock = clock;
    this.#gapMs = writesPerSecond > 0 ? 1000 / writesPerSecond : Number.POSITIVE_INFINITY;
  }

  /** Targets that wait for their refresh. */
  get waiting(): number {
    return this.#offers.size;
  }

  /**
   * Offers a refresh in place of the target's last one. `distance` is how far off it is, above 0; `write` must not reject.
   * Weighed by how long it has been off, so that small differences have their turn too.
   */
  offer(key: string, distance: number, write: () => Promise<void>): void {
    if (this.#gapMs === Number.POSITIVE_INFINITY) return;
    const sinceMs = this.#offers.get(key)?.sinceMs ?? this.#clock.monotonic();
    this.#offers.set(key, { distance, sinceMs, write });
    this.#arm();
  }

  /** The target was written for another reason, shows what it should, or is gone. */
  withdraw(key: string): void {
    this.#offers.delete(key);
  }

  /** Begins no more writes; resolves when the last one has ended. */
  async stop(): Promise<void> {
    this.#offers.clear();
    this.#timer?.();
    this.#timer = undefined;
    await Promise.all(this.#writing);
  }

  #arm(): void {
    if (this.#timer || this.#offers.size === 0) return;
    const now = this.#clock.monotonic();
    this.#timer = this.#clock.setTimer(Math.max(0, this.#nextAtMs - now), () => {
      this.#timer = undefined;
      this.#spend();
    });
  }

  #spend(): void {
    const now = this.#clock.monotonic();
    let furthest: string | undefined;
    let most = -1;
    for (const [key, { distance, sinceMs }] of this.#offers) {
      const weight = distance * (now - sinceMs + 1);
      if (weight > most) {
        most = weight;
        furthest = key;
      }
    }
    const offer = furthest === undefined ? undefined : this.#offers.get(furthest);
    if (furthest === undefined || !offer) return;
    this.#offers.delete(furthest);
    this.#nextAtMs = now + this.#gapMs;
    const writing = offer.write().finally(() => this.#writing.delete(writing));
    this.#writing.add(writing);
    this.#arm();
  }
}
