// Binds pods to the one node, as many as it may hold; the others wait as Pending and Unschedulable until there is room.
import type { ObjectStore } from '../objects.ts';
import { runController, type WorkloadDeps } from '../workloads/controller.ts';
import { hasEnded } from '../workloads/pod-state.ts';
import type { Pod } from '../workloads/types.ts';
import { changeObject, changeStatus, timestamp, withCondition } from '../workloads/writes.ts';
import { NODE_NAME } from './annotations.ts';

const ALL = 'all/pods';

/** `maxPods`: pods that the node holds at a time, ended ones not counted. Returns the stop function. */
export function startScheduler(deps: WorkloadDeps, maxPods: number): () => void {
  return runController(deps, [{ resource: 'pods', key: () => ALL }], () => schedule(deps, maxPods));
}

function schedule(deps: WorkloadDeps, maxPods: number): void {
  const { store, events } = deps;
  const pods = (store.list('pods') as readonly Pod[]).filter((pod) => !hasEnded(pod));
  let room = maxPods - pods.filter((pod) => pod.spec.nodeName !== undefined).length;
  const waiting = pods
    .filter((pod) => pod.spec.nodeName === undefined && pod.metadata.deletionTimestamp === undefined)
    .sort((a, b) => a.metadata.creationTimestamp.localeCompare(b.metadata.creationTimestamp));
  for (const pod of waiting) {
    const { namespace = '', name } = pod.metadata;
    if (room <= 0) {
      const message = '0/1 nodes are available: 1 Too many pods.';
      if (markUnschedulable(store, pod, message, deps.clock.now()))
        events.record(pod, { component: 'default-scheduler', type: 'Warning', reason: 'FailedScheduling', message });
      continue;
    }
    room -= 1;
    const message = `Successfully assigned ${namespace}/${name} to ${NODE_NAME}`;
    const bound = changeObject(store, keyOfPod(pod), (copy) => {
      (copy as Pod).spec.nodeName = NODE_NAME;
    });
    if (bound) events.record(pod, { component: 'default-scheduler', reason: 'Scheduled', message });
  }
}

/** Whether it was news. */
function markUnschedulable(store: ObjectStore, pod: Pod, message: string, now: number): boolean {
  const conditions = pod.status?.conditions ?? [];
  const condition = { type: 'PodScheduled', status: 'False' as const, reason: 'Unschedulable', message };
  const next = withCondition(conditions, condition, timestamp(now));
  changeStatus(store, keyOfPod(pod), { ...pod.status, phase: 'Pending', conditions: next });
  return !conditions.some(({ type, status }) => type === 'PodScheduled' && status === 'False');
}

function keyOfPod({ metadata }: Pod) {
  return { resource: 'pods', namespace: metadata.namespace ?? '', name: metadata.name, uid: metadata.uid };
}
