// A moment of the past as people give it: RFC 3339, a time of day, or so long ago.
import { parseDurationMs } from '../../base/duration.ts';

export interface Moment {
  readonly atMs: number;
}

const RFC_3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:\d{2})$/;
const HOUR_MS = 3_600_000;
const TIME_OF_DAY = /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/;

/** `14:05` is the last time that this machine's clock showed it. */
export function readMoment(text: string, nowMs: number): Moment | { readonly fault: string } {
  const atMs = millisecondsOf(text, nowMs);
  if (atMs === undefined) {
    const seen = JSON.stringify(text.slice(0, 60));
    return { fault: `--at is ${seen}: give a time such as 2026-01-05T14:05:00Z, 14:05, or -5m for five minutes ago` };
  }
  if (atMs > nowMs) return { fault: `--at is ${JSON.stringify(text)}, which is in the future: give a time before now` };
  return { atMs };
}

function millisecondsOf(text: string, nowMs: number): number | undefined {
  if (RFC_3339.test(text)) {
    const atMs = Date.parse(text.replace(' ', 'T'));
    return Number.isNaN(atMs) ? undefined : atMs;
  }
  const clock = TIME_OF_DAY.exec(text);
  if (clock) {
    return lastShown({ hours: Number(clock[1]), minutes: Number(clock[2]), seconds: Number(clock[3] ?? 0) }, nowMs);
  }
  const duration = text.startsWith('-') ? parseDurationMs(text) : undefined;
  return duration === undefined ? undefined : nowMs + duration;
}

interface TimeOfDay {
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
}

/** A clock that is put forward leaves times out, one that is put back shows some twice. */
function lastShown({ hours, minutes, seconds }: TimeOfDay, nowMs: number): number | undefined {
  for (let daysAgo = 0; daysAgo <= 2; daysAgo++) {
    const day = new Date(nowMs);
    day.setHours(0, 0, 0, 0);
    day.setDate(day.getDate() - daysAgo);
    day.setHours(hours, minutes, seconds);
    const shown = [day.getTime() + HOUR_MS, day.getTime()].find((atMs) => {
      const time = new Date(atMs);
      return atMs <= nowMs && time.getHours() === hours && time.getMinutes() === minutes;
    });
    if (shown !== undefined) return shown;
  }
  return undefined;
}
