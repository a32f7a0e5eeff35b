import { describe, expect, it } from 'vitest';
import { followLeadTime, type LeadTime, type SizeSeen } from '../../../src/record/lead-time.ts';

/** What is known after these cycles, and what was measured in each. */
function follow(cycles: readonly SizeSeen[], start: LeadTime = {}) {
  let leadTime = start;
  const measured = cycles.map((cycle) => {
    const next = followLeadTime(leadTime, cycle);
    leadTime = next.leadTime;
    return next.measuredMs;
  });
  return { leadTime, measured };
}
const quiet = (atMs: number, readyPods: number | undefined, replicas = 4): SizeSeen => ({
  atMs,
  replicas,
  readyPods,
  written: undefined,
});

describe('lead time', () => {
  it('runs from the write of a larger size until as many pods are ready, and is kept', () => {
    const { leadTime, measured } = follow([
      { atMs: 10_000, replicas: 2, readyPods: 2, written: { from: 2, to: 4 } },
      quiet(25_000, 3), // one of two is up
      quiet(30_000, undefined), // nobody knows
      quiet(40_000, 4), // both serve
      quiet(55_000, 4),
    ]);
    expect(measured).toEqual([undefined, undefined, undefined, 30_000, undefined]);
    expect(leadTime.lastMs).toBe(30_000);
  });

  it('is dropped when a smaller size is written before the pods came up', () => {
    const { leadTime, measured } = follow([
      { atMs: 10_000, replicas: 2, readyPods: 2, written: { from: 2, to: 4 } },
      { atMs: 25_000, replicas: 4, readyPods: 2, written: { from: 4, to: 2 } },
      quiet(40_000, 4),
    ]);
    expect(measured).toEqual([undefined, undefined, undefined]);
    expect(leadTime).toEqual({ pending: undefined, lastMs: undefined });
  });

  it('is dropped when somebody else makes it smaller: pods that are ready some day are not its own', () => {
    const { leadTime, measured } = follow(
      [
        { atMs: 10_000, replicas: 2, readyPods: 2, written: { from: 2, to: 4 } },
        quiet(25_000, 2, 2), // kubectl scale --replicas=2
        quiet(7_200_000, 4), // and back, hours later
      ],
      { lastMs: 20_000 },
    );
    expect(measured).toEqual([undefined, undefined, undefined]);
    expect(leadTime).toEqual({ lastMs: 20_000 });
  });

  it('begins anew with a still larger size', () => {
    const { measured } = follow([
      { atMs: 0, replicas: 2, readyPods: 2, written: { from: 2, to: 4 } },
      { atMs: 15_000, replicas: 4, readyPods: 3, written: { from: 4, to: 8 } },
      quiet(30_000, 4, 8),
      quiet(60_000, 8, 8),
    ]);
    expect(measured).toEqual([undefined, undefined, undefined, 45_000]);
  });
});
