// A moment of the past, as people give it.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { readMoment } from '../../../../src/cli/explain/moment.ts';

/** A moment of this machine's day, whatever its time zone is. */
const NOW = new Date(2026, 0, 5, 14, 30, 0).getTime();
const local = (hours: number, minutes: number, seconds = 0, day = 5) =>
  new Date(2026, 0, day, hours, minutes, seconds).getTime();

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('a moment', () => {
  it.each([
    ['2026-01-05T08:05:00Z', Date.UTC(2026, 0, 5, 8, 5)],
    ['2026-01-04 23:00:00+01:00', Date.UTC(2026, 0, 4, 22)],
    ['14:05', local(14, 5)],
    ['9:00', local(9, 0)],
    ['14:05:30', local(14, 5, 30)],
    // Later than now: of yesterday.
    ['14:31', local(14, 31, 0, 4)],
    ['-5m', NOW - 300_000],
    ['-1h30m', NOW - 5_400_000],
    ['-0s', NOW],
  ])('%s', (text, atMs) => {
    expect(readMoment(text, NOW)).toEqual({ atMs });
  });

  it.each(['', 'now', '5m', '-5', '24:00', '12:60', '2026-01-05', '2026-13-01T00:00:00Z', '-5m ago'])(
    '%j is none',
    (text) => {
      expect(readMoment(text, NOW)).toEqual({
        fault: `--at is ${JSON.stringify(text)}: give a time such as 2026-01-05T14:05:00Z, 14:05, or -5m for five minutes ago`,
      });
    },
  );

  it('of yesterday is by the clock, on a day that had 25 hours too', () => {
    vi.stubEnv('TZ', 'Europe/Berlin');
    // At three in the morning of 2026-10-25 the clock was put back by an hour.
    const now = Date.parse('2026-10-25T08:00:00Z');
    expect(readMoment('9:00', now)).toEqual({ atMs: Date.parse('2026-10-25T08:00:00Z') });
    expect(readMoment('9:30', now)).toEqual({ atMs: Date.parse('2026-10-24T07:30:00Z') });
    // Shown twice: the second one.
    expect(readMoment('2:30', now)).toEqual({ atMs: Date.parse('2026-10-25T01:30:00Z') });
  });

  it('that the clock left out is of the day before', () => {
    vi.stubEnv('TZ', 'Europe/Berlin');
    // At two in the morning of 2026-03-29 the clock was put forward by an hour.
    for (const now of ['2026-03-29T00:30:00Z', '2026-03-29T10:00:00Z'])
      expect(readMoment('2:30', Date.parse(now))).toEqual({ atMs: Date.parse('2026-03-28T01:30:00Z') });
  });

  it('in the future is none either', () => {
    expect(readMoment('2030-01-01T00:00:00Z', NOW)).toEqual({
      fault: '--at is "2030-01-01T00:00:00Z", which is in the future: give a time before now',
    });
  });
});
