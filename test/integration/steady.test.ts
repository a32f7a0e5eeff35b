// What a steady controller costs: 500 targets over ten periods, the real application against the API server of the local cluster
// and a Prometheus, over real HTTP, on a fake clock. Every request is counted, and the numbers are exact.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API_VERSION, buildCrd } from '../../src/api/crd.ts';
import { runApp } from '../../src/app.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { type ApiServer, startApiServer } from '../../src/localcluster/api-server.ts';
import { ScriptedPodMetrics } from '../../src/localcluster/pod-metrics.ts';
import { type Options, parseOptions } from '../../src/options.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { QuietTime } from '../support/quiet-time.ts';

const NAMESPACES = Array.from({ length: 8 }, (_, index) => `team-${index}`);
const QUERIES = ['sum(rate(http_requests_total[2m]))', 'sum(queue_length)'];
/** 50 targets on cpu in each of 8 namespaces, and 50 on each of two Prometheus queries. */
const TARGETS = 500;
const PERIOD_MS = 15_000;
const PERIODS = 10;

describe('500 steady targets over ten periods', { timeout: 90_000 }, () => {
  const clock = new FakeClock();
  const time = new QuietTime(clock);
  const stop = new AbortController();
  const folder = mkdtempSync(join(tmpdir(), 'setpoint-steady-'));
  let api: ApiServer;
  let prometheus: Server;
  let app: Promise<number>;
  let cpuMilli = 250;
  let queries = 0;

  beforeAll(async () => {
    api = await startApiServer({ clock, namespaces: [...NAMESPACES, 'setpoint-system'] });
    api.store.create('customresourcedefinitions.apiextensions.k8s.io', buildCrd());
    for (let index = 0; index < TARGETS; index++) create(index);
    const podMetrics = new ScriptedPodMetrics(api.store, clock);
    podMetrics.script(() => ({ cpu: `${cpuMilli}m`, memory: '64Mi' }));
    api.setPodMetrics(podMetrics);
    prometheus = await startPrometheus();
    app = runApp(optionsFor(api, prometheus), {
      logger: silentLogger,
      signal: stop.signal,
      clock,
      random: () => 0.999,
    });
    await time.until('every target has a status', () => conditionsOf('AbleToScale').length === TARGETS, 60_000);
    // Past the take-over and into the regular slots.
    await time.advance(2 * PERIOD_MS);
  }, 60_000);

  afterAll(async () => {
    stop.abort(new Error('the test is over'));
    for (let ended = false; !ended; ) {
      ended = await Promise.race([app.then(() => true), time.advance(100).then(() => false)]);
    }
    await api.close();
    prometheus.close();
    time.dispose();
    rmSync(folder, { recursive: true });
  }, 30_000);

  it('cause no request but the shared metric reads and the renewals of the Lease', async () => {
    expect(new Set(conditionsOf('ScalingActive'))).toEqual(new Set(['ValidMetricFound']));
    expect(await requestsDuring(PERIODS * PERIOD_MS)).toEqual({
      // One list per namespace and period, for 400 targets.
      'list pods.metrics.k8s.io': NAMESPACES.length * PERIODS,
      // Every two seconds.
      'update leases.coordination.k8s.io': 75,
      // One query per text and period, for 100 targets.
      'prometheus queries': QUERIES.length * PERIODS,
    });
  });

  /** From now on every read differs from the one before, by so much at most, within the tolerance: no decision changes. */
  function letWander(spreadMilli: number): void {
    api.setPodMetrics({
      podMetrics: (namespace) => {
        cpuMilli = 250 - spreadMilli / 2 + ((cpuMilli + 1) % spreadMilli);
        const samples = new ScriptedPodMetrics(api.store, clock);
        samples.script(() => ({ cpu: `${cpuMilli}m`, memory: '64Mi' }));
        return samples.podMetrics(namespace);
      },
    });
  }

  const METRIC_READS = { 'list pods.metrics.k8s.io': NAMESPACES.length * 4, 'prometheus queries': QUERIES.length * 4 };

  it('whose values wander by less than a twentieth cost one refresh of a status in five seconds more', async () => {
    letWander(20);
    await time.advance(PERIOD_MS);
    expect(await requestsDuring(4 * PERIOD_MS)).toEqual({
      ...METRIC_READS,
      'update leases.coordination.k8s.io': 30,
      'update scaledtargets.setpoint.dev/status': 60 / 5,
    });
  });

  it('whose values wander by more cost two refreshes a second, and not one beyond', async () => {
    letWander(40);
    await time.advance(PERIOD_MS);
    expect(await requestsDuring(4 * PERIOD_MS)).toEqual({
      ...METRIC_READS,
      'update leases.coordination.k8s.io': 30,
      'update scaledtargets.setpoint.dev/status': 2 * 60,
    });
    // The budget goes round instead of showing the same few.
    const refreshed = api.audit
      .entries({ resource: 'scaledtargets' })
      .map(({ namespace, name }) => `${namespace}/${name}`);
    expect(new Set(refreshed).size).toBeGreaterThan(60);
  });

  it('of which fifty get four times the load are scaled within a period: one write of the size and one event each', async () => {
    const podMetrics = new ScriptedPodMetrics(api.store, clock);
    podMetrics.script(({ namespace }) => ({ cpu: namespace === NAMESPACES[0] ? '1000m' : '250m', memory: '64Mi' }));
    api.setPodMetrics(podMetrics);
    const requests = await requestsDuring(PERIOD_MS);
    expect(requests).toMatchObject({ 'update deployments.apps/scale': 50, 'create events': 50 });
    const sizes = api.store.list('deployments.apps').map((object) => (object['spec'] as { replicas: number }).replicas);
    expect(sizes.filter((size) => size === 4)).toHaveLength(50);
    expect(sizes.filter((size) => size === 1)).toHaveLength(TARGETS - 50);
    const [event] = api.store.list('events', NAMESPACES[0]);
    expect(event?.['message']).toBe(
      'Scaled from 1 to 4: cpu is 200%, target 50%. New size: 4; reason: cpu resource utilization (percentage of request) above target',
    );
    // The sizes stay, and nobody is told again.
    const later = await requestsDuring(2 * PERIOD_MS);
    expect([later['update deployments.apps/scale'], later['create events']]).toEqual([undefined, undefined]);
  });

  /** All requests that end in this time, counted by what they were. */
  async function requestsDuring(ms: number): Promise<Record<string, number>> {
    api.audit.clear();
    queries = 0;
    await time.advance(ms);
    const counts: Record<string, number> = {};
    for (const { verb, resource, group, subresource } of api.audit.entries()) {
      const what = `${verb} ${resource}${group && `.${group}`}${subresource && `/${subresource}`}`;
      counts[what] = (counts[what] ?? 0) + 1;
    }
    return { ...counts, 'prometheus queries': queries };
  }

  function conditionsOf(type: string): string[] {
    return api.store.list('scaledtargets.setpoint.dev').flatMap((object) => {
      const status = object['status'] as { conditions?: { type: string; reason: string }[] } | undefined;
      return (status?.conditions ?? []).filter((condition) => condition.type === type).map(({ reason }) => reason);
    });
  }

  /** A Deployment of one ready pod and its ScaledTarget. */
  function create(index: number): void {
    const namespace = NAMESPACES[index % NAMESPACES.length]!;
    const name = `app-${index}`;
    const labels = { app: name };
    const cpu = {
      type: 'Resource',
      resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } },
    };
    const rps = {
      type: 'Prometheus',
      prometheus: { query: QUERIES[index % 2], target: { type: 'AverageValue', averageValue: '100' } },
    };
    api.store.create('deployments.apps', {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace },
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'app' }] } },
      },
      status: { replicas: 1, readyReplicas: 1 },
    });
    const long = new Date(clock.now() - 86_400_000).toISOString();
    api.store.create('pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `${name}-0`, namespace, labels },
      spec: { containers: [{ name: 'main', image: 'app', resources: { requests: { cpu: '500m' } } }] },
      status: {
        phase: 'Running',
        startTime: long,
        conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: long }],
      },
    });
    api.store.create('scaledtargets.setpoint.dev', {
      apiVersion: API_VERSION,
      kind: 'ScaledTarget',
      metadata: { name, namespace },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
        maxReplicas: 10,
        metrics: [index < 400 ? cpu : rps],
      },
    });
  }

  /** Answers 100 to every query, which is the target of one replica. */
  function startPrometheus(): Promise<Server> {
    const server = createServer((request, response) => {
      const release = time.hold();
      queries += 1;
      response.on('close', () => release());
      request.resume().on('end', () => {
        const result = [{ metric: {}, value: [clock.now() / 1000, '100'] }];
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }));
      });
    });
    return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
  }

  function optionsFor(api: ApiServer, prometheus: Server): Options {
    const kubeconfig = join(folder, 'kubeconfig');
    writeFileSync(kubeconfig, api.kubeconfig());
    const prometheusUrl = `http://127.0.0.1:${(prometheus.address() as AddressInfo).port}`;
    const given = { kubeconfig, prometheusUrl, port: '0', leaseNamespace: 'setpoint-system' };
    const parsed = parseOptions(given, {});
    if ('faults' in parsed) throw new Error(parsed.faults.join('\n'));
    return parsed.options;
  }
});
