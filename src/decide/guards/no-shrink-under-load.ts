// NoShrinkUnderLoad: more load per replica than the target allows is no reason for fewer replicas. The HPA multiplies the ratio by
// the pods that are ready, so that pods which fail their probes under load make it shrink. Here a metric whose ratio is beyond its
// tolerance above the target never asks for fewer than the current size, however few pods are ready. (An AverageValue of one value
// is averaged over spec.replicas.)
// Promises nothing below the tolerance: there the HPA's answer stands, shrinking included.
import type { Objection } from './types.ts';

export function objectUnderLoad(ask: {
  readonly ratio: number | undefined;
  readonly toleranceUp: number;
  readonly replicas: number;
  readonly current: number;
}): Objection | undefined {
  const { ratio, toleranceUp, replicas, current } = ask;
  if (ratio === undefined || !(ratio > 1 + toleranceUp) || replicas >= current) return undefined;
  const times = Math.round(ratio * 1000) / 1000;
  const detail = `the load is ${times} times its target, so that ${replicas} instead of ${current} replicas would be too few`;
  return { guard: 'NoShrinkUnderLoad', detail };
}
