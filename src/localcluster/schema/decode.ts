// Reads an object into its built-in type as the Go server would: null means absent, wrong types are refused with 400, numbers
// become quantities where a quantity is asked for, and a MicroTime has exactly six decimals. Unknown members stay (see prune.ts).

import { isObject, type JsonObject, setMember } from '../json-values.ts';
import { badRequest } from '../status.ts';
import type { SchemaNode } from './schema-node.ts';
import { isDateTime } from './validate.ts';

/** The decoded value. Throws 400 that names the kind, the field and what was given. */
export function decodeBuiltin(schema: SchemaNode, value: unknown, kind: string, version: string): unknown {
  try {
    return decode(schema, value, '');
  } catch (error) {
    if (!(error instanceof DecodeFault)) throw error;
    throw badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${error.message}`);
  }
}

class DecodeFault extends Error {}

function decode(schema: SchemaNode, value: unknown, path: string): unknown {
  if (value === null) return undefined;
  if (schema['x-kubernetes-int-or-string'] === true) return decodeIntOrString(value, path);
  switch (schema.type ?? '') {
    case 'object':
      return decodeObject(schema, value, path);
    case 'array':
      return decodeList(schema, value, path);
    case 'integer':
      return Number.isInteger(value) ? value : mismatch(value, 'int32', path);
    case 'number':
      return typeof value === 'number' ? value : mismatch(value, 'float64', path);
    case 'boolean':
      return typeof value === 'boolean' ? value : mismatch(value, 'bool', path);
    case 'string':
      return decodeString(schema, value, path);
    default:
      return value;
  }
}

function decodeObject(schema: SchemaNode, value: unknown, path: string): JsonObject {
  if (!isObject(value)) return mismatch(value, 'object', path);
  const result: JsonObject = {};
  const rest = schema.additionalProperties;
  for (const [key, child] of Object.entries(value)) {
    const known =
      schema.properties !== undefined && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
    const member = known ?? (isObject(rest) ? rest : undefined);
    const decoded = member === undefined ? child : decode(member, child, path === '' ? key : `${path}.${key}`);
    if (decoded !== undefined) setMember(result, key, decoded);
  }
  return result;
}

function decodeList(schema: SchemaNode, value: unknown, path: string): unknown[] {
  if (!Array.isArray(value)) return mismatch(value, 'array', path);
  const items = schema.items;
  return items === undefined
    ? (value as unknown[])
    : value.map((item, index) => decode(items, item, `${path}[${index}]`) ?? null);
}

function decodeIntOrString(value: unknown, path: string): unknown {
  return typeof value === 'string' || Number.isInteger(value) ? value : mismatch(value, 'int or string', path);
}

const microTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(?:Z|[+-]\d\d:\d\d)$/;
const quantityText = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$/;

function decodeString(schema: SchemaNode, value: unknown, path: string): string {
  if (schema.format === 'quantity' && typeof value === 'number') return String(value);
  if (typeof value !== 'string') return mismatch(value, 'string', path);
  if (schema.format === 'quantity' && !quantityText.test(value)) {
    throw new DecodeFault(
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'" +
        ` (${path}: ${JSON.stringify(value)})`,
    );
  }
  if (schema.format === 'micro-time' && !(microTime.test(value) && isDateTime(value))) {
    throw timeFault(value, '2006-01-02T15:04:05.000000Z07:00', path);
  }
  if (schema.format === 'date-time' && !isDateTime(value)) throw timeFault(value, '2006-01-02T15:04:05Z07:00', path);
  return schema.format === 'micro-time' || schema.format === 'date-time' ? inUtc(value, schema.format) : value;
}

/** Times are kept in UTC: metav1.Time in seconds, MicroTime with the six decimals it came with. */
function inUtc(value: string, format: 'micro-time' | 'date-time'): string {
  const seconds = new Date(value).toISOString().slice(0, 19);
  return format === 'micro-time' ? `${seconds}${/\.\d{6}/.exec(value)?.[0] ?? ''}Z` : `${seconds}Z`;
}

function timeFault(value: string, layout: string, path: string): DecodeFault {
  return new DecodeFault(`parsing time ${JSON.stringify(value)} as "${layout}": cannot parse it (field ${path})`);
}

function mismatch(value: unknown, wanted: string, path: string): never {
  const actual = Array.isArray(value) ? 'array' : typeof value;
  throw new DecodeFault(`json: cannot unmarshal ${actual} into Go struct field ${path} of type ${wanted}`);
}
