import { describe, expect, test } from 'vitest';
import { parsePodMetrics, samplesOf } from '../../../src/sources/pod-metrics-response.ts';

const AT = '2026-01-01T00:00:00Z';
const AT_MS = Date.UTC(2026, 0, 1);

function pod(name: string, containers: unknown, more: object = {}) {
  return { metadata: { name, namespace: 'shop' }, timestamp: AT, window: '15.5s', containers, ...more };
}
const container = (cpu: unknown, name = 'app') => ({ name, usage: { cpu, memory: '1Mi' } });

function samples(items: readonly unknown[], names: readonly string[], resource = 'cpu', of?: string) {
  const result = samplesOf(parsePodMetrics({ kind: 'PodMetricsList', items }, 'shop'), new Set(names), resource, of);
  if ('kind' in result) return `${result.reason}: ${result.message}`;
  return Object.fromEntries([...result].map(([name, sample]) => [name, sample.valueMilli]));
}

const NOTHING = 'Empty: no metrics returned from resource metrics API';

describe('samples of pods', () => {
  test('a sample is the sum over all containers, sidecars too, with its time and window', () => {
    const usage = parsePodMetrics({ items: [pod('a', [container('100m'), container('250500001n', 'proxy')])] }, 'shop');
    expect(samplesOf(usage, new Set(['a']), 'cpu', undefined)).toEqual(
      new Map([['a', { valueMilli: 351n, atMs: AT_MS, windowMs: 15_500 }]]),
    );
  });

  test('only pods asked for count, and a list without any of them has the text of the HPA', () => {
    const items = [pod('a', [container('1')]), pod('other', [container('2')])];
    expect(samples(items, ['a', 'b'])).toEqual({ a: 1000n });
    expect(samples(items, ['b'])).toBe(NOTHING);
    expect(samples([], ['a'])).toBe(NOTHING);
    expect(samples(items, [])).toBe(NOTHING);
  });

  test('a pod with a container that lacks the resource has no metric, but is in the list', () => {
    const items = [
      pod('a', [container('1'), { name: 'proxy', usage: { memory: '5' } }]),
      pod('b', []),
      pod('c', [container('1')]),
    ];
    expect(samples(items, ['a', 'b', 'c'])).toEqual({ c: 1000n });
    expect(samples(items, ['a', 'b'])).toEqual({});
    expect(samples(items, ['a'], 'memory')).toEqual({ a: 1_048_581_000n });
  });

  test('ContainerResource takes that container alone; a pod without it has no metric', () => {
    const items = [pod('a', [container('1'), container('2', 'proxy')]), pod('b', [container('3')])];
    expect(samples(items, ['a', 'b'], 'cpu', 'proxy')).toEqual({ a: 2000n });
    expect(samples(items, ['a', 'b'], 'cpu', 'app')).toEqual({ a: 1000n, b: 3000n });
    expect(samples(items, ['a'], 'cpu', 'none')).toEqual({});
  });

  test('a value of zero is a value', () => {
    expect(samples([pod('a', [container('0')])], ['a'])).toEqual({ a: 0n });
  });
});

describe('bad items cost themselves alone', () => {
  const good = pod('good', [container('1')]);

  test.each(['', 'abc', '9999999999999999Ei', '-5m', ' 5', '5 m', null, 5, {}, '1'.repeat(100)])(
    'B41: a quantity %j is as if missing',
    (quantity) => {
      expect(samples([pod('bad', [container('1'), container(quantity, 'x')]), good], ['bad', 'good'])).toEqual({
        good: 1000n,
      });
    },
  );

  test('B41: a quantity far below a thousandth is rounded up, as the HPA does', () => {
    expect(samples([pod('a', [container('1e-400')])], ['a'])).toEqual({ a: 1n });
  });

  test('B42: of two items with one name the first counts, items of other namespaces do not', () => {
    const foreign = { ...pod('good', [container('7')]), metadata: { name: 'good', namespace: 'bank' } };
    const stray = { ...pod('b', [container('7')]), metadata: { name: 'b' } };
    expect(samples([foreign, good, pod('good', [container('9')]), stray], ['good', 'b'])).toEqual({ good: 1000n });
  });

  test('B43: a pod that is gone is ignored', () => {
    expect(samples([pod('deleted', [container('9')]), good], ['good'])).toEqual({ good: 1000n });
  });

  test.each([
    undefined,
    null,
    '',
    'yesterday',
    '1',
    1_767_225_600,
    '2026-01-01',
    '2026-01-01 00:00:00Z',
    '2026-99-99T00:00:00Z',
  ])('B44: without a usable time (%j) a pod has no metric', (timestamp) => {
    expect(samples([pod('bad', [container('1')], { timestamp }), good], ['bad', 'good'])).toEqual({ good: 1000n });
  });

  test('B44: 1970 and the future keep their time, so that the guard for stale samples sees it', () => {
    const read = (timestamp: string) => {
      const usage = parsePodMetrics({ items: [pod('a', [container('1')], { timestamp })] }, 'shop');
      const result = samplesOf(usage, new Set(['a']), 'cpu', undefined);
      return 'kind' in result ? undefined : result.get('a')?.atMs;
    };
    expect(read('1970-01-01T00:00:00Z')).toBe(0);
    expect(read('2026-01-01T01:00:00.123456789+00:00')).toBe(AT_MS + 3_600_123);
  });

  test.each([undefined, '0s', '', 'soon', -5, '-15s'])('B45: a window %j is taken as none', (window) => {
    const usage = parsePodMetrics({ items: [pod('a', [container('1')], { window })] }, 'shop');
    const result = samplesOf(usage, new Set(['a']), 'cpu', undefined);
    expect('kind' in result ? undefined : result.get('a')).toEqual({ valueMilli: 1000n, atMs: AT_MS, windowMs: 0 });
  });

  test.each([[null], [5], ['x'], [[]], [{}], [{ metadata: null }], [{ metadata: { name: 5, namespace: 'shop' } }]])(
    'an item %j is skipped',
    (item) => {
      expect(samples([item, good], ['good'])).toEqual({ good: 1000n });
    },
  );

  test.each([[null], ['x'], [{}], [{ name: 'x' }], [{ name: 'x', usage: null }], [{ name: 'x', usage: ['1'] }]])(
    'a container %j lacks every resource',
    (bad) => {
      expect(samples([pod('bad', [container('1'), bad]), good], ['bad', 'good'])).toEqual({ good: 1000n });
    },
  );

  test('containers that are no list: the pod has no metric', () => {
    expect(samples([pod('bad', { 0: container('1') }), good], ['bad', 'good'])).toEqual({ good: 1000n });
  });

  test('B30: names of object parts are names', () => {
    const items = JSON.parse(
      `[{"metadata":{"name":"__proto__","namespace":"shop"},"timestamp":"${AT}","containers":[{"name":"constructor","usage":{"__proto__":"1","toString":"2"}}]}]`,
    ) as unknown[];
    expect(samples(items, ['toString', 'constructor'])).toBe(NOTHING);
    expect(samplesOf(parsePodMetrics({ items }, 'shop'), new Set(['__proto__']), 'toString', 'constructor')).toEqual(
      new Map([['__proto__', { valueMilli: 2000n, atMs: AT_MS, windowMs: 0 }]]),
    );
    expect(samplesOf(parsePodMetrics({ items }, 'shop'), new Set(['__proto__']), 'hasOwnProperty', undefined)).toEqual(
      new Map(),
    );
  });
});

describe('bodies that are no list', () => {
  test.each([undefined, null, 'text', 5, [], {}, { items: 'x' }, { items: {} }, { kind: 'Status', status: 'Failure' }])(
    '%j is BadShape',
    (body) => {
      expect(parsePodMetrics(body, 'shop')).toMatchObject({ reason: 'BadShape' });
    },
  );

  test('items null is an empty list, as Go writes it', () => {
    expect(parsePodMetrics({ items: null }, 'shop')).toEqual(new Map());
  });
});
