// Serves what the stored CRDs declare, at once and as long as they exist; a CRD that goes takes its objects along.

import { crdKey, definitionsOfCrd } from './custom.ts';
import type { ObjectService } from './object-service.ts';

export function serveCustomResources(service: ObjectService): void {
  const { storage, registry } = service;
  storage.subscribe(crdKey, ({ type, object }) => {
    const key = object.metadata.name;
    registry.removeCustom(key);
    if (type !== 'DELETED') {
      for (const definition of definitionsOfCrd(object)) registry.add(definition);
      return;
    }
    for (const { metadata } of storage.list(key)) storage.remove(key, metadata.namespace ?? '', metadata.name);
  });
}
