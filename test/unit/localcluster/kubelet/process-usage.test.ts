// Usage of process trees from /proc.
import { expect, test } from 'vitest';
import { parseStat, sumTrees } from '../../../../src/localcluster/kubelet/process-usage.ts';

test('a stat line, with a name that imitates one', () => {
  const line =
    '42 (a) R (b) S 7 42 42 0 -1 4194560 1 2 3 4 150 50 20 5 20 0 11 0 100 1000000 1234 18446744073709551615';
  expect(parseStat(line)).toEqual({ parent: 7, ticks: 225, pages: 1234 });
  expect(parseStat('')).toBeUndefined();
});

test('each process counts for the nearest root above it, at any depth, and gone roots are absent', () => {
  const stat = (parent: number, ticks: number, pages: number) => ({ parent, ticks, pages });
  const stats = new Map([
    [1, stat(0, 9_000, 9_000)],
    [10, stat(1, 100, 10)],
    [11, stat(10, 50, 5)],
    [12, stat(11, 25, 1)],
    [20, stat(11, 7, 2)],
    [30, stat(1, 1_000, 100)],
    // A circle, as a table read while processes change may hold.
    [40, stat(41, 1, 1)],
    [41, stat(40, 1, 1)],
  ]);
  const usage = sumTrees([10, 20, 99], stats, { ticksPerSecond: 100, pageBytes: 4096 });
  expect([...usage.keys()]).toEqual([10, 20]);
  expect(usage.get(10)?.cpuSeconds).toBeCloseTo(1.75);
  expect(usage.get(10)?.memoryBytes).toBe(16 * 4096);
  expect(usage.get(20)).toEqual({ cpuSeconds: 0.07, memoryBytes: 2 * 4096 });
});
