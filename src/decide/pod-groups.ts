// Sorts the pods of a target for one metric as the HPA does: ready, unready, missing and ignored.
// Whose samples count, and what is assumed for the others, is for utilization.ts and pods-rule.ts.
import type { PodSample, PodState } from './types.ts';

/** The HPA's two warm-up periods for CPU samples. */
export interface WarmUp {
  readonly cpuInitializationMs: number;
  readonly initialReadinessDelayMs: number;
}

export interface PodGroups {
  /** Pods whose sample counts. */
  readonly readyCount: number;
  /** Pending, or too young for their CPU samples to mean anything. */
  readonly unready: ReadonlySet<string>;
  /** Without a sample. */
  readonly missing: ReadonlySet<string>;
  /** Being deleted, or failed. */
  readonly ignored: ReadonlySet<string>;
}

export interface GroupingInput {
  readonly pods: readonly PodState[];
  readonly samples: ReadonlyMap<string, PodSample>;
  /** True for CPU metrics, the only ones for which readiness plays a role. */
  readonly isCpu: boolean;
  readonly warmUp: WarmUp;
  readonly now: number;
}

const NONE: ReadonlySet<string> = new Set();

export function groupPods(input: GroupingInput): PodGroups {
  // Made where they are needed: nearly always all pods are ready.
  const others: { [Group in Exclude<PodGroup, 'ready'>]?: Set<string> } = {};
  let readyCount = 0;
  for (const pod of input.pods) {
    const group = groupOf(pod, input.samples.get(pod.name), input);
    if (group === 'ready') readyCount += 1;
    else (others[group] ??= new Set()).add(pod.name);
  }
  return { readyCount, unready: NONE, missing: NONE, ignored: NONE, ...others };
}

type PodGroup = 'ready' | 'unready' | 'missing' | 'ignored';

function groupOf(pod: PodState, sample: PodSample | undefined, input: GroupingInput): PodGroup {
  if (pod.deleting || pod.phase === 'Failed') return 'ignored';
  if (pod.phase === 'Pending') return 'unready';
  if (sample === undefined) return 'missing';
  return input.isCpu && isWarmingUp(pod, sample, input) ? 'unready' : 'ready';
}

/** Whether a pod's CPU sample still shows its start rather than its work. */
export function isWarmingUp(
  pod: PodState,
  sample: PodSample,
  { warmUp, now }: { readonly warmUp: WarmUp; readonly now: number },
): boolean {
  if (pod.ready === undefined || pod.startedAtMs === undefined) return true;
  // A Ready condition without a time counts as having changed long ago.
  const transitionAtMs = pod.readyTransitionAtMs ?? Number.NEGATIVE_INFINITY;
  if (pod.startedAtMs + warmUp.cpuInitializationMs > now) {
    // Young: the whole window of the sample must lie after the pod became ready.
    return pod.ready === 'False' || (sample.atMs ?? now) < transitionAtMs + sample.windowMs;
  }
  // Older: only a pod that has never really been ready is left out; one that lost its readiness under load still counts.
  return pod.ready === 'False' && pod.startedAtMs + warmUp.initialReadinessDelayMs > transitionAtMs;
}

/** Pods that count as serving for Object, External and Prometheus values: running and ready, terminating ones included. */
export function countServingPods(pods: readonly PodState[]): number {
  let count = 0;
  for (const pod of pods) if (pod.phase === 'Running' && pod.ready === 'True') count += 1;
  return count;
}
