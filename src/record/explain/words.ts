// The words of explanations: a phrase for every reason, times and counts as people say them.
import type { StepReason, WriteOutcomeWord } from '../../api/reasons.ts';

/** What a reason says of a size, as the beginning of a sentence or after a comma. */
const PHRASES: Readonly<Record<StepReason, string>> = {
  ScalingDisabled: 'scaling is switched off',
  AboveMaxReplicas: 'the size is above maxReplicas and goes straight to it',
  BelowMinReplicas: 'the size is below minReplicas and goes straight to it',
  MetricProposal: 'what the metric asks for counts',
  WithinTolerance: 'the load is close enough to the target to keep the size',
  MissingMetricHold: 'missing data holds the size',
  NoUsableMetric: 'there is no usable metric',
  DirectionUp: 'the metric may not vote for fewer',
  DirectionDown: 'the metric may not vote for more',
  ScaledToZeroWake: 'the workload wakes from zero',
  ScaleDownStabilized: 'the scale-down window holds on to a recent recommendation',
  ScaleUpStabilized: 'the scale-up window waits for the growth to be confirmed',
  ScaleUpLimit: 'the scale-up rate limits the change',
  ScaleDownLimit: 'the scale-down rate limits the change',
  ScaleUpDisabled: 'scaling up is disabled',
  ScaleDownDisabled: 'scaling down is disabled',
  TooManyReplicas: 'the bound maxReplicas limits the size',
  TooFewReplicas: 'the bound minReplicas limits the size',
  NoShrinkUnderLoad: 'the guard NoShrinkUnderLoad holds the size',
  StaleSample: 'the guard StaleSample does not trust the sample',
  VanishedLoad: 'the guard VanishedLoad does not believe that the load is gone yet',
  SameSample: 'the guard SameSample waits for a newer sample',
  SurgeIsNotSize: 'the guard SurgeIsNotSize does not count the pods of a rollout',
  PartialView: 'the guard PartialView sees too few of the pods',
};

/** The phrase; a word of a later version stands for itself. */
export function phraseOf(reason: string): string {
  return isKnown(reason) ? PHRASES[reason] : reason;
}

function isKnown(reason: string): reason is StepReason {
  return Object.hasOwn(PHRASES, reason);
}

/** What holds a smaller size back until a moment. */
export const UNTIL_THEN: Partial<Readonly<Record<StepReason, string>>> = {
  ScaleDownStabilized: 'the scale-down window holds the size',
  ScaleDownLimit: 'the scale-down policies allow no fewer',
};

/** What is said of a new size that was not written. */
export const NOT_WRITTEN: Partial<Readonly<Record<WriteOutcomeWord, string>>> = {
  Failed: 'could not be written',
  Recommend: 'is recommended and not written (mode: Recommend)',
  Conflict: 'was not written, since somebody else sets the size too',
};

/** `1 pod`, `2 pods`. */
export function countOf(count: number, thing: string): string {
  return count === 1 ? `1 ${thing}` : `${count} ${thing}s`;
}

/** `14 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function durationText(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 1000);
  const parts: readonly [unit: string, size: number][] = [
    ['d', 86_400],
    ['h', 3600],
    ['min', 60],
    ['s', 1],
  ];
  const first = parts.findIndex(([, size]) => seconds >= size);
  if (first === -1) return '0 s';
  let rest = seconds;
  const shown = parts.slice(first, first + 2).map(([unit, size]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count === 0 ? '' : `${count} ${unit}`;
  });
  return shown.filter((part) => part !== '').join(' ');
}

/** A moment absolutely and from now: `2026-01-05T08:05:00Z (in 3 min 20 s)`. */
export function momentText(time: string, nowMs: number): string {
  const atMs = Date.parse(time);
  return Number.isNaN(atMs) ? time : `${time} (${relativeText(atMs - nowMs)})`;
}

/** A moment of the past, the other way around: `20 s ago, at 2026-01-05T08:05:00Z`. */
export function whenText(time: string, nowMs: number): string {
  const atMs = Date.parse(time);
  return Number.isNaN(atMs) ? `at ${time}` : `${relativeText(atMs - nowMs)}, at ${time}`;
}

/** `in 3 min 20 s`, `14 s ago`, `just now`. */
export function relativeText(fromNowMs: number): string {
  if (Math.abs(fromNowMs) < 500) return 'just now';
  return fromNowMs > 0 ? `in ${durationText(fromNowMs)}` : `${durationText(fromNowMs)} ago`;
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `a`, `a and b`, `a, b and c`. */
export function listText(items: readonly string[], last: 'and' | 'or'): string {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} ${last} ${items.at(-1)}`;
}
