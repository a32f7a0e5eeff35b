// What a time-line comes to in numbers, and whether that is what was expected. Pure; a figure that never came is an infinity.
import type { DecisionRecord } from '../api/schema-decision.ts';
import type { Moment, Played, Point } from './play.ts';
import { STEP_SECONDS } from './play.ts';
import type { Scenario } from './scenario.ts';
import type { Expectation, RunName } from './schema.ts';

/** A change of size in the other direction within this long after one is a reversal. */
const REVERSAL_SECONDS = 600;

export interface Verdict {
  readonly expectation: Expectation;
  readonly measured: number;
  readonly holds: boolean;
}

/** The time-lines of one scenario. */
export type Runs = Readonly<Record<RunName, Played>>;

/** Every expectation of a scenario against what was played. */
export function judge(scenario: Scenario, runs: Runs): readonly Verdict[] {
  return scenario.file.expect.map((expectation) => {
    const measured = measure(expectation, runs[expectation.of], scenario);
    const { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = expectation;
    return { expectation, measured, holds: measured >= atLeast && measured <= atMost };
  });
}

/** One part of a time-line. */
interface Part {
  readonly from: number;
  readonly points: readonly Point[];
  readonly moments: readonly Moment[];
  readonly capacity: number;
}

const MEASURES: Readonly<Record<Expectation['measure'], (part: Part, expectation: Expectation) => number>> = {
  changes: ({ moments }) => moments.filter(({ decision }) => decision.rescale).length,
  reversals: ({ moments }) => reversalsOf(moments),
  largestSize: ({ moments }) => Math.max(...moments.map(({ size }) => size)),
  smallestSize: ({ moments }) => Math.min(...moments.map(({ size }) => size)),
  shortSeconds: (part) => part.points.filter((point) => isShort(point, part.capacity)).length * STEP_SECONDS,
  coveredPercent: (part) => {
    const covered = part.points.filter((point) => !isShort(point, part.capacity)).length;
    return (covered / part.points.length) * 100;
  },
  podHours: ({ points }) => points.reduce((sum, { size }) => sum + size, 0) * (STEP_SECONDS / 3600),
  secondsToSmaller: ({ moments, from }) =>
    secondsTo(moments, from, ({ decision }) => decision.desiredReplicas < decision.currentReplicas),
  secondsToSize: ({ moments, from }, expectation) =>
    secondsTo(moments, from, ({ size }) => 'size' in expectation && size >= expectation.size),
  decisionsNaming: ({ moments }, expectation) =>
    moments.filter(({ record }) => 'reason' in expectation && reasonsOf(record).has(expectation.reason)).length,
};

function measure(expectation: Expectation, { points, moments }: Played, { seconds, file }: Scenario): number {
  const { from = 0, to = seconds } = expectation;
  const isIn = (at: { readonly seconds: number }) => at.seconds >= from && at.seconds <= to;
  const part: Part = {
    from,
    points: points.filter(isIn),
    moments: moments.filter(isIn),
    capacity: file.pod.capacity,
  };
  return MEASURES[expectation.measure](part, expectation);
}

/** More load than the ready pods can do. */
function isShort({ load, ready }: Point, capacity: number): boolean {
  return load > ready * capacity;
}

function secondsTo(moments: readonly Moment[], from: number, isThere: (moment: Moment) => boolean): number {
  const there = moments.find(isThere);
  return there === undefined ? Number.POSITIVE_INFINITY : there.seconds - from;
}

function reversalsOf(moments: readonly Moment[]): number {
  const changes = moments.filter(({ decision }) => decision.rescale);
  return changes.filter((change, index) => {
    const before = changes[index - 1];
    return before !== undefined && isUp(before) !== isUp(change) && change.seconds - before.seconds <= REVERSAL_SECONDS;
  }).length;
}

const isUp = ({ decision }: Moment): boolean => decision.desiredReplicas > decision.currentReplicas;

/** Every word that a decision gives as a reason: of its steps, and what became of what each metric asked for. */
export function reasonsOf({ steps = [], metrics = [] }: DecisionRecord): ReadonlySet<string> {
  return new Set([...steps.map(({ reason }) => reason), ...metrics.map(({ verdict }) => verdict)]);
}
