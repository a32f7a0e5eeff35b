// A pod's status from what its containers do: phase, conditions with Kubernetes' reasons, container statuses. Pure.
import type { Condition, Container, ContainerState, ContainerStatus, Pod, PodStatus } from '../workloads/types.ts';
import { timestamp, withCondition } from '../workloads/writes.ts';
import { LOCAL_IP } from './annotations.ts';

/** What is known of one container. */
export interface ContainerView {
  state: ContainerState;
  lastState?: ContainerState;
  ready: boolean;
  started: boolean;
  restartCount: number;
  /** An opaque id of the running or last process. */
  id?: string;
}

export interface PodView {
  /** By container name; containers that are absent have not been started. */
  containers: ReadonlyMap<string, ContainerView>;
  initContainers: ReadonlyMap<string, ContainerView>;
  initialized: boolean;
  startTime: string;
}

/** Of a container that has not been started. */
export function waitingView(reason: string, message?: string): ContainerView {
  const waiting = { reason, ...(message === undefined ? {} : { message }) };
  return { state: { waiting }, ready: false, started: false, restartCount: 0 };
}

const NOT_STARTED = waitingView('ContainerCreating');

export function podStatus(pod: Pod, view: PodView, nowMs: number): PodStatus {
  const time = timestamp(nowMs);
  const statuses = pod.spec.containers.map((container) => containerStatus(container, view.containers));
  const inits = (pod.spec.initContainers ?? []).map((container) => containerStatus(container, view.initContainers));
  const phase = phaseOf(pod, view, statuses);
  return {
    ...pod.status,
    phase,
    conditions: conditions(pod, view.initialized, statuses, time),
    hostIP: LOCAL_IP,
    hostIPs: [{ ip: LOCAL_IP }],
    podIP: LOCAL_IP,
    podIPs: [{ ip: LOCAL_IP }],
    startTime: view.startTime,
    qosClass: 'Burstable',
    ...(inits.length > 0 ? { initContainerStatuses: inits } : {}),
    containerStatuses: statuses,
  };
}

function containerStatus(container: Container, views: ReadonlyMap<string, ContainerView>): ContainerStatus {
  const view = views.get(container.name) ?? NOT_STARTED;
  return {
    name: container.name,
    image: container.image ?? 'process',
    imageID: '',
    ...(view.id === undefined ? {} : { containerID: view.id }),
    ready: view.ready,
    started: view.started,
    restartCount: view.restartCount,
    state: view.state,
    lastState: view.lastState ?? {},
  };
}

function phaseOf(pod: Pod, view: PodView, statuses: readonly ContainerStatus[]): NonNullable<PodStatus['phase']> {
  const begun = statuses.filter((status) => status.state.waiting === undefined || status.restartCount > 0);
  if (!view.initialized) return initFailed(pod, view) ? 'Failed' : 'Pending';
  if (begun.length < statuses.length) return 'Pending';
  const ended = statuses.every((status) => status.state.terminated !== undefined && staysDown(pod, status));
  if (!ended) return 'Running';
  return statuses.every((status) => status.state.terminated?.exitCode === 0) ? 'Succeeded' : 'Failed';
}

function initFailed(pod: Pod, view: PodView): boolean {
  const failed = [...view.initContainers.values()].some(({ state }) => (state.terminated?.exitCode ?? 0) !== 0);
  return failed && pod.spec.restartPolicy === 'Never';
}

function staysDown(pod: Pod, status: ContainerStatus): boolean {
  if (pod.metadata.deletionTimestamp !== undefined || pod.spec.restartPolicy === 'Never') return true;
  return pod.spec.restartPolicy === 'OnFailure' && status.state.terminated?.exitCode === 0;
}

function conditions(pod: Pod, initialized: boolean, statuses: readonly ContainerStatus[], time: string): Condition[] {
  const unready = statuses.filter((status) => !status.ready).map((status) => status.name);
  const done = statuses.every((status) => status.state.terminated?.exitCode === 0);
  const notReady = {
    status: 'False' as const,
    reason: done ? 'PodCompleted' : 'ContainersNotReady',
    ...(done ? {} : { message: `containers with unready status: [${unready.join(' ')}]` }),
  };
  const ready = unready.length === 0 ? { status: 'True' as const } : notReady;
  const incomplete = { status: 'False' as const, reason: 'ContainersNotInitialized' };
  const wanted = [
    { type: 'PodReadyToStartContainers', status: 'True' as const },
    { type: 'Initialized', ...(initialized ? { status: 'True' as const } : incomplete) },
    { type: 'Ready', ...ready },
    { type: 'ContainersReady', ...ready },
    { type: 'PodScheduled', status: 'True' as const },
  ];
  return wanted.reduce<Condition[]>(
    (all, condition) => withCondition(all, condition, time),
    pod.status?.conditions ?? [],
  );
}
