// The HPA's rules for metrics with one value (Object, External, and Setpoint's own Prometheus): a total over the serving pods,
// or an average over the replicas.
import { ceilToMilli, ceilToReplicas, isWithin, type Tolerance } from './numbers.ts';
import { countServingPods } from './pod-groups.ts';
import { type Computed, countOf, NO_PODS, show } from './pods-rule.ts';
import type { Counted, PodState, ScaleState } from './types.ts';

export type ValueOutcome =
  | { readonly computed: Computed; readonly error?: undefined }
  | { readonly error: string; readonly computed?: undefined };

/** `Value`: the whole value against the target, times the pods that serve. From zero: no tolerance, and no pods are needed. */
export function applyValueRule(
  valueMilli: bigint,
  targetMilli: bigint,
  tolerance: Tolerance,
  situation: { readonly pods: readonly PodState[]; readonly scale: ScaleState },
): ValueOutcome {
  const current = situation.scale.specReplicas;
  const ratio = Number(valueMilli) / Number(targetMilli);
  if (current === 0) {
    const detail = `${show(ratio)} times its target, from zero`;
    return { computed: { replicas: ceilToReplicas(ratio, 0), ratio, why: 'MetricProposal', counted: all(1), detail } };
  }
  const serving = countServingPods(situation.pods);
  const counted = all(serving);
  if (isWithin(tolerance, ratio)) {
    const detail = `${show(ratio)} times its target`;
    return { computed: { replicas: current, ratio, why: 'WithinTolerance', counted, detail } };
  }
  if (situation.pods.length === 0) return { error: `unable to calculate ready pods: ${NO_PODS}` };
  const detail = `${show(ratio)} times its target over ${countOf(serving, 'ready pod')}`;
  const replicas = ceilToReplicas(ratio * serving, current);
  return { computed: { replicas, ratio, why: 'MetricProposal', counted, serving, detail } };
}

/** `AverageValue`: the value over a number of replicas against the target per replica; inside the tolerance that number stays. Readiness plays no role. */
export function applyAverageRule(
  valueMilli: bigint,
  targetMilli: bigint,
  tolerance: Tolerance,
  over: number,
): { readonly computed: Computed; readonly averageMilli: bigint } {
  const value = Number(valueMilli);
  const target = Number(targetMilli);
  const ratio = value / (target * over);
  // Over no replicas there is no average: what is shown then is the value itself.
  const averageMilli = (over === 0 ? undefined : ceilToMilli(value / over)) ?? valueMilli;
  const detail = over === 0 ? 'counted from zero' : `${show(ratio)} times its target over ${countOf(over, 'replica')}`;
  if (isWithin(tolerance, ratio)) {
    return { averageMilli, computed: { replicas: over, ratio, why: 'WithinTolerance', counted: all(over), detail } };
  }
  const replicas = ceilToReplicas(value / target, over);
  return { averageMilli, computed: { replicas, ratio, why: 'MetricProposal', counted: all(over), detail } };
}

/** A value of the whole says something of every pod. */
function all(over: number): Counted {
  return { over, missing: 0, unready: 0 };
}
