// How the workload side writes: read fresh, change a copy, write only when something changed, try again on a conflict.
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject, ObjectMeta, ObjectStore, OwnerReference } from '../objects.ts';
import type { Condition } from './types.ts';

const MOST_CONFLICTS = 5;

/** The HTTP code of a storage error, undefined for any other error. */
export function errorCode(error: unknown): number | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'number' ? code : undefined;
}

export interface ObjectKey {
  resource: string;
  namespace: string;
  name: string;
  /** When given, an object of the same name with another uid is left alone. */
  uid?: string;
}

/** Changes spec and metadata. Returns the stored object, or undefined when it is gone. `change` gets a copy to modify. */
export function changeObject(
  store: ObjectStore,
  key: ObjectKey,
  change: (copy: KubeObject) => void,
): KubeObject | undefined {
  return write(store, key, change, (copy) => store.update(key.resource, copy));
}

/** As `changeObject`, for the status subresource. */
export function changeStatus(store: ObjectStore, key: ObjectKey, status: object): KubeObject | undefined {
  return write(
    store,
    key,
    (copy) => {
      copy['status'] = status;
    },
    (copy) => store.updateStatus(key.resource, copy),
  );
}

function write(
  store: ObjectStore,
  key: ObjectKey,
  change: (copy: KubeObject) => void,
  put: (copy: KubeObject) => KubeObject,
): KubeObject | undefined {
  for (let attempt = 1; ; attempt++) {
    const found = store.get(key.resource, key.namespace, key.name);
    if (!found || (key.uid !== undefined && found.metadata.uid !== key.uid)) return undefined;
    const copy = structuredClone(found);
    change(copy);
    if (isDeepStrictEqual(copy, found)) return found;
    try {
      return put(copy);
    } catch (error) {
      const code = errorCode(error);
      if (code === 404) return undefined;
      if (code !== 409 || attempt >= MOST_CONFLICTS) throw error;
    }
  }
}

/** RFC 3339 with whole seconds, as Kubernetes writes times. */
export function timestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** The key of an object's queue entry; split it again with `splitKey`. */
export function keyOf(object: { metadata: ObjectMeta }): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

export function splitKey(key: string): { namespace: string; name: string } {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

export function controllerOf(object: { metadata: ObjectMeta }): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true);
}

export function controllerReference(owner: KubeObject): OwnerReference {
  const { apiVersion, kind, metadata } = owner;
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true, blockOwnerDeletion: true };
}

/**
 * The conditions with `next` in its place. The transition time moves only with the status, the update time (where the
 * kind has one) with any change; an equal condition is left as it is.
 */
export function withCondition(
  conditions: readonly Condition[],
  next: Omit<Condition, 'lastTransitionTime' | 'lastUpdateTime'>,
  time: string,
  options: { updateTime?: boolean; touch?: boolean } = {},
): Condition[] {
  const old = conditions.find((condition) => condition.type === next.type);
  const same = old?.status === next.status && old.reason === next.reason && old.message === next.message;
  if (old && same && options.touch !== true) return [...conditions];
  const updated: Condition = {
    ...next,
    ...(options.updateTime === true ? { lastUpdateTime: time } : {}),
    lastTransitionTime: old?.status === next.status ? old.lastTransitionTime : time,
  };
  return old ? conditions.map((condition) => (condition === old ? updated : condition)) : [...conditions, updated];
}
