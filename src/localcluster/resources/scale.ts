// The Scale view of an object: read from and written to the paths its definition names.

import { asArray, asObject, asString, getPath, isObject, type JsonObject, withPath } from '../json-values.ts';
import type { KubeObject } from '../objects.ts';
import { badRequest, invalid, invalidValue } from '../status.ts';
import type { ResourceDefinition, ScalePaths } from './definition.ts';

/** An autoscaling/v1 Scale of the object. */
export function scaleOf(paths: ScalePaths, object: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = paths.selector === undefined ? '' : selectorText(getPath(object, paths.selector));
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, ...(namespace === undefined ? {} : { namespace }), uid, resourceVersion, creationTimestamp },
    spec: replicasMember(getPath(object, paths.specReplicas)),
    status: { replicas: Number(getPath(object, paths.statusReplicas) ?? 0), ...(selector === '' ? {} : { selector }) },
  };
}

function replicasMember(replicas: unknown): JsonObject {
  return typeof replicas === 'number' && replicas !== 0 ? { replicas } : {};
}

/** The object with the size a Scale asks for. Throws 400 or 422 when the Scale is not one. */
export function withScale(
  definition: ResourceDefinition,
  paths: ScalePaths,
  object: KubeObject,
  scale: KubeObject,
): KubeObject {
  if (scale.kind !== 'Scale')
    throw badRequest(`${scale.kind} cannot be handled as a Scale: give kind Scale of autoscaling/v1`);
  const replicas = asObject(scale.spec).replicas ?? 0;
  if (!Number.isInteger(replicas))
    throw badRequest(
      `Scale in version "v1" cannot be handled as a Scale: json: cannot unmarshal ${typeof replicas} into Go struct field ScaleSpec.spec.replicas of type int32`,
    );
  if (Number(replicas) < 0) {
    throw invalid({ group: 'autoscaling', plural: 'scales', kind: 'Scale' }, object.metadata.name, [
      invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0'),
    ]);
  }
  const { uid, resourceVersion } = scale.metadata;
  const metadata = { ...object.metadata, ...(uid ? { uid } : {}), resourceVersion: resourceVersion ?? '' };
  return {
    ...withPath(object, paths.specReplicas, replicas),
    apiVersion: object.apiVersion,
    kind: definition.kind,
    metadata,
  };
}

/** A label selector in string form; a plain map (ReplicationController) and a string (CRDs) are taken, too. */
export function selectorText(selector: unknown): string {
  if (typeof selector === 'string') return selector;
  if (!isObject(selector)) return '';
  const isPlainMap = !('matchLabels' in selector) && !('matchExpressions' in selector);
  const labels = isPlainMap ? selector : asObject(selector.matchLabels);
  const equalities = Object.entries(labels).map(([key, value]) => `${key}=${asString(value)}`);
  equalities.sort();
  const expressions = isPlainMap ? [] : asArray(selector.matchExpressions).map((it) => expressionText(asObject(it)));
  return [...equalities, ...expressions].join(',');
}

function expressionText(expression: JsonObject): string {
  const key = asString(expression.key);
  const values = asArray(expression.values).map(asString).sort().join(',');
  switch (expression.operator) {
    case 'In':
      return `${key} in (${values})`;
    case 'NotIn':
      return `${key} notin (${values})`;
    case 'DoesNotExist':
      return `!${key}`;
    default:
      return key;
  }
}
