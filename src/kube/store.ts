// What a watch knows: frozen objects by namespace and name. Handlers hear a key and read the state themselves; an object
// recreated under the same name is heard as one that went and one that came. Filled by one reflector, watch.ts.
import type { Logger } from '../base/logger.ts';

/** The least that a stored object says of itself. Trimmed to what its readers need. */
export interface Stored {
  /** Empty for objects without a namespace. */
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
}

/** Kept in step with the store, before handlers hear of a change. A change of an object is a removal and an addition. */
export interface StoreIndex<T> {
  added(item: T): void;
  removed(item: T): void;
}

export type KeyHandler = (key: string) => void;

export function keyOf(item: { readonly namespace: string; readonly name: string }): string {
  return `${item.namespace}/${item.name}`;
}

export class Store<T extends Stored> {
  readonly #byNamespace = new Map<string, Map<string, T>>();
  readonly #handlers = new Set<KeyHandler>();
  readonly #indexes: readonly StoreIndex<T>[];
  readonly #logger: Logger;
  #size = 0;

  constructor(options: { readonly logger: Logger; readonly indexes?: readonly StoreIndex<T>[] }) {
    this.#logger = options.logger;
    this.#indexes = options.indexes ?? [];
  }

  get size(): number {
    return this.#size;
  }

  get(namespace: string, name: string): T | undefined {
    return this.#byNamespace.get(namespace)?.get(name);
  }

  *all(): Iterable<T> {
    for (const items of this.#byNamespace.values()) yield* items.values();
  }

  inNamespace(namespace: string): Iterable<T> {
    return this.#byNamespace.get(namespace)?.values() ?? [];
  }

  /** Calls `handler` with the key of each object that comes, changes or goes. Returns the stop function. */
  onChange(handler: KeyHandler): () => void {
    this.#handlers.add(handler);
    return () => {
      this.#handlers.delete(handler);
    };
  }

  /** Makes the store hold exactly these. Objects at the same uid and resourceVersion are not news. Returns how many were. */
  replace(items: readonly T[]): number {
    const wanted = new Set(items.map(keyOf));
    const gone = [...this.all()].filter((item) => !wanted.has(keyOf(item)));
    for (const { namespace, name } of gone) this.remove(namespace, name);
    return items.reduce((news, item) => news + (this.put(item) ? 1 : 0), gone.length);
  }

  /** False when the same version is there already. */
  put(item: T): boolean {
    const before = this.get(item.namespace, item.name);
    if (before?.uid === item.uid && before.resourceVersion === item.resourceVersion) return false;
    if (before && before.uid !== item.uid) this.remove(item.namespace, item.name);
    else if (before) this.#unindex(before);
    deepFreeze(item);
    let items = this.#byNamespace.get(item.namespace);
    if (!items) {
      items = new Map();
      this.#byNamespace.set(item.namespace, items);
    }
    this.#size += items.has(item.name) ? 0 : 1;
    items.set(item.name, item);
    for (const index of this.#indexes) index.added(item);
    this.#tell(keyOf(item));
    return true;
  }

  remove(namespace: string, name: string): void {
    const items = this.#byNamespace.get(namespace);
    const before = items?.get(name);
    if (!items || !before) return;
    items.delete(name);
    if (items.size === 0) this.#byNamespace.delete(namespace);
    this.#size--;
    this.#unindex(before);
    this.#tell(keyOf(before));
  }

  #unindex(item: T): void {
    for (const index of this.#indexes) index.removed(item);
  }

  #tell(key: string): void {
    for (const handler of this.#handlers) {
      try {
        handler(key);
      } catch (error) {
        // One handler's fault must neither hide the change from the others nor end the watch.
        this.#logger.error('change handler failed', { key, error });
      }
    }
  }
}

/** Freezes an object with all that hangs from it, without recursion: foreign data may be deep. */
function deepFreeze(root: object): void {
  const pending: object[] = [root];
  for (let next = pending.pop(); next; next = pending.pop()) {
    if (Object.isFrozen(next)) continue;
    Object.freeze(next);
    for (const value of Object.values(next))
      if (typeof value === 'object' && value !== null) pending.push(value as object);
  }
}
