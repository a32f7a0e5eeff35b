// StatefulSets: pods name-0, name-1, ... one after the other (OrderedReady) or at once (Parallel), scaled down from the top,
// updated from the top down to the partition. Volumes are not made; a pod made anew always gets the current template.
import type { Pod, StatefulSet, StatefulSetStatus } from './types.ts';
import { runController, type ControllerDeps } from './controller.ts';
import { podFromTemplate } from './pod-from-template.ts';
import { hasEnded, isReady, untilAvailable } from './pod-state.ts';
import { templateHash } from './template-hash.ts';
import { changeStatus, controllerOf, keyOf, splitKey } from './writes.ts';

const COMPONENT = 'statefulset-controller';
const PODS = 'pods';
const STATEFULSETS = 'statefulsets.apps';
const REVISION_LABEL = 'controller-revision-hash';

/** Starts the controller; returns its stop function. */
export function startStatefulSetController(deps: ControllerDeps): () => void {
  return runController(
    deps,
    [
      { resource: STATEFULSETS, key: keyOf },
      {
        resource: PODS,
        key: (pod) => {
          const owner = controllerOf(pod);
          return owner?.kind === 'StatefulSet' ? `${pod.metadata.namespace ?? ''}/${owner.name}` : undefined;
        },
      },
    ],
    (key, queue) => {
      const { namespace, name } = splitKey(key);
      const set = deps.store.get(STATEFULSETS, namespace, name) as StatefulSet | undefined;
      if (!set || set.metadata.deletionTimestamp !== undefined) return;
      const pass = new StatefulSetPass(deps, set);
      try {
        pass.step();
      } finally {
        const recheckMs = pass.writeStatus();
        if (recheckMs !== undefined) queue.addAfter(key, recheckMs);
      }
    },
  );
}

class StatefulSetPass {
  readonly #deps: ControllerDeps;
  readonly #set: StatefulSet;
  readonly #revision: string;
  readonly #start: number;
  readonly #replicas: number;
  readonly #ordered: boolean;

  constructor(deps: ControllerDeps, set: StatefulSet) {
    this.#deps = deps;
    this.#set = set;
    this.#revision = `${set.metadata.name}-${templateHash(set.spec.template)}`;
    this.#start = set.spec.ordinals?.start ?? 0;
    this.#replicas = set.spec.replicas ?? 1;
    this.#ordered = set.spec.podManagementPolicy !== 'Parallel';
  }

  /** Does what may be done now; later steps follow from the events of this one. */
  step(): void {
    const pods = this.#pods();
    if (this.#fill(pods) && this.#shrink(pods)) this.#update(pods);
  }

  #pods(): Map<number, Pod> {
    const { metadata } = this.#set;
    const pods = new Map<number, Pod>();
    for (const pod of this.#deps.pods.ownedBy(metadata.uid)) {
      const ordinal = Number(pod.metadata.name.slice(metadata.name.length + 1));
      if (Number.isInteger(ordinal)) pods.set(ordinal, pod);
    }
    return pods;
  }

  /** Makes missing pods and replaces ended ones, lowest first. False: something has to happen before the next step. */
  #fill(pods: ReadonlyMap<number, Pod>): boolean {
    let settled = true;
    for (let ordinal = this.#start; ordinal < this.#start + this.#replicas; ordinal++) {
      const pod = pods.get(ordinal);
      if (!pod) this.#create(ordinal);
      else if (hasEnded(pod) && !isTerminating(pod)) this.#delete(pod);
      if (pod && !isTerminating(pod) && this.#isAvailable(pod)) continue;
      settled = false;
      if (this.#ordered) return false;
    }
    // In parallel, pods that are not ready hold nothing up.
    return settled || !this.#ordered;
  }

  /** Takes pods beyond the size away, highest first. */
  #shrink(pods: ReadonlyMap<number, Pod>): boolean {
    const ordinals = [...pods.keys()].sort((a, b) => b - a);
    const firstUnhealthy = ordinals.findLast((ordinal) => !this.#isHealthy(pods.get(ordinal)));
    for (const ordinal of ordinals) {
      const pod = pods.get(ordinal);
      if (!pod || (ordinal >= this.#start && ordinal < this.#start + this.#replicas)) continue;
      // A pod that is not ready may be the one that the others wait for; the lowest of them goes first.
      const waits = this.#ordered && !isReady(pod) && ordinal !== firstUnhealthy;
      if (!isTerminating(pod) && !waits) this.#delete(pod);
      if (this.#ordered) return false;
    }
    return true;
  }

  /** Replaces pods of another template, highest first, each after the one before is available. */
  #update(pods: ReadonlyMap<number, Pod>): void {
    const { type, rollingUpdate } = this.#set.spec.updateStrategy ?? {};
    if (type === 'OnDelete') return;
    const lowest = Math.max(this.#start, this.#start + (rollingUpdate?.partition ?? 0));
    for (let ordinal = this.#start + this.#replicas - 1; ordinal >= lowest; ordinal--) {
      const pod = pods.get(ordinal);
      if (!pod) return;
      if (revisionOf(pod) !== this.#revision && !isTerminating(pod)) {
        this.#delete(pod);
        return;
      }
      if (!this.#isHealthy(pod)) return;
    }
  }

  #isAvailable(pod: Pod): boolean {
    return untilAvailable(pod, this.#set.spec.minReadySeconds ?? 0, this.#deps.clock.now()) === 0;
  }

  #isHealthy(pod: Pod | undefined): boolean {
    return pod !== undefined && !isTerminating(pod) && this.#isAvailable(pod);
  }

  #create(ordinal: number): void {
    const { store, events } = this.#deps;
    const { name: setName } = this.#set.metadata;
    const name = `${setName}-${ordinal}`;
    const labels = {
      [REVISION_LABEL]: this.#revision,
      'apps.kubernetes.io/pod-index': String(ordinal),
      'statefulset.kubernetes.io/pod-name': name,
    };
    try {
      store.create(PODS, podFromTemplate(this.#set, this.#set.spec.template, { name, labels }));
      const message = `create Pod ${name} in StatefulSet ${setName} successful`;
      events.record(this.#set, { component: COMPONENT, reason: 'SuccessfulCreate', message });
    } catch (error) {
      const message = `create Pod ${name} in StatefulSet ${setName} failed error: ${(error as Error).message}`;
      events.record(this.#set, { component: COMPONENT, type: 'Warning', reason: 'FailedCreate', message });
      throw error;
    }
  }

  #delete(pod: Pod): void {
    const { store, events } = this.#deps;
    store.delete(PODS, pod.metadata.namespace ?? '', pod.metadata.name);
    const message = `delete Pod ${pod.metadata.name} in StatefulSet ${this.#set.metadata.name} successful`;
    events.record(this.#set, { component: COMPONENT, reason: 'SuccessfulDelete', message });
  }

  /** Returns in how many milliseconds a ready pod becomes available, if one is on its way. */
  writeStatus(): number | undefined {
    const { store, clock } = this.#deps;
    const { namespace = '', name, uid, generation } = this.#set.metadata;
    const pods = [...this.#pods().values()];
    const now = clock.now();
    const waits = pods
      .map((pod) => untilAvailable(pod, this.#set.spec.minReadySeconds ?? 0, now))
      .filter((wait) => wait !== undefined);
    const ofRevision = (revision: string) =>
      pods.filter((pod) => revisionOf(pod) === revision && !isTerminating(pod)).length;
    const updated = ofRevision(this.#revision);
    const done = updated === pods.length && updated === this.#replicas && waits.length === updated;
    const currentRevision = done ? this.#revision : (this.#set.status?.currentRevision ?? this.#revision);
    const status: StatefulSetStatus = {
      replicas: pods.length,
      readyReplicas: pods.filter(isReady).length,
      availableReplicas: waits.filter((wait) => wait === 0).length,
      currentReplicas: ofRevision(currentRevision),
      updatedReplicas: updated,
      currentRevision,
      updateRevision: this.#revision,
      collisionCount: 0,
      ...(generation === undefined ? {} : { observedGeneration: generation }),
    };
    changeStatus(store, { resource: STATEFULSETS, namespace, name, uid }, status);
    const pending = waits.filter((wait) => wait > 0);
    return pending.length > 0 ? Math.min(...pending) : undefined;
  }
}

function isTerminating(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}

function revisionOf(pod: Pod): string | undefined {
  return pod.metadata.labels?.[REVISION_LABEL];
}
