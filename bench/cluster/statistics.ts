// The few figures that a list of measurements is told by.

export interface Spread {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** The value that `share` of all values do not exceed (nearest rank); NaN of an empty list. `sorted` is ascending. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), max: quantile(sorted, 1) };
}
