// Refreshes of what the columns show, for all targets together: at most so many writes a second, those furthest off first. What is
// off by less than a twentieth has a tenth of these writes, those that wait longest first; after half an hour it counts as far off.
// A refresh that is never due is never lost silently: the target offers a newer one with its next cycle. What must be written
// does not come here. Why so: docs/adr/0008-a-value-nearly-right-can-wait.md.
import type { CancelTimer, Clock } from '../base/clock.ts';

/** From this distance on a value is far off. Half of the usual tolerance, so that what is close to acting is not shown as calm. */
const FAR = 0.05;
/** No value is shown wrong, however little, for longer than this and its turn. */
const NEAR_FOR_MS = 30 * 60_000;
/** One write in so many is for what is nearly right. */
const NEAR_SHARE = 10;

interface Offer {
  readonly distance: number;
  /** Since when the target shows something else than it should. */
  readonly sinceMs: number;
  readonly write: () => Promise<void>;
}

export class StatusBudget {
  readonly #clock: Clock;
  readonly #gapMs: number;
  /** To be written as soon as their turn comes. */
  readonly #far = new Map<string, Offer>();
  /**
   * Nearly right, by key: since when. In order of waiting. What they would write is not kept: for most it is replaced many times
   * before their turn.
   */
  readonly #near = new Map<string, number>();
  /** As `#near`: their turn has come, and what they offer next is to be written. */
  readonly #granted = new Map<string, number>();
  /** Writes under way. */
  readonly #writing = new Set<Promise<void>>();
  #timer: CancelTimer | undefined;
  #nextAtMs = Number.NEGATIVE_INFINITY;
  #nextNearAtMs = Number.NEGATIVE_INFINITY;

  /** `writesPerSecond` 0 or less: nothing is ever refreshed. */
  constructor(clock: Clock, writesPerSecond: number) {
    this.#clock = clock;
    this.#gapMs = writesPerSecond > 0 ? 1000 / writesPerSecond : Number.POSITIVE_INFINITY;
  }

  /** Targets that wait for their refresh. */
  get waiting(): number {
    return this.#far.size + this.#near.size + this.#granted.size;
  }

  /**
   * Offers a refresh in place of the target's last one. `distance` is how far off it is, above 0; `write` must not reject, and
   * is forgotten where the target has to wait for another cycle.
   */
  offer(key: string, distance: number, write: () => Promise<void>): void {
    if (this.#gapMs === Number.POSITIVE_INFINITY) return;
    const now = this.#clock.monotonic();
    const sinceMs = this.#sinceMs(key) ?? now;
    const isGranted = this.#granted.delete(key);
    if (isGranted || distance >= FAR || now - sinceMs >= NEAR_FOR_MS || this.#mayGo(key, now)) {
      this.#near.delete(key);
      // Whose turn has come is not to wait behind everybody again.
      this.#far.set(key, { distance: Math.max(distance, FAR), sinceMs, write });
      this.#arm();
      return;
    }
    this.#far.delete(key);
    this.#near.set(key, sinceMs);
  }

  /** The target was written for another reason, shows what it should, or is gone. */
  withdraw(key: string): void {
    this.#far.delete(key);
    this.#near.delete(key);
    this.#granted.delete(key);
  }

  /** Begins no more writes; resolves when the last one has ended. */
  async stop(): Promise<void> {
    for (const waiting of [this.#far, this.#near, this.#granted]) waiting.clear();
    this.#timer?.();
    this.#timer = undefined;
    await Promise.all(this.#writing);
  }

  #sinceMs(key: string): number | undefined {
    return this.#far.get(key)?.sinceMs ?? this.#near.get(key) ?? this.#granted.get(key);
  }

  /** Gives the next turn of those nearly right to the one that waits longest; whether it is this one, and can go at once. */
  #mayGo(key: string, now: number): boolean {
    if (now < this.#nextNearAtMs) return false;
    this.#nextNearAtMs = now + NEAR_SHARE * this.#gapMs;
    const longest = this.#near.entries().next();
    if (longest.done || longest.value[0] === key) return true;
    this.#near.delete(longest.value[0]);
    this.#granted.set(...longest.value);
    return false;
  }

  #arm(): void {
    if (this.#timer || this.#far.size === 0) return;
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
    // Weighed by how long they have been off, so that small differences have their turn too.
    this.#far.forEach(({ distance, sinceMs }, key) => {
      const weight = distance * (now - sinceMs + 1);
      if (weight <= most) return;
      most = weight;
      furthest = key;
    });
    const offer = furthest === undefined ? undefined : this.#far.get(furthest);
    if (furthest === undefined || !offer) return;
    this.#far.delete(furthest);
    this.#nextAtMs = now + this.#gapMs;
    const writing = offer.write().finally(() => this.#writing.delete(writing));
    this.#writing.add(writing);
    this.#arm();
  }
}
