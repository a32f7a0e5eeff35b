// ReplicaSets: keep as many pods as asked for, give up the least useful first, and count them in the status.
// Ended pods are replaced, pods that leave the selector are let go. Rollouts are the Deployment's.
import type { Pod, ReplicaSet, SetStatus } from './types.ts';
import { runController, type ControllerDeps } from './controller.ts';
import type { KeyQueue } from './key-queue.ts';
import { podFromTemplate } from './pod-from-template.ts';
import { isActive, isReady, untilAvailable, victimsFirst } from './pod-state.ts';
import { selects } from './selector.ts';
import {
  changeObject,
  changeStatus,
  controllerOf,
  controllerReference,
  keyOf,
  splitKey,
  timestamp,
  withCondition,
} from './writes.ts';

const COMPONENT = 'replicaset-controller';
const PODS = 'pods';
const REPLICASETS = 'replicasets.apps';

/** Starts the controller; returns its stop function. */
export function startReplicaSetController(deps: ControllerDeps): () => void {
  return runController(
    deps,
    [
      { resource: REPLICASETS, key: keyOf },
      {
        resource: PODS,
        key: (pod) => {
          const owner = controllerOf(pod);
          return owner?.kind === 'ReplicaSet' ? `${pod.metadata.namespace ?? ''}/${owner.name}` : undefined;
        },
      },
    ],
    (key, queue) => syncReplicaSet(deps, key, queue),
  );
}

function syncReplicaSet(deps: ControllerDeps, key: string, queue: KeyQueue): void {
  const { store } = deps;
  const { namespace, name } = splitKey(key);
  const set = store.get(REPLICASETS, namespace, name) as ReplicaSet | undefined;
  if (!set) return;
  let refusal: Error | undefined;
  if (set.metadata.deletionTimestamp === undefined) {
    const pods = claimPods(deps, set);
    try {
      fitPods(deps, set, pods);
    } catch (error) {
      refusal = error as Error;
    }
  }
  const recheckMs = writeStatus(deps, set, refusal);
  if (recheckMs !== undefined) queue.addAfter(key, recheckMs);
  if (refusal !== undefined) throw refusal;
}

/** The set's pods, after taking in matching orphans and letting go those that no longer match. */
function claimPods({ store, pods }: ControllerDeps, set: ReplicaSet): Pod[] {
  const { namespace = '', uid } = set.metadata;
  const matches = (pod: Pod) => selects(set.spec.selector, pod.metadata.labels);
  const keyOfPod = ({ metadata }: Pod) => ({ resource: PODS, namespace, name: metadata.name, uid: metadata.uid });
  for (const pod of pods.withoutOwner(namespace)) {
    if (!matches(pod) || !isActive(pod)) continue;
    changeObject(store, keyOfPod(pod), (copy) => {
      copy.metadata.ownerReferences = [...(copy.metadata.ownerReferences ?? []), controllerReference(set)];
    });
  }
  for (const pod of pods.ownedBy(uid)) {
    if (matches(pod)) continue;
    changeObject(store, keyOfPod(pod), (copy) => {
      copy.metadata.ownerReferences = copy.metadata.ownerReferences?.filter((reference) => reference.uid !== uid) ?? [];
    });
  }
  return pods.ownedBy(uid);
}

function fitPods(deps: ControllerDeps, set: ReplicaSet, pods: readonly Pod[]): void {
  const { store, events } = deps;
  const active = pods.filter(isActive);
  const difference = (set.spec.replicas ?? 1) - active.length;
  for (let created = 0; created < difference; created++) {
    const generateName = `${set.metadata.name}-`;
    try {
      const pod = store.create(PODS, podFromTemplate(set, set.spec.template, { generateName }));
      events.record(set, {
        component: COMPONENT,
        reason: 'SuccessfulCreate',
        message: `Created pod: ${pod.metadata.name}`,
      });
    } catch (error) {
      const message = `Error creating: ${(error as Error).message}`;
      events.record(set, { component: COMPONENT, type: 'Warning', reason: 'FailedCreate', message });
      throw error;
    }
  }
  for (const pod of victimsFirst(active).slice(0, Math.max(0, -difference))) {
    store.delete(PODS, set.metadata.namespace ?? '', pod.metadata.name);
    events.record(set, {
      component: COMPONENT,
      reason: 'SuccessfulDelete',
      message: `Deleted pod: ${pod.metadata.name}`,
    });
  }
}

/** Returns after how many milliseconds a ready pod becomes available, if one is on its way. */
function writeStatus(
  { store, clock, pods: index }: ControllerDeps,
  set: ReplicaSet,
  refusal: Error | undefined,
): number | undefined {
  const now = clock.now();
  const { namespace = '', name, uid, generation } = set.metadata;
  const pods = index.ownedBy(uid).filter(isActive);
  const waits = pods
    .map((pod) => untilAvailable(pod, set.spec.minReadySeconds ?? 0, now))
    .filter((wait) => wait !== undefined);
  const labels = Object.entries(set.spec.template.metadata?.labels ?? {});
  const status: SetStatus = {
    replicas: pods.length,
    fullyLabeledReplicas: pods.filter((pod) => labels.every(([key, value]) => pod.metadata.labels?.[key] === value))
      .length,
    readyReplicas: pods.filter(isReady).length,
    availableReplicas: waits.filter((wait) => wait === 0).length,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  };
  const conditions = set.status?.conditions?.filter((condition) => condition.type !== 'ReplicaFailure') ?? [];
  if (refusal !== undefined) {
    status.conditions = withCondition(
      set.status?.conditions ?? [],
      { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: refusal.message },
      timestamp(now),
    );
  } else if (conditions.length > 0) status.conditions = conditions;
  changeStatus(store, { resource: REPLICASETS, namespace, name, uid }, status);
  const pending = waits.filter((wait) => wait > 0);
  return pending.length > 0 ? Math.min(...pending) : undefined;
}
