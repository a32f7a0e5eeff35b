// A time-line as columns of numbers for charts. Where something was not known, or nothing was decided for a while, there is a gap.
import type { TimelinePoint } from '../../record/timeline.ts';
import type { Range } from './route.ts';

/** Seconds since the epoch first, then one column per series. */
export type Columns = [number[], ...(number | null)[][]];

const RANGE_MS: Readonly<Record<Range, number>> = { '5m': 300_000, '30m': 1_800_000, all: Number.POSITIVE_INFINITY };
/** So many usual distances between two decisions without one are a gap. */
const GAP_PERIODS = 3.5;
const LEAST_GAP_MS = 3_000;

/** The points of a range that ends with the last one. */
export function inRange(points: readonly TimelinePoint[], range: Range): readonly TimelinePoint[] {
  const from = (points.at(-1)?.atMs ?? 0) - RANGE_MS[range];
  return points.filter(({ atMs }) => atMs >= from);
}

/** The points with an empty one wherever nothing was decided for much longer than usual. */
export function withGaps(points: readonly TimelinePoint[]): readonly (TimelinePoint | { readonly atMs: number })[] {
  const distances = points.slice(1).map(({ atMs }, index) => atMs - (points[index]?.atMs ?? atMs));
  const usual = distances.toSorted((a, b) => a - b)[Math.floor(distances.length / 2)] ?? 0;
  const limit = Math.max(LEAST_GAP_MS, usual * GAP_PERIODS);
  return points.flatMap((point, index) => {
    const before = points[index - 1];
    return before && point.atMs - before.atMs > limit ? [{ atMs: before.atMs + usual }, point] : [point];
  });
}

/** One column per way to read a point; undefined is a gap. */
export function columnsOf(
  points: readonly TimelinePoint[],
  readings: readonly ((point: TimelinePoint) => number | undefined)[],
): Columns {
  const filled = withGaps(points);
  const read = (reading: (point: TimelinePoint) => number | undefined): (number | null)[] =>
    filled.map((point) => ('current' in point ? (reading(point) ?? null) : null));
  return [filled.map(({ atMs }) => atMs / 1000), ...readings.map(read)];
}

/** Names of all metrics that were read at some point: those of the spec first, in its order. */
export function metricNames(points: readonly TimelinePoint[], known: readonly string[]): readonly string[] {
  const read = new Set(points.flatMap(({ metrics }) => Object.keys(metrics)));
  return [...known.filter((name) => read.has(name)), ...[...read].filter((name) => !known.includes(name))];
}

/** Value over target in percent. */
export function loadOf(name: string): (point: TimelinePoint) => number | undefined {
  return ({ metrics }) => {
    const measured = metrics[name];
    return measured && measured.target > 0 ? (100 * measured.value) / measured.target : undefined;
  };
}

export const SIZE_READINGS = [
  ({ max }: TimelinePoint) => max,
  ({ min }: TimelinePoint) => min,
  ({ current }: TimelinePoint) => current,
  ({ ready }: TimelinePoint) => ready,
  ({ desired }: TimelinePoint) => desired,
  ({ unclamped }: TimelinePoint) => unclamped,
] as const;

/** The top of the scale of sizes: bounds or a wish far above all sizes do not press these flat. */
export function topOfSizes(points: readonly TimelinePoint[]): number {
  const most = (values: readonly (number | undefined)[]): number => Math.max(1, ...values.map((value) => value ?? 0));
  const sizes = most(points.flatMap(({ current, desired, ready }) => [current, desired, ready]));
  const wished = Math.min(most(points.map(({ unclamped }) => unclamped)), sizes * 2);
  const bound = most(points.map(({ max }) => max));
  return Math.ceil(1.08 * Math.max(sizes, wished, bound <= sizes * 2 ? bound : 0)) + 1;
}
