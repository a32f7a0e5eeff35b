// The contract of metric readers, kept by each source of the registry: Prometheus over real HTTP, pod metrics over a client in memory.
import type { PrometheusMetric, ResourceMetric } from '../../src/api/spec.ts';
import { systemClock, type Clock } from '../../src/base/clock.ts';
import { ApiStatusError } from '../../src/base/errors.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { SourceRegistry } from '../../src/sources/registry.ts';
import { SourceSet } from '../../src/sources/source-set.ts';
import { HostileServer, respond, vector } from '../support/hostile-server.ts';
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
  const sources = new SourceSet({ prometheusUrl: undefined, configFile: undefined }, undefined, ports);
  const metric: ResourceMetric = { ...base, type: 'Resource', name: 'cpu', resource: 'cpu' };
  return {
    reader: new SourceRegistry(client, sources, ports),
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
    reader: new SourceRegistry({ list: () => Promise.reject(new Error('not asked')) }, sources, ports),
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
