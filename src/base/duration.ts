// Durations as Go writes them ("1h30m", "15s", "1.5h", "500ms"), to milliseconds and back. Bounds are the caller's business.

/** Longer texts are refused unread. */
const MAX_LENGTH = 64;
const MS_PER_UNIT: ReadonlyMap<string, number> = new Map([
  ['ns', 1e-6],
  ['us', 1e-3],
  // The micro sign and the Greek letter mu: both are written.
  ['µs', 1e-3],
  ['μs', 1e-3],
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
]);
const PART = /([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/y;
/** Go keeps durations as signed 64-bit nanoseconds, about 292 years. */
const MAX_MS = 2 ** 63 / 1e6;

/**
 * Milliseconds of a Go duration; parts below a millisecond stay as a fraction. Undefined when the text is no duration, is longer
 * than 64 characters, or is beyond Go's range. A number needs a unit, only `0` may stand alone.
 */
export function parseDurationMs(text: string): number | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const negative = text.startsWith('-');
  const body = negative || text.startsWith('+') ? text.slice(1) : text;
  if (body === '0') return 0;
  const ms = sumParts(body);
  if (ms === undefined || ms >= MAX_MS) return undefined;
  return negative && ms !== 0 ? -ms : ms;
}

function sumParts(body: string): number | undefined {
  if (body === '') return undefined;
  let sum = 0;
  let at = 0;
  while (at < body.length) {
    PART.lastIndex = at;
    const match = PART.exec(body);
    if (!match) return undefined;
    sum += Number(match[1]) * (MS_PER_UNIT.get(match[2] ?? '') ?? Number.NaN);
    at = PART.lastIndex;
  }
  return sum;
}

/** Milliseconds as Go prints a duration: `0s`, `500ms`, `15s`, `5m0s`, `1h30m0s`. Not finite: a RangeError. */
export function formatDurationMs(ms: number): string {
  if (!Number.isFinite(ms)) throw new RangeError(`a duration must be a finite number of milliseconds, not ${ms}`);
  if (ms === 0) return '0s';
  if (ms < 0) return `-${formatDurationMs(-ms)}`;
  if (ms < 1000) return formatBelowSecond(ms);
  const wholeSeconds = Math.floor(ms / 1000);
  const hours = Math.floor(wholeSeconds / 3600);
  const minutes = Math.floor((wholeSeconds % 3600) / 60);
  const seconds = trimNumber((wholeSeconds % 60) + (ms - wholeSeconds * 1000) / 1000, 9);
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}

function formatBelowSecond(ms: number): string {
  if (ms >= 1) return `${trimNumber(ms, 6)}ms`;
  return ms >= 1e-3 ? `${trimNumber(ms * 1e3, 3)}µs` : `${trimNumber(ms * 1e6, 0)}ns`;
}

function trimNumber(value: number, decimals: number): string {
  return String(Number(value.toFixed(decimals)));
}
