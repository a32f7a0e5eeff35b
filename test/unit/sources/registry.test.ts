import { describe, expect, test } from 'vitest';
import type { ContainerResourceMetric, Metric, PrometheusMetric, ResourceMetric } from '../../../src/api/spec.ts';
import { ApiStatusError, SetpointError } from '../../../src/base/errors.ts';
import type { LogFields, Logger } from '../../../src/base/logger.ts';
import { SourceRegistry } from '../../../src/sources/registry.ts';
import { SourceSet } from '../../../src/sources/source-set.ts';
import type { ReadContext } from '../../../src/sources/source.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const never = new AbortController().signal;
const base = {
  name: 'm',
  target: { type: 'AverageValue', averageValueMilli: 100n },
  maxAgeSeconds: 180,
  direction: 'Both',
} as const;
const cpu: ResourceMetric = { ...base, type: 'Resource', resource: 'cpu' };
const proxy: ContainerResourceMetric = { ...base, type: 'ContainerResource', resource: 'cpu', container: 'proxy' };
const rps: PrometheusMetric = { ...base, type: 'Prometheus', query: 'rate(x[1m])', source: 'mimir' };

const nobody = {
  custom: { get: () => Promise.reject(new Error('not asked')) },
  external: { list: () => Promise.reject(new Error('not asked')) },
};

async function setUp(list: (namespace: string, signal: AbortSignal) => Promise<unknown>, prometheusUrl?: string) {
  const clock = new FakeClock();
  const lines: { message: string; fields: LogFields | undefined }[] = [];
  const log = (message: string, fields?: LogFields) => void lines.push({ message, fields });
  const logger: Logger = { debug: log, info: log, warn: log, error: log, with: () => logger };
  const seen: string[] = [];
  const ports = {
    clock,
    random: () => 1,
    logger,
    observer: {
      sourceRequest: (source: string, _ms: number, absence?: string) => seen.push(`${source} ${absence ?? 'ok'}`),
    },
  };
  const requests: string[] = [];
  const client = {
    list: (namespace: string, signal: AbortSignal) => {
      requests.push(namespace);
      return list(namespace, signal);
    },
  };
  const sources = new SourceSet({ prometheusUrl, configFile: undefined }, undefined, ports);
  await sources.load();
  const clients = { pods: client, custom: nobody.custom, external: nobody.external };
  const registry = new SourceRegistry(clients, sources, ports);
  const read = (metric: Metric, more: Partial<ReadContext> = {}) => {
    const context = {
      namespace: 'shop',
      name: 'web',
      podNames: new Set(['web-1']),
      selector: '',
      tickMs: clock.now(),
      ...more,
    };
    return registry.read(metric, context, never);
  };
  return { clock, registry, read, requests, lines, seen };
}

const podOf = (name: string, namespace: string) => ({
  metadata: { name, namespace },
  timestamp: '2026-01-01T00:00:00Z',
  window: '15s',
  containers: [
    { name: 'app', usage: { cpu: '100m', memory: '1Gi' } },
    { name: 'proxy', usage: { cpu: '20m', memory: '1Mi' } },
  ],
});
const listOf = async (namespace: string) => ({
  items: ['web-1', 'web-2', 'api-1'].map((name) => podOf(name, namespace)),
});

describe('pod metrics', () => {
  test('one list per namespace and tick serves all targets and all metrics of it', async () => {
    const { clock, read, requests, seen } = await setUp(listOf);
    for (let tick = 0; tick < 10; tick++) {
      const reads = ['shop', 'bank'].flatMap((namespace) =>
        ['web-1', 'web-2', 'api-1'].flatMap((pod) =>
          [cpu, proxy, { ...cpu, resource: 'memory' }].map((metric) =>
            read(metric, { namespace, podNames: new Set([pod]) }),
          ),
        ),
      );
      const readings = await Promise.all(reads);
      expect(readings.map((reading) => reading.kind)).toEqual(Array.from({ length: 18 }, () => 'pods'));
      await clock.advance(15_000);
    }
    expect(requests).toHaveLength(20);
    expect(seen).toEqual(Array.from({ length: 20 }, () => 'metrics.k8s.io ok'));
  });

  test('Resource sums, ContainerResource picks', async () => {
    const { read } = await setUp(listOf);
    const value = async (metric: Metric) => {
      const reading = await read(metric);
      return reading.kind === 'pods' ? reading.samples.get('web-1')?.valueMilli : undefined;
    };
    expect(await value(cpu)).toBe(120n);
    expect(await value(proxy)).toBe(20n);
  });

  test('a good list without any of the pods has the text of the HPA', async () => {
    const { read } = await setUp(listOf);
    expect(await read(cpu, { podNames: new Set(['other']) })).toEqual({
      kind: 'absent',
      reason: 'Empty',
      message: 'no metrics returned from resource metrics API',
    });
  });

  test.each([
    [
      new ApiStatusError(404, 'NotFound', 'secret'),
      'ErrorAnswer',
      'HTTP 404: the cluster has no metrics API, install metrics-server',
    ],
    [
      new ApiStatusError(403, 'Forbidden', 'secret'),
      'ErrorAnswer',
      'HTTP 403: this controller may not list pods of metrics.k8s.io',
    ],
    [new ApiStatusError(503, '', 'secret'), 'ErrorAnswer', 'HTTP 503: the metrics server is not available'],
    [new ApiStatusError(500, '', 'secret'), 'ErrorAnswer', 'HTTP 500'],
    [new SetpointError('Network', 'secret'), 'Unreachable', 'the API server could not be reached'],
    [new SetpointError('Deadline', 'secret'), 'Timeout', 'no complete answer in time'],
    [new SetpointError('BadAnswer', 'secret'), 'BadShape', 'the answer is not valid JSON'],
    [new SetpointError('Cancelled', 'secret'), 'Timeout', 'the read was called off'],
  ])('%s', async (failure, reason, message) => {
    const { read, requests } = await setUp(async () => {
      throw failure;
    });
    // The HPA's words before it are said once, where the decision tells of it.
    expect(await read(cpu)).toEqual({ kind: 'absent', reason, message });
    await read(cpu);
    expect(requests).toHaveLength(1);
  });

  test('F29: a metrics API that is down for ten minutes is asked rarely, and found again within two periods', async () => {
    let isDown = true;
    const { clock, read, requests } = await setUp((namespace) =>
      isDown ? Promise.reject(new ApiStatusError(503, '', '')) : listOf(namespace),
    );
    for (let tick = 0; tick < 40; tick++) {
      for (const namespace of ['a', 'b', 'c', 'd', 'e']) expect((await read(cpu, { namespace })).kind).toBe('absent');
      await clock.advance(15_000);
    }
    // 200 without the breaker.
    expect(requests.length).toBeLessThan(40);
    isDown = false;
    await read(cpu);
    await clock.advance(15_000);
    await read(cpu);
    await clock.advance(15_000);
    expect((await read(cpu)).kind).toBe('pods');
  });

  test('a namespace whose list hangs does not hold another one', async () => {
    const { clock, read } = await setUp((namespace) =>
      namespace === 'hung' ? new Promise(() => undefined) : listOf(namespace),
    );
    const hung = read(cpu, { namespace: 'hung' });
    expect((await read(cpu)).kind).toBe('pods');
    await clock.advance(10_000);
    expect(await hung).toMatchObject({ reason: 'Timeout' });
  });
});

describe('what has no source', () => {
  test('B23: an unknown source is named, with those that are configured', async () => {
    const { read } = await setUp(listOf, 'http://prom:9090');
    expect(await read(rps)).toEqual({
      kind: 'absent',
      reason: 'NoSource',
      message: 'no source is called "mimir"; configured: default',
    });
    const none = await setUp(listOf);
    expect(await none.read(rps)).toMatchObject({
      message: expect.stringContaining('start with --prometheus-url or --config'),
    });
  });

  test('an unknown type says so and asks nobody', async () => {
    const { read, requests } = await setUp(listOf);
    expect(await read({ ...base, type: 'Unknown', typeName: 'Kafka' })).toMatchObject({
      reason: 'NoSource',
      message: expect.stringContaining('no metric of this type'),
    });
    expect(requests).toEqual([]);
  });
});

describe('what is shared', () => {
  test('targets of one namespace, or of one query, are decided together', async () => {
    const { registry } = await setUp(listOf);
    expect(registry.sharedKey(cpu, 'shop')).toBe('pods/shop');
    expect(registry.sharedKey(proxy, 'shop')).toBe('pods/shop');
    expect(registry.sharedKey(cpu, 'bank')).toBe('pods/bank');
    // A query's text says all: the namespace of the target is none of it.
    expect(registry.sharedKey(rps, 'shop')).toBe(registry.sharedKey({ ...rps, name: 'other' }, 'bank'));
    expect(registry.sharedKey(rps, 'shop')).not.toBe(registry.sharedKey({ ...rps, source: 'other' }, 'shop'));
  });

  test('a bug in a source is an absence and a line in the log, never an exception', async () => {
    const { read, lines } = await setUp(listOf);
    const broken = {
      get [Symbol.iterator]() {
        throw new Error('a bug');
      },
    } as unknown as ReadonlySet<string>;
    expect(await read(cpu, { podNames: broken, cycle: '3-7' })).toMatchObject({
      kind: 'absent',
      reason: 'Unreachable',
    });
    const fields = { namespace: 'shop', name: 'web', cycle: '3-7', metric: 'm', error: 'a bug' };
    expect(lines).toEqual([{ message: 'a metric source failed unexpectedly', fields }]);
  });
});
