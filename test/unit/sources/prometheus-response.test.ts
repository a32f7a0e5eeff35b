import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePrometheusAnswer, type PrometheusSample, readingOf } from '../../../src/sources/prometheus-response.ts';

const NOW = Date.UTC(2026, 0, 1);
const stamp = NOW / 1000;

function answer(body: unknown, more: { status?: number; contentType?: string; contentEncoding?: string } = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return parsePrometheusAnswer({
    status: 200,
    contentType: 'application/json',
    contentEncoding: '',
    ...more,
    body: Buffer.from(text),
  });
}

const success = (data: unknown, more: object = {}) => ({ status: 'success', data, ...more });
const vectorOf = (value: unknown, more: object = {}) =>
  success({ resultType: 'vector', result: [{ metric: { job: 'x' }, value: [stamp, value] }] }, more);

function milliOf(text: string): bigint | string {
  const sample = answer(vectorOf(text));
  return sample.kind === 'sample' ? sample.valueMilli : sample.reason;
}

describe('answers with a sample', () => {
  test('a vector of one and a scalar', () => {
    const sample = { kind: 'sample', valueMilli: 1500n, stampMs: NOW, partial: false };
    expect(answer(vectorOf('1.5'))).toEqual(sample);
    expect(answer(success({ resultType: 'scalar', result: [stamp, '1.5'] }))).toEqual(sample);
    expect(answer(vectorOf('1.5'), { contentType: 'Application/JSON; charset=utf-8' })).toEqual(sample);
    expect(answer(vectorOf('1.5'), { contentEncoding: 'identity' })).toEqual(sample);
  });

  test('B54: warnings, and the flag of VictoriaMetrics, mean partial; infos do not', () => {
    const partial = (more: object) => {
      const sample = answer(vectorOf('1', more));
      return sample.kind === 'sample' && sample.partial;
    };
    expect(partial({ warnings: ['a store is away'] })).toBe(true);
    expect(partial({ warnings: 'a store is away' })).toBe(true);
    expect(partial({ isPartial: true })).toBe(true);
    expect(partial({ warnings: [] })).toBe(false);
    expect(partial({ warnings: null })).toBe(false);
    expect(partial({ isPartial: false, infos: ['rate of a gauge'] })).toBe(false);
  });

  test('unknown fields, labels named like parts of objects, and a histogram beside the value change nothing (B30)', () => {
    const body = `{"status":"success","__proto__":{"status":"error"},"data":{"resultType":"vector","constructor":1,
      "result":[{"metric":{"__proto__":"x","toString":"y"},"value":[${stamp},"2"],"histogram":[1,{}]}]}}`;
    expect(answer(body)).toMatchObject({ valueMilli: 2000n });
    expect(({} as Record<string, unknown>)['status']).toBeUndefined();
  });
});

describe('B55: values by our own grammar, in thousandths, rounded up', () => {
  test.each([
    ['0', 0n],
    ['-0', 0n],
    ['-0.000', 0n],
    ['5', 5000n],
    ['05', 5000n],
    ['1.5', 1500n],
    ['0.001', 1n],
    ['0.0001', 1n],
    ['0.0010000001', 2n],
    ['0.30000000000000004', 301n],
    ['5e-324', 1n],
    [`0.${'0'.repeat(322)}5`, 1n],
    [`1.${'0'.repeat(100)}`, 1000n],
    ['1e3', 1_000_000n],
    ['1.5E+2', 150_000n],
    ['9007199254740993', 9_007_199_254_740_993_000n],
    ['9223372036854775', 9_223_372_036_854_775_000n],
  ])('%s', (text, milli) => {
    expect(milliOf(text)).toBe(milli);
  });

  test.each([
    '1e308',
    '9223372036854776000',
    `1${'0'.repeat(308)}`,
    '1e99999',
    'NaN',
    'nan',
    '+Inf',
    '-Inf',
    'Inf',
    'Infinity',
    '-1',
    '-0.0001',
    '-1e-300',
    '',
    ' ',
    ' 5 ',
    '5 ',
    '0x10',
    '1_000',
    '1,5',
    '٣',
    '１２',
    '5m',
    '5Gi',
    '.5',
    '5.',
    '+5',
    '1e',
    'e5',
    '--5',
    '5\n',
    '1'.repeat(500),
  ])('%j is no value', (text) => {
    expect(milliOf(text)).toBe('BadValue');
  });

  test('any double that Prometheus writes is read, to the next thousandth that is not below it', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 9e12, noNaN: true }), (value) => {
        const text = value.toString();
        expect(milliOf(text)).toBe(nextThousandth(text));
      }),
      // As a product of doubles this one is a thousandth too large.
      { examples: [[8999999999466.96]] },
    );
  });
});

/** By whole numbers alone: a product with 1000 is not exact in doubles. */
function nextThousandth(text: string): bigint {
  const [mantissa = '', exponent = '0'] = text.split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const power = Number(exponent) - fraction.length + 3;
  const digits = BigInt(whole + fraction);
  if (power >= 0) return digits * 10n ** BigInt(power);
  const divisor = 10n ** BigInt(-power);
  return (digits + divisor - 1n) / divisor;
}

describe('answers without one: a named reason', () => {
  const series = { metric: {}, value: [stamp, '1'] };
  test.each([
    ['B49: a number instead of a text', vectorOf(5), 'BadShape'],
    ['B50: null', vectorOf(null), 'BadShape'],
    ['B50: no pair', success({ resultType: 'vector', result: [{ value: [] }] }), 'BadShape'],
    ['B50: half a pair', success({ resultType: 'vector', result: [{ value: [stamp] }] }), 'BadShape'],
    ['B50: three of a pair', success({ resultType: 'vector', result: [{ value: [stamp, '1', '2'] }] }), 'BadShape'],
    [
      'B50: an object instead of a pair',
      success({ resultType: 'vector', result: [{ value: { 0: stamp } }] }),
      'BadShape',
    ],
    [
      'B50: an object instead of a list',
      success({ resultType: 'vector', result: { 0: series, length: 1 } }),
      'BadShape',
    ],
    ['B50: a list in a list', success({ resultType: 'vector', result: [[series]] }), 'BadShape'],
    ['B50: a stamp as text', success({ resultType: 'scalar', result: ['1', '1'] }), 'BadShape'],
    ['B50: value null', success({ resultType: 'vector', result: [{ value: null }] }), 'BadShape'],
    ['B51: a string', success({ resultType: 'string', result: [stamp, '1'] }), 'BadShape'],
    ['B51: a matrix', success({ resultType: 'matrix', result: [{ values: [[stamp, '1']] }] }), 'BadShape'],
    ['B51: no type', success({ result: [series] }), 'BadShape'],
    ['B52: two series', success({ resultType: 'vector', result: [series, series] }), 'TooManySeries'],
    ['a histogram', success({ resultType: 'vector', result: [{ histogram: [stamp, {}] }] }), 'BadShape'],
    ['F32: nothing', success({ resultType: 'vector', result: [] }), 'Empty'],
    ['F32: an empty scalar', success({ resultType: 'scalar', result: [] }), 'BadShape'],
    ['no data', success(undefined), 'BadShape'],
    ['data as a list', success([]), 'BadShape'],
    ['no status', { data: vectorOf('1').data }, 'BadShape'],
    ['B53: an error with 200', { status: 'error', errorType: 'bad_data', error: 'secret' }, 'ErrorAnswer'],
    ['a list', [], 'BadShape'],
    ['a text', '"success"', 'BadShape'],
    ['null', 'null', 'BadShape'],
    ['half a document', '{"status":"succ', 'BadShape'],
    ['two documents', `${JSON.stringify(vectorOf('1'))}{}`, 'BadShape'],
    ['no body', '', 'BadShape'],
  ])('%s', (_, body, reason) => {
    expect(answer(body)).toMatchObject({ kind: 'absent', reason });
  });

  test.each([
    [{ contentType: 'text/html' }, 'BadShape'],
    [{ contentType: '' }, 'BadShape'],
    [{ contentType: 'application/jsonp' }, 'BadShape'],
    [{ contentEncoding: 'gzip' }, 'BadShape'],
    [{ contentEncoding: 'identity, gzip' }, 'BadShape'],
    [{ status: 201 }, 'BadShape'],
    [{ status: 204 }, 'BadShape'],
    [{ status: 206 }, 'BadShape'],
    [{ status: 302 }, 'BadShape'],
    [{ status: 304 }, 'BadShape'],
    [{ status: 400 }, 'ErrorAnswer'],
    [{ status: 401 }, 'ErrorAnswer'],
    [{ status: 403 }, 'ErrorAnswer'],
    [{ status: 404 }, 'ErrorAnswer'],
    [{ status: 503 }, 'ErrorAnswer'],
  ])('a good body with %j: %s', (more, reason) => {
    expect(answer(vectorOf('1'), more)).toMatchObject({ reason });
  });

  test('an error names its class where that is one of the known ones, and nothing else of the answer', () => {
    const message = (errorType: string) => {
      const sample = answer({ status: 'error', errorType, error: 'secret' }, { status: 422 });
      return sample.kind === 'absent' ? sample.message : '';
    };
    expect(message('execution')).toBe('HTTP 422 (execution)');
    expect(message('secret')).toBe('HTTP 422');
    expect(message('constructor')).toBe('HTTP 422');
  });

  test('whatever is sent, the outcome is a sample of at least 0 or an absence in at most 80 characters of our own', () => {
    const nasty = fc.oneof(
      fc.json(),
      fc.string(),
      fc.anything().map((value) => {
        try {
          return JSON.stringify(success({ resultType: 'vector', result: [{ value: [stamp, value] }] }));
        } catch {
          return '{}';
        }
      }),
    );
    fc.assert(
      fc.property(nasty, (body) => {
        const outcome = answer(`SECRET${body}`.slice(body.length % 2 === 0 ? 6 : 0));
        const isOurs = outcome.kind === 'absent' && outcome.message.length <= 80 && !outcome.message.includes('SECRET');
        expect(isOurs || (outcome.kind === 'sample' && outcome.valueMilli >= 0n)).toBe(true);
      }),
    );
  });
});

describe('the time of a reading', () => {
  const times = { askedAtMs: NOW - 100, nowMs: NOW, scrapeIntervalMs: 30_000 };
  const at = (stampMs: number, dataAtMs?: number) => {
    const sample: PrometheusSample = { kind: 'sample', valueMilli: 1n, stampMs, partial: false };
    return readingOf(sample, times, dataAtMs).atMs;
  };

  test('an evaluation just now says nothing of the age of the data', () => {
    expect(at(NOW - 50)).toBeUndefined();
    // Clocks that differ a little.
    expect(at(NOW - 20_000)).toBeUndefined();
    expect(at(NOW + 59_000)).toBeUndefined();
  });

  test('a stamp that is old or in the future is the time of the reading', () => {
    expect(at(NOW - 31_000)).toBe(NOW - 31_000);
    expect(at(NOW - 86_400_000)).toBe(NOW - 86_400_000);
    expect(at(NOW + 61_000)).toBe(NOW + 61_000);
  });

  test('a timestamp query says the age; a bad stamp beside it is not forgotten', () => {
    expect(at(NOW, NOW - 45_000)).toBe(NOW - 45_000);
    expect(at(NOW - 600_000, NOW - 45_000)).toBe(NOW - 600_000);
    expect(at(NOW - 600_000, NOW - 900_000)).toBe(NOW - 900_000);
    expect(at(NOW - 600_000, NOW + 900_000)).toBe(NOW + 900_000);
    expect(at(NOW + 600_000, NOW - 45_000)).toBe(NOW + 600_000);
  });

  test('carries the scrape interval and whether it is partial', () => {
    const sample: PrometheusSample = { kind: 'sample', valueMilli: 7n, stampMs: NOW, partial: true };
    expect(readingOf(sample, times)).toEqual({
      kind: 'value',
      valueMilli: 7n,
      atMs: undefined,
      scrapeIntervalMs: 30_000,
      partial: true,
    });
  });
});
