// Server-side apply: merges a configuration into an object, keeps who owns which field, and refuses to take fields silently.

import { cloneJson, equalJson, isObject, type JsonObject, setMember } from '../json-values.ts';
import type { KubeObject } from '../objects.ts';
import type { ResourceDefinition } from '../resources/definition.ts';
import { decodeBuiltin } from '../schema/decode.ts';
import type { SchemaNode } from '../schema/schema-node.ts';
import { ApiStatusError } from '../status.ts';
import {
  type FieldTree,
  fieldsOf,
  granularityOf,
  isLeaf,
  itemPart,
  leafPaths,
  memberSchema,
  subtractExactly,
} from './field-tree.ts';
import { type ManagedEntry, ownedPart, readEntries, without, writeEntries } from './managed-fields.ts';

export interface ApplyRequest {
  definition: ResourceDefinition;
  configuration: KubeObject;
  manager: string;
  force: boolean;
  subresource: string;
  now: string;
}

/** The object after the apply, with managedFields. Throws 409 when others own what is to change, unless forced. */
export function applyConfiguration(current: KubeObject | undefined, request: ApplyRequest): KubeObject {
  const { definition, manager, subresource } = request;
  const { schema } = definition;
  const configuration =
    definition.custom || schema === undefined
      ? request.configuration
      : (decodeBuiltin(schema, request.configuration, definition.kind, definition.version) as KubeObject);
  const wanted = ownedPart(configuration, subresource);
  const fields = fieldsOf(schema, wanted);
  const entries = readEntries(current);
  const isOwn = (entry: ManagedEntry) =>
    entry.manager === manager && entry.operation === 'Apply' && entry.subresource === subresource;
  const others = entries.filter((entry) => !isOwn(entry));
  const disputed = differing(schema, wanted, ownedPart(current, subresource));
  const conflicts = others
    .map((entry) => ({ entry, fields: intersect(entry.fields, disputed) }))
    .filter((it) => !isLeaf(it.fields))
    .toSorted((left, right) => (left.entry.manager < right.entry.manager ? -1 : 1));
  if (conflicts.length > 0 && !request.force) throw conflictError(conflicts);

  const kept = others.map((entry) => ({ ...entry, fields: without(entry.fields, intersect(entry.fields, disputed)) }));
  let abandoned = subtractExactly(entries.find(isOwn)?.fields ?? {}, fields);
  for (const entry of kept) abandoned = subtractExactly(abandoned, entry.fields);
  const base =
    current === undefined
      ? configuration
      : (removeFields(schema, mergeValues(schema, current, { ...wanted }), abandoned) as KubeObject);
  const own: ManagedEntry = {
    manager,
    operation: 'Apply',
    apiVersion: definition.storedApiVersion,
    time: request.now,
    subresource,
    fields,
  };
  const { uid, resourceVersion } = configuration.metadata;
  const metadata = { ...base.metadata, ...(uid ? { uid } : {}), ...(resourceVersion ? { resourceVersion } : {}) };
  return writeEntries({ ...base, metadata }, [...kept, own]);
}

interface FieldConflict {
  readonly entry: ManagedEntry;
  readonly fields: FieldTree;
}

function listText({ entry, fields }: FieldConflict): string {
  return [
    `conflicts with ${ownerText(entry)}:`,
    ...leafPaths(fields)
      .toSorted()
      .map((field) => `- ${field}`),
  ].join('\n');
}

function conflictError(conflicts: readonly FieldConflict[]): ApiStatusError {
  const causes = conflicts.flatMap(({ entry, fields }) => {
    return leafPaths(fields)
      .toSorted()
      .map((field) => ({
        reason: 'FieldManagerConflict',
        message: `conflict with ${ownerText(entry)}`,
        field,
      }));
  });
  const [only] = causes;
  const text =
    causes.length === 1 && only !== undefined
      ? `1 conflict: ${only.message}: ${only.field}`
      : `${causes.length} conflicts: ${conflicts.map(listText).join('\n')}`;
  return new ApiStatusError(409, 'Conflict', `Apply failed with ${text}`, { causes });
}

function ownerText({ manager, subresource, operation, apiVersion }: ManagedEntry): string {
  const name = `${JSON.stringify(manager)}${subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`}`;
  return operation === 'Apply' ? name : `${name} using ${apiVersion}`;
}

/** The fields of the configuration whose value in the object is there and another one. */
function differing(schema: SchemaNode | undefined, wanted: unknown, actual: unknown): FieldTree {
  const tree: FieldTree = {};
  const visit = (part: string, value: unknown, other: unknown, partSchema: SchemaNode | undefined): void => {
    if (other === undefined || equalJson(value, other)) return;
    const isWhole = granularityOf(partSchema, value) === 'leaf' || granularityOf(partSchema, other) === 'leaf';
    const below = isWhole ? undefined : differing(partSchema, value, other);
    if (below === undefined) tree[part] = {};
    else if (!isLeaf(below)) tree[part] = below;
  };
  const granularity = granularityOf(schema, wanted);
  if (granularity === 'members' && isObject(wanted) && isObject(actual)) {
    for (const [key, value] of Object.entries(wanted)) visit(`f:${key}`, value, actual[key], memberSchema(schema, key));
  } else if (granularity === 'items') {
    for (const item of wanted as JsonObject[])
      visit(itemPart(schema, item), item, findItem(schema, actual, itemPart(schema, item)), schema?.items);
  }
  return tree;
}

function findItem(schema: SchemaNode | undefined, list: unknown, part: string): JsonObject | undefined {
  if (!Array.isArray(list)) return undefined;
  return (list as unknown[]).filter(isObject).find((item) => itemPart(schema, item) === part);
}

/** What both name; where one has a leaf, all of the other below it. */
function intersect(left: FieldTree, right: FieldTree): FieldTree {
  const result: FieldTree = {};
  for (const [part, child] of Object.entries(right)) {
    const own = left[part];
    if (own === undefined || part === '.') continue;
    const both = isLeaf(own) || isLeaf(child) ? {} : intersect(own, child);
    if (isLeaf(own) || isLeaf(child) || !isLeaf(both)) result[part] = both;
  }
  return result;
}

function mergeValues(schema: SchemaNode | undefined, current: unknown, wanted: unknown): unknown {
  switch (granularityOf(schema, wanted)) {
    case 'members': {
      const result: JsonObject = isObject(current) ? { ...current } : {};
      for (const [key, value] of Object.entries(wanted as JsonObject))
        setMember(result, key, mergeValues(memberSchema(schema, key), result[key], value));
      return result;
    }
    case 'items':
      return mergeItems(schema, current, wanted as JsonObject[]);
    case 'set':
      return Array.from(new Set([...(Array.isArray(current) ? (current as unknown[]) : []), ...(wanted as unknown[])]));
    case 'leaf':
    default:
      return cloneJson(wanted);
  }
}

function mergeItems(schema: SchemaNode | undefined, current: unknown, wanted: JsonObject[]): unknown[] {
  const existing: unknown[] = Array.isArray(current) ? (current as unknown[]) : [];
  const parts = new Map(wanted.map((item) => [itemPart(schema, item), item]));
  const merged = existing.map((item) => {
    const part = isObject(item) ? itemPart(schema, item) : '';
    const change = parts.get(part);
    parts.delete(part);
    return change === undefined ? item : mergeValues(schema?.items, item, change);
  });
  return [...merged, ...Array.from(parts.values(), (item) => mergeValues(schema?.items, undefined, item))];
}

/** The value without what the applier once set and now leaves out. */
function removeFields(schema: SchemaNode | undefined, value: unknown, fields: FieldTree): unknown {
  if (isLeaf(fields)) return value;
  switch (granularityOf(schema, value)) {
    case 'members':
      return removeMembers(schema, value as JsonObject, fields);
    case 'items':
      return (value as JsonObject[]).flatMap((item) => {
        const taken = fields[itemPart(schema, item)];
        if (taken === undefined) return [item];
        return taken['.'] === undefined && !isLeaf(taken) ? [removeFields(schema?.items, item, taken)] : [];
      });
    case 'set':
      return (value as unknown[]).filter((item) => fields[`v:${JSON.stringify(item)}`] === undefined);
    case 'leaf':
    default:
      return value;
  }
}

function removeMembers(schema: SchemaNode | undefined, value: JsonObject, fields: FieldTree): JsonObject {
  const result: JsonObject = {};
  for (const [key, child] of Object.entries(value)) {
    const taken = fields[`f:${key}`];
    if (taken === undefined) setMember(result, key, child);
    else if (!isLeaf(taken)) setMember(result, key, removeFields(memberSchema(schema, key), child, taken));
  }
  return result;
}
