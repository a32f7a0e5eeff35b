// Takes away ReplicaSets and pods whose owners are gone (what Kubernetes calls background deletion).
// Owners of kinds that the cluster does not run itself are trusted to exist.
import type { KubeObject } from '../objects.ts';
import type { WorkloadDeps } from './controller.ts';
import { runController } from './controller.ts';
import { keyOf, splitKey } from './writes.ts';

const OWNERS: Record<string, string> = {
  Deployment: 'deployments.apps',
  ReplicaSet: 'replicasets.apps',
  StatefulSet: 'statefulsets.apps',
};
const DEPENDENTS = ['replicasets.apps', 'pods'];

/** Starts the collector; returns its stop function. */
export function startGarbageCollector(deps: WorkloadDeps): () => void {
  const { store } = deps;
  const ownerGone = (object: KubeObject): boolean => {
    const known = (object.metadata.ownerReferences ?? []).filter(({ kind }) => OWNERS[kind] !== undefined);
    return (
      known.length > 0 &&
      known.length === object.metadata.ownerReferences?.length &&
      known.every(({ kind, name, uid }) => {
        const owner = store.get(OWNERS[kind] ?? '', object.metadata.namespace ?? '', name);
        return owner?.metadata.uid !== uid;
      })
    );
  };
  const collect = (resource: string, key: string): void => {
    const { namespace, name } = splitKey(key);
    const object = store.get(resource, namespace, name);
    if (object && object.metadata.deletionTimestamp === undefined && ownerGone(object))
      store.delete(resource, namespace, name);
  };
  const stops = DEPENDENTS.map((resource) =>
    runController(
      deps,
      [
        {
          resource,
          key: (object, type) => (type === 'ADDED' && object.metadata.ownerReferences ? keyOf(object) : undefined),
        },
      ],
      (key) => collect(resource, key),
    ),
  );
  // The key of a deleted owner is its namespace and uid: whatever names that uid is looked at.
  const ownerStops = Object.values(OWNERS).map((resource) =>
    runController(
      deps,
      [
        {
          resource,
          key: ({ metadata }, type) => (type === 'DELETED' ? `${metadata.namespace ?? ''}/${metadata.uid}` : undefined),
        },
      ],
      (key) => {
        const { namespace, name: uid } = splitKey(key);
        for (const dependent of DEPENDENTS)
          for (const object of store.list(dependent, namespace))
            if (object.metadata.ownerReferences?.some((owner) => owner.uid === uid)) collect(dependent, keyOf(object));
      },
    ),
  );
  return () => {
    for (const stop of [...stops, ...ownerStops]) stop();
  };
}
