// Numbers and times as they are shown. What is not known is a dash, never a zero.

export const UNKNOWN = '–';

const DAY_MS = 86_400_000;
const CLOCK = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
const DAY = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' });

/** `1234.5` is `1,235`, `0.01234` is `0.0123`: three digits that mean something. */
export function numberText(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return UNKNOWN;
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}

/** `0.731` is `73%`. */
export function percentText(ratio: number | undefined): string {
  return ratio === undefined ? UNKNOWN : `${numberText(ratio * 100)}%`;
}

/** `12 s`, `3 min`, `2 h`, `5 d`. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} d`;
}

/** How long ago a time was. */
export function agoText(time: string | undefined, nowMs: number): string {
  return time === undefined ? UNKNOWN : durationText(nowMs - Date.parse(time));
}

/** The time of day, here. */
export const clockText = (ms: number): string => CLOCK.format(ms);

/** The time of day, with the date when it is not of the last 24 hours. */
export function timeText(time: string | undefined, nowMs: number): string {
  if (time === undefined) return UNKNOWN;
  const ms = Date.parse(time);
  if (Number.isNaN(ms)) return time;
  return Math.abs(nowMs - ms) < DAY_MS ? clockText(ms) : `${DAY.format(ms)} ${clockText(ms)}`;
}

/** `2 targets`, `1 target`. */
export const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
