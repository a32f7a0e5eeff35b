// Kubernetes quantities on BigInt: text to thousandths and back, with the API machinery's rounding (never to nearest, always
// away from zero). Knows nothing of what a quantity is used for; bounds and signs are the caller's business.

/** Longer texts are refused unread: no sane quantity needs more, and BigInt work grows with length. */
const MAX_LENGTH = 64;
/** A mantissa of at most 64 digits times ten to this power is beyond int64, or below a billionth, whatever its digits. */
const EXPONENT_LIMIT = 150;
const MAX_INT64 = 2n ** 63n - 1n;
const NANO_PER_MILLI = 1_000_000n;

const GRAMMAR = /^([+-]?)([0-9]*)(?:\.([0-9]*))?(?:([KMGTPE]i)|([eE][+-]?[0-9]+)|([numkMGTPE]))?$/;

const DECIMAL_EXPONENTS: ReadonlyMap<string, number> = new Map([
  ['n', -9],
  ['u', -6],
  ['m', -3],
  ['k', 3],
  ['M', 6],
  ['G', 9],
  ['T', 12],
  ['P', 15],
  ['E', 18],
]);
const BINARY_EXPONENTS: ReadonlyMap<string, bigint> = new Map([
  ['Ki', 10n],
  ['Mi', 20n],
  ['Gi', 30n],
  ['Ti', 40n],
  ['Pi', 50n],
  ['Ei', 60n],
]);
/** What a metrics API writes nearly always: whole numbers in these units, each so many thousandths as `times / over` says. */
const PLAIN_UNITS: ReadonlyMap<string, { readonly times: number; readonly over: number }> = new Map([
  ['n', { times: 1, over: 1_000_000 }],
  ['u', { times: 1, over: 1000 }],
  ['m', { times: 1, over: 1 }],
  ['', { times: 1000, over: 1 }],
  ['Ki', { times: 1_024_000, over: 1 }],
]);
const CODE_OF_0 = 48;
const CODE_OF_9 = 57;
/** Suffixes of the canonical decimal form, by powers of a thousand above one. */
const CANONICAL_SUFFIXES = ['', 'k', 'M', 'G', 'T', 'P', 'E'] as const;

/**
 * Thousandths of a quantity such as `250m`, `1.5Gi`, `1e3` or `2`, rounded up (away from zero) to a whole thousandth.
 * Undefined when the text is no quantity, is longer than 64 characters, or does not fit into a signed 64-bit count of
 * thousandths.
 */
export function parseQuantityMilli(text: string): bigint | undefined {
  const plain = parsePlainMilli(text);
  if (plain !== undefined) return plain;
  const nano = parseNano(text);
  if (nano === undefined) return undefined;
  const milli = divideAwayFromZero(nano, NANO_PER_MILLI);
  return milli > MAX_INT64 || milli < -MAX_INT64 ? undefined : milli;
}

/** As `parseQuantityMilli`, but what does not fit becomes the nearest bound, plus or minus 2^63-1. */
export function parseQuantityMilliClamped(text: string): bigint | undefined {
  const nano = parseNano(text);
  if (nano === undefined) return undefined;
  const milli = divideAwayFromZero(nano, NANO_PER_MILLI);
  if (milli > MAX_INT64) return MAX_INT64;
  return milli < -MAX_INT64 ? -MAX_INT64 : milli;
}

/** Thousandths in the canonical decimal form: `500m`, `2`, `1500m`, `3k`. */
export function formatMilli(milli: bigint): string {
  if (milli % 1000n !== 0n) return `${milli}m`;
  let value = milli / 1000n;
  let power = 0;
  while (value !== 0n && value % 1000n === 0n && power < CANONICAL_SUFFIXES.length - 1) {
    value /= 1000n;
    power++;
  }
  return `${value}${CANONICAL_SUFFIXES[power]}`;
}

/**
 * The double that the HPA compares with for a tolerance written as a quantity: a whole number in the coarsest unit of one, milli,
 * micro and nano that holds it, times that unit by one multiplication. `0.1` gives 100 * 0.001, which need not be the
 * double 0.1. Undefined when the text is no quantity.
 */
export function toleranceOf(text: string): number | undefined {
  const nano = parseNano(text);
  if (nano === undefined) return undefined;
  if (nano % 1_000_000_000n === 0n) return Number(nano / 1_000_000_000n);
  if (nano % 1_000_000n === 0n) return Number(nano / 1_000_000n) * 1e-3;
  if (nano % 1000n === 0n) return Number(nano / 1000n) * 1e-6;
  return Number(nano) * 1e-9;
}

/** As `parseQuantityMilli`, of texts such as `123456n`, `250m` or `2` that doubles count exactly; undefined for all others. */
function parsePlainMilli(text: string): bigint | undefined {
  let digits = 0;
  let length = 0;
  for (let code = text.charCodeAt(0); code >= CODE_OF_0 && code <= CODE_OF_9; code = text.charCodeAt(length)) {
    digits = digits * 10 + (code - CODE_OF_0);
    length += 1;
  }
  const unit = PLAIN_UNITS.get(text.slice(length));
  if (length === 0 || text.length > MAX_LENGTH || unit === undefined) return undefined;
  const product = digits * unit.times;
  return Number.isSafeInteger(product) ? BigInt(Math.ceil(product / unit.over)) : undefined;
}

/** Billionths, rounded away from zero: the finest that the API machinery keeps. */
function parseNano(text: string): bigint | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const match = GRAMMAR.exec(text);
  if (!match) return undefined;
  const [, sign, whole = '', fraction = '', binary, exponent, suffix] = match;
  if (whole === '' && fraction === '') return undefined;
  const digits = BigInt(whole + fraction);
  const magnitude =
    binary === undefined
      ? scaleByTen(digits, decimalExponent(exponent, suffix) - fraction.length + 9)
      : scaleByTen(digits << (BINARY_EXPONENTS.get(binary) ?? 0n), 9 - fraction.length);
  return sign === '-' ? -magnitude : magnitude;
}

function decimalExponent(exponent: string | undefined, suffix: string | undefined): number {
  if (exponent !== undefined) return Number(exponent.slice(1));
  return suffix === undefined ? 0 : (DECIMAL_EXPONENTS.get(suffix) ?? 0);
}

function scaleByTen(digits: bigint, exponent: number): bigint {
  if (digits === 0n) return 0n;
  const bounded = Math.max(-EXPONENT_LIMIT, Math.min(EXPONENT_LIMIT, exponent));
  return bounded >= 0 ? digits * 10n ** BigInt(bounded) : divideAwayFromZero(digits, 10n ** BigInt(-bounded));
}

function divideAwayFromZero(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  if (value % divisor === 0n) return quotient;
  return value < 0n ? quotient - 1n : quotient + 1n;
}
