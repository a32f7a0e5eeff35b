// Keeps one copy of what many objects have in common, such as the labels and requests of all pods of one template.

/** More templates than this at once, and the copies are forgotten: the next objects start anew. */
const MAX_ENTRIES = 20_000;

export class Interner<T> {
  readonly #values = new Map<string, T>();

  /** The value kept under `key`, or the one that `make` makes now. Values are shared: do not change them. */
  intern(key: string, make: () => T): T {
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    if (this.#values.size >= MAX_ENTRIES) this.#values.clear();
    const value = make();
    this.#values.set(key, value);
    return value;
  }
}
