// /openapi/v3: which documents there are, and one per group version with its paths and schemas.
// kubectl reads from it how to validate, patch and explain.

import { createHash } from 'node:crypto';
import { patchTypesOf } from '../patch/patch.ts';
import { apiVersionOf, type ResourceDefinition } from '../resources/definition.ts';
import type { Registry } from '../resources/registry.ts';
import { addComponents, type Components, componentName } from './openapi-schema.ts';

export class OpenApi {
  readonly #registry: Registry;
  /** Documents of built-in groups never change. */
  readonly #builtin = new Map<string, string>();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** The JSON text at a path below /openapi, or undefined. */
  answer(path: string): string | undefined {
    if (path === '/openapi/v3' || path === '/openapi/v3/') return JSON.stringify({ paths: this.#index() });
    const wanted = /^\/openapi\/v3\/(apis?\/.+)$/.exec(path)?.[1];
    const found = this.#groupVersions().get(wanted ?? '');
    return wanted === undefined || found === undefined ? undefined : this.#document(wanted, found);
  }

  #groupVersions(): Map<string, ResourceDefinition[]> {
    const result = new Map<string, ResourceDefinition[]>();
    for (const definition of this.#registry.all()) {
      const path = rootPath(definition);
      result.set(path, [...(result.get(path) ?? []), definition]);
    }
    return result;
  }

  #index(): Record<string, { serverRelativeURL: string }> {
    const entries = Array.from(this.#groupVersions(), ([path, definitions]) => {
      const hash = createHash('sha256')
        .update(this.#document(path, definitions))
        .digest('hex')
        .slice(0, 32)
        .toUpperCase();
      return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }] as const;
    });
    return Object.fromEntries(entries);
  }

  #document(path: string, definitions: readonly ResourceDefinition[]): string {
    const isBuiltin = definitions.every((definition) => !definition.custom);
    const known = isBuiltin ? this.#builtin.get(path) : undefined;
    if (known !== undefined) return known;
    const text = JSON.stringify(documentOf(definitions));
    if (isBuiltin) this.#builtin.set(path, text);
    return text;
  }
}

function rootPath(definition: ResourceDefinition): string {
  return `${definition.group === '' ? 'api' : 'apis'}/${apiVersionOf(definition)}`;
}

function documentOf(definitions: readonly ResourceDefinition[]): unknown {
  const paths: Record<string, unknown> = {};
  const schemas: Components = {};
  for (const definition of definitions) {
    Object.assign(paths, pathsOf(definition));
    addComponents(schemas, definition);
  }
  return {
    openapi: '3.0.0',
    info: { title: 'Setpoint local cluster', version: 'v1.32.4' },
    paths,
    components: { schemas },
  };
}

function pathsOf(definition: ResourceDefinition): Record<string, unknown> {
  const base = `/${rootPath(definition)}${definition.namespaced ? '/namespaces/{namespace}' : ''}/${definition.plural}`;
  const one = { $ref: `#/components/schemas/${componentName(definition)}` };
  const list = { $ref: `#/components/schemas/${componentName(definition)}List` };
  const operation = operationsOf(definition);
  const write = [query('dryRun'), query('fieldManager'), query('fieldValidation')];
  const paths: Record<string, unknown> = {
    [base]: {
      get: operation('list', list, [
        query('labelSelector'),
        query('fieldSelector'),
        query('limit', 'integer'),
        query('continue'),
      ]),
      post: operation('post', one, write, ['application/json', 'application/yaml']),
      parameters: pathParameters(definition, false),
    },
    [`${base}/{name}`]: {
      get: operation('get', one, []),
      put: operation('put', one, write, ['application/json', 'application/yaml']),
      patch: operation('patch', one, [...write, query('force', 'boolean')], patchTypesOf(definition.custom)),
      delete: operation('delete', one, [
        query('dryRun'),
        query('gracePeriodSeconds', 'integer'),
        query('propagationPolicy'),
      ]),
      parameters: pathParameters(definition, true),
    },
  };
  if (!definition.namespaced) return paths;
  return { ...paths, [`/${rootPath(definition)}/${definition.plural}`]: { get: operation('list', list, []) } };
}

function operationsOf(definition: ResourceDefinition) {
  const { group, version, kind } = definition;
  return (action: string, schema: unknown, parameters: unknown[], bodyTypes: string[] = []): unknown => ({
    operationId: `${action}${kind}`,
    parameters,
    ...(bodyTypes.length === 0
      ? {}
      : {
          requestBody: {
            content: Object.fromEntries(bodyTypes.map((type) => [type, { schema: bodySchema(action, schema) }])),
          },
        }),
    responses: { '200': { description: 'OK', content: { 'application/json': { schema } } } },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { group, version, kind },
  });
}

function bodySchema(action: string, schema: unknown): unknown {
  return action === 'patch' ? { type: 'object' } : schema;
}

function query(name: string, type = 'string'): unknown {
  return { name, in: 'query', schema: { type, uniqueItems: true } };
}

function pathParameters(definition: ResourceDefinition, withName: boolean): unknown[] {
  const names = [...(definition.namespaced ? ['namespace'] : []), ...(withName ? ['name'] : [])];
  return names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string', uniqueItems: true } }));
}
