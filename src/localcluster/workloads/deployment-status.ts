// What a Deployment says of itself: counts over its ReplicaSets, Available and Progressing with Kubernetes' reasons.
import type { Condition, Deployment, DeploymentStatus, ReplicaSet } from './types.ts';
import { timestamp, withCondition } from './writes.ts';

const DEFAULT_DEADLINE_SECONDS = 600;

export interface DeploymentView {
  deployment: Deployment;
  newSet: ReplicaSet | undefined;
  /** All sets, the new one included. */
  sets: readonly ReplicaSet[];
  maxUnavailable: number;
  /** The set of the current template was made in this pass. */
  createdSet: boolean;
}

/** The status at `now`, and in how many milliseconds the progress deadline has to be looked at again (if at all). */
export function deploymentStatus(
  view: DeploymentView,
  now: number,
): { status: DeploymentStatus; recheckMs: number | undefined } {
  const { deployment, newSet, sets } = view;
  const old = deployment.status ?? {};
  const available = total(sets, (set) => set.status?.availableReplicas);
  const status: DeploymentStatus = {
    ...old,
    replicas: total(sets, (set) => set.status?.replicas),
    updatedReplicas: newSet?.status?.replicas ?? 0,
    readyReplicas: total(sets, (set) => set.status?.readyReplicas),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, total(sets, (set) => set.spec.replicas) - available),
    ...(deployment.metadata.generation === undefined ? {} : { observedGeneration: deployment.metadata.generation }),
  };
  let conditions = withAvailable(old.conditions ?? [], view, available, now);
  const shown = progressing(view, status, now);
  conditions = withCondition(conditions, shown.condition, timestamp(now), {
    updateTime: true,
    touch: shown.moved,
  });
  conditions = withFailure(conditions, newSet, now);
  status.conditions = conditions;
  const deadlineMs = (deployment.spec.progressDeadlineSeconds ?? DEFAULT_DEADLINE_SECONDS) * 1000;
  const waits = shown.condition.status === 'True' && shown.condition.reason !== 'NewReplicaSetAvailable';
  const since = lastProgress(conditions) ?? now;
  return { status, recheckMs: waits ? Math.max(0, since + deadlineMs - now) + 1000 : undefined };
}

function total(sets: readonly ReplicaSet[], count: (set: ReplicaSet) => number | undefined): number {
  return sets.reduce((sum, set) => sum + (count(set) ?? 0), 0);
}

function withAvailable(conditions: Condition[], view: DeploymentView, available: number, now: number): Condition[] {
  const enough = available >= (view.deployment.spec.replicas ?? 1) - view.maxUnavailable;
  return withCondition(
    conditions,
    {
      type: 'Available',
      status: enough ? 'True' : 'False',
      reason: enough ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
      message: enough ? 'Deployment has minimum availability.' : 'Deployment does not have minimum availability.',
    },
    timestamp(now),
    { updateTime: true },
  );
}

interface Progress {
  condition: { type: string; status: Condition['status']; reason: string; message: string };
  /** The rollout came forward just now: the deadline counts from here. */
  moved: boolean;
}

function progress(reason: string, message: string, moved = false, status: Condition['status'] = 'True'): Progress {
  return { condition: { type: 'Progressing', status, reason, message }, moved };
}

function progressing(view: DeploymentView, status: DeploymentStatus, now: number): Progress {
  const old = view.deployment.status?.conditions?.find((condition) => condition.type === 'Progressing');
  return atRest(view, status, old) ?? underWay(view, status, old, now);
}

/** Paused, just begun or done. */
function atRest(view: DeploymentView, status: DeploymentStatus, old: Condition | undefined): Progress | undefined {
  const { deployment, newSet } = view;
  const complete = isComplete(deployment, status);
  if (deployment.spec.paused === true && !complete)
    return progress('DeploymentPaused', 'Deployment is paused', false, 'Unknown');
  if (view.createdSet)
    return progress('NewReplicaSetCreated', `Created new replica set "${newSet?.metadata.name}"`, true);
  if (complete) return progress('NewReplicaSetAvailable', `${about(view)} has successfully progressed.`);
  // Being scaled or repaired, not rolled out: the rollout stays done.
  const scaledOnly = old?.reason === 'NewReplicaSetAvailable' && status.replicas === status.updatedReplicas;
  return scaledOnly ? keep(old) : undefined;
}

function underWay(view: DeploymentView, status: DeploymentStatus, old: Condition | undefined, now: number): Progress {
  const { spec, status: before } = view.deployment;
  if (hasMoved(before ?? {}, status)) return progress('ReplicaSetUpdated', `${about(view)} is progressing.`, true);
  if (old?.reason === 'ProgressDeadlineExceeded') return keep(old);
  const deadlineMs = (spec.progressDeadlineSeconds ?? DEFAULT_DEADLINE_SECONDS) * 1000;
  const since = lastProgress(old ? [old] : []);
  if (since !== undefined && since + deadlineMs < now)
    return progress('ProgressDeadlineExceeded', `${about(view)} has timed out progressing.`, false, 'False');
  if (old?.status === 'True' && old.reason !== 'NewReplicaSetAvailable') return keep(old);
  return progress('ReplicaSetUpdated', `${about(view)} is progressing.`, true);
}

function keep({ reason = '', message = '', status }: Condition): Progress {
  return progress(reason, message, false, status);
}

function about({ newSet, deployment }: DeploymentView): string {
  return newSet ? `ReplicaSet "${newSet.metadata.name}"` : `Deployment "${deployment.metadata.name}"`;
}

function isComplete({ spec }: Deployment, status: DeploymentStatus): boolean {
  const replicas = spec.replicas ?? 1;
  return status.updatedReplicas === replicas && status.replicas === replicas && status.availableReplicas === replicas;
}

function hasMoved(old: DeploymentStatus, next: DeploymentStatus): boolean {
  const outdated = (status: DeploymentStatus) => (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  return (
    (next.updatedReplicas ?? 0) > (old.updatedReplicas ?? 0) ||
    outdated(next) < outdated(old) ||
    (next.readyReplicas ?? 0) > (old.readyReplicas ?? 0) ||
    (next.availableReplicas ?? 0) > (old.availableReplicas ?? 0)
  );
}

function withFailure(conditions: Condition[], newSet: ReplicaSet | undefined, now: number): Condition[] {
  const failure = newSet?.status?.conditions?.find((condition) => condition.type === 'ReplicaFailure');
  if (!failure) return conditions.filter((condition) => condition.type !== 'ReplicaFailure');
  const { type, status, reason, message } = failure;
  const next = {
    type,
    status,
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
  };
  return withCondition(conditions, next, timestamp(now), { updateTime: true });
}

function lastProgress(conditions: readonly Condition[]): number | undefined {
  const condition = conditions.find(({ type }) => type === 'Progressing');
  return condition && Date.parse(condition.lastUpdateTime ?? condition.lastTransitionTime);
}
