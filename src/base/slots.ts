// At most so many at once, the others in a bounded queue in order of arrival, which they leave when their signal aborts.

export type Release = () => void;
/** `full`: the queue is full. `aborted`: the signal aborted before it was one's turn. */
export type SlotRefusal = 'full' | 'aborted';

export class Slots {
  readonly #max: number;
  readonly #maxQueued: number;
  readonly #queue = new Set<() => void>();
  #taken = 0;

  constructor(max: number, maxQueued: number) {
    this.#max = max;
    this.#maxQueued = maxQueued;
  }

  get taken(): number {
    return this.#taken;
  }

  get queued(): number {
    return this.#queue.size;
  }

  /** Resolves with the way to give the slot back (once; more calls do nothing), or with why there is none. Never rejects. */
  async take(signal: AbortSignal): Promise<Release | SlotRefusal> {
    if (signal.aborted) return 'aborted';
    if (this.#taken < this.#max) {
      this.#taken++;
      return this.#releaseOnce();
    }
    if (this.#queue.size >= this.#maxQueued) return 'full';
    return new Promise((resolve) => {
      const onTurn = () => {
        signal.removeEventListener('abort', onAbort);
        resolve(this.#releaseOnce());
      };
      const onAbort = () => {
        this.#queue.delete(onTurn);
        resolve('aborted');
      };
      this.#queue.add(onTurn);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  #releaseOnce(): Release {
    let released = false;
    return () => {
      if (released) return;
      released = true;
      const [next] = this.#queue;
      if (next === undefined) {
        this.#taken--;
        return;
      }
      // The slot goes straight to the next in the queue, so that nobody overtakes it.
      this.#queue.delete(next);
      next();
    };
  }
}
