// Which fields two versions of an object differ in.

import { equalJson, isObject, type JsonObject } from '../json-values.ts';
import type { SchemaNode } from '../schema/schema-node.ts';
import { type FieldTree, granularityOf, isLeaf, itemPart, memberSchema } from './field-tree.ts';

export interface FieldDiff {
  /** Set anew or to another value. */
  changed: FieldTree;
  /** There before and not any more. */
  removed: FieldTree;
}

export function diffFields(schema: SchemaNode | undefined, before: unknown, after: unknown): FieldDiff {
  const diff: FieldDiff = { changed: {}, removed: {} };
  for (const [part, [left, right, partSchema]] of pairs(schema, before, after)) {
    if (equalJson(left, right)) continue;
    if (right === undefined) diff.removed[part] = {};
    else if (left === undefined) diff.changed[part] = newFields(partSchema, right);
    else mergeChild(diff, part, { before: left, after: right }, partSchema);
  }
  return diff;
}

/** All fields of a value that was not there, itself included. */
function newFields(schema: SchemaNode | undefined, value: unknown): FieldTree {
  const tree: FieldTree = {};
  for (const [part, child, childSchema] of partsOf(schema, value)) tree[part] = newFields(childSchema, child);
  return isLeaf(tree) ? tree : { '.': {}, ...tree };
}

function mergeChild(
  diff: FieldDiff,
  part: string,
  values: { before: unknown; after: unknown },
  schema: SchemaNode | undefined,
): void {
  const isWhole =
    granularityOf(schema, values.after) === 'leaf' ||
    granularityOf(schema, values.before) !== granularityOf(schema, values.after);
  if (isWhole) {
    diff.changed[part] = {};
    return;
  }
  const child = diffFields(schema, values.before, values.after);
  if (!isLeaf(child.changed)) diff.changed[part] = child.changed;
  if (!isLeaf(child.removed)) diff.removed[part] = child.removed;
}

type Pair = [before: unknown, after: unknown, schema: SchemaNode | undefined];

/** The parts of both values side by side. */
function pairs(schema: SchemaNode | undefined, before: unknown, after: unknown): Map<string, Pair> {
  const result = new Map<string, Pair>();
  for (const [part, value, partSchema] of partsOf(schema, before)) result.set(part, [value, undefined, partSchema]);
  for (const [part, value, partSchema] of partsOf(schema, after))
    result.set(part, [result.get(part)?.[0], value, partSchema]);
  return result;
}

function partsOf(schema: SchemaNode | undefined, value: unknown): [string, unknown, SchemaNode | undefined][] {
  switch (granularityOf(schema, value)) {
    case 'members':
      return isObject(value)
        ? Object.entries(value).map(([key, child]) => [`f:${key}`, child, memberSchema(schema, key)])
        : [];
    case 'items':
      return (value as JsonObject[]).map((item) => [itemPart(schema, item), item, schema?.items]);
    case 'set':
      return (value as unknown[]).map((item) => [`v:${JSON.stringify(item)}`, item, undefined]);
    case 'leaf':
    default:
      return [];
  }
}
