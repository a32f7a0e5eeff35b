// Thresholds of what no cluster sends, but a status that somebody edited may hold: told as not known, at once.
import { expect, it } from 'vitest';
import type { Metric } from '../../../../src/api/spec.ts';
import { thresholdsOf } from '../../../../src/record/explain/thresholds.ts';
import { external } from '../../../support/situations.ts';
import { CPU } from '../../../support/targets.ts';

const NOTHING = { above: undefined, atMost: undefined };
const input = {
  metric: CPU,
  decided: { over: 4 },
  size: 4,
  guards: 'Disabled',
  tolerance: { up: 0.1, down: 0.1 },
} as const;
const percent = (averageUtilization: number): Metric => ({
  ...CPU,
  target: { type: 'Utilization', averageUtilization },
});
const average = (averageValueMilli: bigint): Metric => ({
  ...CPU,
  target: { type: 'AverageValue', averageValueMilli },
});

it('are known for what a cluster sends', () => {
  expect(thresholdsOf(input)).toEqual({ above: '66%', atMost: '45%' });
});

it.each([Number.NaN, Number.POSITIVE_INFINITY, -1, 2.5, 2 ** 60])('are not for %d pods', (over) => {
  const queue = external('queue', { type: 'AverageValue', averageValueMilli: 5000n });
  for (const metric of [CPU, queue]) expect(thresholdsOf({ ...input, metric, decided: { over } })).toEqual(NOTHING);
});

it.each([Number.NaN, -1, 0.5, 1e300])('are not for %d replicas', (size) => {
  expect(thresholdsOf({ ...input, size })).toEqual(NOTHING);
});

it.each([percent(1e300), percent(-1e300), percent(0.1), average(2n ** 90n), average(-(2n ** 90n))])(
  'to grow are not for a target beyond whole numbers: %o',
  (metric) => {
    expect(thresholdsOf({ ...input, metric }).above).toBeUndefined();
  },
);
