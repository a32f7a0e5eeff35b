// The pods of one simulated workload: they start with a delay, share the load when ready, leave as a ReplicaSet lets them leave, and a
// rollout replaces them with a surge. Time comes in; nothing here decides a size.
import type { PodState } from '../decide/types.ts';

/** How long a pod that is to go is still there. */
const TERMINATION_S = 10;
/** Pods of the begin are this old: past every start-up time and initialization period. */
const AGE_AT_BEGIN_S = 7200;
const OLD_S = 3600;

export interface SimulatedPod {
  readonly name: string;
  readonly revision: number;
  readonly createdSeconds: number;
  deletedSeconds: number | undefined;
  ready: boolean;
  readyChangedSeconds: number;
}

export interface WorkloadRules {
  /** The workload's name: pods are called by it. */
  readonly name: string;
  readonly containers: PodState['containers'];
  /** From creation to ready. */
  readonly startSeconds: number;
  /** When a rollout begins, and how many pods it may have beyond the size, by the size. */
  readonly rollouts: readonly { readonly atSeconds: number; readonly surge: (size: number) => number }[];
  /** How many pods quota or nodes allow; pods above it are lost. */
  readonly quota: (seconds: number) => number;
  /** False: the pod fails its readiness probe. */
  readonly isHealthy: (pod: SimulatedPod, seconds: number) => boolean;
}

export class Workload {
  readonly #rules: WorkloadRules;
  #pods: SimulatedPod[] = [];
  #nextPod = 1;
  #revision = 1;
  #surge: (size: number) => number = () => 0;

  constructor(rules: WorkloadRules, replicas: number) {
    this.#rules = rules;
    for (let index = 0; index < replicas; index += 1) this.#create(-AGE_AT_BEGIN_S, true);
  }

  /** Lets the pods become what they are at this moment when `size` of them are wanted. */
  advance(seconds: number, size: number): void {
    this.#pods = this.#pods.filter(
      ({ deletedSeconds }) => deletedSeconds === undefined || seconds - deletedSeconds < TERMINATION_S,
    );
    this.#judgeReadiness(seconds);
    for (const { atSeconds, surge } of this.#rules.rollouts) {
      if (seconds !== atSeconds) continue;
      this.#revision += 1;
      this.#surge = surge;
    }
    this.#replacePods(seconds, size);
  }

  /** Pods that were not told to go. */
  live(): SimulatedPod[] {
    return this.#pods.filter(({ deletedSeconds }) => deletedSeconds === undefined);
  }

  readyCount(): number {
    return this.live().filter(({ ready }) => ready).length;
  }

  hasPod(name: string): boolean {
    return this.#pods.some((pod) => pod.name === name);
  }

  /** All pods as a decision sees them. `epochMs`: when second 0 is. */
  states(epochMs: number): PodState[] {
    return this.#pods.map((pod) => ({
      name: pod.name,
      phase: 'Running',
      deleting: pod.deletedSeconds !== undefined,
      ready: pod.ready ? 'True' : 'False',
      readyTransitionAtMs: epochMs + pod.readyChangedSeconds * 1000,
      startedAtMs: epochMs + pod.createdSeconds * 1000,
      containers: this.#rules.containers,
      initContainers: [],
      podRequests: undefined,
    }));
  }

  #create(seconds: number, ready = false): void {
    this.#pods.push({
      name: `${this.#rules.name}-${this.#nextPod}`,
      revision: this.#revision,
      createdSeconds: seconds,
      deletedSeconds: undefined,
      ready,
      readyChangedSeconds: ready ? seconds + 10 : seconds,
    });
    this.#nextPod += 1;
  }

  #judgeReadiness(seconds: number): void {
    // Judged on how all pods are at this moment, before any of them changes.
    const verdicts = this.#pods.map((pod) => {
      const started = pod.createdSeconds < -OLD_S || seconds - pod.createdSeconds >= this.#rules.startSeconds;
      return started && this.#rules.isHealthy(pod, seconds);
    });
    for (const [index, pod] of this.#pods.entries()) {
      const ready = verdicts[index] ?? false;
      if (ready !== pod.ready) pod.readyChangedSeconds = seconds;
      pod.ready = ready;
    }
  }

  #replacePods(seconds: number, size: number): void {
    const rolling = this.live().some((pod) => pod.revision < this.#revision);
    const room = Math.min(size + (rolling ? this.#surge(size) : 0), this.#rules.quota(seconds));
    let missing = Math.min(room - this.live().length, size - this.#ofRevision());
    for (; missing > 0; missing -= 1) this.#create(seconds);
    // A rollout takes an old pod away for each pod that is ready beyond the size.
    let spare = this.readyCount() - size;
    let surplus = this.live().length - room;
    // The youngest go first, as with a ReplicaSet.
    for (const pod of this.live().toReversed()) {
      const isReplaced = pod.revision < this.#revision && spare > 0;
      if (surplus <= 0 && !isReplaced) continue;
      pod.deletedSeconds = seconds;
      surplus -= 1;
      spare -= 1;
    }
  }

  #ofRevision(): number {
    return this.live().filter(({ revision }) => revision === this.#revision).length;
  }
}
