// Checks a value against the schema of a custom kind, with the messages of the real server. CEL rules are checked elsewhere.

import { equalJson, isObject, type JsonObject } from '../json-values.ts';
import { invalidValue, requiredValue, type StatusCause, tooLong, unsupportedValue } from '../status.ts';
import { matchesPattern } from './pattern.ts';
import type { SchemaNode } from './schema-node.ts';

export function validateValue(schema: SchemaNode, value: unknown, path = ''): StatusCause[] {
  if (value === null) return schema.nullable === true || isUntyped(schema) ? [] : [typeFault(schema, 'null', path)];
  const typed = typeCauses(schema, value, path);
  if (typed.length > 0) return typed;
  return [
    ...enumCauses(schema, value, path),
    ...(typeof value === 'number' ? numberCauses(schema, value, path) : []),
    ...(typeof value === 'string' ? stringCauses(schema, value, path) : []),
    ...(Array.isArray(value) ? listCauses(schema, value as unknown[], path) : []),
    ...(isObject(value) ? objectCauses(schema, value, path) : []),
    ...combinedCauses(schema, value, path),
  ];
}

function isUntyped(schema: SchemaNode): boolean {
  return schema.type === undefined && schema['x-kubernetes-int-or-string'] !== true;
}

function typeCauses(schema: SchemaNode, value: unknown, path: string): StatusCause[] {
  if (schema['x-kubernetes-int-or-string'] === true) {
    return typeof value === 'string' || Number.isInteger(value)
      ? []
      : [typeFault({ type: 'integer,string' }, typeName(value), path)];
  }
  if (schema.type === undefined) return [];
  const actual = typeName(value);
  const fits = actual === schema.type || (schema.type === 'number' && actual === 'integer');
  return fits ? [] : [typeFault(schema, actual, path)];
}

function typeFault(schema: SchemaNode, actual: string, path: string): StatusCause {
  const wanted = schema.type ?? 'integer or string';
  return {
    reason: 'FieldValueTypeInvalid',
    field: path === '' ? '<nil>' : path,
    message: `Invalid value: "${actual}": ${path} in body must be of type ${wanted}: "${actual}"`,
  };
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function enumCauses(schema: SchemaNode, value: unknown, path: string): StatusCause[] {
  if (schema.enum === undefined || schema.enum.some((item) => equalJson(item, value))) return [];
  return [unsupportedValue(path, value, schema.enum)];
}

function numberCauses(schema: SchemaNode, value: number, path: string): StatusCause[] {
  const causes: StatusCause[] = [];
  const fault = (why: string) => causes.push(invalidValue(path, value, `${path} in body ${why}`));
  const { minimum, maximum, multipleOf } = schema;
  if (minimum !== undefined && (schema.exclusiveMinimum === true ? value <= minimum : value < minimum)) {
    fault(`should be greater than ${schema.exclusiveMinimum === true ? '' : 'or equal to '}${minimum}`);
  }
  if (maximum !== undefined && (schema.exclusiveMaximum === true ? value >= maximum : value > maximum)) {
    fault(`should be less than ${schema.exclusiveMaximum === true ? '' : 'or equal to '}${maximum}`);
  }
  if (multipleOf !== undefined && !Number.isInteger(value / multipleOf)) fault(`should be a multiple of ${multipleOf}`);
  if (schema.format === 'int32' && (value > 2_147_483_647 || value < -2_147_483_648)) {
    fault('must be of type integer with format int32');
  }
  return causes;
}

function stringCauses(schema: SchemaNode, value: string, path: string): StatusCause[] {
  const causes: StatusCause[] = [];
  const length = Array.from(value).length;
  if (schema.minLength !== undefined && length < schema.minLength) {
    causes.push(invalidValue(path, value, `${path} in body should be at least ${schema.minLength} chars long`));
  }
  if (schema.maxLength !== undefined && length > schema.maxLength) {
    causes.push(tooLong(path, schema.maxLength));
  }
  if (schema.pattern !== undefined) causes.push(...patternCauses(schema.pattern, value, path));
  if (schema.format === 'date-time' && !isDateTime(value)) {
    const why = `${path} in body must be of type date-time: ${JSON.stringify(value)}`;
    causes.push({ ...invalidValue(path, value, why), reason: 'FieldValueTypeInvalid' });
  }
  return causes;
}

function patternCauses(pattern: string, value: string, path: string): StatusCause[] {
  try {
    return matchesPattern(pattern, value)
      ? []
      : [invalidValue(path, value, `${path} in body should match '${pattern}'`)];
  } catch (error) {
    return [invalidValue(path, value, (error as Error).message)];
  }
}

export function isDateTime(value: string): boolean {
  return (
    /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:?\d\d)$/.test(value) &&
    !Number.isNaN(Date.parse(value))
  );
}

function listCauses(schema: SchemaNode, value: unknown[], path: string): StatusCause[] {
  const causes: StatusCause[] = [];
  if (schema.minItems !== undefined && value.length < schema.minItems) {
    causes.push(invalidValue(path, value.length, `${path} in body should have at least ${schema.minItems} items`));
  }
  if (schema.maxItems !== undefined && value.length > schema.maxItems) {
    const message = `Too many: ${value.length}: must have at most ${schema.maxItems} items`;
    causes.push({ reason: 'FieldValueTooMany', message, field: path });
    return causes;
  }
  causes.push(...duplicateCauses(schema, value, path));
  const items = schema.items;
  if (items !== undefined)
    value.forEach((item, index) => causes.push(...validateValue(items, item, `${path}[${index}]`)));
  return causes;
}

function duplicateCauses(schema: SchemaNode, value: unknown[], path: string): StatusCause[] {
  const identity = itemIdentity(schema);
  if (identity === undefined) return [];
  const causes: StatusCause[] = [];
  const seen = new Set<string>();
  value.forEach((item, index) => {
    const key = JSON.stringify(identity(item));
    if (seen.has(key)) {
      causes.push({ reason: 'FieldValueDuplicate', message: `Duplicate value: ${key}`, field: `${path}[${index}]` });
    }
    seen.add(key);
  });
  return causes;
}

function itemIdentity(schema: SchemaNode): ((item: unknown) => unknown) | undefined {
  const listType = schema['x-kubernetes-list-type'];
  if (listType === 'set' || schema.uniqueItems === true) return (item) => item;
  if (listType !== 'map') return undefined;
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  return (item) => (isObject(item) ? Object.fromEntries(keys.map((key) => [key, item[key]])) : item);
}

function objectCauses(schema: SchemaNode, value: JsonObject, path: string): StatusCause[] {
  const causes: StatusCause[] = [];
  const size = Object.keys(value).length;
  if (schema.minProperties !== undefined && size < schema.minProperties) {
    causes.push(invalidValue(path, size, `${path} in body should have at least ${schema.minProperties} properties`));
  }
  if (schema.maxProperties !== undefined && size > schema.maxProperties) {
    const message = `Too many: ${size}: must have at most ${schema.maxProperties} items`;
    causes.push({ reason: 'FieldValueTooMany', message, field: path });
  }
  for (const name of schema.required ?? []) {
    if (value[name] === undefined) causes.push(requiredValue(join(path, name)));
  }
  for (const [name, child] of Object.entries(value)) causes.push(...memberCauses(schema, name, child, path));
  return causes;
}

function memberCauses(schema: SchemaNode, name: string, child: unknown, path: string): StatusCause[] {
  const known =
    schema.properties !== undefined && Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
  if (known !== undefined) return validateValue(known, child, join(path, name));
  const rest = schema.additionalProperties;
  return isObject(rest) ? validateValue(rest, child, `${path}.${name}`) : [];
}

function combinedCauses(schema: SchemaNode, value: unknown, path: string): StatusCause[] {
  const passes = (part: SchemaNode) => validateValue(part, value, path).length === 0;
  const causes = (schema.allOf ?? []).flatMap((part) => validateValue(part, value, path));
  if (schema.anyOf !== undefined && !schema.anyOf.some(passes)) {
    causes.push(invalidValue(path, value, `${path} in body must validate at least one schema (anyOf)`));
  }
  if (schema.oneOf !== undefined && schema.oneOf.filter(passes).length !== 1) {
    causes.push(invalidValue(path, value, `${path} in body must validate one and only one schema (oneOf)`));
  }
  if (schema.not !== undefined && passes(schema.not)) {
    causes.push(invalidValue(path, value, `${path} in body must not validate the schema (not)`));
  }
  return causes;
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
