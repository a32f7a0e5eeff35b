// Judges an object as an API server with our CRD would: pruned, defaulted, held to the schema and, when that is met, to its rules.
import { evaluate } from '@marcbachmann/cel-js';
import { buildSchema } from '../../src/api/crd.ts';
import type { StructuralSchema } from '../../src/api/structural-schema.ts';
import { applyDefaults } from '../../src/localcluster/schema/defaults.ts';
import { prune } from '../../src/localcluster/schema/prune.ts';
import type { SchemaNode } from '../../src/localcluster/schema/schema-node.ts';
import { validateValue } from '../../src/localcluster/schema/validate.ts';

export interface Admission {
  /** As it would be stored. */
  readonly object: Record<string, unknown>;
  readonly faults: readonly { readonly field: string; readonly message: string }[];
  /** What pruning took away. */
  readonly dropped: readonly string[];
}

const schema = buildSchema();

export function admit(object: Record<string, unknown>): Admission {
  const node = schema as SchemaNode;
  const { value, dropped } = prune(node, withoutUndefined(object));
  const stored = applyDefaults(node, value) as Record<string, unknown>;
  const faults = validateValue(node, stored).map(({ field, message }) => ({ field, message }));
  return { object: stored, dropped, faults: faults.length > 0 ? faults : ruleFaults(schema, stored, '') };
}

/** The verdict on a spec alone; metadata is not ours to judge. */
export function admitSpec(spec: unknown): Admission {
  return admit({ apiVersion: 'setpoint.dev/v1alpha1', kind: 'ScaledTarget', spec });
}

/** What the CEL rules alone say against a spec that meets the rest of the schema; nothing when it does not. */
export function ruleFaultsOf(spec: unknown): Admission['faults'] {
  const { object } = admitSpec(spec);
  return validateValue(schema as SchemaNode, object).length > 0 ? [] : ruleFaults(schema, object, '');
}

/** As it would arrive over the wire. */
function withoutUndefined(object: Record<string, unknown>): unknown {
  return JSON.parse(JSON.stringify(object)) as unknown;
}

function ruleFaults(node: StructuralSchema, value: unknown, path: string): { field: string; message: string }[] {
  if (value === undefined) return [];
  const self = toCel(value);
  const own = (node['x-kubernetes-validations'] ?? [])
    .filter(({ rule }) => evaluate(rule, { self }) !== true)
    .map(({ messageExpression, fieldPath }) => ({
      field: `${path}${fieldPath}`,
      message: String(evaluate(messageExpression, { self })),
    }));
  if (Array.isArray(value)) {
    return [...own, ...value.flatMap((item, index) => ruleFaults(node.items ?? {}, item, `${path}[${index}]`))];
  }
  const children = Object.entries(node.properties ?? {}).flatMap(([key, child]) =>
    ruleFaults(child, (value as Record<string, unknown>)[key], path === '' ? key : `${path}.${key}`),
  );
  return [...own, ...children];
}

/** CEL keeps whole numbers apart from others: cel-js takes them as BigInt. */
function toCel(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(toCel);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toCel(item)]));
}
