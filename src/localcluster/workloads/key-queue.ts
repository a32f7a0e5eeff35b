// Keys waiting for a controller pass: duplicates merge, a pass runs on the next turn of the clock, a failed key comes back
// with a growing delay. What a key means and what a pass does is the controller's.
import type { CancelTimer, Clock } from '../../base/clock.ts';

const FIRST_RETRY_MS = 10;
const LONGEST_RETRY_MS = 30_000;

export class KeyQueue {
  readonly #clock: Clock;
  readonly #handle: (key: string) => void;
  readonly #onError: (key: string, error: unknown) => void;
  #waiting = new Set<string>();
  #cancelPass: CancelTimer | undefined;
  readonly #later = new Map<string, { at: number; cancel: CancelTimer }>();
  readonly #failures = new Map<string, number>();
  #stopped = false;

  /** `handle` is called once per waiting key and pass; what it throws goes to `onError` and the key is tried again. */
  constructor(clock: Clock, handle: (key: string) => void, onError: (key: string, error: unknown) => void) {
    this.#clock = clock;
    this.#handle = handle;
    this.#onError = onError;
  }

  add(key: string): void {
    if (this.#stopped) return;
    this.#waiting.add(key);
    this.#cancelPass ??= this.#clock.setTimer(0, () => this.#pass());
  }

  /** Adds the key in `delayMs`, or sooner when it is already due sooner. */
  addAfter(key: string, delayMs: number): void {
    if (this.#stopped) return;
    const at = this.#clock.monotonic() + delayMs;
    const pending = this.#later.get(key);
    if (pending && pending.at <= at) return;
    pending?.cancel();
    const cancel = this.#clock.setTimer(delayMs, () => {
      this.#later.delete(key);
      this.add(key);
    });
    this.#later.set(key, { at, cancel });
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelPass?.();
    for (const { cancel } of this.#later.values()) cancel();
    this.#later.clear();
    this.#waiting.clear();
  }

  #pass(): void {
    this.#cancelPass = undefined;
    const keys = this.#waiting;
    this.#waiting = new Set();
    for (const key of keys) {
      if (this.#stopped) return;
      try {
        this.#handle(key);
        this.#failures.delete(key);
      } catch (error) {
        const failures = (this.#failures.get(key) ?? 0) + 1;
        this.#failures.set(key, failures);
        this.#onError(key, error);
        this.addAfter(key, Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1)));
      }
    }
  }
}
