// What an answer to a Prometheus instant query means: one value with its stamp, or absence with a reason. Pure. Reads by name and
// at fixed depth, and shows none of the answer's bytes. How the answer is fetched is prometheus.ts.
import { parseQuantityMilli } from '../base/quantity.ts';
import type { AbsentReading, ValueReading } from '../decide/types.ts';
import { absent, isAbsent } from './absence.ts';

/** An HTTP answer as it came, undecoded. */
export interface HttpAnswer {
  readonly status: number;
  /** Empty when the header is missing. */
  readonly contentType: string;
  readonly contentEncoding: string;
  readonly body: Uint8Array;
}

/** One sample of an instant query. */
export interface PrometheusSample {
  readonly kind: 'sample';
  /** Thousandths, rounded up. Never negative. */
  readonly valueMilli: bigint;
  /** The answer's own stamp: the time of evaluation, by the server's clock. */
  readonly stampMs: number;
  /** The server warned, or called its answer partial. */
  readonly partial: boolean;
}

/** Classes of errors that Prometheus and its kin name: a closed list, so that naming one shows nothing of the answer. */
const ERROR_TYPES: ReadonlySet<unknown> = new Set([
  'bad_data',
  'execution',
  'timeout',
  'canceled',
  'internal',
  'unavailable',
  'not_found',
  'not_acceptable',
]);

/** Prometheus never writes more; a minus is read so that it can be called negative. */
const DECIMAL = /^(-?)([0-9]{1,400})(?:\.([0-9]{1,400}))?(?:[eE]([+-]?[0-9]{1,4}))?$/;
/** Digits after the point that can matter: far below a thousandth, what counts is only whether anything is there. */
const FRACTION_DIGITS = 24;

type Fields = Readonly<Record<string, unknown>>;

/** The sample in an answer, or why there is none. */
export function parsePrometheusAnswer(answer: HttpAnswer): PrometheusSample | AbsentReading {
  if (answer.status !== 200) return errorStatus(answer);
  const document = decode(answer);
  if (typeof document === 'string') return absent('BadShape', document);
  if (document['status'] === 'error') return absent('ErrorAnswer', `the query failed${errorType(document)}`);
  if (document['status'] !== 'success') return absent('BadShape', 'the answer has no status');
  const data = document['data'];
  if (!isFields(data)) return absent('BadShape', 'the answer has no data');
  const pair = pairOf(data);
  return isAbsent(pair) ? pair : sampleOf(pair, isPartial(document));
}

/** The errorType of an error document, where it is one of those known; empty otherwise. */
export function knownErrorType(answer: HttpAnswer): string {
  const document = decode(answer);
  if (typeof document === 'string' || !ERROR_TYPES.has(document['errorType'])) return '';
  return String(document['errorType']);
}

function errorStatus(answer: HttpAnswer): AbsentReading {
  const { status } = answer;
  if (status >= 300 && status < 400) return absent('BadShape', `HTTP ${status}, a redirect: it is not followed`);
  if (status < 400) return absent('BadShape', `HTTP ${status} instead of 200`);
  if (status === 401 || status === 403) return absent('ErrorAnswer', `HTTP ${status}: the credentials are refused`);
  const type = knownErrorType(answer);
  return absent('ErrorAnswer', type === '' ? `HTTP ${status}` : `HTTP ${status} (${type})`);
}

function errorType(document: Fields): string {
  return ERROR_TYPES.has(document['errorType']) ? ` (${String(document['errorType'])})` : '';
}

/** The document as fields, or what is wrong with it. */
function decode(answer: HttpAnswer): Fields | string {
  const encoding = answer.contentEncoding.trim().toLowerCase();
  if (encoding !== '' && encoding !== 'identity') return 'the answer is compressed, which was not asked for';
  if (!/^application\/json\s*(?:;|$)/i.test(answer.contentType)) return 'the answer is not JSON by its content type';
  let document: unknown;
  try {
    // Strict: a byte order mark, UTF-16 and broken UTF-8 are refused rather than guessed at.
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(answer.body);
    document = JSON.parse(text);
  } catch {
    return 'the answer is not valid JSON';
  }
  return isFields(document) ? document : 'the answer is not a JSON object';
}

/** Warnings of Prometheus and Thanos (infos are harmless), or the flag of VictoriaMetrics. */
function isPartial(document: Fields): boolean {
  const { warnings } = document;
  const warned = Array.isArray(warnings) ? warnings.length > 0 : warnings !== undefined && warnings !== null;
  return warned || document['isPartial'] === true;
}

/** The [time, value] pair of a scalar, or of a vector of one. */
function pairOf(data: Fields): readonly unknown[] | AbsentReading {
  const { resultType, result } = data;
  if (resultType !== 'scalar' && resultType !== 'vector') {
    return absent('BadShape', 'the result is neither a scalar nor a vector: ask for one number');
  }
  if (!Array.isArray(result)) return absent('BadShape', 'the result is not a list');
  const items: readonly unknown[] = result;
  if (resultType === 'scalar') return items;
  if (items.length === 0) return absent('Empty', 'the query gave no sample');
  if (items.length > 1) return absent('TooManySeries', 'the query gave several series: aggregate them to one');
  const [series] = items;
  if (!isFields(series)) return absent('BadShape', 'the sample is not an object');
  if (!('value' in series) && 'histogram' in series) {
    return absent('BadShape', 'the sample is a histogram: ask for one number, such as a quantile');
  }
  const pair = series['value'];
  return Array.isArray(pair) ? (pair as readonly unknown[]) : absent('BadShape', 'the sample has no value');
}

function sampleOf(pair: readonly unknown[], partial: boolean): PrometheusSample | AbsentReading {
  const [stamp, text] = pair;
  if (pair.length !== 2 || typeof stamp !== 'number' || !Number.isFinite(stamp) || typeof text !== 'string') {
    return absent('BadShape', 'the sample is not a pair of time and text');
  }
  const value = parseValueMilli(text);
  if (typeof value === 'string') return absent('BadValue', value);
  return { kind: 'sample', valueMilli: value, stampMs: Math.round(stamp * 1000), partial };
}

/** Thousandths of a value as Prometheus writes it, rounded up; or what is wrong with it. */
function parseValueMilli(text: string): bigint | string {
  if (text === 'NaN') return 'the value is NaN: nothing was measured, or 0 was divided by 0';
  if (text === '+Inf' || text === '-Inf') return 'the value is infinite: something was divided by 0';
  const match = DECIMAL.exec(text);
  if (!match) return 'the value is no decimal number';
  const [, sign, whole = '', fraction = '', exponent] = match;
  if (sign === '-' && /[1-9]/.test(whole + fraction)) return 'the value is negative';
  const shortened = shortenFraction(fraction);
  const digits = whole.replace(/^0+(?=[0-9])/, '');
  const milli = parseQuantityMilli(`${digits}.${shortened}${exponent === undefined ? '' : `e${exponent}`}`);
  return milli ?? 'the value is too large to be counted';
}

/** Cuts what is far below a thousandth, but leaves a trace of it, since values are rounded up. */
function shortenFraction(fraction: string): string {
  if (fraction.length <= FRACTION_DIGITS) return fraction;
  const kept = fraction.slice(0, FRACTION_DIGITS);
  return /[1-9]/.test(fraction.slice(FRACTION_DIGITS)) ? `${kept}1` : kept;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export interface ReadingTimes {
  /** Wall clock when the request was sent. */
  readonly askedAtMs: number;
  /** Wall clock now. */
  readonly nowMs: number;
  readonly scrapeIntervalMs: number;
}

/** Clocks of a cluster agree within this; an answer stamped earlier was made earlier, and kept by a proxy. */
const OLD_MS = 30_000;
/** From here on the guard StaleSample calls a stamp one of the future. */
const FUTURE_MS = 60_000;

/**
 * The reading of a sample. Prometheus stamps the time of evaluation, which says nothing of the data's age, so the time is left
 * open; but a stamp that cannot be that of an evaluation just now (a caching proxy, a wrong clock) is the reading's time, and the
 * decision judges it. `dataAtMs` is the answer to a timestamp query, where there is one.
 */
export function readingOf(sample: PrometheusSample, times: ReadingTimes, dataAtMs?: number): ValueReading {
  const isOdd = sample.stampMs < times.askedAtMs - OLD_MS || sample.stampMs > times.nowMs + FUTURE_MS;
  return Object.freeze({
    kind: 'value',
    valueMilli: sample.valueMilli,
    atMs: isOdd ? oddTime(sample.stampMs, dataAtMs, times.nowMs) : dataAtMs,
    scrapeIntervalMs: times.scrapeIntervalMs,
    partial: sample.partial,
  });
}

/** Of two times that both speak against the answer, the one that speaks louder: the future first, then the older. */
function oddTime(stampMs: number, dataAtMs: number | undefined, nowMs: number): number {
  if (dataAtMs === undefined || stampMs > nowMs) return stampMs;
  return dataAtMs > nowMs + FUTURE_MS ? dataAtMs : Math.min(stampMs, dataAtMs);
}
