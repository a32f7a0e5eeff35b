// From zod to the structural schema that a CRD needs. Strict: what a structural schema cannot say, or says without a bound, stops
// the build instead of getting lost.
import * as z from 'zod';

/** A node of an OpenAPI v3 structural schema. */
export interface StructuralSchema {
  type?: string;
  format?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  minimum?: number;
  maximum?: number;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  maxProperties?: number;
  required?: string[];
  properties?: Record<string, StructuralSchema>;
  additionalProperties?: StructuralSchema;
  items?: StructuralSchema;
  anyOf?: { type: string }[];
  'x-kubernetes-int-or-string'?: true;
  'x-kubernetes-list-type'?: string;
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-validations'?: { rule: string; messageExpression: string; fieldPath: string }[];
}

/** In the order in which they are written. */
const KEYWORDS = [
  'description',
  'type',
  'format',
  'default',
  'enum',
  'minimum',
  'maximum',
  'pattern',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'maxProperties',
  'required',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-validations',
] as const;
const STRUCTURE: readonly string[] = [
  'properties',
  'additionalProperties',
  'items',
  'anyOf',
  'x-kubernetes-int-or-string',
];
const INT32 = 2 ** 31;

type Node = Readonly<Record<string, unknown>>;

/** The structural schema of a zod schema, as users write it (before defaults). Throws an Error that names the path. */
export function toStructuralSchema(schema: z.ZodType): StructuralSchema {
  const json = z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input', reused: 'inline' });
  const { $schema: _, ...root } = json as Node;
  return convert(root, '');
}

function convert(node: Node, path: string): StructuralSchema {
  const foreign = Object.keys(node).filter(
    (key) => !STRUCTURE.includes(key) && !KEYWORDS.some((known) => known === key),
  );
  if (foreign.length > 0) throw new Error(`${path || 'root'}: a structural schema has no ${foreign.join(', ')}`);
  if (node['x-kubernetes-int-or-string'] === true) return intOrString(node, path);
  if (node['anyOf'] !== undefined)
    throw new Error(`${path}: a structural schema has no alternatives but int-or-string`);
  const result = copyKeywords(node, path);
  if (result.type === 'object') return { ...result, ...children(node, path) };
  if (result.type === 'integer') return integer(result, path);
  if (result.type === 'array') {
    if (result.maxItems === undefined) throw new Error(`${path}: a list needs a bound, call max()`);
    return { ...result, items: convert(node['items'] as Node, `${path}[]`) };
  }
  if (result.type === 'string') {
    const bounded = result.maxLength !== undefined || result.enum !== undefined;
    if (!bounded) throw new Error(`${path}: a text needs a bound, call max()`);
    return result;
  }
  if (result.type === 'boolean') return result;
  throw new Error(`${path}: type ${String(result.type)} has no place in a structural schema`);
}

function copyKeywords(node: Node, path: string): StructuralSchema {
  const result: Record<string, unknown> = {};
  for (const key of KEYWORDS) if (node[key] !== undefined) result[key] = node[key];
  checkPattern(node['pattern'], path);
  return result;
}

/** The API server reads patterns with RE2, which knows no look-around and no back-references. */
function checkPattern(pattern: unknown, path: string): void {
  if (typeof pattern !== 'string') return;
  if (/\(\?[=!<]|\\[1-9pPk]/.test(pattern)) throw new Error(`${path}: RE2 cannot read the pattern ${pattern}`);
}

function children(node: Node, path: string): StructuralSchema {
  const { properties, additionalProperties: values } = node;
  if (typeof values === 'object' && values !== null && properties === undefined) {
    if (node['maxProperties'] === undefined) throw new Error(`${path}: a map needs a bound, set maxProperties`);
    return { additionalProperties: convert(values as Node, `${path}{}`) };
  }
  if (values !== undefined) throw new Error(`${path}: additionalProperties stands beside properties or is a boolean`);
  const entries = Object.entries((properties ?? {}) as Record<string, Node>);
  return { properties: Object.fromEntries(entries.map(([key, child]) => [key, convert(child, `${path}.${key}`)])) };
}

function integer(node: StructuralSchema, path: string): StructuralSchema {
  const { minimum, maximum, ...rest } = node;
  if (minimum === undefined || maximum === undefined) throw new Error(`${path}: a number needs bounds`);
  const fits = minimum >= -INT32 && maximum < INT32;
  return {
    ...rest,
    format: fits ? 'int32' : 'int64',
    ...(minimum === Number.MIN_SAFE_INTEGER ? {} : { minimum }),
    ...(maximum === Number.MAX_SAFE_INTEGER ? {} : { maximum }),
  };
}

/** The one union that Kubernetes knows, in the one form that it accepts; bounds of both kinds stand beside it. */
function intOrString(node: Node, path: string): StructuralSchema {
  const variants = node['anyOf'];
  const [whole, text] = Array.isArray(variants) ? (variants as Node[]) : [];
  if (whole?.['type'] !== 'integer' || text?.['type'] !== 'string') {
    throw new Error(`${path}: int-or-string must be a union of a whole number and a text, in this order`);
  }
  if (text['pattern'] === undefined || text['maxLength'] === undefined) {
    throw new Error(`${path}: the text of an int-or-string needs a pattern and a bound`);
  }
  checkPattern(text['pattern'], path);
  return {
    ...copyKeywords(node, path),
    anyOf: [{ type: 'integer' }, { type: 'string' }],
    'x-kubernetes-int-or-string': true,
    minimum: whole['minimum'] as number,
    pattern: text['pattern'] as string,
    maxLength: text['maxLength'] as number,
  };
}
