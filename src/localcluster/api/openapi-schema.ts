// Schemas as OpenAPI v3 components: built-in types refer to each other by name, custom ones are written out.

import { isObject } from '../json-values.ts';
import { apiVersionOf, type ResourceDefinition } from '../resources/definition.ts';
import type { SchemaNode } from '../schema/schema-node.ts';

export type Components = Record<string, unknown>;

/** The component name of a resource's kind. */
export function componentName(definition: ResourceDefinition): string {
  const typeName = definition.custom ? undefined : definition.schema?.['x-type-name'];
  if (typeName !== undefined) return typeComponent(typeName);
  return [...definition.group.split('.').reverse(), definition.version, definition.kind].join('.');
}

function typeComponent(typeName: string): string {
  return `io.k8s.${typeName}`;
}

/** Adds the kind of `definition` and all it refers to. */
export function addComponents(components: Components, definition: ResourceDefinition): void {
  const { schema } = definition;
  if (schema === undefined) return;
  const waiting: SchemaNode[] = [];
  const [group, version] = [definition.group, definition.version];
  components[componentName(definition)] = {
    ...writeSchema(schema, waiting),
    'x-kubernetes-group-version-kind': [{ group, version, kind: definition.kind }],
  };
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    const name = typeComponent(node['x-type-name'] ?? '');
    if (components[name] !== undefined) continue;
    components[name] = {};
    components[name] = writeSchema(node, waiting);
  }
  components[`${componentName(definition)}List`] ??= listSchema(definition);
}

function listSchema(definition: ResourceDefinition): unknown {
  const { group, version, listKind } = definition;
  return {
    type: 'object',
    description: `${listKind} of ${apiVersionOf(definition)}`,
    required: ['items'],
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      items: { type: 'array', items: { $ref: `#/components/schemas/${componentName(definition)}` } },
    },
    'x-kubernetes-group-version-kind': [{ group, version, kind: listKind }],
  };
}

/** Members that hold schemas are handled by themselves; all others are copied. */
function writeSchema(node: SchemaNode, waiting: SchemaNode[]): Record<string, unknown> {
  const { properties, items, additionalProperties, 'x-type-name': _, ...plain } = node;
  const result: Record<string, unknown> = { ...plain };
  if (plain['x-kubernetes-int-or-string'] === true && plain.anyOf === undefined) {
    result.oneOf = [{ type: 'integer' }, { type: 'string' }];
    result.format = 'int-or-string';
  }
  if (properties !== undefined) {
    result.properties = Object.fromEntries(
      Object.entries(properties).map(([name, child]) => [name, reference(child, waiting)]),
    );
  }
  if (items !== undefined) result.items = reference(items, waiting);
  if (isObject(additionalProperties)) result.additionalProperties = reference(additionalProperties, waiting);
  else if (additionalProperties !== undefined) result.additionalProperties = additionalProperties;
  return result;
}

function reference(node: SchemaNode, waiting: SchemaNode[]): unknown {
  const name = node['x-type-name'];
  if (name === undefined) return writeSchema(node, waiting);
  waiting.push(node);
  const ref = { $ref: `#/components/schemas/${typeComponent(name)}` };
  const strategy = node['x-kubernetes-patch-strategy'];
  return strategy === undefined ? ref : { allOf: [ref], 'x-kubernetes-patch-strategy': strategy };
}
