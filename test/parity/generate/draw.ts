// Random draws from a seed: the same seed gives the same draws on every machine. Not for secrets.

/** A stream of draws. Streams of different seeds, or of different members of one seed, do not follow each other. */
export class Draw {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** `member` is the number of the situation within the seed. Both are whole numbers. */
  constructor(seed: number, member: number) {
    this.#a = seed | 0;
    this.#b = member | 0;
    this.#c = Math.trunc(seed / 2 ** 32) | 0;
    // The state needs some turns until neighbouring seeds look unrelated.
    for (let turn = 0; turn < 12; turn += 1) this.#next();
  }

  /** sfc32, "small fast counting" of Chris Doty-Humphrey, public domain: 32 bits per turn. */
  #next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** From 0 up to, but without, 1. */
  fraction(): number {
    return this.#next() / 2 ** 32;
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  /** A whole number, both ends included. */
  int(from: number, to: number): number {
    return from + Math.floor(this.fraction() * (to - from + 1));
  }

  pick<T>(choices: readonly T[]): T {
    const choice = choices[this.int(0, choices.length - 1)];
    if (choice === undefined) throw new Error('nothing to pick from');
    return choice;
  }

  /** One of the values, by their weights. */
  weighted<T>(choices: readonly (readonly [weight: number, value: T])[]): T {
    let left = this.fraction() * choices.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, value] of choices) {
      left -= weight;
      if (left < 0) return value;
    }
    throw new Error('nothing to choose from');
  }

  list<T>(length: number, member: (index: number) => T): T[] {
    return Array.from({ length }, (_, index) => member(index));
  }

  shuffled<T>(list: readonly T[]): T[] {
    const left = [...list];
    return this.list(left.length, () => left.splice(this.int(0, left.length - 1), 1)).flat();
  }
}
