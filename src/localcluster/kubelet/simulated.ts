// Plays the kubelet without processes: pods become Running and Ready after a delay on the given clock, and go away when
// they are deleted. For fast tests; a status that a test writes is left alone until the next step of the pod's life.
import type { CancelTimer } from '../../base/clock.ts';
import type { StoreEvent } from '../objects.ts';
import type { WorkloadDeps } from '../workloads/controller.ts';
import type { Container, Pod } from '../workloads/types.ts';
import { changeStatus, timestamp } from '../workloads/writes.ts';
import { startDelayMs } from './annotations.ts';
import { type ContainerView, podStatus } from './pod-status.ts';

export interface SimulatedOptions {
  /** Seconds from binding to Running, unless the pod's annotation says otherwise. */
  startDelaySeconds: number;
  /** Seconds from Running to Ready, unless the first readiness probe has a longer initialDelaySeconds. */
  readyDelaySeconds: number;
  /** Seconds from deletion to being gone, at most the pod's grace period. */
  terminationSeconds: number;
}

interface Life {
  uid: string;
  cancel: CancelTimer | undefined;
  terminating: boolean;
}

/** Returns the stop function. */
export function startSimulatedKubelet(deps: WorkloadDeps, options: SimulatedOptions): () => void {
  const lives = new Map<string, Life>();
  const stop = deps.store.watch('pods', (event) => observe(event));

  function observe({ type, object }: StoreEvent): void {
    const pod = object as Pod;
    const key = `${pod.metadata.namespace}/${pod.metadata.name}`;
    const life = lives.get(key);
    if (type === 'DELETED') {
      if (life?.uid !== pod.metadata.uid) return;
      life.cancel?.();
      lives.delete(key);
    } else if (pod.metadata.deletionTimestamp !== undefined) {
      if (life?.terminating !== true) terminate(key, pod, life);
    } else if (pod.spec.nodeName !== undefined && life?.uid !== pod.metadata.uid) {
      start(key, pod);
    }
  }

  function start(key: string, pod: Pod): void {
    const life: Life = { uid: pod.metadata.uid, cancel: undefined, terminating: false };
    lives.set(key, life);
    const startTime = timestamp(deps.clock.now());
    const show = (view: (container: Container) => ContainerView | undefined) => {
      const { namespace = '', name, uid } = pod.metadata;
      const current = deps.store.get('pods', namespace, name) as Pod | undefined;
      if (current?.metadata.uid !== uid) return;
      const containers = new Map<string, ContainerView>();
      for (const container of pod.spec.containers) {
        const shown = view(container);
        if (shown) containers.set(container.name, shown);
      }
      const initContainers = new Map((pod.spec.initContainers ?? []).map(({ name }) => [name, INIT_DONE(startTime)]));
      const state = { containers, initContainers, initialized: true, startTime };
      changeStatus(deps.store, { resource: 'pods', namespace, name, uid }, podStatus(current, state, deps.clock.now()));
    };
    const running = (ready: boolean) => {
      const startedAt = timestamp(deps.clock.now());
      show(() => ({ state: { running: { startedAt } }, ready, started: true, restartCount: 0 }));
    };
    // On the next turn: a listener of the storage does not write.
    life.cancel = deps.clock.setTimer(0, () => {
      show(() => undefined);
      life.cancel = deps.clock.setTimer(startDelayMs(pod.metadata.annotations, options.startDelaySeconds), () => {
        const readyMs = readyDelayMs(pod, options.readyDelaySeconds);
        running(readyMs === 0);
        life.cancel = readyMs === 0 ? undefined : deps.clock.setTimer(readyMs, () => running(true));
      });
    });
  }

  function terminate(key: string, pod: Pod, life: Life | undefined): void {
    life?.cancel?.();
    const { namespace = '', name, uid, deletionGracePeriodSeconds: grace = 30 } = pod.metadata;
    const cancel = deps.clock.setTimer(Math.min(options.terminationSeconds, grace) * 1000, () => {
      const current = deps.store.get('pods', namespace, name);
      if (current?.metadata.uid === uid && !current.metadata.finalizers?.length)
        deps.store.remove('pods', namespace, name);
      else if (current?.metadata.uid === uid) terminate(key, current as Pod, lives.get(key));
    });
    lives.set(key, { uid, cancel, terminating: true });
  }

  return () => {
    stop();
    for (const life of lives.values()) life.cancel?.();
    lives.clear();
  };
}

function readyDelayMs(pod: Pod, defaultSeconds: number): number {
  const delays = pod.spec.containers.map(({ readinessProbe }) => readinessProbe?.initialDelaySeconds ?? 0);
  return Math.max(defaultSeconds, ...delays) * 1000;
}

const INIT_DONE = (time: string): ContainerView => ({
  state: { terminated: { exitCode: 0, reason: 'Completed', startedAt: time, finishedAt: time } },
  ready: true,
  started: false,
  restartCount: 0,
});
