// Evaluates the x-kubernetes-validations of a custom resource: every rule at every place, with the old value for transition rules.

import { isObject, type JsonObject } from '../json-values.ts';
import type { CelRule, SchemaNode } from '../schema/schema-node.ts';
import type { StatusCause } from '../status.ts';
import { compileCel, optionalOf } from './cel-environment.ts';
import { toCel } from './cel-values.ts';

/** Faults of all rules that do not hold. The value must fit the schema already. */
export function celCauses(schema: SchemaNode, value: unknown, old: unknown): StatusCause[] {
  return hasRules(schema) ? visit(schema, value, old, '') : [];
}

const ruled = new WeakMap<SchemaNode, boolean>();

/** Most of a schema has no rules; those parts are not walked. */
function hasRules(schema: SchemaNode): boolean {
  const known = ruled.get(schema);
  if (known !== undefined) return known;
  ruled.set(schema, false);
  const rest = schema.additionalProperties;
  const children = [
    ...Object.values(schema.properties ?? {}),
    ...(schema.items === undefined ? [] : [schema.items]),
    ...(isObject(rest) ? [rest] : []),
  ];
  const result = (schema['x-kubernetes-validations'] ?? []).length > 0 || children.some(hasRules);
  ruled.set(schema, result);
  return result;
}

function visit(schema: SchemaNode, value: unknown, old: unknown, path: string): StatusCause[] {
  if (value === null || value === undefined || !hasRules(schema)) return [];
  const causes = ownRules(schema, value, old, path);
  if (Array.isArray(value)) return [...causes, ...visitItems(schema, value as unknown[], old, path)];
  return isObject(value) ? [...causes, ...visitMembers(schema, value, old, path)] : causes;
}

function visitItems(schema: SchemaNode, list: unknown[], old: unknown, path: string): StatusCause[] {
  const items = schema.items;
  if (items === undefined || !hasRules(items)) return [];
  return list.flatMap((item, index) => visit(items, item, oldItem(schema, item, old), `${path}[${index}]`));
}

/** Only items of a list with keys can be told to be the same one as before. */
function oldItem(schema: SchemaNode, item: unknown, old: unknown): unknown {
  if (schema['x-kubernetes-list-type'] !== 'map' || !Array.isArray(old) || !isObject(item)) return undefined;
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  return (old as unknown[]).find((it) => isObject(it) && keys.every((key) => it[key] === item[key]));
}

function visitMembers(schema: SchemaNode, value: JsonObject, old: unknown, path: string): StatusCause[] {
  const before: JsonObject = isObject(old) ? old : {};
  const rest = schema.additionalProperties;
  return Object.entries(value).flatMap(([key, child]) => {
    const known =
      schema.properties !== undefined && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
    const part = known ?? (isObject(rest) ? rest : undefined);
    return part === undefined ? [] : visit(part, child, before[key], path === '' ? key : `${path}.${key}`);
  });
}

function ownRules(schema: SchemaNode, value: unknown, old: unknown, path: string): StatusCause[] {
  const rules = schema['x-kubernetes-validations'] ?? [];
  if (rules.length === 0) return [];
  const self = toCel(schema, value);
  const oldSelf = toCel(schema, old);
  return rules.flatMap((rule) => {
    const usesOld = /\boldSelf\b/.test(rule.rule);
    if (usesOld && oldSelf === undefined && rule.optionalOldSelf !== true) return [];
    const context: JsonObject = {
      self,
      ...(usesOld ? { oldSelf: rule.optionalOldSelf === true ? optionalOf(oldSelf) : oldSelf } : {}),
    };
    return judge(rule, context, schema, path);
  });
}

function judge(rule: CelRule, context: JsonObject, schema: SchemaNode, path: string): StatusCause[] {
  try {
    if (compileCel(rule.rule)(context) === true) return [];
  } catch (error) {
    return [
      fault(
        'FieldValueInvalid',
        schema,
        path,
        `rule evaluation error: ${firstLine(error)}: evaluating rule: ${rule.message ?? rule.rule}`,
      ),
    ];
  }
  const field = rule.fieldPath === undefined ? path : `${path}${rule.fieldPath}`.replace(/^\./, '');
  return [fault(rule.reason ?? 'FieldValueInvalid', schema, field, messageOf(rule, context))];
}

function messageOf(rule: CelRule, context: JsonObject): string {
  const otherwise = rule.message ?? `failed rule: ${rule.rule.trim()}`;
  if (rule.messageExpression === undefined) return otherwise;
  try {
    const text: unknown = compileCel(rule.messageExpression)(context);
    return typeof text === 'string' && text.trim() !== '' && !text.includes('\n') ? text : otherwise;
  } catch {
    // A message that cannot be made is not worth failing for; the rule has spoken.
    return otherwise;
  }
}

function fault(reason: string, schema: SchemaNode, path: string, message: string): StatusCause {
  const field = path === '' ? '<nil>' : path;
  const shown = JSON.stringify(schema.type ?? 'object');
  switch (reason) {
    case 'FieldValueForbidden':
      return { reason, field, message: `Forbidden: ${message}` };
    case 'FieldValueRequired':
      return { reason, field, message: `Required value: ${message}` };
    case 'FieldValueDuplicate':
      return { reason, field, message: `Duplicate value: ${shown}` };
    default:
      return { reason: 'FieldValueInvalid', field, message: `Invalid value: ${shown}: ${message}` };
  }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}
