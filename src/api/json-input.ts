// Reading JSON that nobody vouches for: own properties only, null as absent, nothing thrown, nothing changed.

export type JsonRecord = Readonly<Record<string, unknown>>;

/** Deeper than any field of ours: what lies below is not ours and is not looked at. */
const MAX_DEPTH = 16;

/** The value as an object, or undefined when it is anything else. */
export function asRecord(value: unknown): JsonRecord | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonRecord) : undefined;
}

/** An own property; undefined for what an object inherits, such as `constructor`, and for null. */
export function own(record: JsonRecord | undefined, key: string): unknown {
  return record !== undefined && Object.hasOwn(record, key) ? (record[key] ?? undefined) : undefined;
}

/** An own property that is a text; undefined otherwise. */
export function ownText(record: JsonRecord | undefined, key: string): string | undefined {
  const value = own(record, key);
  return typeof value === 'string' ? value : undefined;
}

/** An own property that is a list; empty otherwise. */
export function ownList(record: JsonRecord | undefined, key: string): readonly unknown[] {
  const value = own(record, key);
  return Array.isArray(value) ? value : [];
}

/** An own property that is a whole number within bounds, both included; undefined otherwise. */
export function ownWhole(record: JsonRecord | undefined, key: string, min: number, max: number): number | undefined {
  const value = own(record, key);
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max ? value : undefined;
}

/** An own property that is an RFC 3339 time, in milliseconds since the epoch; undefined otherwise. */
export function ownTimeMs(record: JsonRecord | undefined, key: string): number | undefined {
  const value = ownText(record, key);
  if (value === undefined || !/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}/.test(value)) return undefined;
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? undefined : ms;
}

/** A copy without the properties that are null, as the API server drops them before it looks at defaults. */
export function withoutNulls(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return value;
  if (Array.isArray(value)) return value.map((item) => withoutNulls(item, depth + 1));
  const kept = Object.entries(value).filter(([, item]) => item !== null && item !== undefined);
  // fromEntries makes own properties of every key, `__proto__` too.
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutNulls(item, depth + 1)]));
}
