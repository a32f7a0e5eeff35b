// Part of PartialView: a `Value` is the work of the pods that are ready, and the HPA multiplies by these alone: with none ready it
// asks for nothing, whatever the load. Here a ratio below the target is taken of all the pods that there are, and while none is
// ready it shrinks nothing, for as long as that lasts: the value is nobody's.
// Promises nothing above the target (NoShrinkUnderLoad's), and changes nothing while all pods are ready. Pods that a quota does
// not allow are not there.
import { ceilToReplicas } from '../numbers.ts';
import { countOf, show } from '../pods-rule.ts';
import type { Objection } from './types.ts';

/** The lowest size the metric may ask for. `serving`: the ready pods the ratio was multiplied by; undefined: readiness plays no role. */
export function objectToFewReady(ask: {
  readonly serving: number | undefined;
  readonly ratio: number | undefined;
  readonly replicas: number;
  readonly current: number;
  readonly statusReplicas: number;
}): (Objection & { readonly floor: number }) | undefined {
  const { serving, ratio, replicas, current, statusReplicas } = ask;
  if (serving === undefined || ratio === undefined) return undefined;
  const existing = Math.min(current, statusReplicas);
  const floor = serving === 0 ? current : Math.min(current, ceilToReplicas(ratio * existing, current));
  if (floor <= replicas) return undefined;
  const times = `${show(ratio)} times the target`;
  const detail =
    serving === 0
      ? `no pod is ready, so that ${times} says nothing of how many are needed`
      : `${serving} of ${countOf(existing, 'pod')} are ready, and ${times} is taken of all of them`;
  return { guard: 'PartialView', floor, detail };
}
