// Whether a new status is worth a write. Writes are rare: a decision, a condition or an error that changed must be written;
// values that the columns show may be refreshed, the further off the sooner; a new time alone is no reason.
import { GUARDS } from '../api/reasons.ts';
import type { ScaledTargetStatus } from '../api/schema-status.ts';
import { fieldsOf } from './status.ts';

type Fields = Readonly<Record<string, unknown>>;

export type StatusChange =
  | { readonly kind: 'none' }
  | { readonly kind: 'must' }
  /** `distance` says how far what is shown is from what is: 0 to 1, 1 for a value that came or went. */
  | { readonly kind: 'refresh'; readonly distance: number };

/** Texts alone changed. */
const SMALLEST_DISTANCE = 0.01;

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
  return { kind: 'refresh', distance: distanceBetween(before, next) };
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

function distanceBetween(before: Fields, next: ScaledTargetStatus): number {
  const ratios = new Map(
    listOf(fieldsOf(before['lastDecision'])['metrics']).map(({ name, ratio }) => [name, Number(ratio)]),
  );
  let furthest = SMALLEST_DISTANCE;
  for (const { name, ratio } of next.lastDecision?.metrics ?? []) {
    const was = ratios.get(name);
    const is = Number(ratio);
    const known = was !== undefined && !Number.isNaN(was);
    if (known !== !Number.isNaN(is)) return 1;
    if (known) furthest = Math.max(furthest, Math.abs(is - was) / Math.max(is, was, SMALLEST_DISTANCE));
  }
  return furthest;
}

function isHold(word: unknown): boolean {
  return HOLDS.has(word) || (typeof word === 'string' && word.startsWith('Failed'));
}

function listOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
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
