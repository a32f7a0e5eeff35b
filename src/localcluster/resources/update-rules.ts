// What an update must fulfil, and which part of an object it may change: the main resource and the status have different writers.

import type { KubeObject } from '../objects.ts';
import { badRequest, conflict, invalid, invalidValue, uidConflict } from '../status.ts';
import type { ResourceDefinition } from './definition.ts';
import { metadataOf } from './metadata.ts';
import type { ModifyOptions } from './object-service.ts';

/** Name, namespace, uid and version that the writer insists on. Throws 400, 409 or 422. */
export function checkPreconditions(
  definition: ResourceDefinition,
  current: KubeObject,
  wanted: KubeObject,
  options: ModifyOptions,
): void {
  checkPlace(definition, current, wanted);
  const { uid, resourceVersion } = metadataOf(wanted);
  if (resourceVersion !== undefined && resourceVersion !== '') {
    if (resourceVersion !== current.metadata.resourceVersion) throw conflict(definition, current.metadata.name);
  } else if (options.requireVersion === true) {
    throw invalid(definition, current.metadata.name, [
      invalidValue('metadata.resourceVersion', 0, 'must be specified for an update'),
    ]);
  }
  if (uid === undefined || uid === '' || uid === current.metadata.uid) return;
  // Who replaces an object says which one; who patches it tries to change its uid.
  if (options.isPatch === true)
    throw invalid(definition, current.metadata.name, [invalidValue('metadata.uid', uid, 'field is immutable')]);
  throw uidConflict(definition, current.metadata.name, uid, current.metadata.uid);
}

/** Main resource and status are written by different people: each keeps the other's part. */
export function mergeParts(
  definition: ResourceDefinition,
  current: KubeObject,
  next: KubeObject,
  subresource: string,
): KubeObject {
  if (subresource === 'status') {
    const merged: KubeObject = { ...current, metadata: { ...current.metadata } };
    if (next.metadata.managedFields !== undefined) merged.metadata.managedFields = next.metadata.managedFields;
    if (next.status === undefined) delete merged.status;
    else merged.status = next.status;
    return merged;
  }
  if (!definition.hasStatus) return { ...next, metadata: { ...next.metadata } };
  const merged: KubeObject = { ...next, metadata: { ...next.metadata } };
  if (current.status === undefined) delete merged.status;
  else merged.status = current.status;
  return merged;
}

/** When only the times in managedFields differ, nothing changed. */
export function withoutFieldTimes(object: KubeObject): KubeObject {
  const { resourceVersion: _, managedFields, ...metadata } = object.metadata;
  const fields = (managedFields ?? []).map((entry) => ({ ...(entry as object), time: undefined }));
  return { ...object, metadata: { ...metadata, managedFields: fields, resourceVersion: '' } };
}

function checkPlace(definition: ResourceDefinition, current: KubeObject, wanted: KubeObject): void {
  const { name, namespace } = metadataOf(wanted);
  if (name !== undefined && name !== current.metadata.name) {
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${current.metadata.name})`);
  }
  if (namespace !== undefined && definition.namespaced && namespace !== current.metadata.namespace) {
    throw badRequest(
      `the namespace of the object (${namespace}) does not match the namespace on the URL (${current.metadata.namespace ?? ''})`,
    );
  }
}
