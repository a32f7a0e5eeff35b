// JSON as CEL sees it through a schema: whole numbers are bigint, times are dates, nulls are absent, names are escaped.

import { isObject, type JsonObject, setMember } from '../json-values.ts';
import type { SchemaNode } from '../schema/schema-node.ts';

/** Words that CEL keeps for itself; a field of that name is written `__name__` in rules. */
const reserved = new Set([
  'true',
  'false',
  'null',
  'in',
  'as',
  'break',
  'const',
  'continue',
  'else',
  'for',
  'function',
  'if',
  'import',
  'let',
  'loop',
  'package',
  'namespace',
  'return',
  'var',
  'void',
  'while',
]);

/** The value for `self`, or undefined when it is absent. */
export function toCel(schema: SchemaNode, value: unknown): unknown {
  if (value === null || value === undefined) return undefined;
  if (Array.isArray(value)) return value.map((item) => toCel(schema.items ?? {}, item) ?? null);
  if (isObject(value)) return objectToCel(schema, value);
  if (typeof value === 'number') return schema.type === 'number' || !Number.isInteger(value) ? value : BigInt(value);
  if (typeof value === 'string' && (schema.format === 'date-time' || schema.format === 'date')) return new Date(value);
  return value;
}

function objectToCel(schema: SchemaNode, value: JsonObject): JsonObject {
  const result: JsonObject = {};
  for (const [key, child] of Object.entries(value)) {
    const known =
      schema.properties !== undefined && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
    const rest = schema.additionalProperties;
    const converted = toCel(known ?? (isObject(rest) ? rest : {}), child);
    // Keys of maps are data and stay as they are.
    if (converted !== undefined) setMember(result, known === undefined ? key : escapeName(key), converted);
  }
  return result;
}

function escapeName(name: string): string {
  if (reserved.has(name)) return `__${name}__`;
  return name
    .replaceAll('__', '__underscores__')
    .replaceAll('.', '__dot__')
    .replaceAll('-', '__dash__')
    .replaceAll('/', '__slash__');
}
