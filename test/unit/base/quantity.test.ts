import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatMilli, parseQuantityMilli, parseQuantityMilliClamped, toleranceOf } from '../../../src/base/quantity.ts';

const MAX_INT64 = 2n ** 63n - 1n;

describe('parseQuantityMilli', () => {
  it.each<[string, bigint]>([
    ['100m', 100n],
    ['1.5Gi', 1_610_612_736_000n],
    ['1e3', 1_000_000n],
    ['.5', 500n],
    ['5.', 5000n],
    ['-1', -1000n],
    ['+1', 1000n],
    ['1n', 1n],
    ['1u', 1n],
    ['1001u', 2n],
    ['-1001u', -2n],
    ['0.1', 100n],
    ['12e-3', 12n],
    ['12E+3', 12_000_000n],
    ['1Ki', 1_024_000n],
    ['0.1Ki', 102_400n],
    ['128Mi', 134_217_728_000n],
    ['2k', 2_000_000n],
    ['3M', 3_000_000_000n],
    ['1G', 1_000_000_000_000n],
    ['1T', 1_000_000_000_000_000n],
    ['1P', 1_000_000_000_000_000_000n],
    ['0', 0n],
    ['000', 0n],
    ['0.0000000001', 1n],
    ['1e-400', 1n],
    ['0e999999999', 0n],
  ])('%s', (text, milli) => {
    expect(parseQuantityMilli(text)).toBe(milli);
    expect(parseQuantityMilliClamped(text)).toBe(milli);
  });

  it.each([
    '',
    ' ',
    ' 1',
    '1 ',
    '1_000',
    '1.2.3',
    'Mi',
    '+',
    '-',
    '.',
    '--1',
    '1mi',
    '1i',
    '1K',
    '1e',
    '1e+',
    '1e1.5',
    '1kk',
    'abc',
    'NaN',
    'Infinity',
    '0x10',
    '١٢',
    '1\n',
    `1${'0'.repeat(64)}`,
  ])('refuses %j', (text) => {
    expect(parseQuantityMilli(text)).toBeUndefined();
    expect(parseQuantityMilliClamped(text)).toBeUndefined();
    expect(toleranceOf(text)).toBeUndefined();
  });

  it('says nothing rather than a wrong number beyond int64 thousandths, or clamps when asked', () => {
    expect(parseQuantityMilli('9223372036854775807m')).toBe(MAX_INT64);
    for (const text of [
      '9223372036854775807',
      '9223372036854775808m',
      '9999999999999999Ei',
      '1E',
      '1e400',
      '1e99999999999',
    ]) {
      expect(parseQuantityMilli(text)).toBeUndefined();
      expect(parseQuantityMilliClamped(text)).toBe(MAX_INT64);
      expect(parseQuantityMilliClamped(`-${text}`)).toBe(-MAX_INT64);
    }
  });
});

describe('formatMilli', () => {
  it.each<[bigint, string]>([
    [0n, '0'],
    [1n, '1m'],
    [500n, '500m'],
    [1000n, '1'],
    [1500n, '1500m'],
    [2000n, '2'],
    [-1500n, '-1500m'],
    [100_000n, '100'],
    [3_000_000n, '3k'],
    [-3_000_000n, '-3k'],
    [1_234_567_000n, '1234567'],
    [5_000_000_000_000_000_000n, '5P'],
  ])('%s', (milli, text) => {
    expect(formatMilli(milli)).toBe(text);
  });

  it('is read back unchanged', () => {
    fc.assert(
      fc.property(fc.bigInt(-MAX_INT64, MAX_INT64), (milli) => {
        expect(parseQuantityMilli(formatMilli(milli))).toBe(milli);
      }),
    );
  });
});

describe('plain quantities', () => {
  it('have a way of their own, and it gives what the whole grammar gives', () => {
    const digits = fc.stringMatching(/^[0-9]{1,20}$/);
    fc.assert(
      fc.property(digits, fc.constantFrom('n', 'u', 'm', '', 'k', 'Ki', 'Mi', 'e3', 'x', '.5'), (whole, unit) => {
        const clamped = parseQuantityMilliClamped(whole + unit);
        const fits = clamped !== undefined && clamped < MAX_INT64;
        expect(parseQuantityMilli(whole + unit)).toBe(fits ? clamped : undefined);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    '9007199254740991',
    '9007199254740985m',
    '9007199254740993n',
    '999999999999999u',
    '8796093022208Ki',
    '1000001n',
    '1000000n',
  ])('%s is exact at the ends', (text) => expect(parseQuantityMilli(text)).toBe(parseQuantityMilliClamped(text)));

  it('are refused unread when they are too long', () => {
    expect(parseQuantityMilli('0'.repeat(64))).toBe(0n);
    expect(parseQuantityMilli('0'.repeat(65))).toBeUndefined();
  });
});

describe('toleranceOf', () => {
  it.each<[string, number]>([
    ['0', 0],
    ['1', 1],
    ['0.05', 50 * 1e-3],
    ['50m', 50 * 1e-3],
    ['0.7', 700 * 1e-3],
    ['0.0015', 1500 * 1e-6],
    ['3n', 3 * 1e-9],
    ['1e-2', 10 * 1e-3],
    ['1Ki', 1024],
    ['2.5', 2500 * 1e-3],
  ])('%s', (text, value) => {
    expect(toleranceOf(text)).toBe(value);
  });

  it('is an integer times a power of ten, not the literal', () => {
    const thousandths = Array.from({ length: 1000 }, (_, i) => i);
    expect(thousandths.filter((i) => toleranceOf(`${i}m`) !== i / 1000)).toHaveLength(144);
  });
});
