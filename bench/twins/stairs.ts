// The load of a run: stairs up and down, the same for all twins. Pure.
// Loads are counted in pods: a load of 3.6 keeps 3.6 pods on their target.

export interface Stair {
  /** Since the start of the load. */
  readonly fromSeconds: number;
  readonly toSeconds: number;
  readonly load: number;
}

/** Before the first stair: two pods are enough. */
export const FIRST_LOAD = 1.6;
export const FIRST_SIZE = sizeFor(FIRST_LOAD);
/**
 * For how long the twins are watched under the first load before the first stair: no multiple of a period, lest the load changed each
 * time just after one of the two has decided.
 */
export const LEAD_SECONDS = 34;

/**
 * In the middle between two sizes, so that a sample a few percent off asks for the same size. No step asks for more than twice the size,
 * which is what an autoscaler without `behavior` may do at once, and at no size on the way is the load within the tolerance.
 */
const LOADS = [3.6, 7.6, 4.6, 2.6, 4.6, FIRST_LOAD];

/** The longest way to a size that the pairs allow is 85 s: a read of metrics, a period, and two waits. */
const SHORTEST_SECONDS = 90;

export const LEAST_MINUTES = SHORTEST_SECONDS / 60;

/** As many stairs as fit, of the same length; after the last load the first comes again. */
export function stairsOf(minutes: number): readonly Stair[] {
  const count = Math.floor((minutes * 60) / SHORTEST_SECONDS);
  const seconds = (minutes * 60) / count;
  return Array.from({ length: count }, (_, index) => ({
    fromSeconds: index * seconds,
    toSeconds: (index + 1) * seconds,
    load: LOADS[index % LOADS.length] ?? FIRST_LOAD,
  }));
}

/** The size that a load asks for. */
export function sizeFor(load: number): number {
  return Math.ceil(load);
}
