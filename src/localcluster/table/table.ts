// meta.k8s.io/v1 Tables: what `kubectl get` prints.

import type { KubeObject } from '../objects.ts';
import type { ResourceDefinition } from '../resources/definition.ts';
import { columnsOf } from './columns.ts';

/** `include` says what each row carries of its object: None, Metadata or Object. */
export function tableOf(
  definition: ResourceDefinition,
  items: KubeObject[],
  metadata: object,
  include: string,
  now: number,
): unknown {
  const columns = columnsOf(definition);
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: columns.map(({ name, type, format = '', description = '', priority = 0 }) => ({
      name,
      type,
      format,
      description,
      priority,
    })),
    rows: items.map((object) => ({
      cells: columns.map((column) => column.cell(object, now)),
      object: include === 'None' ? null : include === 'Object' ? object : partial(object),
    })),
  };
}

function partial(object: KubeObject): unknown {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
}
