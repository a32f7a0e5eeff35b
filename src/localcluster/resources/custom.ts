// From a CustomResourceDefinition to the resources it serves, and its conditions.

import { asArray, asObject, asString, isObject, type JsonObject } from '../json-values.ts';
import type { KubeObject } from '../objects.ts';
import { builtinSchema } from '../schema/builtin-schema.ts';
import type { SchemaNode } from '../schema/schema-node.ts';
import type { PrinterColumn, ResourceDefinition, ScalePaths } from './definition.ts';

export const crdKey = 'customresourcedefinitions.apiextensions.k8s.io';

/** One definition per served version. */
export function definitionsOfCrd(crd: KubeObject): ResourceDefinition[] {
  const spec = asObject(crd.spec);
  const names = asObject(spec.names);
  const versions = asArray(spec.versions).map(asObject);
  const group = asString(spec.group);
  const storage = versions.find((version) => version.storage === true) ?? versions[0] ?? {};
  const plural = asString(names.plural);
  const kind = asString(names.kind);
  const shared = {
    group,
    plural,
    kind,
    singular: asString(names.singular) || kind.toLowerCase(),
    listKind: asString(names.listKind) || `${kind}List`,
    shortNames: asArray(names.shortNames).map(asString),
    categories: asArray(names.categories).map(asString),
    namespaced: spec.scope === 'Namespaced',
    key: `${plural}.${group}`,
    storedApiVersion: `${group}/${asString(storage.name)}`,
    hasGeneration: true,
    needsVersion: true,
    createsOnUpdate: false,
    custom: true,
  };
  return versions
    .filter((version) => version.served === true)
    .map((version) => ({ ...shared, ...versionParts(version) }));
}

function versionParts(
  version: JsonObject,
): Pick<ResourceDefinition, 'version' | 'hasStatus' | 'scale' | 'schema' | 'printerColumns'> {
  const subresources = asObject(version.subresources);
  const columns = asArray(version.additionalPrinterColumns);
  return {
    version: asString(version.name),
    hasStatus: isObject(subresources.status),
    scale: scaleOf(subresources.scale),
    schema: schemaOf(asObject(version.schema).openAPIV3Schema),
    printerColumns: columns as PrinterColumn[],
  };
}

function scaleOf(scale: unknown): ScalePaths | undefined {
  if (!isObject(scale)) return undefined;
  return {
    specReplicas: asString(scale.specReplicasPath),
    statusReplicas: asString(scale.statusReplicasPath),
    selector: asString(scale.labelSelectorPath) || undefined,
  };
}

/** The declared schema with what every object has. */
function schemaOf(declared: unknown): SchemaNode {
  const schema = asObject(declared) as SchemaNode;
  const metadata = builtinSchema('V1ObjectMeta') ?? {};
  return {
    ...schema,
    type: 'object',
    properties: { ...schema.properties, apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata },
  };
}

/** The status that the controllers of a real server write within moments of the creation. */
export function establishedStatus(crd: KubeObject, now: string): JsonObject {
  const spec = asObject(crd.spec);
  const storage = asArray(spec.versions)
    .map(asObject)
    .find((version) => version.storage === true);
  const condition = (type: string, reason: string, message: string) => ({
    type,
    status: 'True',
    reason,
    message,
    lastTransitionTime: now,
  });
  const before = asArray(asObject(crd.status).conditions);
  return {
    acceptedNames: asObject(spec.names),
    conditions:
      before.length > 0
        ? before
        : [
            condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
            condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
          ],
    storedVersions: [asString(storage?.name)],
  };
}
