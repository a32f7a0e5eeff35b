// Keys that become ready later, in one heap behind one timer. Promises: a key is announced once per due time, never early, in
// order of time; of two times for one key the earlier wins unless it is replaced. Times are monotonic: jumps of the wall clock
// move nothing.
import type { CancelTimer, Clock } from '../base/clock.ts';

interface Entry {
  readonly key: string;
  readonly at: number;
}

export class Delays {
  readonly #clock: Clock;
  readonly #ready: (key: string) => void;
  /** The entry that counts for each key; entries of the heap that are not here were replaced and are skipped. */
  readonly #live = new Map<string, Entry>();
  #heap: Entry[] = [];
  #timer: { readonly at: number; readonly cancel: CancelTimer } | undefined;
  #stopped = false;

  /** `ready` is called from the timer, once for each key that is due. */
  constructor(clock: Clock, ready: (key: string) => void) {
    this.#clock = clock;
    this.#ready = ready;
  }

  /** Keys that wait. */
  get size(): number {
    return this.#live.size;
  }

  /** When the key is due, in monotonic milliseconds. */
  dueAt(key: string): number | undefined {
    return this.#live.get(key)?.at;
  }

  /** Announces the key at a monotonic time, or at the time it already waits for when that is earlier. */
  add(key: string, at: number): void {
    const earlier = this.#live.get(key);
    if (earlier && earlier.at <= at) return;
    this.replace(key, at);
  }

  /** Announces the key at this monotonic time and at no other. */
  replace(key: string, at: number): void {
    if (this.#stopped) return;
    const entry = { key, at };
    this.#live.set(key, entry);
    this.#push(entry);
    // Replaced entries stay in the heap until they surface; it is rebuilt before they outnumber the living.
    if (this.#heap.length > 64 + 2 * this.#live.size) this.#rebuild();
    this.#arm();
  }

  remove(key: string): void {
    this.#live.delete(key);
  }

  /** Forgets all keys and takes no more. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#live.clear();
    this.#heap = [];
  }

  #arm(): void {
    this.#dropReplaced();
    const next = this.#heap[0];
    if (!next) return;
    if (this.#timer) {
      if (this.#timer.at <= next.at) return;
      this.#timer.cancel();
    }
    const cancel = this.#clock.setTimer(next.at - this.#clock.monotonic(), () => this.#fire());
    this.#timer = { at: next.at, cancel };
  }

  #fire(): void {
    this.#timer = undefined;
    // A real timer may fire a fraction of a millisecond early: what is not due is armed again.
    const now = this.#clock.monotonic();
    for (;;) {
      this.#dropReplaced();
      const next = this.#heap[0];
      if (!next || next.at > now) break;
      this.#pop();
      this.#live.delete(next.key);
      this.#ready(next.key);
    }
    this.#arm();
  }

  #dropReplaced(): void {
    for (let next = this.#heap[0]; next && this.#live.get(next.key) !== next; next = this.#heap[0]) this.#pop();
  }

  #rebuild(): void {
    this.#heap = [...this.#live.values()].sort((a, b) => a.at - b.at);
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (!above || above.at <= entry.at) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      const left = heap[child];
      const right = heap[child + 1];
      if (!left) break;
      let smaller = left;
      if (right && right.at < left.at) {
        child += 1;
        smaller = right;
      }
      if (smaller.at >= last.at) break;
      heap[index] = smaller;
      index = child;
    }
    heap[index] = last;
  }
}
