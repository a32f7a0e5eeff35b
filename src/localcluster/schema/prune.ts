// Takes members out of an object that its schema does not know, and says which. Works for custom and built-in kinds alike.

import { isObject, type JsonObject, setMember } from '../json-values.ts';
import type { SchemaNode } from './schema-node.ts';

/** The pruned value and the paths dropped. Shares what was not changed with the input. */
export function prune(schema: SchemaNode, value: unknown): { value: unknown; dropped: string[] } {
  const dropped: string[] = [];
  return { value: pruneValue(schema, value, '', dropped), dropped };
}

function pruneValue(schema: SchemaNode, value: unknown, path: string, dropped: string[]): unknown {
  if (Array.isArray(value)) {
    const items = schema.items;
    if (items === undefined) return value;
    return value.map((item, index) => pruneValue(items, item, `${path}[${index}]`, dropped));
  }
  if (!isObject(value) || schema['x-kubernetes-int-or-string'] === true) return value;
  return pruneObject(schema, value, path, dropped);
}

/** Members of an embedded object that belong to it without being declared. */
const embeddedMembers = new Set(['apiVersion', 'kind', 'metadata']);

function pruneObject(schema: SchemaNode, value: JsonObject, path: string, dropped: string[]): JsonObject {
  const result: JsonObject = {};
  const rest = schema.additionalProperties;
  const keepsAll = schema['x-kubernetes-preserve-unknown-fields'] === true || rest === true;
  for (const [key, child] of Object.entries(value)) {
    const childPath = path === '' ? key : `${path}.${key}`;
    const known =
      schema.properties !== undefined && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
    if (known !== undefined) {
      setMember(result, key, pruneValue(known, child, childPath, dropped));
    } else if (isObject(rest)) {
      setMember(result, key, pruneValue(rest, child, childPath, dropped));
    } else if (keepsAll || (schema['x-kubernetes-embedded-resource'] === true && embeddedMembers.has(key))) {
      setMember(result, key, child);
    } else {
      dropped.push(childPath);
    }
  }
  return result;
}
