// Checks of a CustomResourceDefinition itself: names, versions, and that its schema is structural as far as we rely on it.

import { celDeclarationCauses } from '../crd/cel-declarations.ts';
import { asArray, asObject, asString, isObject, type JsonObject } from '../json-values.ts';
import type { KubeObject } from '../objects.ts';
import { validateValue } from '../schema/validate.ts';
import { forbiddenField, invalidValue, requiredValue, type StatusCause, unsupportedValue } from '../status.ts';

export function crdCauses(crd: KubeObject): StatusCause[] {
  const spec = asObject(crd.spec);
  const names = asObject(spec.names);
  const causes: StatusCause[] = [];
  for (const field of ['plural', 'kind'])
    if (asString(names[field]) === '') causes.push(requiredValue(`spec.names.${field}`));
  if (asString(spec.group) === '') causes.push(requiredValue('spec.group'));
  const wanted = `${asString(names.plural)}.${asString(spec.group)}`;
  if (crd.metadata.name !== wanted)
    causes.push(invalidValue('metadata.name', crd.metadata.name, 'must be spec.names.plural+"."+spec.group'));
  if (spec.scope !== 'Namespaced' && spec.scope !== 'Cluster')
    causes.push(unsupportedValue('spec.scope', spec.scope ?? '', ['Cluster', 'Namespaced']));
  return [...causes, ...versionsCauses(asArray(spec.versions).map(asObject))];
}

function versionsCauses(versions: JsonObject[]): StatusCause[] {
  if (versions.length === 0) return [requiredValue('spec.versions')];
  const causes: StatusCause[] = [];
  const stored = versions.filter((version) => version.storage === true).length;
  if (stored !== 1)
    causes.push(invalidValue('spec.versions', stored, 'must have exactly one version marked as storage version'));
  versions.forEach((version, index) => {
    const path = `spec.versions[${index}].schema.openAPIV3Schema`;
    const schema = asObject(version.schema).openAPIV3Schema;
    if (!isObject(schema)) causes.push(requiredValue(path));
    else causes.push(...structuralCauses(schema, path, true));
  });
  return causes;
}

/** A structural schema has a type everywhere, and says of each object what may be in it. */
function structuralCauses(schema: JsonObject, path: string, isRoot = false): StatusCause[] {
  const causes: StatusCause[] = [];
  const isFree =
    schema['x-kubernetes-int-or-string'] === true || schema['x-kubernetes-preserve-unknown-fields'] === true;
  if (asString(schema.type) === '' && !isFree)
    causes.push(requiredValue(`${path}.type`, 'must not be empty for specified object fields'));
  if (isRoot && schema.type !== 'object')
    causes.push(invalidValue(`${path}.type`, schema.type, 'must be object at the root'));
  if (schema.$ref !== undefined) causes.push(forbiddenField(`${path}.$ref`, '$ref is not supported'));
  if (schema.uniqueItems === true)
    causes.push(
      forbiddenField(
        `${path}.uniqueItems`,
        'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
      ),
    );
  if (schema.properties !== undefined && schema.additionalProperties !== undefined) {
    causes.push(
      forbiddenField(`${path}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'),
    );
  }
  if (schema.type === 'array' && !isObject(schema.items))
    causes.push(requiredValue(`${path}.items`, 'must be specified'));
  causes.push(...celDeclarationCauses(schema, path), ...listTypeCauses(schema, path), ...defaultCauses(schema, path));
  return [...causes, ...childrenCauses(schema, path)];
}

function defaultCauses(schema: JsonObject, path: string): StatusCause[] {
  return schema.default === undefined ? [] : validateValue(schema, schema.default, `${path}.default`);
}

function listTypeCauses(schema: JsonObject, path: string): StatusCause[] {
  if (schema['x-kubernetes-list-type'] !== 'map') return [];
  const keys = asArray(schema['x-kubernetes-list-map-keys']).map(asString);
  if (keys.length === 0)
    return [requiredValue(`${path}.x-kubernetes-list-map-keys`, 'must not be empty if x-kubernetes-list-type is map')];
  const items = asObject(schema.items);
  const required = asArray(items.required);
  return keys.flatMap((key) => {
    const declared = asObject(items.properties)[key];
    if (declared === undefined)
      return [invalidValue(`${path}.x-kubernetes-list-map-keys`, key, 'entries must all be names of item properties')];
    if (required.includes(key) || asObject(declared).default !== undefined) return [];
    return [
      requiredValue(
        `${path}.items.properties[${key}].default`,
        'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
      ),
    ];
  });
}

function childrenCauses(schema: JsonObject, path: string): StatusCause[] {
  const children: [string, unknown][] = Object.entries(asObject(schema.properties)).map(([name, child]) => [
    `${path}.properties[${name}]`,
    child,
  ]);
  if (isObject(schema.items)) children.push([`${path}.items`, schema.items]);
  if (isObject(schema.additionalProperties))
    children.push([`${path}.additionalProperties`, schema.additionalProperties]);
  return children.flatMap(([at, child]) => (isRootMetadata(at) ? [] : structuralCauses(asObject(child), at)));
}

/** The server knows these without the CRD saying more than `type: object`. */
function isRootMetadata(path: string): boolean {
  return path.endsWith('openAPIV3Schema.properties[metadata]');
}
