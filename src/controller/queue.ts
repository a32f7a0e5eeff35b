// The work queue: keys only, each at most once in the queue and at most once at work. Promises: a key added while it waits is
// merged; a key added while it is at work runs once more afterwards; keys are handed out in the order of their adding.
// Not guaranteed: how often a key runs, since adds merge. Later is delays.ts, who works is workers.ts.
import type { Clock } from '../base/clock.ts';

/** Told of each change, for the standard workqueue_* metrics. */
export interface QueueObserver {
  /** Keys that wait, after each change. */
  depth(keys: number): void;
  added(): void;
  /** Seconds that a key waited before work began. */
  waited(seconds: number): void;
  /** Seconds of work on one key. */
  worked(seconds: number): void;
  /** A key will be tried again after a failure. */
  retried(): void;
}

const unobserved: QueueObserver = { depth() {}, added() {}, waited() {}, worked() {}, retried() {} };

export class WorkQueue {
  readonly #clock: Clock;
  readonly #observer: QueueObserver;
  /** Keys to be worked on. Each key of `#waiting` is here; one that is also in `#processing` waits for `done`. */
  readonly #dirty = new Set<string>();
  /** Keys at work, each with the monotonic time at which work began. */
  readonly #processing = new Map<string, number>();
  /** In order of adding, each with the monotonic time of adding. Every key here is dirty and not processing. */
  readonly #waiting = new Map<string, number>();
  #shutDown = false;
  #drained: (() => void) | undefined;

  constructor(clock: Clock, observer: QueueObserver = unobserved) {
    this.#clock = clock;
    this.#observer = observer;
  }

  /** Marks a key as needing work. After `shutDown` this does nothing. */
  add(key: string): void {
    if (this.#shutDown || this.#dirty.has(key)) return;
    this.#observer.added();
    this.#dirty.add(key);
    if (this.#processing.has(key)) return;
    this.#push(key);
  }

  /** The key that has waited longest, now at work until `done`; undefined when none waits or the queue is shut down. */
  take(): string | undefined {
    if (this.#shutDown) return undefined;
    const key = this.#waiting.keys().next().value;
    if (key === undefined) return undefined;
    const now = this.#clock.monotonic();
    const since = this.#waiting.get(key) ?? now;
    this.#waiting.delete(key);
    this.#dirty.delete(key);
    this.#processing.set(key, now);
    this.#observer.waited((now - since) / 1000);
    this.#observer.depth(this.#waiting.size);
    return key;
  }

  /** Ends the work on a key; it waits again when it was added meanwhile. */
  done(key: string): void {
    const since = this.#processing.get(key);
    if (since === undefined) return;
    this.#processing.delete(key);
    this.#observer.worked((this.#clock.monotonic() - since) / 1000);
    if (this.#dirty.has(key) && !this.#shutDown) this.#push(key);
    if (this.#processing.size === 0) this.#drained?.();
  }

  /** Counts a retry; its delay is the caller's. */
  noteRetry(): void {
    this.#observer.retried();
  }

  get depth(): number {
    return this.#waiting.size;
  }

  get processing(): number {
    return this.#processing.size;
  }

  /** Seconds of work in progress: the sum over all keys, and the longest. */
  unfinished(): { readonly totalSeconds: number; readonly longestSeconds: number } {
    const now = this.#clock.monotonic();
    let total = 0;
    let longest = 0;
    for (const since of this.#processing.values()) {
      total += now - since;
      longest = Math.max(longest, now - since);
    }
    return { totalSeconds: total / 1000, longestSeconds: longest / 1000 };
  }

  /**
   * Hands out nothing more and resolves when no key is at work. What waits is dropped: the state of the world is read anew
   * by whoever leads next.
   */
  shutDown(): Promise<void> {
    this.#shutDown = true;
    this.#waiting.clear();
    this.#dirty.clear();
    this.#observer.depth(0);
    if (this.#processing.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const earlier = this.#drained;
      this.#drained = () => {
        earlier?.();
        resolve();
      };
    });
  }

  #push(key: string): void {
    this.#waiting.set(key, this.#clock.monotonic());
    this.#observer.depth(this.#waiting.size);
  }
}
