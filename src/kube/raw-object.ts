// Reading fields of objects as they come over the wire: unknown until looked at, absent rather than wrong, never a throw.

export type RawObject = Readonly<Record<string, unknown>>;

const NOTHING: RawObject = Object.freeze({});

/** The value when it is an object, else an empty one. */
export function objectOf(value: unknown): RawObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as RawObject) : NOTHING;
}

export function arrayOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A whole number from 0 to 2^31-1, as the API counts replicas. */
export function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 2_147_483_647
    ? value
    : undefined;
}

/** Milliseconds since the epoch of an RFC 3339 time. */
export function timeOf(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : at;
}

/** Only the members that are strings, in an object without a prototype: a label may be called `__proto__`. */
export function textsOf(value: unknown): Readonly<Record<string, string>> {
  const texts = Object.create(null) as Record<string, string>;
  for (const [key, text] of Object.entries(objectOf(value))) if (typeof text === 'string') texts[key] = text;
  return texts;
}

/** Name, namespace, uid and resourceVersion. */
export function identityOf(object: RawObject): {
  namespace: string;
  name: string;
  uid: string;
  resourceVersion: string;
} {
  const metadata = objectOf(object['metadata']);
  return {
    namespace: textOf(metadata['namespace']),
    name: textOf(metadata['name']),
    uid: textOf(metadata['uid']),
    resourceVersion: textOf(metadata['resourceVersion']),
  };
}
