// Copies the fields that a kind knows and leaves out the others, as the API server does with an HPA; says which those were.
// Quantities become what a custom resource takes: whole numbers, or texts.
import { asRecord, type JsonRecord, withoutNulls } from '../../api/json-input.ts';

/** What may stand at a place: any value, a quantity, a list, or an object of these fields. */
export type Shape = 'any' | 'quantity' | readonly [Shape] | { readonly [field: string]: Shape };

/** What was done on the way. Fields are paths such as `spec.metrics[0].type`. */
export interface Copied {
  readonly unknown: string[];
  /** Fractions, and whole numbers too long for a double, that were numbers and are texts now. */
  readonly quoted: { readonly field: string; readonly text: string }[];
  /** Quantities that an HPA may have and a ScaledTarget may not. */
  readonly tooLong: string[];
}

export const MAX_QUANTITY_LENGTH = 64;

export interface CopyOptions {
  /** Where the value stands. */
  readonly at: string;
  readonly copied: Copied;
  /** Names of fields are taken in any case, as Go reads JSON. */
  readonly anyCase?: boolean;
}

/** A copy of the known fields of `value`, without nulls. What is not of the shape at all is copied as it is: the schema judges it. */
export function copyKnown(value: unknown, shape: Shape, options: CopyOptions): unknown {
  if (shape === 'any') return plain(value);
  if (shape === 'quantity') return quantity(value, options);
  if (isListShape(shape)) {
    if (!Array.isArray(value)) return plain(value);
    return value.map((item, index) => copyKnown(item, shape[0], { ...options, at: `${options.at}[${index}]` }));
  }
  const record = asRecord(value);
  return record === undefined ? plain(value) : copyFields(record, shape, options);
}

function copyFields(record: JsonRecord, shape: Readonly<Record<string, Shape>>, options: CopyOptions): JsonRecord {
  const result: Record<string, unknown> = {};
  const { at, copied, anyCase = false } = options;
  for (const [key, value] of Object.entries(record)) {
    const field = anyCase ? Object.keys(shape).find((known) => known.toLowerCase() === key.toLowerCase()) : key;
    const inner = field !== undefined && Object.hasOwn(shape, field) ? shape[field] : undefined;
    if (field === undefined || inner === undefined) copied.unknown.push(`${at}.${key}`);
    else if (value !== null && value !== undefined) {
      result[field] = copyKnown(value, inner, { ...options, at: `${at}.${field}` });
    }
  }
  return result;
}

function isListShape(shape: Shape): shape is readonly [Shape] {
  return Array.isArray(shape);
}

/** The API server drops spaces around a quantity, and takes fractions as numbers; a custom resource does neither. */
function quantity(value: unknown, { at, copied }: CopyOptions): unknown {
  if (typeof value === 'string') {
    const text = value.trim();
    if (text.length > MAX_QUANTITY_LENGTH) copied.tooLong.push(at);
    return text;
  }
  const number = plain(value);
  if (typeof number !== 'number' || Number.isSafeInteger(number)) return number;
  const text = String(value);
  copied.quoted.push({ field: at, text });
  return text;
}

/** Without nulls, and with numbers as JSON has them. */
function plain(value: unknown): unknown {
  return numbersOf(withoutNulls(value));
}

function numbersOf(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(numbersOf);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, numbersOf(item)]));
}
