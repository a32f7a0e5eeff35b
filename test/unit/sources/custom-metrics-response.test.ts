import { describe, expect, test } from 'vitest';
import { objectReadingOf, parseMetricValues, podsReadingOf } from '../../../src/sources/custom-metrics-response.ts';

const AT = '2026-01-01T00:00:00Z';
const AT_MS = Date.UTC(2026, 0, 1);
const ZERO_TIME_MS = -62_135_596_800_000;

/** A value of a pod as v1beta2 adapters write it. */
function value(name: string, quantity: unknown, more: object = {}) {
  return {
    describedObject: { kind: 'Pod', namespace: 'shop', name, apiVersion: '/v1' },
    metric: { name: 'rps', selector: null },
    timestamp: AT,
    value: quantity,
    ...more,
  };
}

function parsed(items: unknown) {
  const values = parseMetricValues({ kind: 'MetricValueList', apiVersion: 'custom.metrics.k8s.io/v1beta2', items });
  if ('kind' in values) throw new Error(values.message);
  return values;
}

function samples(items: readonly unknown[], names: readonly string[]) {
  const reading = podsReadingOf(parsed(items), 'shop', new Set(names));
  if (reading.kind === 'absent') return `${reading.reason}: ${reading.message}`;
  return Object.fromEntries([...reading.samples].map(([name, sample]) => [name, sample.valueMilli]));
}

const object = (items: readonly unknown[]) => objectReadingOf(parsed(items));
const NOTHING = 'Empty: no metrics returned from custom metrics API';

describe('samples of pods', () => {
  test('each pod has its value in thousandths, its time and its window', () => {
    const items = [value('a', '250500001n', { windowSeconds: 30 }), value('b', '2k')];
    expect(podsReadingOf(parsed(items), 'shop', new Set(['a', 'b']))).toEqual({
      kind: 'pods',
      samples: new Map([
        ['a', { valueMilli: 251n, atMs: AT_MS, windowMs: 30_000 }],
        ['b', { valueMilli: 2_000_000n, atMs: AT_MS, windowMs: 60_000 }],
      ]),
    });
  });

  test('v1beta1 calls the window `window`', () => {
    const item = { ...value('a', '5'), metric: undefined, metricName: 'rps', window: 15 };
    expect(parsed([item])[0]?.sample?.windowMs).toBe(15_000);
  });

  test('a list without any pod that was asked for has the text of the HPA', () => {
    expect(samples([value('a', '1')], ['a', 'b'])).toEqual({ a: 1000n });
    expect(samples([value('a', '1')], ['b'])).toBe(NOTHING);
    expect(samples([], ['b'])).toBe(NOTHING);
    expect(podsReadingOf(parsed(null), 'shop', new Set(['a']))).toMatchObject({ reason: 'Empty' });
  });

  test('a value of zero is a value, and a number stands for its digits', () => {
    expect(samples([value('a', '0'), value('b', 1.5)], ['a', 'b'])).toEqual({ a: 0n, b: 1500n });
  });
});

describe('bad values cost themselves alone', () => {
  const good = value('good', '1');

  test.each(['', 'abc', '9999999999999999Ei', '-5m', ' 5', null, undefined, {}, [], '1'.repeat(100), -3, true])(
    'B41: a value %j is as if missing, never zero',
    (quantity) => {
      expect(samples([value('bad', quantity), good], ['bad', 'good'])).toEqual({ good: 1000n });
      expect(samples([value('bad', quantity)], ['bad'])).toBe('BadValue: no pod has a value that can be read');
      expect(object([value('bad', quantity)])).toMatchObject({ kind: 'absent', reason: 'BadValue' });
    },
  );

  test('B41: a value far below a thousandth is rounded up, as the HPA does', () => {
    expect(samples([value('a', '1e-400')], ['a'])).toEqual({ a: 1n });
  });

  test('B42: of two values of one pod the first that can be read counts, values of other namespaces do not', () => {
    const foreign = value('good', '7', { describedObject: { kind: 'Pod', namespace: 'bank', name: 'good' } });
    const unsaid = value('b', '3', { describedObject: { kind: 'Pod', name: 'b' } });
    expect(samples([foreign, value('good', 'x'), good, value('good', '9'), unsaid], ['good', 'b'])).toEqual({
      good: 1000n,
      b: 3000n,
    });
  });

  test('B43: a pod that is gone is ignored', () => {
    expect(samples([value('gone', '100'), good], ['good'])).toEqual({ good: 1000n });
  });

  test.each(['yesterday', 1_767_225_600, '2026-01-01', {}])(
    'B44: without a usable time (%j) a value is none',
    (timestamp) => {
      expect(samples([value('bad', '1', { timestamp }), good], ['bad', 'good'])).toEqual({ good: 1000n });
      expect(object([value('bad', '1', { timestamp })])).toMatchObject({ kind: 'absent', reason: 'BadValue' });
    },
  );

  test.each([undefined, null])(
    'B44: a time that is left out (%j) is the HPA’s zero time, old enough for the guard',
    (timestamp) => {
      expect(object([value('a', '1', { timestamp })])).toMatchObject({ kind: 'value', atMs: ZERO_TIME_MS });
      expect(parsed([value('a', '1', { timestamp })])[0]?.sample?.atMs).toBe(ZERO_TIME_MS);
    },
  );

  test('B44: 1970 and the future keep their time, so that the guard for stale samples sees it', () => {
    expect(object([value('a', '1', { timestamp: '1970-01-01T00:00:00Z' })])).toMatchObject({ atMs: 0 });
    expect(object([value('a', '1', { timestamp: '2026-01-01T01:00:00Z' })])).toMatchObject({ atMs: AT_MS + 3_600_000 });
  });

  test.each([undefined, null, '15s', -5, Number.NaN])(
    'B45: a window %j is the minute that the HPA takes',
    (windowSeconds) => {
      expect(parsed([value('a', '1', { windowSeconds })])[0]?.sample?.windowMs).toBe(60_000);
    },
  );
  test('B45: a window of zero is accepted', () => {
    expect(parsed([value('a', '1', { windowSeconds: 0 })])[0]?.sample?.windowMs).toBe(0);
  });

  test.each([null, 7, 'x', [], {}, { describedObject: 'a' }, { describedObject: { name: 7 } }])(
    'an item %j is nobody’s value',
    (item) => {
      expect(samples([item, good], ['good', ''])).toEqual({ good: 1000n });
    },
  );
});

describe('the value of an object', () => {
  test('is the one in the list, with its time', () => {
    expect(object([value('web', '12345m')])).toEqual({
      kind: 'value',
      valueMilli: 12_345n,
      atMs: AT_MS,
      scrapeIntervalMs: undefined,
      partial: false,
    });
  });

  test('of none, or of two, is none, in the words of the HPA', () => {
    const words = (count: number) =>
      `the custom metrics API server returned ${count} results when we asked for exactly one`;
    expect(object([])).toEqual({ kind: 'absent', reason: 'Empty', message: words(0) });
    const two = object([value('web', '1'), value('web', '1')]);
    expect(two).toEqual({ kind: 'absent', reason: 'TooManySeries', message: words(2) });
  });
});

test.each([
  null,
  'x',
  7,
  [],
  {},
  { items: 7 },
  { kind: 'Status', status: 'Failure', items: [] },
  { kind: 'MetricValue', value: '5' },
  { kind: 'PodMetricsList', items: [] },
])('%j is no list of values', (body) => {
  expect(parseMetricValues(body)).toEqual({
    kind: 'absent',
    reason: 'BadShape',
    message: 'the answer is no MetricValueList',
  });
});
