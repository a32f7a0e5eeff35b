import { describe, expect, test } from 'vitest';
import { parseExternalMetric } from '../../../src/sources/external-metrics-response.ts';

const AT = '2026-01-01T00:00:00Z';
const AT_MS = Date.UTC(2026, 0, 1);

const series = (value: unknown, more: object = {}) => ({
  metricName: 'queue_depth',
  metricLabels: { queue: 'mail' },
  timestamp: AT,
  value,
  ...more,
});
const read = (...items: readonly unknown[]) => parseExternalMetric({ kind: 'ExternalMetricValueList', items });

describe('an external metric', () => {
  test('is the sum of its series, as old as the oldest of them; the newest is told too', () => {
    const older = { timestamp: '2025-12-31T23:59:00Z', metricLabels: { queue: 'fax' } };
    expect(read(series('1500m'), series('2k', older), series(3))).toEqual({
      kind: 'value',
      valueMilli: 2_004_500n,
      atMs: AT_MS - 60_000,
      newestMs: AT_MS,
      scrapeIntervalMs: undefined,
      partial: false,
    });
  });

  test('of series with one time has that one time', () => {
    expect(read(series('1'), series('2'))).not.toHaveProperty('newestMs');
  });

  test('ends at the greatest number that the HPA counts to', () => {
    const most = `${2n ** 63n - 1n}m`;
    expect(read(series(most), series(most))).toMatchObject({ valueMilli: 2n ** 63n - 1n });
  });

  test('without series is missing, in the text of the HPA; a series of zero is zero', () => {
    const nothing = { kind: 'absent', reason: 'Empty', message: 'no metrics returned from external metrics API' };
    expect(read()).toEqual(nothing);
    expect(parseExternalMetric({ kind: 'ExternalMetricValueList', items: null })).toEqual(nothing);
    expect(read(series('0'))).toMatchObject({ kind: 'value', valueMilli: 0n });
  });

  test.each(['', 'abc', '9999999999999999Ei', '-5m', null, undefined, {}, true])(
    'B41: with a value %j among its series it is missing: the others alone would be too little',
    (value) => {
      expect(read(series('5'), series(value))).toMatchObject({ kind: 'absent', reason: 'BadValue' });
      expect(read(series(value))).toMatchObject({ kind: 'absent', reason: 'BadValue' });
    },
  );

  test.each(['yesterday', 7, {}])('B44: with a time %j among its series it is missing', (timestamp) => {
    expect(read(series('5'), series('5', { timestamp }))).toMatchObject({ kind: 'absent', reason: 'BadValue' });
  });

  test('B44: a time that is left out is the HPA’s zero time, old enough for the guard', () => {
    expect(read(series('5', { timestamp: null }))).toMatchObject({ valueMilli: 5000n, atMs: -62_135_596_800_000 });
    expect(read(series('5', { timestamp: undefined }), series('5'))).toMatchObject({ atMs: -62_135_596_800_000 });
  });

  test('B45: a window changes nothing', () => {
    for (const window of [0, null, -1, 'x']) expect(read(series('5', { window }))).toMatchObject({ valueMilli: 5000n });
  });

  test.each([null, 7, 'x', [], {}])('with an item %j it is missing', (item) => {
    expect(read(series('5'), item)).toMatchObject({ kind: 'absent', reason: 'BadValue' });
  });

  test.each([null, 'x', [], {}, { items: {} }, { kind: 'Status', items: [] }, { kind: 'MetricValueList', items: [] }])(
    '%j is no list of series',
    (body) => {
      expect(parseExternalMetric(body)).toMatchObject({ kind: 'absent', reason: 'BadShape' });
    },
  );
});
