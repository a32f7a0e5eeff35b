// A situation as JSON and back, without loss: whole numbers of any size, maps, numbers that JSON has no word for. So what a controller
// decided on can be decided again elsewhere. Members that are undefined are left out.
import type { Situation } from '../decide/types.ts';

/** Raised when what is written can no longer be read by what reads it. */
const FORMAT = 1;
/** What JSON cannot say is an object with this one member. */
const TAG = '$';
/** Deeper than any situation: what goes further is none. */
const MAX_DEPTH = 64;

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** To be written with JSON.stringify. */
export function situationToJson(situation: Situation): Json {
  return { format: FORMAT, situation: encode(situation) };
}

/** Throws a RangeError that says why it is none: of another version, or not from a controller. */
export function situationFromJson(value: unknown): Situation {
  const { format, situation } = fieldsOf(value);
  if (format !== FORMAT)
    throw new RangeError(
      `a situation of format ${JSON.stringify(format)}, not ${FORMAT}: the controller is of another version`,
    );
  const decoded = decode(situation, 0);
  const missing = missingIn(decoded);
  if (missing !== undefined) throw new RangeError(`a situation without ${missing}`);
  return decoded as Situation;
}

/** What a decision reads without asking whether it is there. */
const PARTS: Readonly<Record<string, (value: unknown) => boolean>> = {
  now: (value) => typeof value === 'number',
  namespace: (value) => typeof value === 'string',
  name: (value) => typeof value === 'string',
  spec: (value) => Array.isArray(fieldsOf(value)['metrics']),
  scale: (value) => typeof fieldsOf(value)['specReplicas'] === 'number',
  pods: Array.isArray,
  readings: Array.isArray,
  previous: (value) => Array.isArray(fieldsOf(value)['conditions']),
  history: (value) => isObject(fieldsOf(value)['scaleEvents']) && isObject(fieldsOf(value)['metrics']),
  defaults: (value) => typeof fieldsOf(value)['tolerance'] === 'number',
};

function missingIn(value: unknown): string | undefined {
  const fields = fieldsOf(value);
  return Object.entries(PARTS).find(([name, isThere]) => !isThere(fields[name]))?.[0];
}

function encode(value: unknown): Json {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return encodeNumber(value);
  if (typeof value === 'bigint') return { [TAG]: `${value}n` };
  return typeof value === 'object' ? encodeObject(value) : { [TAG]: 'undefined' };
}

function encodeNumber(value: number): Json {
  if (Object.is(value, -0)) return { [TAG]: '-0' };
  return Number.isFinite(value) ? value : { [TAG]: String(value) };
}

function encodeObject(value: object | null): Json {
  if (value === null) return null;
  if (Array.isArray(value)) return value.map(encode);
  if (value instanceof Map) return { [TAG]: [...value].map(([key, member]): Json => [encode(key), encode(member)]) };
  const members = Object.entries(value).flatMap(([name, member]): [string, Json][] =>
    member === undefined ? [] : [[name, encode(member)]],
  );
  const plain = Object.fromEntries(members);
  // A name like the tag's is a name here.
  return Object.hasOwn(plain, TAG) ? { [TAG]: { members: plain } } : plain;
}

function decode(value: unknown, depth: number): unknown {
  if (depth > MAX_DEPTH) throw new RangeError('a situation that is nested too deep');
  if (Array.isArray(value)) return value.map((member) => decode(member, depth + 1));
  if (!isObject(value)) return value;
  if (Object.hasOwn(value, TAG)) return decodeTagged(value[TAG], depth);
  return decodeMembers(value, depth);
}

function decodeMembers(value: object, depth: number): unknown {
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, decode(member, depth + 1)]));
}

function decodeTagged(tagged: unknown, depth: number): unknown {
  if (Array.isArray(tagged)) {
    return new Map(tagged.map((pair) => decode(pair, depth + 1) as [unknown, unknown]));
  }
  if (isObject(tagged)) return decodeMembers(fieldsOf(tagged['members']), depth);
  if (tagged === 'undefined') return undefined;
  if (typeof tagged === 'string' && /^-?[0-9]+n$/.test(tagged)) return BigInt(tagged.slice(0, -1));
  if (typeof tagged === 'string' && NUMBERS.has(tagged)) return Number(tagged);
  throw new RangeError(`a situation with a value that is none: ${JSON.stringify(tagged)}`);
}

const NUMBERS: ReadonlySet<string> = new Set(['NaN', 'Infinity', '-Infinity', '-0']);

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : {};
}
