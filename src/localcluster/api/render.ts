// Objects and lists in the form that was asked for: whole, as a table (`kubectl get`), or metadata only.

import type { KubeObject } from '../objects.ts';
import type { ResourceDefinition } from '../resources/definition.ts';
import { tableOf } from '../table/table.ts';
import type { Exchange } from './exchange.ts';
import type { Negotiated } from './negotiate.ts';

export interface ListMeta {
  resourceVersion: string;
  continue?: string;
  remainingItemCount?: number;
}

export function renderObject(
  form: Negotiated['form'],
  definition: ResourceDefinition,
  object: KubeObject,
  exchange: Exchange,
  now: number,
): unknown {
  if (form === 'metadata') return metadataOnly(object);
  if (form === 'table')
    return tableOf(
      definition,
      [object],
      { resourceVersion: object.metadata.resourceVersion },
      includeOf(exchange),
      now,
    );
  return object;
}

export function renderList(
  form: Negotiated['form'],
  definition: ResourceDefinition,
  items: KubeObject[],
  metadata: ListMeta,
  view: { exchange: Exchange; now: number },
): unknown {
  if (form === 'table') return tableOf(definition, items, metadata, includeOf(view.exchange), view.now);
  if (form === 'metadata') {
    return {
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      metadata,
      items: items.map(metadataOnly),
    };
  }
  const apiVersion = definition.group === '' ? definition.version : `${definition.group}/${definition.version}`;
  return { kind: definition.listKind, apiVersion, metadata, items: definition.custom ? items : items.map(withoutType) };
}

/** Items of built-in lists come without: the list says what they are. */
function withoutType(given: KubeObject): object {
  const { kind: _, apiVersion: __, ...object } = given;
  return object;
}

function metadataOnly(object: KubeObject): unknown {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
}

function includeOf(exchange: Exchange): string {
  return exchange.query.get('includeObject') ?? 'Metadata';
}
