// What controllers ask about a pod: is it active, ready, available, and which of many goes first on a scale-down.
import type { Pod } from './types.ts';

export function isActive(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp === undefined && !hasEnded(pod);
}

export function hasEnded(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

/** When the pod became Ready, in milliseconds; undefined while it is not. */
export function readySince(pod: Pod): number | undefined {
  const ready = pod.status?.conditions?.find((condition) => condition.type === 'Ready');
  return ready?.status === 'True' ? Date.parse(ready.lastTransitionTime) : undefined;
}

export function isReady(pod: Pod): boolean {
  return readySince(pod) !== undefined;
}

/** Milliseconds until a ready pod counts as available: 0 when it does, undefined when it is not ready. */
export function untilAvailable(pod: Pod, minReadySeconds: number, now: number): number | undefined {
  const since = readySince(pod);
  return since === undefined ? undefined : Math.max(0, since + minReadySeconds * 1000 - now);
}

const PHASE_RANK: Record<string, number> = { Pending: 0, Running: 2 };

/**
 * The order in which a ReplicaSet gives pods up, as in Kubernetes: not yet running, not ready, lower deletion cost, ready for a
 * shorter time, more restarts, younger. The first of the result is the first to go.
 */
export function victimsFirst(pods: readonly Pod[]): Pod[] {
  return pods
    .map((pod) => ({
      pod,
      rank: [
        PHASE_RANK[pod.status?.phase ?? 'Pending'] ?? 1,
        isReady(pod) ? 1 : 0,
        deletionCost(pod),
        -(readySince(pod) ?? Number.MAX_SAFE_INTEGER),
        -restarts(pod),
        -Date.parse(pod.metadata.creationTimestamp),
      ],
    }))
    .sort((a, b) => compareRanks(a.rank, b.rank))
    .map(({ pod }) => pod);
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) {
    const difference = value - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function deletionCost(pod: Pod): number {
  const cost = Number(pod.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? 0);
  return Number.isFinite(cost) ? cost : 0;
}

function restarts(pod: Pod): number {
  return Math.max(0, ...(pod.status?.containerStatuses ?? []).map((status) => status.restartCount));
}
