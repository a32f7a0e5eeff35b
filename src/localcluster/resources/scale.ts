// The Scale view of an object: read from and written to the paths its definition names.

import { asArray, asObject, asString, getPath, isObject, type JsonObject, withPath } from '../json-values.ts';
import type { KubeObject } from '../objects.ts';
import { ApiStatusError, badRequest, invalid, invalidValue, type StatusCause } from '../status.ts';
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

const maxInt32 = 2_147_483_647;

/** Throws 500 for an object that does not say how large it shall be, as one of a custom kind may not. */
export function requireSize(paths: ScalePaths, object: KubeObject): void {
  if (getPath(object, paths.specReplicas) !== undefined) return;
  const why = `the spec replicas field ${JSON.stringify(paths.specReplicas)} does not exist`;
  throw new ApiStatusError(500, 'InternalError', `Internal error occurred: ${why}`, {
    causes: [{ reason: '', message: why, field: '' }],
  });
}

/** What a custom object with a scale may not say at the paths of it. */
export function scaleCauses({ scale }: ResourceDefinition, object: KubeObject): StatusCause[] {
  if (scale === undefined) return [];
  return [scale.specReplicas, scale.statusReplicas].flatMap((path) => {
    const value = getPath(object, path);
    if (value === undefined) return [];
    if (typeof value !== 'number')
      return [
        invalidValue(
          path,
          0,
          `accessor error: ${JSON.stringify(value)} is of the type ${typeof value}, expected int64`,
        ),
      ];
    if (value < 0) return [invalidValue(path, value, 'should be a non-negative integer')];
    return value > maxInt32 ? [invalidValue(path, value, `should be less than or equal to ${maxInt32}`)] : [];
  });
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
  if (!Number.isInteger(replicas) || Math.abs(Number(replicas)) > maxInt32)
    throw badRequest(
      `Scale in version "v1" cannot be handled as a Scale: json: cannot unmarshal ${typeof replicas} into Go struct field ScaleSpec.spec.replicas of type int32`,
    );
  // Of a custom kind it is said about the path that its CRD declares.
  if (Number(replicas) < 0 && !definition.custom) {
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
  const equalities = Object.entries(labels).map(([key, value]): [string, string] => [key, `${key}=${asString(value)}`]);
  const expressions = (isPlainMap ? [] : asArray(selector.matchExpressions)).map((it): [string, string] => {
    const expression = asObject(it);
    return [asString(expression.key), expressionText(expression)];
  });
  return [...equalities, ...expressions]
    .toSorted(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0))
    .map(([, text]) => text)
    .join(',');
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
