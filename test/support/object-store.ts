// The local cluster's storage with its rules (naming, defaults, validation, garbage collection) and no HTTP in front.
import type { Clock } from '../../src/base/clock.ts';
import type { ObjectStore } from '../../src/localcluster/objects.ts';
import { builtinResources } from '../../src/localcluster/resources/builtin.ts';
import { collectGarbage } from '../../src/localcluster/resources/garbage-collector.ts';
import { ObjectService } from '../../src/localcluster/resources/object-service.ts';
import { Registry } from '../../src/localcluster/resources/registry.ts';
import { createObjectStore } from '../../src/localcluster/storage/object-store.ts';
import { Storage } from '../../src/localcluster/storage/storage.ts';

/** `version()` counts all writes. */
export function objectStore(
  clock: Clock,
  namespaces: readonly string[] = ['shop'],
): { store: ObjectStore; version: () => number } {
  const storage = new Storage();
  const service = new ObjectService(storage, new Registry(builtinResources()), clock);
  collectGarbage(service);
  const store = createObjectStore(service);
  for (const name of namespaces)
    store.create('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  return { store, version: () => storage.version };
}
