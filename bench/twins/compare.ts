// Compares two twins stair by stair: where each came to, when, and whether that is the same. Pure.
import { METRICS, PERIOD_SECONDS, type Pair, type Twin } from './pairs.ts';
import { sizeFor, type Stair } from './stairs.ts';

/** From `seconds` since the start of the load on, spec.replicas was `size`. */
export interface Change {
  readonly seconds: number;
  readonly size: number;
}

/** Ascending; the first is before the load or at its start. */
export type TimeLine = readonly Change[];

export type PairTimeLines = Readonly<Record<Twin, TimeLine>>;

/** What a twin did in a stair. */
export interface Climb {
  /** In order, from the size at the start of the stair to that at its end. */
  readonly sizes: readonly number[];
  /** From the start of the stair to the last change in it; 0 when there was none. */
  readonly seconds: number;
}

export interface StairResult extends Readonly<Record<Twin, Climb>> {
  /** From 1. */
  readonly stair: number;
  readonly load: number;
  readonly expected: number;
  readonly differenceSeconds: number;
  readonly agrees: boolean;
}

/** Between two looks at the sizes. */
export const LOOK_SECONDS = 1;

/**
 * How far apart two controllers may be that decide alike: each decides once a period, on samples that may be one resolution apart, and a
 * size is seen by the next look.
 */
export function allowedSeconds(pair: Pair): number {
  return PERIOD_SECONDS + METRICS[pair.metric].resolutionSeconds + LOOK_SECONDS;
}

/** @throws Error where a time-line says nothing about the start of a stair. */
export function comparePair(pair: Pair, lines: PairTimeLines, stairs: readonly Stair[]): readonly StairResult[] {
  const allowed = allowedSeconds(pair);
  return stairs.map((stair, index) => {
    const [hpa, setpoint] = [climbIn(stair, lines.hpa), climbIn(stair, lines.setpoint)];
    const expected = sizeFor(stair.load);
    const differenceSeconds = Math.abs(hpa.seconds - setpoint.seconds);
    return {
      stair: index + 1,
      load: stair.load,
      expected,
      hpa,
      setpoint,
      differenceSeconds,
      agrees: lastOf(hpa) === expected && lastOf(setpoint) === expected && differenceSeconds <= allowed,
    };
  });
}

/** The size at the end. */
export function lastOf({ sizes }: Climb): number {
  return sizes.at(-1) ?? Number.NaN;
}

function climbIn({ fromSeconds, toSeconds }: Stair, line: TimeLine): Climb {
  const before = line.findLast(({ seconds }) => seconds <= fromSeconds);
  if (before === undefined) throw new Error(`no size is known ${fromSeconds} s after the start of the load`);
  const changes = line.filter(({ seconds }) => seconds > fromSeconds && seconds <= toSeconds);
  const last = changes.at(-1);
  return {
    sizes: [before.size, ...changes.map(({ size }) => size)],
    seconds: last === undefined ? 0 : last.seconds - fromSeconds,
  };
}
