// The contract of metric readers, kept by each source of the registry: Prometheus over real HTTP, custom and external metrics from an
// adapter over https, pod metrics over a client in memory.
import { describe } from 'vitest';
import type {
  ExternalMetric,
  Metric,
  ObjectMetric,
  PodsMetric,
  PrometheusMetric,
  ResourceMetric,
} from '../../src/api/spec.ts';
import { systemClock, type Clock } from '../../src/base/clock.ts';
import { ApiStatusError } from '../../src/base/errors.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { KubeClient } from '../../src/kube/client.ts';
import { KubeCustomMetrics } from '../../src/kube/custom-metrics.ts';
import { KubeExternalMetrics } from '../../src/kube/external-metrics.ts';
import { SourceRegistry } from '../../src/sources/registry.ts';
import { SourceSet } from '../../src/sources/source-set.ts';
import { HostileServer, respond, vector } from '../support/hostile-server.ts';
import { startMetricsAdapter } from '../support/metrics-adapter.ts';
import { describeMetricReader } from './source.contract.ts';

const TIMEOUT_MS = 600;
/** Real time, with every timer cut short: the deadlines of the product are seconds. */
const hasty: Clock = {
  ...systemClock,
  setTimer: (delayMs, callback) => systemClock.setTimer(Math.min(delayMs, TIMEOUT_MS), callback),
};
const ports = { clock: hasty, random: () => 1, logger: silentLogger, observer: { sourceRequest: () => undefined } };

const base = {
  target: { type: 'AverageValue', averageValueMilli: 100n },
  maxAgeSeconds: 180,
  direction: 'Both',
} as const;
type Behaviour = 'well' | 'broken' | 'hanging';
const notAsked = () => Promise.reject(new Error('not asked'));
const nobody = { pods: { list: notAsked }, custom: { get: notAsked }, external: { list: notAsked } };
const noSources = () => new SourceSet({ prometheusUrl: undefined, configFile: undefined }, undefined, ports);

describeMetricReader('pod metrics', TIMEOUT_MS, async () => {
  let behaviour: Behaviour = 'well';
  let requests = 0;
  const client = {
    async list(namespace: string, signal: AbortSignal) {
      requests++;
      if (behaviour === 'broken') throw new ApiStatusError(503, 'ServiceUnavailable', 'secret of the server');
      if (behaviour === 'hanging') {
        await new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        });
      }
      const containers = [{ name: 'app', usage: { cpu: '250m' } }];
      return {
        items: [
          { metadata: { name: 'web-1', namespace }, timestamp: '2026-01-01T00:00:00Z', window: '15s', containers },
        ],
      };
    },
  };
  const metric: ResourceMetric = { ...base, type: 'Resource', name: 'cpu', resource: 'cpu' };
  return {
    reader: new SourceRegistry({ ...nobody, pods: client }, noSources(), ports),
    metric,
    other: metric,
    namespaces: ['shop', 'bank'],
    podNames: new Set(['web-1']),
    requests: () => requests,
    behave: (how) => (behaviour = how),
    close: async () => undefined,
  };
});

describeMetricReader('Prometheus', TIMEOUT_MS, async () => {
  let behaviour: Behaviour = 'well';
  const server = new HostileServer({
    api: (socket) => {
      if (behaviour === 'well') respond(socket, vector('5'));
      if (behaviour === 'broken') respond(socket, 'secret of the server', {}, '503 Unavailable');
    },
  });
  const sources = new SourceSet({ prometheusUrl: await server.start(), configFile: undefined }, undefined, ports);
  await sources.load();
  // The source loads it with its first query; that is not what is measured.
  await import('axios');
  const metric: PrometheusMetric = { ...base, type: 'Prometheus', name: 'rps', query: 'a', source: 'default' };
  return {
    reader: new SourceRegistry(nobody, sources, ports),
    metric,
    other: { ...metric, query: 'b' },
    namespaces: ['shop', 'shop'],
    podNames: new Set<string>(),
    requests: () => server.requests.length,
    behave: (how) => (behaviour = how),
    close: async () => {
      sources.close();
      await server.stop();
    },
  };
});

const ownNamespace = { apiVersion: 'v1', kind: 'Namespace', name: 'any' };
const overHttps: readonly [name: string, metric: Metric, other: Metric][] = [
  [
    'Pods metrics',
    { ...base, type: 'Pods', name: 'rps', metricName: 'rps' } satisfies PodsMetric,
    { ...base, type: 'Pods', name: 'lag', metricName: 'lag' } satisfies PodsMetric,
  ],
  [
    'Object metrics',
    { ...base, type: 'Object', name: 'hits', metricName: 'hits', describedObject: ownNamespace } satisfies ObjectMetric,
    {
      ...base,
      type: 'Object',
      name: 'misses',
      metricName: 'misses',
      describedObject: ownNamespace,
    } satisfies ObjectMetric,
  ],
  [
    'External metrics',
    { ...base, type: 'External', name: 'queue', metricName: 'queue' } satisfies ExternalMetric,
    { ...base, type: 'External', name: 'mails', metricName: 'mails' } satisfies ExternalMetric,
  ],
];

describe.each(overHttps)('%s over https', (name, metric, other) => {
  describeMetricReader(name, TIMEOUT_MS, async () => {
    const adapter = await startMetricsAdapter();
    adapter.custom = [
      { resource: 'pods', namespace: 'shop', name: 'web-1', metric: 'rps', value: '5', labels: { app: 'web' } },
      { resource: 'metrics', namespace: 'shop', name: '', metric: 'hits', value: '5' },
    ];
    adapter.setExternal('shop', 'queue', '5');
    const tls = { ca: adapter.ca ?? '' };
    const access = {
      server: adapter.url,
      namespace: undefined,
      proxyUrl: undefined,
      credentials: () => Promise.resolve({ headers: {}, tls }),
    };
    const client = new KubeClient({ access, clock: systemClock, version: '0' });
    const custom = new KubeCustomMetrics({ client, clock: systemClock });
    const clients = { ...nobody, custom, external: new KubeExternalMetrics(client) };
    return {
      reader: new SourceRegistry(clients, noSources(), ports),
      metric,
      other,
      namespaces: ['shop', 'shop'],
      podNames: new Set(['web-1']),
      requests: () => adapter.requests.length,
      behave: (how) => {
        adapter.fault = how === 'well' ? undefined : how === 'broken' ? 'unavailable' : 'hang';
      },
      close: async () => {
        await client.close();
        await adapter.close();
      },
    };
  });
});
