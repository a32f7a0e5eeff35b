// Numbers and times as they are shown. What is not known is a dash, never a zero.

export const UNKNOWN = '–';

const DAY_MS = 86_400_000;
const BYTE_UNITS = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi'] as const;
const AXIS_MINUTES_MS = 900_000;
const COMPACT = new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 3 });
const CLOCK = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
const MINUTES = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short' });
const DAY = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' });

/** `83886080` is `83.9M`, `1234.5` is `1,235`, `0.01234` is `0.0123`: three digits that mean something. */
export function numberText(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return UNKNOWN;
  if (Math.abs(value) >= 10_000) return COMPACT.format(value);
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}

/** `83886080` is `80Mi`. */
export function bytesText(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return UNKNOWN;
  const power = Math.max(0, Math.min(BYTE_UNITS.length - 1, Math.floor(Math.log2(Math.max(1, value)) / 10)));
  return `${numberText(value / 1024 ** power)}${BYTE_UNITS[power]}`;
}

/** `0.731` is `73%`, `0.0667` is `6.7%`. */
export function percentText(ratio: number | undefined): string {
  if (ratio === undefined || !Number.isFinite(ratio)) return UNKNOWN;
  const percent = ratio * 100;
  return `${percent >= 10 ? numberText(Math.round(percent)) : Number(percent.toPrecision(2))}%`;
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

/** As wide as so many digits, filled up in front: what stands to the right of it does not move, nor does its beginning. */
export const padded = (value: number | string, digits: number): string => String(value).padStart(digits, '\u2007');

/** How long ago a time was. */
export function agoText(time: string | undefined, nowMs: number): string {
  return time === undefined ? UNKNOWN : durationText(nowMs - Date.parse(time));
}

/** The time of day, here. */
export const clockText = (ms: number): string => CLOCK.format(ms);

/** The time of day on an axis: with seconds where it shows only minutes. */
export const axisTime = (ms: number, spanMs: number): string =>
  spanMs > AXIS_MINUTES_MS ? MINUTES.format(ms) : clockText(ms);

/** The time of day, with the date when it is not of the last 24 hours. */
export function timeText(time: string | undefined, nowMs: number): string {
  if (time === undefined) return UNKNOWN;
  const ms = Date.parse(time);
  if (Number.isNaN(ms)) return time;
  return Math.abs(nowMs - ms) < DAY_MS ? clockText(ms) : `${DAY.format(ms)} ${clockText(ms)}`;
}

/** `2 targets`, `1 target`. */
export const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
