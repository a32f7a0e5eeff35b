// Who owns what, kept from a watch: a controller's pass looks at its own objects only, however many others there are.
import type { KubeObject, ObjectStore } from '../objects.ts';
import { controllerOf, keyOf } from './writes.ts';

/** By the uid of the controlling owner; objects without one by their namespace. */
export class OwnerIndex<T extends KubeObject> {
  readonly #byOwner = new Map<string, Map<string, T>>();
  /** Where each object stands, since its owner may change. */
  readonly #places = new Map<string, string>();
  readonly #stop: () => void;

  constructor(store: ObjectStore, resource: string) {
    this.#stop = store.watch(resource, ({ type, object }) => {
      const key = keyOf(object);
      const place = placeOf(object);
      const before = this.#places.get(key);
      if (before !== undefined && (type === 'DELETED' || before !== place)) this.#take(before, key);
      if (type !== 'DELETED') this.#put(place, key, object as T);
    });
  }

  ownedBy(uid: string): T[] {
    return [...(this.#byOwner.get(uid)?.values() ?? [])];
  }

  withoutOwner(namespace: string): T[] {
    return [...(this.#byOwner.get(orphansOf(namespace))?.values() ?? [])];
  }

  stop(): void {
    this.#stop();
  }

  #put(place: string, key: string, object: T): void {
    const objects = this.#byOwner.get(place) ?? new Map<string, T>();
    this.#byOwner.set(place, objects.set(key, object));
    this.#places.set(key, place);
  }

  #take(place: string, key: string): void {
    const objects = this.#byOwner.get(place);
    objects?.delete(key);
    if (objects?.size === 0) this.#byOwner.delete(place);
    this.#places.delete(key);
  }
}

function placeOf(object: KubeObject): string {
  return controllerOf(object)?.uid ?? orphansOf(object.metadata.namespace ?? '');
}

function orphansOf(namespace: string): string {
  return `without owner in ${namespace}`;
}
