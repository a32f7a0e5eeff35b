// Which targets changed since when, for streams that follow: a numbered, bounded list of keys, the newest of each counting. A reader
// holds one number; one that is too far behind learns that it missed something. Memory does not grow with the readers.

export class Changes {
  readonly #capacity: number;
  /** By number modulo capacity. */
  readonly #keys: string[] = [];
  readonly #newest = new Map<string, number>();
  /** Numbers up to this one are not kept. */
  #before = 0;
  #last = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Number of the newest change; 0 before the first. */
  get last(): number {
    return this.#last;
  }

  add(key: string): void {
    this.#last += 1;
    const place = this.#last % this.#capacity;
    const overwritten = this.#keys[place];
    if (overwritten !== undefined && this.#newest.get(overwritten) === this.#last - this.#capacity) {
      this.#newest.delete(overwritten);
    }
    this.#keys[place] = key;
    this.#newest.set(key, this.#last);
    this.#before = Math.max(this.#before, this.#last - this.#capacity);
  }

  /** Something happened that was not added: whoever read before it has missed it. */
  skip(): void {
    this.#last += 1;
    this.#before = this.#last;
    this.#keys.length = 0;
    this.#newest.clear();
  }

  /** Whether all that came after this number is still here. */
  reaches(number: number): boolean {
    return number >= this.#before && number <= this.#last;
  }

  /** What came after this number, which must be reached: each key once, where it came last. */
  *since(number: number): Iterable<{ readonly key: string; readonly number: number }> {
    for (let at = number + 1; at <= this.#last; at++) {
      const key = this.#keys[at % this.#capacity];
      if (key !== undefined && this.#newest.get(key) === at) yield { key, number: at };
    }
  }

  /** How often this key came after this number. */
  count(key: string, number: number): number {
    let count = 0;
    for (let at = number + 1; at <= this.#last; at++) if (this.#keys[at % this.#capacity] === key) count += 1;
    return count;
  }
}
