// What the samples of a set of pods say against their target: a ratio, with the numbers to show. Repeats the HPA's order of
// operations and its cuts to whole numbers. Which pods are in the set is for pods-rule.ts.
import type { IntegerRules } from './numbers.ts';
import type { PodSample } from './types.ts';

export interface PodsMeasure {
  /** Value over target. */
  readonly ratio: number;
  /** Whole percent of the requests; undefined for a plain average. */
  readonly utilization: number | undefined;
  readonly averageMilli: bigint;
}

/** What a sample of a pod counts as, in thousandths. */
export type Value = Pick<PodSample, 'valueMilli'>;
/** By name of the pod. */
export type Values = ReadonlyMap<string, Value>;

/** How a metric compares values with its target, and what it assumes for a pod without a sample. */
export interface PodsTarget {
  /** A measure, or the HPA's words for why there is none. */
  measure(values: Values): PodsMeasure | string;
  /** What a missing pod is assumed to use while the others are below target. */
  assumed(podName: string): bigint;
}

/** Values against a percentage of the requests: cut to a whole percent before it is compared. */
export function utilizationTarget(
  targetPercent: number,
  requests: ReadonlyMap<string, bigint>,
  integers: IntegerRules,
): PodsTarget {
  const fallbackPercent = Number.isFinite(targetPercent) ? BigInt(Math.max(100, Math.trunc(targetPercent))) : 100n;
  return {
    measure: (values) => {
      let total = 0n;
      let requested = 0n;
      let known = 0;
      values.forEach(({ valueMilli }, name) => {
        const request = requests.get(name);
        if (request === undefined) return;
        total += valueMilli;
        requested += request;
        known += 1;
      });
      total = integers.sum(total);
      requested = integers.sum(requested);
      if (requested === 0n) return 'no metrics returned matched known pods';
      const utilization = integers.percent(integers.sum(total * 100n) / requested);
      return { ratio: utilization / targetPercent, utilization, averageMilli: total / BigInt(known) };
    },
    assumed: (podName) => integers.sum((requests.get(podName) ?? 0n) * fallbackPercent) / 100n,
  };
}

/** The mean of the values, cut to a whole number, against a target per pod. */
export function averageTarget(targetMilli: bigint, integers: IntegerRules): PodsTarget {
  return {
    measure: (values) => {
      let total = 0n;
      for (const { valueMilli } of values.values()) total += valueMilli;
      const average = integers.sum(total) / BigInt(values.size);
      return { ratio: Number(average) / Number(targetMilli), utilization: undefined, averageMilli: average };
    },
    assumed: () => targetMilli,
  };
}
