// Sets of fields in the form of metadata.managedFields (FieldsV1): `f:name` for members, `k:{...}` for items of lists with keys,
// `v:...` for items of sets, `.` for the thing itself. An empty tree is a leaf: the whole value below.

import { isObject, type JsonObject } from '../json-values.ts';
import type { SchemaNode } from '../schema/schema-node.ts';

export interface FieldTree {
  [part: string]: FieldTree;
}

/** How the value below a schema is owned: as a whole, by member, by item with keys, or by item of a set. */
export type Granularity = 'leaf' | 'members' | 'items' | 'set';

export function granularityOf(schema: SchemaNode | undefined, value: unknown): Granularity {
  if (isObject(value)) return schema?.['x-kubernetes-map-type'] === 'atomic' ? 'leaf' : 'members';
  if (!Array.isArray(value)) return 'leaf';
  const listType = schema?.['x-kubernetes-list-type'];
  if (listType === 'map' && value.every(isObject)) return 'items';
  return listType === 'set' ? 'set' : 'leaf';
}

export function memberSchema(schema: SchemaNode | undefined, key: string): SchemaNode | undefined {
  const known = schema?.properties;
  if (known !== undefined && Object.hasOwn(known, key)) return known[key];
  const rest = schema?.additionalProperties;
  return isObject(rest) ? rest : undefined;
}

/** The part of a tree that names an item of a list with keys. */
export function itemPart(schema: SchemaNode | undefined, item: JsonObject): string {
  const keys = schema?.['x-kubernetes-list-map-keys'] ?? [];
  // The one key that Kubernetes defaults is the protocol of a port.
  const values = keys.map((key) => [key, item[key] ?? (key === 'protocol' ? 'TCP' : null)] as const);
  return `k:${JSON.stringify(Object.fromEntries(values.sort(([left], [right]) => (left < right ? -1 : 1))))}`;
}

/** All fields that a value sets. */
export function fieldsOf(schema: SchemaNode | undefined, value: unknown): FieldTree {
  const tree: FieldTree = {};
  switch (granularityOf(schema, value)) {
    case 'members':
      for (const [key, child] of Object.entries(value as JsonObject))
        tree[`f:${key}`] = fieldsOf(memberSchema(schema, key), child);
      return tree;
    case 'items':
      for (const item of value as JsonObject[])
        tree[itemPart(schema, item)] = { '.': {}, ...fieldsOf(schema?.items, item) };
      return tree;
    case 'set':
      for (const item of value as unknown[]) tree[`v:${JSON.stringify(item)}`] = {};
      return tree;
    case 'leaf':
    default:
      return tree;
  }
}

export function isLeaf(tree: FieldTree): boolean {
  return Object.keys(tree).length === 0;
}

export function union(left: FieldTree, right: FieldTree): FieldTree {
  const result: FieldTree = { ...left };
  for (const [part, child] of Object.entries(right)) {
    const own = result[part];
    result[part] = own === undefined ? child : union(own, child);
  }
  return result;
}

/** What is in `left` and not in `right`; a leaf of `right` takes all below it away. Undefined when nothing is left. */
export function subtract(left: FieldTree, right: FieldTree): FieldTree | undefined {
  if (isLeaf(right) || isLeaf(left)) return undefined;
  const result: FieldTree = {};
  for (const [part, child] of Object.entries(left)) {
    const taken = right[part];
    const rest = taken === undefined ? child : subtract(child, taken);
    if (rest !== undefined) result[part] = rest;
  }
  return isLeaf(result) ? undefined : result;
}

/**
 * What of `left` is named nowhere in `right`. Here a leaf is that one field and nothing below it: who applies an empty object
 * does not hold on to the members it had.
 */
export function subtractExactly(left: FieldTree, right: FieldTree): FieldTree {
  const result: FieldTree = {};
  for (const [part, child] of Object.entries(left)) {
    const named = right[part];
    if (named === undefined) result[part] = child;
    else if (!isLeaf(child)) {
      const rest = subtractExactly(child, named);
      if (!isLeaf(rest)) result[part] = rest;
    }
  }
  return result;
}

/** The paths of all leaves, as `.spec.containers[name="c"].image`. */
export function leafPaths(tree: FieldTree, path = ''): string[] {
  if (isLeaf(tree)) return [path];
  return Object.entries(tree).flatMap(([part, child]) => (part === '.' ? [] : leafPaths(child, path + pathPart(part))));
}

function pathPart(part: string): string {
  if (part.startsWith('f:')) return `.${part.slice(2)}`;
  if (part.startsWith('v:')) return `[=${part.slice(2)}]`;
  const keys = JSON.parse(part.slice(2)) as Record<string, unknown>;
  return `[${Object.entries(keys)
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join(',')}]`;
}
