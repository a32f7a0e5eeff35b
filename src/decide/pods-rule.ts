// The HPA's rule for metrics measured per pod: from the samples and the state of the pods to a size. Missing and unready pods
// are filled in against the direction of the change, so that absent data can hold a change back but never cause one.
import { ceilToReplicas, isWithin, type Tolerance } from './numbers.ts';
import type { PodGroups } from './pod-groups.ts';
import type { Counted, PodSample } from './types.ts';
import type { PodsMeasure, PodsTarget, Value, Values } from './utilization.ts';

export interface PodsRuleInput {
  readonly currentReplicas: number;
  readonly samples: ReadonlyMap<string, PodSample>;
  readonly groups: PodGroups;
  readonly target: PodsTarget;
  readonly tolerance: Tolerance;
}

/** The size one metric asks for, before guards. */
export interface Computed {
  readonly replicas: number;
  /** Value over target, before anything is assumed for pods without a sample. */
  readonly ratio: number;
  readonly why: 'MetricProposal' | 'WithinTolerance' | 'MissingMetricHold';
  readonly counted: Counted;
  /** The ready pods that the ratio was multiplied by, where one value was. */
  readonly serving?: number;
  /** The numbers behind it, as the end of a sentence. */
  readonly detail: string;
}

export type PodsOutcome =
  | { readonly computed: Computed; readonly measure: PodsMeasure; readonly error?: undefined }
  | { readonly error: string };

export const NO_PODS = 'no pods returned by selector while calculating replica count';
export const NO_SAMPLES = 'did not receive metrics for targeted pods (pods might be unready)';

/** The samples that count: those of pods that are neither ignored nor unready, and those of pods not in the list. */
export function countedValues(samples: Values, { ignored, unready }: PodGroups): Values {
  if (ignored.size === 0 && unready.size === 0) return samples;
  const values = new Map<string, Value>();
  for (const [name, sample] of samples) {
    if (!ignored.has(name) && !unready.has(name)) values.set(name, sample);
  }
  return values;
}

export function applyPodsRule(input: PodsRuleInput, values: Values): PodsOutcome {
  const { groups, target, tolerance, currentReplicas } = input;
  const measure = target.measure(values);
  if (typeof measure === 'string') return { error: measure };
  const upWithUnready = groups.unready.size > 0 && measure.ratio > 1;
  if (!upWithUnready && groups.missing.size === 0) {
    const counted = countedOf(groups.readyCount, groups);
    const sized = sizeByRatio(measure.ratio, groups.readyCount, currentReplicas, tolerance);
    const detail = `${show(measure.ratio)} times its target over ${countOf(groups.readyCount, 'ready pod')}`;
    return { measure, computed: { ...sized, ratio: measure.ratio, counted, detail } };
  }
  const counted = countedOf(values.size, groups);
  return applyFilledIn(input, fillIn(input, values, measure.ratio, upWithUnready), { measure, counted });
}

function countedOf(over: number, { missing, unready }: PodGroups): Counted {
  return { over, missing: missing.size, unready: unready.size };
}

type Sized = Pick<Computed, 'replicas' | 'why'>;

/** The size from a ratio over pods that all have a sample. */
export function sizeByRatio(ratio: number, count: number, current: number, tolerance: Tolerance): Sized {
  if (isWithin(tolerance, ratio)) return { replicas: current, why: 'WithinTolerance' };
  return { replicas: ceilToReplicas(ratio * count, current), why: 'MetricProposal' };
}

/** The size from a ratio over pods of which some were filled in; `before` is the ratio without those. */
export function sizeFilledIn(
  { before, ratio, count }: { readonly before: number; readonly ratio: number; readonly count: number },
  current: number,
  tolerance: Tolerance,
): Sized {
  const turned = (before < 1 && ratio > 1) || (before > 1 && ratio < 1);
  if (turned) return { replicas: current, why: 'MissingMetricHold' };
  if (isWithin(tolerance, ratio)) {
    return { replicas: current, why: isWithin(tolerance, before) ? 'WithinTolerance' : 'MissingMetricHold' };
  }
  const replicas = ceilToReplicas(ratio * count, current);
  // A size on the wrong side of the current one comes from counting other pods than the size does, as in a rollout.
  const contradicts = (ratio < 1 && replicas > current) || (ratio > 1 && replicas < current);
  return contradicts ? { replicas: current, why: 'MissingMetricHold' } : { replicas, why: 'MetricProposal' };
}

const NOTHING: Value = { valueMilli: 0n };

/** Assumes for pods without a trusted sample what makes the change smaller. */
function fillIn(input: PodsRuleInput, values: Values, ratio: number, upWithUnready: boolean): Values {
  const filled = new Map<string, Value>(values);
  if (ratio !== 1) {
    for (const name of input.groups.missing) {
      filled.set(name, ratio < 1 ? { valueMilli: input.target.assumed(name) } : NOTHING);
    }
  }
  if (upWithUnready) for (const name of input.groups.unready) filled.set(name, NOTHING);
  return filled;
}

interface Seen {
  readonly measure: PodsMeasure;
  readonly counted: Counted;
}

function applyFilledIn(input: PodsRuleInput, filled: Values, { measure, counted }: Seen): PodsOutcome {
  const { groups, target, tolerance, currentReplicas } = input;
  const again = target.measure(filled);
  if (typeof again === 'string') return { error: again };
  const before = measure.ratio;
  const ratio = again.ratio;
  const detail =
    `${show(before)} times its target, ${show(ratio)} with ${countOf(groups.missing.size, 'pod')} without a sample ` +
    `and ${countOf(groups.unready.size, 'unready pod')} taken into account`;
  const sized = sizeFilledIn({ before, ratio, count: filled.size }, currentReplicas, tolerance);
  return { measure, computed: { ...sized, ratio: before, counted, detail } };
}

/** A ratio for people: at most three digits after the point. */
export function show(ratio: number): string {
  return Number.isFinite(ratio) ? String(Math.round(ratio * 1000) / 1000) : 'immeasurably many';
}

/** `1 pod`, `2 pods`. */
export function countOf(count: number, thing: string): string {
  return count === 1 ? `1 ${thing}` : `${count} ${thing}s`;
}
