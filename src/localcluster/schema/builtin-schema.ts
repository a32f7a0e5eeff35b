// Schemas of built-in types, made on first use from the generated table (see scripts/generate-builtin-types.ts).

import builtinTypes from './builtin-types.json' with { type: 'json' };
import { annotateField, isAtomicObject } from './merge-keys.ts';
import type { SchemaNode } from './schema-node.ts';

/** Type → field → type of the field, with a `!` at the end when it is required. */
const types = builtinTypes as Record<string, Record<string, string>>;
const made = new Map<string, SchemaNode>();

/** Members that hold a quantity: the server takes a number for them and keeps it as a string. */
const quantityFields = new Set(['averageValue', 'minAvailableQuantity', 'divisor', 'sizeLimit']);
const quantityMaps = new Set([
  'limits',
  'requests',
  'capacity',
  'allocatable',
  'hard',
  'used',
  'overhead',
  'default',
  'defaultRequest',
  'max',
  'min',
  'maxLimitRequestRatio',
]);

/** The schema of a type by its name in the table (`V1Deployment`), or undefined when there is none. */
export function builtinSchema(typeName: string): SchemaNode | undefined {
  const known = made.get(typeName);
  if (known !== undefined) return known;
  const entry = types[typeName];
  if (entry === undefined) return undefined;
  const node: SchemaNode = { type: 'object', 'x-type-name': typeName };
  // Before the fields: types may contain themselves.
  made.set(typeName, node);
  if (isAtomicObject(typeName)) node['x-kubernetes-map-type'] = 'atomic';
  const required = Object.keys(entry).filter((field) => entry[field]?.endsWith('!'));
  if (required.length > 0) node.required = required;
  node.properties = Object.fromEntries(
    Object.entries(entry).map(([field, type]) => [
      field,
      annotateField(typeName, field, fieldSchema(typeName, field, type.replace(/!$/, ''))),
    ]),
  );
  return node;
}

function fieldSchema(typeName: string, field: string, type: string): SchemaNode {
  const list = /^Array<(.*)>$/.exec(type);
  if (list !== null) return { type: 'array', items: fieldSchema(typeName, '', list[1] ?? 'any') };
  const map = /^\{ \[key: string\]: (.*); \}$/.exec(type);
  if (map !== null) {
    const value = quantityMaps.has(field) ? quantity : fieldSchema(typeName, '', map[1] ?? 'any');
    return { type: 'object', additionalProperties: value };
  }
  if (isQuantity(typeName, field)) return quantity;
  return plainTypes[type] ?? builtinSchema(type) ?? { 'x-kubernetes-preserve-unknown-fields': true };
}

const quantity: SchemaNode = { type: 'string', format: 'quantity' };

const plainTypes: Record<string, SchemaNode> = {
  string: { type: 'string' },
  'string:byte': { type: 'string', format: 'byte' },
  'string:int-or-string': { 'x-kubernetes-int-or-string': true },
  integer: { type: 'integer' },
  number: { type: 'number' },
  boolean: { type: 'boolean' },
  Date: { type: 'string', format: 'date-time' },
  V1MicroTime: { type: 'string', format: 'micro-time' },
  IntOrString: { 'x-kubernetes-int-or-string': true },
  any: { 'x-kubernetes-preserve-unknown-fields': true },
};

function isQuantity(typeName: string, field: string): boolean {
  if (quantityFields.has(field)) return true;
  return field === 'value' && (typeName === 'V2MetricTarget' || typeName === 'V2MetricValueStatus');
}
