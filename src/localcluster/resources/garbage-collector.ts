// Deletes what a deleted object leaves behind: objects it owned, and everything in a deleted namespace.

import type { KubeObject } from '../objects.ts';
import type { ResourceDefinition } from './definition.ts';
import type { ObjectService } from './object-service.ts';

export function collectGarbage(service: ObjectService): void {
  // Most objects own nothing; for those a deletion costs no search.
  const owners = new Set<string>();
  service.storage.subscribe(undefined, ({ type, resource, object }) => {
    for (const owner of object.metadata.ownerReferences ?? []) owners.add(owner.uid);
    if (type !== 'DELETED') return;
    if (resource === 'namespaces') deleteContents(service, object.metadata.name);
    else if (owners.delete(object.metadata.uid)) deleteDependents(service, object);
  });
}

function deleteContents(service: ObjectService, namespace: string): void {
  for (const definition of namespacedResources(service)) {
    for (const { metadata } of service.storage.list(definition.key, namespace))
      deleteQuietly(service, definition, namespace, metadata.name);
  }
}

/** Before the deletion of an owner whose dependents are to stay: takes its reference off them. */
export function orphanDependents(service: ObjectService, owner: KubeObject): void {
  const { uid, namespace } = owner.metadata;
  for (const definition of service.registry.stored()) {
    for (const object of service.storage.list(definition.key, namespace)) {
      const owners = object.metadata.ownerReferences ?? [];
      const ownerReferences = owners.filter((it) => it.uid !== uid);
      if (ownerReferences.length < owners.length) {
        service.storage.put(definition.key, { ...object, metadata: { ...object.metadata, ownerReferences } });
      }
    }
  }
}

/** An object stays while any of its other owners is there. */
function deleteDependents(service: ObjectService, owner: KubeObject): void {
  const { uid, namespace } = owner.metadata;
  for (const definition of service.registry.stored()) {
    for (const object of service.storage.list(definition.key, namespace)) {
      const owners = object.metadata.ownerReferences ?? [];
      if (owners.some((it) => it.uid === uid) && owners.every((it) => it.uid === uid || !exists(service, object, it))) {
        deleteQuietly(service, definition, object.metadata.namespace ?? '', object.metadata.name);
      }
    }
  }
}

function exists(
  service: ObjectService,
  object: KubeObject,
  owner: { apiVersion: string; kind: string; name: string; uid: string },
): boolean {
  const definition = service.registry.byKind(owner.apiVersion, owner.kind);
  if (definition === undefined) return false;
  const found = service.storage.get(
    definition.key,
    definition.namespaced ? (object.metadata.namespace ?? '') : '',
    owner.name,
  );
  return found?.metadata.uid === owner.uid;
}

function namespacedResources(service: ObjectService): ResourceDefinition[] {
  return service.registry.stored().filter((definition) => definition.namespaced);
}

function deleteQuietly(service: ObjectService, definition: ResourceDefinition, namespace: string, name: string): void {
  // Another deletion may have taken it along already.
  if (service.storage.get(definition.key, namespace, name) !== undefined) service.delete(definition, namespace, name);
}
