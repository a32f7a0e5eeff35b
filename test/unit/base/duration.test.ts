import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDurationMs, parseDurationMs } from '../../../src/base/duration.ts';

describe('parseDurationMs', () => {
  it.each<[string, number]>([
    ['0', 0],
    ['0s', 0],
    ['15s', 15_000],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['500ms', 500],
    ['1m0s', 60_000],
    ['.5s', 500],
    ['5.s', 5000],
    ['2us', 0.002],
    ['2µs', 0.002],
    ['30ns', 0.00003],
    ['-1m', -60_000],
    ['+1m', 60_000],
    ['15.123s', 15_123],
    ['1h1h', 7_200_000],
  ])('%s', (text, ms) => {
    expect(parseDurationMs(text)).toBeCloseTo(ms, 9);
  });

  it.each([
    '',
    '-',
    '+',
    '15',
    '1.5',
    's',
    '1d',
    '1 s',
    ' 1s',
    '1s ',
    '1.2.3s',
    '1sx',
    '--1s',
    '1e3s',
    '1S',
    '999999999h',
    '1'.repeat(65),
  ])('refuses %j', (text) => {
    expect(parseDurationMs(text)).toBeUndefined();
  });
});

describe('formatDurationMs', () => {
  it.each<[number, string]>([
    [0, '0s'],
    [1, '1ms'],
    [500, '500ms'],
    [1.5, '1.5ms'],
    [0.002, '2µs'],
    [0.00003, '30ns'],
    [1500, '1.5s'],
    [15_000, '15s'],
    [60_000, '1m0s'],
    [300_000, '5m0s'],
    [5_400_000, '1h30m0s'],
    [3_600_500, '1h0m0.5s'],
    [-60_000, '-1m0s'],
  ])('%d', (ms, text) => {
    expect(formatDurationMs(ms)).toBe(text);
  });

  it('refuses what is not finite', () => {
    expect(() => formatDurationMs(Number.NaN)).toThrow(RangeError);
    expect(() => formatDurationMs(Number.POSITIVE_INFINITY)).toThrow('finite');
  });

  it('is read back unchanged for whole milliseconds', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e12, max: 1e12 }), (ms) => {
        expect(parseDurationMs(formatDurationMs(ms))).toBeCloseTo(ms, 3);
      }),
    );
  });
});
