import { describe, expect, it } from 'vitest';
import { agoText, bytesText, durationText, numberText, percentText } from '../../../../src/server/page/format.ts';

describe('what is shown of numbers', () => {
  it.each([
    [0, '0'],
    [0.01234, '0.0123'],
    [9.876, '9.88'],
    [1234.5, '1,235'],
    [83_886_080, '83.9M'],
    [undefined, '–'],
    [Number.NaN, '–'],
    [Number.POSITIVE_INFINITY, '–'],
  ])('%s is %s', (value, text) => {
    expect(numberText(value)).toBe(text);
  });

  it('a missing ratio is not zero percent', () => {
    expect([undefined, 0, 0.0667, 0.731, 2.0345].map(percentText)).toEqual(['–', '0%', '6.7%', '73%', '203%']);
  });

  it('bytes in the units of Kubernetes', () => {
    expect([0, 512, 83_886_080, 3 * 2 ** 40, undefined].map(bytesText)).toEqual(['0', '512', '80Mi', '3Ti', '–']);
  });

  it('times get coarser as they get longer, and a clock that is ahead does not go below zero', () => {
    expect([-5000, 0, 90_000, 600_000, 2e7, 3e8].map(durationText)).toEqual([
      '0 s',
      '0 s',
      '90 s',
      '10 min',
      '6 h',
      '3 d',
    ]);
    expect(agoText(undefined, 0)).toBe('–');
    expect(agoText('1970-01-01T00:00:00Z', 42_000)).toBe('42 s');
  });
});
