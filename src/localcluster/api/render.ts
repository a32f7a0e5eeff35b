// The form an answer is asked for in: whole objects, a table (`kubectl get`), or metadata only.

import type { KubeObject } from '../objects.ts';
import type { ResourceDefinition } from '../resources/definition.ts';
import { tableOf } from '../table/table.ts';
import type { Exchange } from './exchange.ts';

export type AnswerForm = 'object' | 'table' | 'metadata';

export function formOf(exchange: Exchange): AnswerForm {
  for (const part of (exchange.request.headers.accept ?? '').split(',')) {
    const type = part.replaceAll(' ', '');
    if (type.includes('g=meta.k8s.io') && type.includes('as=Table;')) return 'table';
    if (type.includes('g=meta.k8s.io') && type.endsWith('as=Table')) return 'table';
    if (type.includes('as=PartialObjectMetadata')) return 'metadata';
    if (type.startsWith('application/json') || type.startsWith('*/*')) return 'object';
  }
  return 'object';
}

export interface ListMeta {
  resourceVersion: string;
  continue?: string;
  remainingItemCount?: number;
}

export function renderObject(
  form: AnswerForm,
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
  form: AnswerForm,
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
  return { kind: definition.listKind, apiVersion, metadata, items };
}

function metadataOnly(object: KubeObject): unknown {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
}

function includeOf(exchange: Exchange): string {
  return exchange.query.get('includeObject') ?? 'Metadata';
}
