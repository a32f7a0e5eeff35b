// What every store of a Lease must do: the elector's safety rests on its locking.
import { describe, expect, it } from 'vitest';
import { isConflict, isNotFound } from '../../src/base/errors.ts';
import type { LeaseRecord, LeaseStore } from '../../src/leader/lease-store.ts';

const signal = new AbortController().signal;
const record = (holderIdentity: string, leaseTransitions = 0): LeaseRecord => ({
  holderIdentity,
  leaseDurationSeconds: 15,
  acquireTime: '2026-01-01T00:00:00.000000Z',
  renewTime: '2026-01-01T00:00:01.250000Z',
  leaseTransitions,
});

const isRefusal = (error: unknown) => isNotFound(error) || isConflict(error);

/** Runs the suite; `withStore` hands over an empty store. */
export function leaseStoreContract(
  name: string,
  withStore: (use: (store: LeaseStore) => Promise<void>) => Promise<void>,
): void {
  describe(`LeaseStore: ${name}`, () => {
    it('has nothing at first', () =>
      withStore(async (store) => {
        expect(await store.get(signal)).toBeUndefined();
      }));

    it('gives back what was created, times to the last decimal', () =>
      withStore(async (store) => {
        const created = await store.create(record('a'), signal);
        expect(created.record).toEqual(record('a'));
        expect(await store.get(signal)).toEqual(created);
      }));

    it('is created once', () =>
      withStore(async (store) => {
        await store.create(record('a'), signal);
        await expect(store.create(record('b'), signal)).rejects.toSatisfy(isConflict);
        expect((await store.get(signal))?.record.holderIdentity).toBe('a');
      }));

    it('is updated only at the version that was seen', () =>
      withStore(async (store) => {
        const first = await store.create(record('a'), signal);
        const second = await store.update(record('b', 1), first.resourceVersion, signal);
        expect(second.resourceVersion).not.toBe(first.resourceVersion);
        await expect(store.update(record('c', 2), first.resourceVersion, signal)).rejects.toSatisfy(isConflict);
        expect((await store.get(signal))?.record).toEqual(record('b', 1));
      }));

    it('of two updates at once one wins', () =>
      withStore(async (store) => {
        const { resourceVersion } = await store.create(record('a'), signal);
        const outcomes = await Promise.allSettled(
          ['b', 'c'].map((id) => store.update(record(id, 1), resourceVersion, signal)),
        );
        expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      }));

    it('can be released: nobody holds it then', () =>
      withStore(async (store) => {
        const { resourceVersion } = await store.create(record('a'), signal);
        await store.update({ ...record('', 0), leaseDurationSeconds: 1 }, resourceVersion, signal);
        expect((await store.get(signal))?.record).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1 });
      }));

    it('what is not there is not updated, or it is made with all that was written: an API server does that', () =>
      withStore(async (store) => {
        const [outcome] = await Promise.allSettled([store.update(record('a'), '1', signal)]);
        if (outcome.status === 'rejected') expect(outcome.reason).toSatisfy(isRefusal);
        const found = await store.get(signal);
        expect(found?.record).toEqual(outcome.status === 'rejected' ? undefined : record('a'));
      }));

    it('tells a watcher of a change until it no longer listens', () =>
      withStore(async (store) => {
        const { resourceVersion } = await store.create(record('a'), signal);
        const listening = new AbortController();
        let changes = 0;
        let version = resourceVersion;
        let transitions = 0;
        store.watch?.(() => changes++, listening.signal);
        const change = async () => {
          version = (await store.update(record('a', ++transitions), version, signal)).resourceVersion;
          return changes;
        };
        await expect.poll(change).toBeGreaterThan(0);
        listening.abort();
        const heard = changes;
        await change();
        await store.get(signal);
        expect(changes).toBe(heard);
      }));
  });
}
