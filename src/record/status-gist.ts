// What a cycle has to show, in short: its words and its numbers. Enough to tell, without making a whole status, that since the last
// comparison with the status shown nothing but numbers has moved, and how far. What must be written is said in status-diff.ts.
import type { Condition, ScaledTarget } from '../api/spec.ts';
import { parseQuantityMilli } from '../base/quantity.ts';
import { isSameCondition } from '../decide/conditions.ts';
import type { Decision, MetricStatus, Proposal } from '../decide/types.ts';
import { isSameList, isSameStep } from './same-list.ts';
import { fieldsOf, listOf } from './status.ts';

/** What one metric shows: undefined where there is none. */
interface MetricNumbers {
  readonly ratio: number | undefined;
  readonly milli: bigint | undefined;
}

/** The numbers of the metrics, in the order of the spec. */
export type Numbers = readonly MetricNumbers[];

/** A value that came or went. */
const FURTHEST = 1;
/** The average moved, the ratio that is compared did not. */
const SMALLEST = 0.01;
/** The ratio is shown with six digits. */
const AS_SHOWN = 1e-5;

/** What a cycle has to say. */
export interface Said {
  readonly target: Pick<ScaledTarget, 'generation'>;
  readonly decision: Decision;
  readonly conditions: readonly Condition[];
}

/** Whether two cycles say the same: then they differ in numbers and times alone. Compared in place: this runs in every cycle. */
export function hasSameWords(a: Said, b: Said): boolean {
  return (
    a.target.generation === b.target.generation &&
    isSameDecision(a.decision, b.decision) &&
    isSameList(a.conditions, b.conditions, isSameCondition)
  );
}

function isSameDecision(a: Decision, b: Decision): boolean {
  return (
    a.currentReplicas === b.currentReplicas &&
    a.statusDesiredReplicas === b.statusDesiredReplicas &&
    a.desiredReplicas === b.desiredReplicas &&
    a.winner === b.winner &&
    a.scaleDownBlockedBy === b.scaleDownBlockedBy &&
    isSameList(a.proposals, b.proposals, isSameProposal) &&
    isSameList(a.steps, b.steps, isSameStep)
  );
}

function isSameProposal(a: Proposal, b: Proposal): boolean {
  return (
    a.name === b.name &&
    a.failure?.reason === b.failure?.reason &&
    a.guards.at(-1) === b.guards.at(-1) &&
    a.steps.at(-1)?.reason === b.steps.at(-1)?.reason
  );
}

/** The numbers of a decision. */
export function numbersOf({ proposals }: Decision): Numbers {
  return proposals.map(({ ratio, status }) => ({ ratio: known(ratio), milli: shownMilli(status) }));
}

function known(ratio: number | undefined): number | undefined {
  return Number.isNaN(ratio) ? undefined : ratio;
}

function shownMilli(status: MetricStatus | undefined): bigint | undefined {
  return status?.averageValueMilli ?? status?.valueMilli;
}

/** The numbers that a status shows, of whatever shape it is. */
export function numbersShown(status: unknown): Numbers {
  const current = listOf(fieldsOf(status)['currentMetrics']);
  return listOf(fieldsOf(fieldsOf(status)['lastDecision'])['metrics']).map(({ ratio }, index) => ({
    ratio: typeof ratio === 'string' ? known(Number(ratio)) : undefined,
    milli: milliShown(current[index]),
  }));
}

/** Of a metric in the HPA's shapes: `resource.current.averageValue` and the like. */
function milliShown(metric: Readonly<Record<string, unknown>> | undefined): bigint | undefined {
  for (const part of Object.values(metric ?? {})) {
    const { averageValue, value } = fieldsOf(fieldsOf(part)['current']);
    const text = averageValue ?? value;
    if (typeof text === 'string') return parseQuantityMilli(text);
  }
  return undefined;
}

/** How far apart two sets of numbers are: 0 to 1, as a share of the larger one; 1 when a value came or went. */
export function distanceBetween(shown: Numbers, now: Numbers): number {
  if (shown.length !== now.length) return FURTHEST;
  let furthest = 0;
  for (const [index, { ratio, milli }] of now.entries()) {
    const before = shown[index];
    if ((before?.ratio === undefined) !== (ratio === undefined)) return FURTHEST;
    if (before?.ratio !== undefined && ratio !== undefined) {
      furthest = Math.max(furthest, apart(before.ratio, ratio));
    }
    if (before?.milli !== milli) furthest = Math.max(furthest, SMALLEST);
  }
  return furthest;
}

function apart(before: number, now: number): number {
  if (now === before) return 0;
  const distance = Math.abs(now - before) / Math.max(now, before, SMALLEST);
  if (distance <= AS_SHOWN) return 0;
  // One of them is infinite.
  return Number.isNaN(distance) ? FURTHEST : Math.min(distance, FURTHEST);
}
