// The arithmetic of sizes and thousandths: where the HPA's integers end, and how a double becomes a size.
// Which values are combined, and in which order, is said by the callers.
import type { TargetSpec } from '../api/spec.ts';

/** The largest replica count Kubernetes can hold (a signed 32-bit integer). */
export const MAX_REPLICAS = 2_147_483_647;

export const MAX_INT64 = 9_223_372_036_854_775_807n;

/**
 * The size a ratio asks for: rounded up, held at the ends of a 32-bit integer. `unknown` is the answer for NaN, which only
 * a target of zero over nothing can make.
 */
export function ceilToReplicas(value: number, unknown: number): number {
  if (Number.isNaN(value)) return unknown;
  // Adding zero turns -0 into 0, which matters to whoever prints or compares it.
  return clampReplicas(Math.ceil(value)) + 0;
}

export function clampReplicas(value: number): number {
  return Math.min(MAX_REPLICAS, Math.max(-MAX_REPLICAS, value));
}

/**
 * How sums and products of thousandths behave. `wrapping` is the plain HPA, whose 64-bit integers wrap around silently above
 * about 92 TB of memory; `exact` never loses anything and is used wherever the guards are on.
 */
export interface IntegerRules {
  readonly sum: (value: bigint) => bigint;
  /** A utilization in percent; the HPA cuts it to 32 bits. */
  readonly percent: (value: bigint) => number;
  /** A size as a sum or difference of sizes; the HPA's wrap around at 32 bits, so that a huge policy can forbid any change. */
  readonly size: (value: number) => number;
}

const wrapping: IntegerRules = {
  sum: (value) => BigInt.asIntN(64, value),
  percent: (value) => Number(BigInt.asIntN(32, value)),
  // Bitwise operators work on signed 32-bit integers.
  size: (value) => value | 0,
};

const exact: IntegerRules = {
  sum: (value) => value,
  percent: (value) => clampReplicas(Number(value)),
  size: clampReplicas,
};

/** The plain HPA's integers where guards are off. */
export function integersOf(spec: TargetSpec): IntegerRules {
  return spec.guards === 'Disabled' ? wrapping : exact;
}

/** An average for display: rounded up, held at what a 64-bit integer can say; undefined when there is none. */
export function ceilToMilli(value: number): bigint | undefined {
  if (!Number.isFinite(value)) return undefined;
  const rounded = BigInt(Math.ceil(value));
  return rounded > MAX_INT64 ? MAX_INT64 : rounded < -MAX_INT64 ? -MAX_INT64 : rounded;
}

/** Whether a ratio is close enough to one to keep the size; both ends count as inside. NaN is never inside. */
export function isWithin(tolerance: Tolerance, ratio: number): boolean {
  return 1 - tolerance.down <= ratio && ratio <= 1 + tolerance.up;
}

/** How far a ratio may be from one, as a fraction, downwards and upwards. */
export interface Tolerance {
  readonly down: number;
  readonly up: number;
}
