// A Lease in memory with the API server's locking, for tests of what elects on one.
import { ApiStatusError } from '../../src/base/errors.ts';
import type { LeaseRecord, LeaseStore, StoredLease } from '../../src/leader/lease-store.ts';

export class MemoryLeaseStore implements LeaseStore {
  lease: StoredLease | undefined;
  #version = 0;
  readonly #watchers = new Set<() => void>();
  /** Calls so far, by kind. */
  readonly calls = { get: 0, create: 0, update: 0 };

  get(_signal: AbortSignal): Promise<StoredLease | undefined> {
    this.calls.get++;
    return Promise.resolve(this.lease);
  }

  create(record: LeaseRecord, _signal: AbortSignal): Promise<StoredLease> {
    this.calls.create++;
    if (this.lease) return Promise.reject(new ApiStatusError(409, 'AlreadyExists', 'exists'));
    return Promise.resolve(this.#store(record));
  }

  update(record: LeaseRecord, resourceVersion: string, _signal: AbortSignal): Promise<StoredLease> {
    this.calls.update++;
    if (!this.lease) return Promise.reject(new ApiStatusError(404, 'NotFound', 'gone'));
    if (this.lease.resourceVersion !== resourceVersion)
      return Promise.reject(new ApiStatusError(409, 'Conflict', 'changed'));
    return Promise.resolve(this.#store(record));
  }

  watch(onChange: () => void, signal: AbortSignal): void {
    this.#watchers.add(onChange);
    signal.addEventListener('abort', () => this.#watchers.delete(onChange), { once: true });
  }

  /** As somebody else would, by hand. */
  set(record: LeaseRecord | undefined): void {
    if (record) this.#store(record);
    else this.lease = undefined;
  }

  #store(record: LeaseRecord): StoredLease {
    this.lease = { record, resourceVersion: String(++this.#version) };
    for (const watcher of this.#watchers) watcher();
    return this.lease;
  }
}
