// A small ObjectStore in memory for tests of the workload side.
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject, NewKubeObject, ObjectStore, StoreEvent } from '../../src/localcluster/objects.ts';
import type { Clock } from '../../src/base/clock.ts';

export class MemoryStore implements ObjectStore {
  readonly #clock: Clock;
  readonly #objects = new Map<string, Map<string, KubeObject>>();
  readonly #listeners = new Map<string, Set<(event: StoreEvent) => void>>();
  #version = 0;
  writes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }
  #of(resource: string) {
    let map = this.#objects.get(resource);
    if (!map) this.#objects.set(resource, (map = new Map()));
    return map;
  }
  get(resource: string, namespace: string, name: string) {
    return this.#of(resource).get(`${namespace}/${name}`);
  }
  list(resource: string, namespace?: string) {
    return [...this.#of(resource).values()].filter(
      (o) => namespace === undefined || o.metadata.namespace === namespace,
    );
  }
  #put(resource: string, object: KubeObject, type: StoreEvent['type']): KubeObject {
    this.writes++;
    const key = `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
    const stored: KubeObject = structuredClone({
      ...object,
      metadata: { ...object.metadata, resourceVersion: String(++this.#version) },
    });
    if (type === 'DELETED') this.#of(resource).delete(key);
    else this.#of(resource).set(key, stored);
    for (const listener of [...(this.#listeners.get(resource) ?? [])]) listener({ type, object: stored });
    return stored;
  }
  create(resource: string, object: NewKubeObject) {
    this.#version++;
    const name = object.metadata.name ?? `${object.metadata.generateName}${(10000 + this.#version).toString(36)}`;
    const namespace = object.metadata.namespace ?? '';
    if (this.get(resource, namespace, name)) throw Object.assign(new Error(`${name} exists`), { code: 409 });
    const metadata = {
      ...object.metadata,
      name,
      uid: `uid-${this.#version}`,
      resourceVersion: '',
      generation: 1,
      creationTimestamp: new Date(this.#clock.now()).toISOString(),
    };
    return this.#put(resource, { ...object, metadata } as KubeObject, 'ADDED');
  }
  #check(resource: string, object: KubeObject): KubeObject {
    const { namespace = '', name, resourceVersion } = object.metadata;
    const found = this.get(resource, namespace, name);
    if (!found) throw Object.assign(new Error(`${name} not found`), { code: 404 });
    if (resourceVersion && resourceVersion !== found.metadata.resourceVersion)
      throw Object.assign(new Error(`${name} modified`), { code: 409 });
    return found;
  }
  update(resource: string, object: KubeObject) {
    const found = this.#check(resource, object);
    const generation = (found.metadata.generation ?? 1) + (isDeepStrictEqual(found['spec'], object['spec']) ? 0 : 1);
    const { status } = found;
    return this.#put(
      resource,
      { ...object, metadata: { ...object.metadata, generation }, ...(status ? { status } : {}) },
      'MODIFIED',
    );
  }
  updateStatus(resource: string, object: KubeObject) {
    const found = this.#check(resource, object);
    if (isDeepStrictEqual(found['status'], object['status'])) return found;
    return this.#put(resource, { ...found, status: object['status'] }, 'MODIFIED');
  }
  delete(resource: string, namespace: string, name: string, options?: { gracePeriodSeconds?: number }) {
    const found = this.get(resource, namespace, name);
    if (!found) throw Object.assign(new Error(`${name} not found`), { code: 404 });
    if (resource !== 'pods') return this.remove(resource, namespace, name);
    if (found.metadata.deletionTimestamp) return;
    const grace =
      options?.gracePeriodSeconds ??
      (found['spec'] as { terminationGracePeriodSeconds?: number }).terminationGracePeriodSeconds ??
      30;
    const deletionTimestamp = new Date(this.#clock.now()).toISOString();
    this.#put(
      resource,
      { ...found, metadata: { ...found.metadata, deletionTimestamp, deletionGracePeriodSeconds: grace } },
      'MODIFIED',
    );
  }
  remove(resource: string, namespace: string, name: string) {
    const found = this.get(resource, namespace, name);
    if (found) this.#put(resource, found, 'DELETED');
  }
  watch(resource: string, listener: (event: StoreEvent) => void) {
    for (const object of this.list(resource)) listener({ type: 'ADDED', object });
    const set = this.#listeners.get(resource) ?? new Set();
    this.#listeners.set(resource, set.add(listener));
    return () => void set.delete(listener);
  }
}
