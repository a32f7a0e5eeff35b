// The storage as the cluster's own controllers use it (see objects.ts): the API server's rules without HTTP.

import type { KubeObject, NewKubeObject, ObjectStore, StoreEvent } from '../objects.ts';
import type { ResourceDefinition } from '../resources/definition.ts';
import type { ObjectService } from '../resources/object-service.ts';
import { internalContext } from '../resources/prepare.ts';
import { ApiStatusError } from '../status.ts';

/** Objects are those of the stored version. An unknown resource is a 404, as over HTTP. */
export function createObjectStore(service: ObjectService): ObjectStore {
  const { storage, registry } = service;

  const definitionOf = (resource: string): ResourceDefinition => {
    const definition = registry.byKey(resource);
    if (definition === undefined) {
      throw new ApiStatusError(
        404,
        'NotFound',
        `the server does not serve the resource "${resource}"; give the plural with its group, such as deployments.apps`,
      );
    }
    return definition;
  };
  const place = (definition: ResourceDefinition, namespace: string | undefined) =>
    definition.namespaced ? (namespace ?? 'default') : '';

  const write = (resource: string, object: KubeObject, subresource: '' | 'status'): KubeObject => {
    const definition = definitionOf(resource);
    const target = { namespace: place(definition, object.metadata.namespace), name: object.metadata.name };
    return service.modify(definition, target, { subresource }, internalContext(), () => object);
  };

  return {
    get(resource, namespace, name) {
      const definition = definitionOf(resource);
      return storage.get(definition.key, place(definition, namespace), name);
    },
    list(resource, namespace) {
      return storage.list(definitionOf(resource).key, namespace);
    },
    create(resource, object: NewKubeObject) {
      const definition = definitionOf(resource);
      return service.create(definition, place(definition, object.metadata.namespace), object, internalContext());
    },
    update: (resource, object) => write(resource, object, ''),
    updateStatus: (resource, object) => write(resource, object, 'status'),
    delete(resource, namespace, name, options) {
      service.delete(definitionOf(resource), namespace, name, { gracePeriodSeconds: options?.gracePeriodSeconds });
    },
    remove(resource, namespace, name) {
      const definition = definitionOf(resource);
      storage.remove(definition.key, place(definition, namespace), name);
    },
    watch(resource, listener) {
      const { key } = definitionOf(resource);
      const seen = storage.version;
      const existing = storage.list(key);
      const stop = storage.subscribe(key, ({ version, type, object }) => {
        if (version > seen) listener({ type, object } satisfies StoreEvent);
      });
      for (const object of existing) listener({ type: 'ADDED', object });
      return stop;
    },
  };
}
