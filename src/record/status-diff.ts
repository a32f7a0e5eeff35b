// Whether a new status is worth a write. Writes are rare: a decision, a condition or an error that changed must be written;
// values that the columns show may be refreshed, the further off the sooner; a new time alone is no reason.
import { GUARDS } from '../api/reasons.ts';
import type { ScaledTargetStatus } from '../api/schema-status.ts';
import { fieldsOf, listOf } from './status.ts';
import { distanceBetween, numbersShown } from './status-gist.ts';

type Fields = Readonly<Record<string, unknown>>;

export type StatusChange =
  | { readonly kind: 'none' }
  | { readonly kind: 'must' }
  /** `distance` says how far what is shown is from what is: above 0, 1 for a value that came or went, beyond it other words. */
  | { readonly kind: 'refresh'; readonly distance: number };

/** A digit of some text changed. */
const SMALLEST_DISTANCE = 0.01;
/** Further than any number can be. */
export const OTHER_WORDS = 2;

/**
 * What keeps a size against what a metric asks for. SameSample is left out: it comes and goes with each sample while
 * a workload grows, and metrics show it.
 */
const HOLDS: ReadonlySet<unknown> = new Set([
  ...GUARDS.filter((guard) => guard !== 'SameSample'),
  'MissingMetricHold',
  'NoUsableMetric',
  'InvalidMetricSourceType',
]);

/** Compares what the API server shows, of whatever shape, with what it should show. */
export function compareStatus(previous: unknown, next: ScaledTargetStatus): StatusChange {
  const before = fieldsOf(previous);
  if (!isSame(essenceOf(before), essenceOf(next))) return { kind: 'must' };
  if (isSame(shownBy(before), shownBy(next))) return { kind: 'none' };
  return { kind: 'refresh', distance: distanceOf(before, next) };
}

/** What must never be out of date. */
function essenceOf(status: Fields): readonly unknown[] {
  const decision = fieldsOf(status['lastDecision']);
  return [
    status['observedGeneration'],
    status['currentReplicas'],
    status['desiredReplicas'],
    status['lastScaleTime'],
    listOf(status['conditions']).map(({ type, status, reason }) => [type, status, reason]),
    listOf(decision['metrics']).flatMap(({ name, verdict }) => (isHold(verdict) ? [name, verdict] : [])),
    listOf(decision['steps']).flatMap(({ stage, reason }) => (isHold(reason) ? [stage, reason] : [])),
  ];
}

/** What people see, without the times of samples. */
function shownBy(status: Fields): readonly unknown[] {
  return [
    fieldsOf(status['summary']),
    listOf(status['conditions']).map(({ message }) => message),
    listOf(status['currentMetrics']),
  ];
}

/** How far what is shown is from what is: other words are further than any number. */
function distanceOf(before: Fields, next: ScaledTargetStatus): number {
  if (!isSame(saidBy(before), saidBy(next))) return OTHER_WORDS;
  return Math.max(SMALLEST_DISTANCE, distanceBetween(numbersShown(before), numbersShown(next)));
}

/** The words of a status, without its numbers. */
function saidBy(status: Fields): readonly unknown[] {
  const decision = fieldsOf(status['lastDecision']);
  return [
    listOf(status['conditions']).map(({ message }) => message),
    listOf(decision['metrics']).map(({ name, verdict }) => [name, verdict]),
    listOf(decision['steps']).map(({ stage, reason, after }) => [stage, reason, after]),
  ];
}

function isHold(word: unknown): boolean {
  return HOLDS.has(word) || (typeof word === 'string' && word.startsWith('Failed'));
}

/**
 * Whether two values are the same JSON but for the times of samples: the API server may return fields in another order than
 * they were sent. Compared in place: writing both out took 8 % of the main thread's time.
 */
function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const left = a as Fields;
  const right = b as Fields;
  for (const field of Object.keys(left)) {
    if (field !== 'sampleTime' && !isSame(left[field], right[field])) return false;
  }
  return Object.keys(right).every(
    (field) => field === 'sampleTime' || Object.hasOwn(left, field) || right[field] === undefined,
  );
}
