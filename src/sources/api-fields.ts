// Fields of a metrics API's answers, read without trust: a time, a quantity, a list of items. What cannot be read is undefined,
// never zero.
import { parseDurationMs } from '../base/duration.ts';
import { parseQuantityMilli } from '../base/quantity.ts';
import type { AbsentReading } from '../decide/types.ts';
import { absent } from './absence.ts';

export type Fields = Readonly<Record<string, unknown>>;

const RFC3339 = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})$/;

/** What a time that is left out is to the API machinery, and so to the HPA: the first second of year one. No guard takes it for fresh. */
const ZERO_TIME_MS = Date.parse('0001-01-01T00:00:00Z');

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The fields of an object; none when it is none. */
export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

/** The items of a list of this kind; absent when the body is another thing. A list without items comes as null from some servers. */
export function itemsOf(body: unknown, kind: string): readonly unknown[] | AbsentReading {
  const { kind: given = kind, items } = fieldsOf(body);
  if (given === kind && items === null) return [];
  if (given !== kind || !Array.isArray(items)) return absent('BadShape', `the answer is no ${kind}`);
  return items;
}

/** Milliseconds since the epoch of an RFC 3339 time; Date.parse alone takes much that is none. */
export function stampOf(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  if (value !== lastStamp.text) {
    const atMs = RFC3339.test(value) ? Date.parse(value) : Number.NaN;
    lastStamp = { text: value, atMs: Number.isFinite(atMs) ? atMs : undefined };
  }
  return lastStamp.atMs;
}

/** The last time read: the pods of a list have few different ones, one after the other. */
let lastStamp: { readonly text: string; readonly atMs: number | undefined } = { text: '', atMs: undefined };

/** Milliseconds of a duration, zero or more; 0 when it is none. */
export function durationOf(value: unknown): number {
  if (typeof value !== 'string') return 0;
  if (value !== lastDuration.text) lastDuration = { text: value, ms: Math.max(0, parseDurationMs(value) ?? 0) };
  return lastDuration.ms;
}

/** The last duration read, as above. */
let lastDuration: { readonly text: string; readonly ms: number } = { text: '', ms: 0 };

/** As `stampOf`; a time that is left out is the zero time. */
export function optionalStampOf(value: unknown): number | undefined {
  return value === undefined || value === null ? ZERO_TIME_MS : stampOf(value);
}

/**
 * Thousandths, zero or more, of a quantity; undefined when it is none or cannot be counted. A number stands for its digits, as
 * in the API machinery.
 */
export function quantityOf(value: unknown): bigint | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  const milli = typeof text === 'string' ? parseQuantityMilli(text) : undefined;
  return milli !== undefined && milli >= 0n ? milli : undefined;
}
