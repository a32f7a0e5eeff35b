// The index by owner follows the storage.
import { expect, test } from 'vitest';
import { OwnerIndex } from '../../../../src/localcluster/workloads/owner-index.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { objectStore } from '../../../support/object-store.ts';

test('objects are found by owner, move when it changes, and go when they go', () => {
  const { store } = objectStore(new FakeClock());
  const create = (name: string, owner?: string) =>
    store.create('configmaps', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name,
        namespace: 'shop',
        ...(owner
          ? { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: owner, controller: true }] }
          : {}),
      },
    });
  create('before', 'u1');
  const index = new OwnerIndex(store, 'configmaps');
  create('orphan');
  const names = (objects: { metadata: { name: string } }[]) => objects.map(({ metadata }) => metadata.name);
  expect(names(index.ownedBy('u1'))).toEqual(['before']);
  expect(names(index.withoutOwner('shop'))).toEqual(['orphan']);
  expect(names(index.withoutOwner('default'))).toEqual([]);
  const copy = structuredClone(store.get('configmaps', 'shop', 'orphan')!);
  copy.metadata.ownerReferences = [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u2', controller: true }];
  store.update('configmaps', copy);
  expect(names(index.ownedBy('u2'))).toEqual(['orphan']);
  expect(index.withoutOwner('shop')).toEqual([]);
  store.delete('configmaps', 'shop', 'before');
  expect(index.ownedBy('u1')).toEqual([]);
  index.stop();
  store.delete('configmaps', 'shop', 'orphan');
  expect(names(index.ownedBy('u2'))).toEqual(['orphan']);
});
