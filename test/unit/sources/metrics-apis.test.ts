// Custom and external metrics from the registry's side: what is asked once, what failures are called, what they cost others.
import { describe, expect, test } from 'vitest';
import type { ExternalMetric, Metric, ObjectMetric, PodsMetric } from '../../../src/api/spec.ts';
import { ApiStatusError, SetpointError } from '../../../src/base/errors.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import type { CustomMetricAnswer, CustomMetricRequest } from '../../../src/sources/custom.ts';
import type { ExternalMetricRequest } from '../../../src/sources/external.ts';
import { SourceRegistry } from '../../../src/sources/registry.ts';
import { SourceSet } from '../../../src/sources/source-set.ts';
import type { ReadContext } from '../../../src/sources/source.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const never = new AbortController().signal;
const AT = '2026-01-01T00:00:00Z';
const base = {
  name: 'm',
  target: { type: 'AverageValue', averageValueMilli: 100n },
  maxAgeSeconds: 180,
  direction: 'Both',
} as const;
const pods: PodsMetric = { ...base, type: 'Pods', metricName: 'rps' };
const ingress = { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'web' };
const object: ObjectMetric = { ...base, type: 'Object', metricName: 'rps', describedObject: ingress };
const external: ExternalMetric = { ...base, type: 'External', metricName: 'queue' };
const KINDS: readonly [string, Metric][] = [
  ['Pods', pods],
  ['Object', object],
  ['External', external],
];

type Request = CustomMetricRequest | ExternalMetricRequest;

const listOf = (kind: string, ...names: string[]) => ({
  kind,
  items: names.map((name) => ({ describedObject: { name }, timestamp: AT, value: '5' })),
});
const wellOf = async (request: Request): Promise<CustomMetricAnswer> => {
  if (!('of' in request)) return { body: listOf('ExternalMetricValueList', '', '') };
  return {
    body: 'podSelector' in request.of ? listOf('MetricValueList', 'web-1', 'web-2') : listOf('MetricValueList', 'web'),
  };
};

/** Both APIs, played by one function; it answers a read of the external API as if it were of the custom one. */
function setUp(answer: (request: Request) => Promise<CustomMetricAnswer> = wellOf) {
  const clock = new FakeClock();
  const seen: string[] = [];
  const observer = {
    sourceRequest: (source: string, _ms: number, absence?: string) => seen.push(`${source} ${absence ?? 'ok'}`),
  };
  const ports = { clock, random: () => 1, logger: silentLogger, observer };
  const requests: Request[] = [];
  const ask = (request: Request) => {
    requests.push(request);
    return answer(request);
  };
  const clients = {
    pods: { list: () => Promise.reject(new Error('not asked')) },
    custom: { get: ask },
    external: {
      list: async (request: ExternalMetricRequest) => {
        const found = await ask(request);
        return 'body' in found ? found.body : undefined;
      },
    },
  };
  const sources = new SourceSet({ prometheusUrl: undefined, configFile: undefined }, undefined, ports);
  const registry = new SourceRegistry(clients, sources, ports);
  const read = (metric: Metric, more: Partial<ReadContext> = {}) => {
    const podNames = new Set(['web-1', 'web-2']);
    const context = { namespace: 'shop', name: 'web', podNames, selector: 'app=web', tickMs: clock.now(), ...more };
    return registry.read(metric, context, never);
  };
  return { clock, read, requests, seen };
}

describe('what is asked', () => {
  test('pods by the target’s selector and the metric’s, in their canonical form', async () => {
    const { read, requests } = setUp();
    const selector = { matchLabels: { verb: 'GET' }, matchExpressions: [{ key: 'path', operator: 'Exists' }] };
    const reading = await read({ ...pods, selector }, { selector: 'tier in (b, a),app=web' });
    expect(requests).toEqual([
      {
        namespace: 'shop',
        metricName: 'rps',
        metricSelector: 'path,verb=GET',
        of: { podSelector: 'app=web,tier in (a,b)' },
      },
    ]);
    expect(reading.kind === 'pods' && [...reading.samples.keys()]).toEqual(['web-1', 'web-2']);
  });

  test('an object by its reference, an external metric by its name; no selector and an empty one are everything', async () => {
    const { read, requests } = setUp();
    expect(await read(object)).toMatchObject({ kind: 'value', valueMilli: 5000n });
    expect(await read({ ...external, selector: {} })).toMatchObject({ kind: 'value', valueMilli: 10_000n });
    expect(requests).toEqual([
      { namespace: 'shop', metricName: 'rps', metricSelector: '', of: ingress },
      { namespace: 'shop', metricName: 'queue', metricSelector: '' },
    ]);
  });

  test('the same thing once per tick, different things each', async () => {
    const { clock, read, requests, seen } = setUp();
    for (let tick = 0; tick < 5; tick++) {
      const same = Array.from({ length: 20 }, () => [pods, object, external].map((metric) => read(metric)));
      const others = [
        read(pods, { selector: 'app=api' }),
        read({ ...pods, selector: { matchLabels: { verb: 'GET' } } }),
        read({ ...object, describedObject: { ...ingress, name: 'api' } }),
        read({ ...external, metricName: 'mails' }, { namespace: 'shop' }),
        read(external, { namespace: 'bank' }),
      ];
      for (const reading of await Promise.all([...same.flat(), ...others])) expect(reading.kind).not.toBe('absent');
      await clock.advance(15_000);
    }
    expect(requests).toHaveLength(5 * 8);
    expect(seen.filter((one) => one === 'custom.metrics.k8s.io ok')).toHaveLength(5 * 5);
    expect(seen.filter((one) => one === 'external.metrics.k8s.io ok')).toHaveLength(5 * 3);
  });

  test('a selector that is none is told, and nobody asked', async () => {
    const { read, requests } = setUp();
    const selector = { matchExpressions: [{ key: 'a', operator: 'Near', values: ['b'] }] };
    for (const metric of [pods, object, external]) {
      expect(await read({ ...metric, selector })).toMatchObject({ reason: 'BadShape' });
    }
    expect(requests).toEqual([]);
  });
});

describe('failures', () => {
  test.each<[CustomMetricAnswer, string]>([
    [{ unknown: 'api' }, 'no custom metrics API (custom.metrics.k8s.io) registered'],
    [{ unknown: 'version' }, 'no known available metric versions found'],
    [{ unknown: 'kind' }, 'unable to map kind to resource: no matches for kind "Ingress" in "networking.k8s.io/v1"'],
  ])('%j is told as the HPA does', async (answer, message) => {
    const { read } = setUp(async () => answer);
    expect(await read(object)).toEqual({ kind: 'absent', reason: 'NoSource', message });
  });

  test.each([
    [
      new ApiStatusError(403, '', 'secret'),
      'ErrorAnswer',
      /^HTTP 403: this controller may not (get|list) metrics of \w+/,
    ],
    [new ApiStatusError(404, '', 'secret'), 'ErrorAnswer', /^HTTP 404: .* no such metric$/],
    [new ApiStatusError(500, '', 'secret'), 'ErrorAnswer', /^HTTP 500: .* adapter cannot read this metric$/],
    [new ApiStatusError(503, '', 'secret'), 'ErrorAnswer', /^HTTP 503: .* adapter is not available$/],
    [new ApiStatusError(418, '', 'secret'), 'ErrorAnswer', /^HTTP 418$/],
    [new SetpointError('Network', 'secret'), 'Unreachable', /^the API server could not be reached$/],
    [new SetpointError('Deadline', 'secret'), 'Timeout', /^no complete answer in time$/],
    [new SetpointError('BadAnswer', 'secret'), 'BadShape', /^the answer is not valid JSON$/],
    [new TypeError('secret'), 'Unreachable', /^the API server could not be reached$/],
  ])('%s is absence in our own words', async (failure, reason, message) => {
    const { read } = setUp(() => Promise.reject(failure));
    for (const [, metric] of KINDS) {
      expect(await read(metric)).toEqual({ kind: 'absent', reason, message: expect.stringMatching(message) });
    }
  });

  test.each(KINDS)(
    'F29: an adapter that is down for ten minutes is asked rarely, and found again: %s',
    async (_, metric) => {
      let isDown = true;
      const { clock, read, requests } = setUp((request) =>
        isDown ? Promise.reject(new ApiStatusError(503, '', '')) : wellOf(request),
      );
      for (let tick = 0; tick < 40; tick++) {
        for (const namespace of ['a', 'b', 'c', 'd', 'e'])
          expect((await read(metric, { namespace })).kind).toBe('absent');
        await clock.advance(15_000);
      }
      // 200 without the breaker.
      expect(requests.length).toBeLessThan(40);
      isDown = false;
      for (let tick = 0; tick < 2; tick++) {
        await read(metric);
        await clock.advance(15_000);
      }
      expect((await read(metric)).kind).not.toBe('absent');
    },
  );

  test('F30: pods that the adapter leaves out have no sample; all of them left out is missing', async () => {
    let names = ['web-1'];
    const { clock, read } = setUp(async () => ({ body: listOf('MetricValueList', ...names) }));
    const reading = await read(pods);
    expect(reading.kind === 'pods' && [...reading.samples.keys()]).toEqual(['web-1']);
    names = [];
    await clock.advance(15_000);
    expect(await read(pods)).toMatchObject({ kind: 'absent', reason: 'Empty' });
    names = ['stranger'];
    await clock.advance(15_000);
    expect(await read(pods)).toMatchObject({ kind: 'absent', reason: 'Empty' });
  });

  test('F31: a time that stands still is handed on as it is, so that the guard sees it', async () => {
    const { clock, read } = setUp();
    for (let tick = 0; tick < 3; tick++) {
      expect(await read(external)).toMatchObject({ atMs: Date.parse(AT) });
      await clock.advance(60_000);
    }
  });

  test('metrics whose own backend fails leave the others of the adapter alone', async () => {
    const { clock, read } = setUp((request) =>
      request.metricName === 'broken' ? Promise.reject(new ApiStatusError(500, '', '')) : wellOf(request),
    );
    for (let tick = 0; tick < 10; tick++) {
      for (let times = 0; times < 5; times++) {
        expect(await read({ ...external, metricName: 'broken' }, { namespace: `n${times}` })).toMatchObject({
          reason: 'ErrorAnswer',
        });
      }
      expect((await read(external)).kind).toBe('value');
      await clock.advance(15_000);
    }
  });

  test.each<[string, () => Promise<never>]>([
    ['fails', () => Promise.reject(new ApiStatusError(500, '', ''))],
    ['hangs', () => new Promise(() => undefined)],
  ])('a metric that %s after an outage of the adapter does not keep the others away', async (_, broken) => {
    let isDown = true;
    const { clock, read } = setUp((request) => {
      if (isDown) return Promise.reject(new ApiStatusError(503, '', ''));
      return request.metricName === 'broken' ? broken() : wellOf(request);
    });
    const tick = async () => {
      // Of one target, always in this order.
      const both = [read({ ...external, metricName: 'broken' }), read(external)];
      await clock.advance(15_000);
      return (await Promise.all(both)).map((reading) => reading.kind);
    };
    for (let count = 0; count < 8; count++) expect(await tick()).toEqual(['absent', 'absent']);
    isDown = false;
    for (let count = 0; count < 6; count++) await tick();
    for (let count = 0; count < 8; count++) expect(await tick()).toEqual(['absent', 'value']);
  });

  test('an API that hangs holds up neither the other one nor anybody for longer than its deadline', async () => {
    const { clock, read } = setUp((request) => ('of' in request ? new Promise(() => undefined) : wellOf(request)));
    const hung = [read(pods), read(object)];
    expect((await read(external)).kind).toBe('value');
    await clock.advance(10_000);
    for (const reading of await Promise.all(hung)) expect(reading).toMatchObject({ reason: 'Timeout' });
  });
});
