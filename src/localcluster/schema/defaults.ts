// Fills in the defaults a CRD's schema declares. A null where null is not allowed counts as absent when there is a default.

import { cloneJson, isObject, type JsonObject } from '../json-values.ts';
import type { SchemaNode } from './schema-node.ts';

/** The value with defaults; what needs none is shared with the input. */
export function applyDefaults(schema: SchemaNode, value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = schema.items;
    return items === undefined ? value : value.map((item) => applyDefaults(items, item));
  }
  return isObject(value) ? defaultObject(schema, value) : value;
}

function defaultObject(schema: SchemaNode, value: JsonObject): JsonObject {
  const result: JsonObject = { ...value };
  for (const [key, child] of Object.entries(schema.properties ?? {})) {
    const given = Object.hasOwn(result, key) ? result[key] : undefined;
    const absent = given === undefined || (given === null && child.nullable !== true);
    if (absent && child.default !== undefined) result[key] = cloneJson(child.default);
    if (Object.hasOwn(result, key)) result[key] = applyDefaults(child, result[key]);
  }
  const rest = schema.additionalProperties;
  if (!isObject(rest)) return result;
  for (const [key, child] of Object.entries(value)) {
    if (schema.properties?.[key] === undefined) result[key] = applyDefaults(rest, child);
  }
  return result;
}
