// What an option may be and how its text is read: one reader per kind. A reader gives the value, or says what to write instead.
import { isIP } from 'node:net';
import { formatDurationMs, parseDurationMs } from './base/duration.ts';
import { sourceUrlFault } from './sources/source-url.ts';

/** Kinds of options and the type of their values. Durations are in milliseconds. */
export interface OptionValues {
  readonly path: string;
  readonly url: string;
  readonly address: string;
  /** As a browser sends it, without the port. */
  readonly host: string;
  /** A DNS-1123 label: the name of a namespace. */
  readonly namespace: string;
  /** A DNS-1123 subdomain: the name of an object. */
  readonly name: string;
  readonly boolean: boolean;
  readonly integer: number;
  readonly number: number;
  readonly duration: number;
  readonly choice: string;
}
export type OptionKind = keyof OptionValues;

/** Bounds of a value; which apply depends on the kind. */
export interface OptionLimits {
  /** Least value, inclusive (durations: milliseconds). */
  readonly min?: number;
  /** Greatest value, inclusive. */
  readonly max?: number;
  /** One value beside the range, such as -1 for off. */
  readonly also?: number;
  readonly choices?: readonly string[];
}

export type Outcome<Value> = { readonly value: Value } | { readonly remedy: string };

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const NUMBER = /^-?[0-9]{1,15}(?:\.[0-9]{1,15})?$/;
const INTEGER = /^-?[0-9]{1,15}$/;
const MAX_PATH = 4096;

type Reader<Kind extends OptionKind> = (text: string, limits: OptionLimits) => Outcome<OptionValues[Kind]>;

const READERS: { readonly [Kind in OptionKind]: Reader<Kind> } = {
  path: readPath,
  url(text) {
    const fault = sourceUrlFault(text);
    return fault === undefined ? { value: text } : { remedy: fault };
  },
  address: (text) => (isIP(text) ? { value: text } : { remedy: 'give an IP address, such as 0.0.0.0 or ::1' }),
  host: (text) =>
    isIP(text) || (text.length <= 253 && text.split('.').every((part) => LABEL.test(part)))
      ? { value: text }
      : { remedy: 'give a host name in lower case or an IP address, without a port, such as setpoint.example.com' },
  namespace: (text) =>
    LABEL.test(text)
      ? { value: text }
      : { remedy: 'give a namespace: at most 63 lower-case letters, digits and -, not - at either end' },
  name: (text) =>
    text.length <= 253 && text.split('.').every((part) => LABEL.test(part))
      ? { value: text }
      : { remedy: 'give a name of at most 253 lower-case letters, digits, - and .' },
  boolean(text) {
    if (text === 'true' || text === 'false') return { value: text === 'true' };
    return { remedy: 'give true or false' };
  },
  integer: (text, limits) => readNumber(text, INTEGER, 'a whole number', limits),
  number: (text, limits) => readNumber(text, NUMBER, 'a decimal number', limits),
  duration(text, limits) {
    const value = parseDurationMs(text);
    if (value !== undefined && isWithin(value, limits)) return { value };
    return { remedy: `give a duration${rangeText(limits, formatDurationMs)}, such as 15s or 5m` };
  },
  choice(text, limits) {
    const choices = limits.choices ?? [];
    return choices.includes(text) ? { value: text } : { remedy: `give one of ${choices.join(', ')}` };
  },
};

/** Reads one text as a value of a kind. The remedy completes the sentence "--port is "abc": ...". */
export function readValue<Kind extends OptionKind>(
  kind: Kind,
  text: string,
  limits: OptionLimits,
): Outcome<OptionValues[Kind]> {
  return READERS[kind](text, limits);
}

function readPath(text: string): Outcome<string> {
  // A control character in a path is never meant, and would break log lines.
  if (text !== '' && text.length <= MAX_PATH && !/\p{Cc}/u.test(text)) return { value: text };
  return { remedy: `give a path of 1 to ${MAX_PATH} printable characters` };
}

function readNumber(text: string, grammar: RegExp, what: string, limits: OptionLimits): Outcome<number> {
  const value = grammar.test(text) ? Number(text) : Number.NaN;
  if (isWithin(value, limits)) return { value };
  return { remedy: `give ${what}${rangeText(limits, String)}` };
}

function isWithin(value: number, limits: OptionLimits): boolean {
  if (value === limits.also) return true;
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = limits;
  return value >= min && value <= max;
}

function rangeText(limits: OptionLimits, format: (value: number) => string): string {
  const also = limits.also === undefined ? '' : `, or ${format(limits.also)}`;
  if (limits.min === undefined) return also;
  if (limits.max === undefined) return ` of ${format(limits.min)} or more${also}`;
  return ` from ${format(limits.min)} to ${format(limits.max)}${also}`;
}
