// Who set which field last: metadata.managedFields, kept for every write over HTTP.

import { asArray, asObject, asString, type JsonObject } from '../json-values.ts';
import type { KubeObject } from '../objects.ts';
import type { ResourceDefinition } from '../resources/definition.ts';
import type { WriteContext } from '../resources/prepare.ts';
import { diffFields } from './field-diff.ts';
import { type FieldTree, isLeaf, subtract, union } from './field-tree.ts';

export interface ManagedEntry {
  manager: string;
  operation: 'Apply' | 'Update';
  apiVersion: string;
  time: string;
  subresource: string;
  fields: FieldTree;
}

export interface FieldChange {
  definition: ResourceDefinition;
  before: KubeObject | undefined;
  after: KubeObject;
  subresource: string;
  context: WriteContext;
  now: string;
}

export function readEntries(object: KubeObject | undefined): ManagedEntry[] {
  return asArray(object?.metadata.managedFields).map((given) => {
    const entry = asObject(given);
    return {
      manager: asString(entry.manager),
      operation: entry.operation === 'Apply' ? 'Apply' : 'Update',
      apiVersion: asString(entry.apiVersion),
      time: asString(entry.time),
      subresource: asString(entry.subresource),
      fields: asObject(entry.fieldsV1) as FieldTree,
    };
  });
}

export function writeEntries(object: KubeObject, entries: readonly ManagedEntry[]): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata;
  const written = entries
    .filter((entry) => !isLeaf(entry.fields))
    .toSorted(byAge)
    .map(wireForm);
  return { ...object, metadata: written.length === 0 ? metadata : { ...metadata, managedFields: written } };
}

/** As the real server sorts them: applies first, then by time, then by name. */
function byAge(left: ManagedEntry, right: ManagedEntry): number {
  const keyOf = ({ operation, time, manager, apiVersion, subresource }: ManagedEntry) =>
    [operation, time, manager, apiVersion, subresource].join('\0');
  return keyOf(left) < keyOf(right) ? -1 : 1;
}

function wireForm({ manager, operation, apiVersion, time, subresource, fields }: ManagedEntry): JsonObject {
  return {
    manager,
    operation,
    apiVersion,
    time,
    fieldsType: 'FieldsV1',
    fieldsV1: fields,
    ...(subresource === '' ? {} : { subresource }),
  };
}

/** What no manager owns: identity, and what the server sets. */
const serverMetadata = new Set([
  'name',
  'namespace',
  'uid',
  'resourceVersion',
  'creationTimestamp',
  'generation',
  'managedFields',
  'generateName',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'selfLink',
]);

/** The part of an object that managers own; through a subresource only its part of the object. */
export function ownedPart(object: KubeObject | undefined, subresource: string): JsonObject {
  if (object === undefined) return {};
  if (subresource === 'status') return object.status === undefined ? {} : { status: object.status };
  const { apiVersion: _, kind: __, status: ___, metadata, ...rest } = object;
  const kept = Object.entries(metadata).filter(([key]) => !serverMetadata.has(key));
  return kept.length === 0 ? rest : { metadata: Object.fromEntries(kept), ...rest };
}

/** The object with the writer entered as owner of what it changed, and others relieved of it. */
export function trackFields({ definition, before, after, subresource, context, now }: FieldChange): KubeObject {
  if (context.appliedFields !== undefined)
    return { ...after, metadata: { ...after.metadata, managedFields: context.appliedFields } };
  const entries = readEntries(before);
  if (context.manager === undefined) return before === undefined ? after : writeEntries(after, entries);
  const { changed, removed } = diffFields(
    definition.schema,
    ownedPart(before, subresource),
    ownedPart(after, subresource),
  );
  if (isLeaf(changed) && isLeaf(removed)) return writeEntries(after, entries);
  const apiVersion = definition.storedApiVersion;
  const isOwn = (entry: ManagedEntry) =>
    entry.manager === context.manager && entry.operation === 'Update' && entry.subresource === subresource;
  const others = entries.map((entry) => ({
    ...entry,
    fields: without(without(entry.fields, removed), isOwn(entry) ? {} : changed),
  }));
  const own = others.find(isOwn);
  const written: ManagedEntry = {
    manager: context.manager,
    operation: 'Update',
    apiVersion,
    time: now,
    subresource,
    fields: union(own?.fields ?? {}, changed),
  };
  return writeEntries(after, [...others.filter((entry) => !isOwn(entry)), written]);
}

/** An empty set to take away takes nothing, though an empty tree is a leaf. */
export function without(fields: FieldTree, taken: FieldTree): FieldTree {
  return isLeaf(taken) ? fields : (subtract(fields, taken) ?? {});
}
