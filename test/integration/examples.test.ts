// Every example does what its first lines promise: all applied to one cluster, one controller, minutes on a fake clock.
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/localcluster/objects.ts';
import { CUSTOM, EXTERNAL, registerApis, startClusterAdapter } from '../support/adapter-on-cluster.ts';
import { type AppOnCluster, appOnCluster, manifests } from '../support/app-on-cluster.ts';
import type { MetricsAdapter } from '../support/metrics-adapter.ts';
import { ScriptedServer } from '../support/scripted-server.ts';

const MINUTE = 60_000;
const RESOURCES: Readonly<Record<string, string>> = {
  Deployment: 'deployments.apps',
  StatefulSet: 'statefulsets.apps',
  ScaledTarget: 'scaledtargets.setpoint.dev',
};
const FILES = readdirSync(new URL('../../examples', import.meta.url)).filter((name) => name.endsWith('.yaml'));

interface Status {
  currentReplicas?: number;
  desiredReplicas: number;
  conditions: { type: string; status: string; reason: string; message: string }[];
  summary: { metrics: string; why: string };
  lastDecision: { earliestScaleDown?: string; winner?: string };
}

/** What all pods of an app use together, shared evenly: more pods make each one use less. Cpu in millicores, memory in Mi. */
interface Load {
  readonly cpu?: number;
  readonly memory?: number;
}

/** Loads at which every example is content with the size it starts with. */
const CALM: Readonly<Record<string, Load>> = {
  web: { cpu: 240 },
  cache: { cpu: 210, memory: 300 },
  search: { cpu: 500 },
  queue: { cpu: 30, memory: 576 },
  billing: { cpu: 480 },
};

let stage: AppOnCluster;
let prometheus: ScriptedServer;
const loads = new Map<string, Load>(Object.entries(CALM));
/** What Prometheus answers to the query of the example; undefined: no series. */
let rate: number | undefined = 200;
let adapter: MetricsAdapter;
/** What the metrics adapter tells: requests to all orders, hits of their Ingress, messages that wait. */
const told = { requests: 190, hits: 400, messages: 25 };

beforeAll(async () => {
  stage = await appOnCluster();
  adapter = await startClusterAdapter({ now: () => stage.clock.now() });
  registerApis(stage.cluster, adapter, [CUSTOM, 'v1beta2', 'v1beta1'], [EXTERNAL, 'v1beta1']);
  tell({});
  prometheus = await ScriptedServer.start((request, response) => {
    const release = stage.time.hold();
    response.on('close', () => release());
    const query = new URL(request.url, 'http://any').searchParams.get('query');
    const known = query === 'sum(rate(http_requests_total{service="checkout"}[1m]))' && rate !== undefined;
    const result = known ? [{ metric: {}, value: [stage.clock.now() / 1000, String(rate)] }] : [];
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }));
  });
  stage.usage.script(({ labels }) => shareOf(labels['app'] ?? ''));
  for (const file of FILES) for (const object of manifests(`examples/${file}`)) apply(object);
  // Beside the rehearsal, as its first lines have it, somebody else scales.
  apply(hpaOf('billing'));
  stage.start({ prometheusUrl: prometheus.url });
  // Past the time in which new pods' cpu does not count in full.
  await stage.time.advance(7 * MINUTE);
}, 60_000);

afterAll(async () => {
  await stage.close();
  await prometheus.close();
  await adapter.close();
}, 60_000);

describe('the examples', () => {
  it('are all played here, and all are content when calm', () => {
    expect(FILES).toEqual([
      'cpu-and-memory.yaml',
      'cpu.yaml',
      'custom-metric.yaml',
      'external-queue.yaml',
      'fast-up-slow-down.yaml',
      'prometheus-request-rate.yaml',
      'recommend-only.yaml',
      'statefulset.yaml',
    ]);
    const names = ['cache', 'web', 'search', 'checkout', 'billing', 'orders', 'mailer'];
    expect(names.map((name) => sizeOf(name))).toEqual([3, 2, 4, 2, 4, 2, 1]);
    expect(sizeOf('queue', 'StatefulSet')).toBe(3);
    for (const name of [...names, 'queue']) {
      expect(condition(name, 'ScalingActive'), name).toMatchObject({ status: 'True', reason: 'ValidMetricFound' });
      expect(condition(name, 'Conflict'), name).toBeUndefined();
    }
  });

  it('cpu: grows within a period, shrinks five minutes after the load fell', async () => {
    loads.set('web', { cpu: 480 });
    await stage.time.advance(16_000);
    expect(sizeOf('web')).toBe(4);
    expect(statusOf('web').summary.metrics).toContain('cpu: 120%/60%');
    loads.set('web', { cpu: 240 });
    await stage.time.advance(5 * MINUTE - 16_000);
    expect(sizeOf('web')).toBe(4);
    await stage.time.advance(MINUTE);
    expect(sizeOf('web')).toBe(2);
  });

  it('cpu and memory: the metric that asks for more wins, and Why names it', async () => {
    expect(statusOf('cache').summary.metrics).toMatch(/^cpu: 70%\/70%, memory: 78%\/80%$/);
    loads.set('cache', { cpu: 210, memory: 600 });
    await stage.time.advance(16_000);
    // 200Mi in each of three pods are 156 % of the request.
    expect(sizeOf('cache')).toBe(6);
    expect(statusOf('cache').summary.why).toContain('memory');
    expect(statusOf('cache').lastDecision.winner).toBe('memory');
    loads.set('cache', { cpu: 690, memory: 600 });
    await stage.time.until('cpu has won', () => sizeOf('cache') === 10, MINUTE);
    expect(statusOf('cache').summary.why).toContain('cpu');
    // Memory that does not fall holds the size up when the load is gone.
    loads.set('cache', { cpu: 70, memory: 600 });
    await stage.time.advance(7 * MINUTE);
    expect(sizeOf('cache')).toBe(6);
    expect(statusOf('cache').lastDecision.winner).toBe('memory');
  });

  it('Prometheus: the size is the rate by hundred; without an answer it stays, and the condition says why', async () => {
    rate = 730;
    await stage.time.until('it follows the rate', () => sizeOf('checkout') === 8, MINUTE);
    await stage.time.until('it shows so', () => statusOf('checkout').summary.metrics === 'rps: 91.25/100', MINUTE);
    rate = undefined;
    await stage.time.advance(3 * MINUTE);
    expect(sizeOf('checkout')).toBe(8);
    expect(condition('checkout', 'ScalingActive')).toMatchObject({
      status: 'False',
      reason: 'FailedGetPrometheusMetric',
    });
    expect(condition('checkout', 'ScalingActive')?.message).toContain('no metrics returned from source default');
    rate = 100;
    await prometheus.close();
    await stage.time.advance(7 * MINUTE);
    expect(sizeOf('checkout')).toBe(8);
    expect(condition('checkout', 'ScalingActive')).toMatchObject({
      status: 'False',
      reason: 'FailedGetPrometheusMetric',
    });
    expect(condition('checkout', 'ScalingActive')?.message).toContain('unable to fetch metrics from source default');
  });

  it('custom metrics: the size is what the requests of all pods, or the hits of the Ingress, ask for', async () => {
    expect(statusOf('orders').summary.metrics).toBe('rps: 95/100, hits: 200/250');
    tell({ requests: 730 });
    await stage.time.until('it follows the requests', () => sizeOf('orders') === 8, MINUTE);
    expect(statusOf('orders').lastDecision.winner).toBe('rps');
    tell({ hits: 2600 });
    await stage.time.until('the hits ask for more', () => sizeOf('orders') === 11, MINUTE);
    expect(statusOf('orders').lastDecision.winner).toBe('hits');
    adapter.fault = 'unavailable';
    await stage.time.advance(7 * MINUTE);
    expect(sizeOf('orders')).toBe(11);
    expect(condition('orders', 'ScalingActive')).toMatchObject({ status: 'False', reason: 'FailedGetPodsMetric' });
    adapter.fault = undefined;
    tell({ requests: 190, hits: 400 });
    await stage.time.until('and down again', () => sizeOf('orders') === 2, 8 * MINUTE);
  });

  it('external queue: a worker for thirty messages, none for none, and one for the first', async () => {
    expect(statusOf('mailer').summary.metrics).toBe('messages: 25/30');
    tell({ messages: 100 });
    await stage.time.until('it grows at once', () => sizeOf('mailer') === 4, 11_000);
    tell({ messages: 0 });
    await stage.time.advance(5 * MINUTE - 10_000);
    expect(sizeOf('mailer')).toBe(4);
    await stage.time.until('it sleeps', () => sizeOf('mailer') === 0, MINUTE);
    await stage.time.until('and says so', () => condition('mailer', 'ScaledToZero')?.status === 'True', MINUTE);
    adapter.fault = 'unavailable';
    await stage.time.advance(MINUTE);
    expect(sizeOf('mailer')).toBe(0);
    adapter.fault = undefined;
    // The adapter is left alone for a moment after its failures.
    await stage.time.advance(MINUTE);
    tell({ messages: 1 });
    await stage.time.until('it wakes', () => sizeOf('mailer') === 1, 10_000);
    await stage.time.until('and says so', () => condition('mailer', 'ScaledToZero')?.status === 'False', MINUTE);
  });

  it('fast up, slow down: triples at once; falls ten minutes later, a few pods a minute, and says from when', async () => {
    loads.set('search', { cpu: 1500 });
    stage.cluster.audit.clear();
    await stage.time.advance(6_000);
    expect(sizeOf('search')).toBe(12);
    expect(scaleWrites('search')).toBe(1);
    loads.set('search', { cpu: 500 });
    await stage.time.advance(MINUTE);
    const earliest = Date.parse(statusOf('search').lastDecision.earliestScaleDown ?? '');
    expect(earliest - stage.clock.now()).toBeGreaterThan(8.5 * MINUTE);
    expect(earliest - stage.clock.now()).toBeLessThan(9.2 * MINUTE);
    await stage.time.advance(earliest - stage.clock.now() - 5_000);
    expect(sizeOf('search')).toBe(12);
    await stage.time.advance(15_000);
    expect(sizeOf('search')).toBe(10);
    const sizes = [];
    for (let minute = 0; minute < 4; minute++) {
      await stage.time.advance(MINUTE);
      sizes.push(sizeOf('search'));
    }
    expect(sizes).toEqual([9, 8, 7, 6]);
  });

  it('StatefulSet: one pod a minute, in order, by the memory of one container', async () => {
    expect(statusOf('queue').summary.metrics).toContain('192Mi');
    loads.set('queue', { cpu: 50, memory: 960 });
    await stage.time.advance(16_000);
    expect(podsOf('queue')).toEqual(['queue-0', 'queue-1', 'queue-2', 'queue-3']);
    await stage.time.advance(40_000);
    expect(podsOf('queue')).toHaveLength(4);
    await stage.time.advance(30_000);
    expect(podsOf('queue')).toEqual(['queue-0', 'queue-1', 'queue-2', 'queue-3', 'queue-4']);
    loads.set('queue', { cpu: 30, memory: 576 });
    await stage.time.until('the first one goes', () => podsOf('queue').length === 4, 7 * MINUTE);
    expect(podsOf('queue')).toEqual(['queue-0', 'queue-1', 'queue-2', 'queue-3']);
    await stage.time.advance(40_000);
    expect(podsOf('queue')).toHaveLength(4);
    await stage.time.advance(40_000);
    expect(podsOf('queue')).toEqual(['queue-0', 'queue-1', 'queue-2']);
  });

  it("recommend only: decides beside an HPA, writes nothing and is in nobody's way", async () => {
    stage.cluster.audit.clear();
    loads.set('billing', { cpu: 960 });
    await stage.time.advance(20_000);
    expect(statusOf('billing')).toMatchObject({ currentReplicas: 4, desiredReplicas: 8 });
    expect(statusOf('billing').summary.why).not.toBe('');
    expect(sizeOf('billing')).toBe(4);
    expect(scaleWrites('billing')).toBe(0);
    expect(condition('billing', 'Conflict')).toBeUndefined();
    expect(condition('billing', 'ScalingActive')).toMatchObject({ status: 'True' });
  });
});

function apply(object: KubeObject): void {
  const resource =
    object.kind === 'HorizontalPodAutoscaler' ? 'horizontalpodautoscalers.autoscaling' : RESOURCES[object.kind]!;
  stage.cluster.store.create(resource, { ...object, metadata: { ...object.metadata, namespace: 'shop' } });
}

function hpaOf(name: string): KubeObject {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name },
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name }, maxReplicas: 10 },
  } as unknown as KubeObject;
}

function podsOf(app: string): string[] {
  return stage.cluster.store
    .list('pods', 'shop')
    .filter(({ metadata }) => metadata.labels?.['app'] === app)
    .map(({ metadata }) => metadata.name)
    .sort();
}

/** Several series make up the queue; one of another queue is not asked for. */
function tell(change: Partial<typeof told>): void {
  Object.assign(told, change);
  adapter.custom = () => {
    const pods = podsOf('orders');
    const ofPods = pods.map((name) => ({
      resource: 'pods',
      namespace: 'shop',
      name,
      labels: { app: 'orders' },
      metric: 'http_requests_per_second',
      value: `${Math.round((told.requests * 1000) / pods.length)}m`,
    }));
    const resource = 'ingresses.networking.k8s.io';
    const hits = { namespace: 'shop', name: 'orders', metric: 'hits_per_second', value: String(told.hits) };
    return [...ofPods, { resource, ...hits }];
  };
  adapter.external = [told.messages, 0, 9999].map((messages, index) => ({
    namespace: 'shop',
    metric: 'queue_messages_ready',
    metricLabels: { queue: index < 2 ? 'outgoing' : 'incoming' },
    value: String(messages),
  }));
}

function shareOf(app: string): { cpu?: string; memory?: string } | undefined {
  const load = loads.get(app);
  const count = podsOf(app).length;
  if (!load) return undefined;
  return {
    ...(load.cpu !== undefined && { cpu: `${Math.floor((load.cpu * 1000) / count)}u` }),
    ...(load.memory !== undefined && { memory: `${Math.floor((load.memory * 1024) / count)}Ki` }),
  };
}

function sizeOf(name: string, kind = 'Deployment'): number | undefined {
  const spec = stage.cluster.store.get(RESOURCES[kind]!, 'shop', name)?.['spec'];
  return (spec as { replicas?: number } | undefined)?.replicas;
}

function statusOf(name: string): Status {
  return stage.cluster.store.get(RESOURCES['ScaledTarget']!, 'shop', name)!['status'] as Status;
}

function condition(name: string, type: string) {
  return statusOf(name).conditions.find((one) => one.type === type);
}

function scaleWrites(name: string): number {
  return stage.cluster.audit.count({ verb: 'update', subresource: 'scale', name });
}
