// Objects by resource, one global version for every change, and the history of changes that watches resume from.
// Knows nothing of kinds: naming, defaults, validation and generation are done by the resources layer.

import { deepFreeze } from '../json-values.ts';
import type { KubeObject } from '../objects.ts';
import { expired } from '../status.ts';

export interface Change {
  version: number;
  resource: string;
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  object: KubeObject;
  /** The object before, for selectors: a change may take an object into or out of a watch's view. */
  previous: KubeObject | undefined;
}

type ChangeListener = (change: Change) => void;

/** Changes kept before the oldest are dropped by themselves; real servers keep about five minutes of them. Each holds two objects. */
const historyLimit = 20_000;

export class Storage {
  #version = 0;
  #compactedTo = 0;
  #history: Change[] = [];
  readonly #objects = new Map<string, Map<string, KubeObject>>();
  readonly #listeners = new Set<{ resource: string | undefined; after: number; call: ChangeListener }>();
  readonly #pending: Change[] = [];
  #delivering = false;

  get version(): number {
    return this.#version;
  }

  /** The oldest version a watch may still resume from. */
  get compactedTo(): number {
    return this.#compactedTo;
  }

  get(resource: string, namespace: string, name: string): KubeObject | undefined {
    return this.#objects.get(resource)?.get(`${namespace}/${name}`);
  }

  /** Objects sorted by namespace and name. */
  list(resource: string, namespace?: string): KubeObject[] {
    return sorted(this.#objects.get(resource) ?? new Map<string, KubeObject>(), namespace);
  }

  /** The list as it was at an earlier version. Throws 410 when that is compacted. */
  listAt(resource: string, version: number, namespace?: string): KubeObject[] {
    if (version >= this.#version) return this.list(resource, namespace);
    this.#checkNotCompacted(version);
    const objects = new Map(this.#objects.get(resource));
    for (let index = this.#history.length - 1; index >= 0; index -= 1) {
      const change = this.#history[index];
      if (change === undefined || change.version <= version) break;
      if (change.resource !== resource) continue;
      const key = keyOf(change.object);
      if (change.previous === undefined) objects.delete(key);
      else objects.set(key, change.previous);
    }
    return sorted(objects, namespace);
  }

  /** Writes the object under the next version and tells the watchers. Takes the object over: it is frozen. */
  put(resource: string, object: KubeObject): KubeObject {
    let objects = this.#objects.get(resource);
    if (objects === undefined) {
      objects = new Map();
      this.#objects.set(resource, objects);
    }
    const key = keyOf(object);
    const previous = objects.get(key);
    const stored = this.#stamp(object);
    objects.set(key, stored);
    this.#record(resource, previous === undefined ? 'ADDED' : 'MODIFIED', stored, previous);
    return stored;
  }

  /** Takes the object out; watchers see its last state under a new version. Returns undefined when there was none. */
  remove(resource: string, namespace: string, name: string): KubeObject | undefined {
    const objects = this.#objects.get(resource);
    const key = `${namespace}/${name}`;
    const previous = objects?.get(key);
    if (objects === undefined || previous === undefined) return undefined;
    objects.delete(key);
    const last = this.#stamp(previous);
    this.#record(resource, 'DELETED', last, previous);
    return last;
  }

  /** Changes of a resource after `version`, oldest first. Throws 410 when part of them is gone. */
  changesSince(resource: string, version: number): Change[] {
    this.#checkNotCompacted(version);
    let low = 0;
    let high = this.#history.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#history[middle]?.version ?? 0) <= version) low = middle + 1;
      else high = middle;
    }
    return this.#history.slice(low).filter((change) => change.resource === resource);
  }

  /** Calls `listener` synchronously for each change from now on, in order of versions. Without a resource: for all. */
  subscribe(resource: string | undefined, listener: ChangeListener): () => void {
    const entry = { resource, after: this.#version, call: listener };
    this.#listeners.add(entry);
    return () => {
      this.#listeners.delete(entry);
    };
  }

  /** Forgets the history up to and including `version` (default: all of it): older watches and lists answer 410. */
  compact(version = this.#version): void {
    this.#compactedTo = Math.max(this.#compactedTo, Math.min(version, this.#version));
    this.#history = this.#history.filter((change) => change.version > this.#compactedTo);
  }

  #checkNotCompacted(version: number): void {
    if (version < this.#compactedTo) {
      throw expired(`too old resource version: ${version} (${this.#compactedTo})`);
    }
  }

  #stamp(object: KubeObject): KubeObject {
    this.#version += 1;
    return deepFreeze({ ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } });
  }

  #record(resource: string, type: Change['type'], object: KubeObject, previous: KubeObject | undefined): void {
    const change: Change = { version: this.#version, resource, type, object, previous };
    this.#history.push(change);
    if (this.#history.length > historyLimit) {
      this.compact(this.#history[historyLimit >> 2]?.version ?? this.#version);
    }
    // A listener may write: its change waits until all have seen this one, so that everyone sees the same order.
    this.#pending.push(change);
    if (this.#delivering) return;
    this.#delivering = true;
    try {
      this.#deliver();
    } finally {
      this.#delivering = false;
      this.#pending.length = 0;
    }
  }

  /** A listener that throws is the writer's to hear of, but only after all others have been told. */
  #deliver(): void {
    const failures: unknown[] = [];
    for (let change = this.#pending.shift(); change !== undefined; change = this.#pending.shift()) {
      // A copy: listeners come and go while they are called.
      for (const listener of Array.from(this.#listeners)) {
        const wanted = listener.resource === undefined || listener.resource === change.resource;
        if (!wanted || change.version <= listener.after || !this.#listeners.has(listener)) continue;
        try {
          listener.call(change);
        } catch (error) {
          failures.push(error);
        }
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}

function keyOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

function sorted(objects: Map<string, KubeObject>, namespace: string | undefined): KubeObject[] {
  const prefix = namespace === undefined ? '' : `${namespace}/`;
  const keys = Array.from(objects.keys()).filter((key) => key.startsWith(prefix));
  keys.sort();
  return keys.flatMap((key) => objects.get(key) ?? []);
}
