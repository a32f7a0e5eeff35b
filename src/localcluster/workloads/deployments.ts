// Deployments: one ReplicaSet per pod template, rolled over within surge and availability (rollout.ts) or recreated,
// scaled with the Deployment, numbered by revision. Pods are the ReplicaSets' own.
import type { Deployment, PodTemplate, ReplicaSet } from './types.ts';
import { runController, type ControllerDeps } from './controller.ts';
import { deploymentStatus } from './deployment-status.ts';
import type { KeyQueue } from './key-queue.ts';
import { hasEnded } from './pod-state.ts';
import {
  isScaling,
  newSetSize,
  resolveFenceposts,
  rollingStep,
  type Rollout,
  scaledSizes,
  type SetSize,
  type Sizes,
} from './rollout.ts';
import { canonicalJson, templateHash } from './template-hash.ts';
import { changeObject, changeStatus, controllerOf, controllerReference, errorCode, keyOf, splitKey } from './writes.ts';

const COMPONENT = 'deployment-controller';
const DEPLOYMENTS = 'deployments.apps';
const REPLICASETS = 'replicasets.apps';
const HASH_LABEL = 'pod-template-hash';
const REVISION = 'deployment.kubernetes.io/revision';
const DESIRED = 'deployment.kubernetes.io/desired-replicas';
const MAX = 'deployment.kubernetes.io/max-replicas';

/** Starts the controller; returns its stop function. */
export function startDeploymentController(deps: ControllerDeps): () => void {
  const ofSet = (set: ReplicaSet) => {
    const owner = controllerOf(set);
    return owner?.kind === 'Deployment' ? `${set.metadata.namespace ?? ''}/${owner.name}` : undefined;
  };
  return runController(
    deps,
    [
      { resource: DEPLOYMENTS, key: keyOf },
      { resource: REPLICASETS, key: (set) => ofSet(set as ReplicaSet) },
      {
        // Recreate waits for the last old pod to be gone.
        resource: 'pods',
        key: (pod, type) => {
          const owner = type === 'DELETED' ? controllerOf(pod) : undefined;
          const set =
            owner?.kind === 'ReplicaSet' && deps.store.get(REPLICASETS, pod.metadata.namespace ?? '', owner.name);
          return set ? ofSet(set as ReplicaSet) : undefined;
        },
      },
    ],
    (key, queue) => new DeploymentPass(deps, key).run(queue),
  );
}

/** Stands for the set of the current template while there is none. */
const NO_SET: SetSize = { name: '', size: 0, available: 0 };

/** One look at one Deployment: at most one step of its rollout. */
class DeploymentPass {
  readonly #deps: ControllerDeps;
  readonly #key: string;

  constructor(deps: ControllerDeps, key: string) {
    this.#deps = deps;
    this.#key = key;
  }

  run(queue: KeyQueue): void {
    const { namespace, name } = splitKey(this.#key);
    const deployment = this.#deps.store.get(DEPLOYMENTS, namespace, name) as Deployment | undefined;
    if (!deployment || deployment.metadata.deletionTimestamp !== undefined) return;
    const createdSet = this.#step(deployment);
    const recheckMs = this.#writeStatus(deployment, createdSet);
    if (recheckMs !== undefined) queue.addAfter(this.#key, recheckMs);
  }

  /** One step of the rollout. Whether it was to make the set of the current template. */
  #step(deployment: Deployment): boolean {
    const before = this.#sets(deployment);
    const newSet = currentSet(deployment, before);
    const { maxSurge, maxUnavailable } = fenceposts(deployment);
    const replicas = deployment.spec.replicas ?? 1;
    if (!newSet && this.#mayCreate(deployment, before)) {
      this.#createSet(deployment, before);
      this.#record(deployment, replicas, maxSurge);
      return true;
    }
    if (newSet) this.#renumber(deployment, newSet, before);
    const sizes = nextSizes(deployment, {
      replicas,
      maxSurge,
      maxUnavailable,
      newSet: newSet ? sizeOf(newSet) : NO_SET,
      oldSets: before.filter((set) => set !== newSet).map(sizeOf),
    });
    for (const [set, size] of Object.entries(sizes)) if (set !== NO_SET.name) this.#resize(deployment, set, size);
    this.#record(deployment, replicas, maxSurge);
    return false;
  }

  #writeStatus(deployment: Deployment, createdSet: boolean): number | undefined {
    const { store, clock } = this.#deps;
    const { namespace = '', name, uid } = deployment.metadata;
    const replicas = deployment.spec.replicas ?? 1;
    const sets = this.#sets(deployment);
    const newSet = currentSet(deployment, sets);
    const { maxUnavailable } = fenceposts(deployment);
    const view = { deployment, newSet, sets, maxUnavailable, createdSet };
    const { status, recheckMs } = deploymentStatus(view, clock.now());
    changeStatus(store, { resource: DEPLOYMENTS, namespace, name, uid }, status);
    if (status.updatedReplicas === replicas && status.replicas === replicas)
      this.#dropHistory(deployment, sets, newSet);
    return recheckMs;
  }

  /** Oldest first. */
  #sets(deployment: Deployment): ReplicaSet[] {
    const owned = this.#deps.replicaSets.ownedBy(deployment.metadata.uid);
    return owned.sort((a, b) => revision(a) - revision(b));
  }

  #mayCreate(deployment: Deployment, old: readonly ReplicaSet[]): boolean {
    if (deployment.spec.paused === true) return false;
    return deployment.spec.strategy?.type !== 'Recreate' || !this.#hasPods(old);
  }

  /** Whether pods of these sets are still there, the terminating ones included. */
  #hasPods(sets: readonly ReplicaSet[]): boolean {
    return sets.some(({ metadata }) => this.#deps.pods.ownedBy(metadata.uid).some((pod) => !hasEnded(pod)));
  }

  #createSet(deployment: Deployment, old: readonly ReplicaSet[]): void {
    const { store } = this.#deps;
    const { spec, metadata } = deployment;
    const hash = templateHash(spec.template);
    const labels = { ...spec.template.metadata?.labels, [HASH_LABEL]: hash };
    const { maxSurge, maxUnavailable } = fenceposts(deployment);
    const replicas = spec.replicas ?? 1;
    const size =
      spec.strategy?.type === 'Recreate'
        ? replicas
        : newSetSize({ replicas, maxSurge, maxUnavailable, newSet: NO_SET, oldSets: old.map(sizeOf) });
    const number = String(Math.max(0, ...old.map(revision)) + 1);
    const name = `${metadata.name}-${hash}`;
    try {
      store.create(REPLICASETS, {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        metadata: {
          name,
          namespace: metadata.namespace ?? 'default',
          labels,
          annotations: { ...ownAnnotations(deployment), [REVISION]: number, ...recorded(replicas, maxSurge) },
          ownerReferences: [controllerReference(deployment)],
        },
        spec: {
          replicas: size,
          ...(spec.minReadySeconds === undefined ? {} : { minReadySeconds: spec.minReadySeconds }),
          selector: { ...spec.selector, matchLabels: { ...spec.selector.matchLabels, [HASH_LABEL]: hash } },
          template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
        },
      });
      this.#say(deployment, `Scaled up replica set ${name} from 0 to ${size}`);
      this.#setRevision(deployment, number);
    } catch (error) {
      // A set of that name without this owner: a deleted Deployment's, about to be collected.
      if (errorCode(error) === 409)
        throw new Error(`replica set ${name} exists and belongs to another owner; waiting for it to go`, {
          cause: error,
        });
      throw error;
    }
  }

  /** A set that becomes current again (a rollback) gets the highest revision. */
  #renumber(deployment: Deployment, newSet: ReplicaSet, sets: readonly ReplicaSet[]): void {
    const highest = Math.max(...sets.map(revision));
    const number = String(revision(newSet) < highest ? highest + 1 : highest);
    this.#change(newSet.metadata.name, deployment, (annotations) => {
      annotations[REVISION] = number;
    });
    this.#setRevision(deployment, number);
  }

  #setRevision({ metadata }: Deployment, number: string): void {
    const { namespace = '', name, uid } = metadata;
    changeObject(this.#deps.store, { resource: DEPLOYMENTS, namespace, name, uid }, (copy) => {
      copy.metadata.annotations = { ...copy.metadata.annotations, [REVISION]: number };
    });
  }

  #resize(deployment: Deployment, name: string, size: number): void {
    const { store } = this.#deps;
    let before = size;
    changeObject(store, { resource: REPLICASETS, namespace: deployment.metadata.namespace ?? '', name }, (copy) => {
      const spec = (copy as ReplicaSet).spec;
      before = spec.replicas ?? 1;
      spec.replicas = size;
    });
    if (before !== size)
      this.#say(deployment, `Scaled ${size > before ? 'up' : 'down'} replica set ${name} from ${before} to ${size}`);
  }

  /** Notes on each set in use what the Deployment asked for, so that a later change of its size is seen as one. */
  #record(deployment: Deployment, replicas: number, maxSurge: number): void {
    for (const set of this.#sets(deployment)) {
      if ((set.spec.replicas ?? 1) === 0) continue;
      this.#change(set.metadata.name, deployment, (annotations) => {
        Object.assign(annotations, recorded(replicas, maxSurge));
      });
    }
  }

  #change(name: string, { metadata }: Deployment, change: (annotations: Record<string, string>) => void): void {
    changeObject(this.#deps.store, { resource: REPLICASETS, namespace: metadata.namespace ?? '', name }, (copy) => {
      copy.metadata.annotations ??= {};
      change(copy.metadata.annotations);
    });
  }

  #dropHistory(deployment: Deployment, sets: readonly ReplicaSet[], current: ReplicaSet | undefined): void {
    const old = sets.filter(
      (set) =>
        set.metadata.uid !== current?.metadata.uid &&
        (set.spec.replicas ?? 1) === 0 &&
        (set.status?.replicas ?? 0) === 0,
    );
    const excess = old.length - (deployment.spec.revisionHistoryLimit ?? 10);
    for (const set of old.slice(0, Math.max(0, excess)))
      this.#deps.store.delete(REPLICASETS, deployment.metadata.namespace ?? '', set.metadata.name);
  }

  #say(deployment: Deployment, message: string): void {
    this.#deps.events.record(deployment, { component: COMPONENT, reason: 'ScalingReplicaSet', message });
  }
}

function fenceposts({ spec }: Deployment): { maxSurge: number; maxUnavailable: number } {
  const replicas = spec.replicas ?? 1;
  if (spec.strategy?.type === 'Recreate') return { maxSurge: 0, maxUnavailable: 0 };
  const { maxSurge, maxUnavailable } = spec.strategy?.rollingUpdate ?? {};
  return resolveFenceposts(replicas, maxSurge, maxUnavailable);
}

function nextSizes(deployment: Deployment, rollout: Rollout): Sizes {
  if (deployment.spec.paused === true || isScaling(rollout)) return scaledSizes(rollout);
  if (deployment.spec.strategy?.type !== 'Recreate') return rollingStep(rollout);
  const oldSizes = Object.fromEntries(rollout.oldSets.filter((set) => set.size > 0).map((set) => [set.name, 0]));
  const { newSet, replicas } = rollout;
  return newSet === NO_SET || newSet.size === replicas ? oldSizes : { ...oldSizes, [newSet.name]: replicas };
}

/** The set made from the current template: templates are compared, so a set made under another hash is found too. */
function currentSet({ spec }: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined {
  const wanted = canonicalJson(spec.template);
  return sets.find((set) => canonicalJson(withoutHash(set.spec.template)) === wanted);
}

function withoutHash(template: PodTemplate): PodTemplate {
  const { [HASH_LABEL]: _, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } };
}

function sizeOf(set: ReplicaSet): SetSize {
  const { name, annotations } = set.metadata;
  const desired = Number(annotations?.[DESIRED] ?? Number.NaN);
  const max = Number(annotations?.[MAX] ?? Number.NaN);
  const size = { name, size: set.spec.replicas ?? 1, available: set.status?.availableReplicas ?? 0 };
  return Number.isFinite(desired) && Number.isFinite(max) ? { ...size, recorded: { desired, max } } : size;
}

function recorded(replicas: number, maxSurge: number): Record<string, string> {
  return { [DESIRED]: String(replicas), [MAX]: String(replicas + maxSurge) };
}

function revision(set: ReplicaSet): number {
  return Number(set.metadata.annotations?.[REVISION] ?? 0) || 0;
}

/** What of the Deployment's annotations its sets carry too. */
function ownAnnotations({ metadata }: Deployment): Record<string, string> {
  const { [REVISION]: _, 'kubectl.kubernetes.io/last-applied-configuration': __, ...rest } = metadata.annotations ?? {};
  return rest;
}
