// Fills in the defaults a CRD's schema declares. A null where null is not allowed counts as absent: it is defaulted or dropped.

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
    setDefaulted(result, key, given, child);
  }
  const rest = schema.additionalProperties;
  if (!isObject(rest)) return result;
  for (const [key, given] of Object.entries(value)) {
    if (schema.properties?.[key] === undefined) setDefaulted(result, key, given, rest);
  }
  return result;
}

function setDefaulted(result: JsonObject, key: string, given: unknown, schema: SchemaNode): void {
  const absent = given === undefined || (given === null && schema.nullable !== true);
  if (!absent) result[key] = applyDefaults(schema, given);
  else if (schema.default !== undefined) result[key] = applyDefaults(schema, cloneJson(schema.default));
  else delete result[key];
}
