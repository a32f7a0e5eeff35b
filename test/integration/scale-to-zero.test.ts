// minReplicas 0, through everything: the HPA's rules of ScaledToZero for each metric that can tell load while there are no pods.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CUSTOM, EXTERNAL, registerApis, startClusterAdapter } from '../support/adapter-on-cluster.ts';
import { type AppOnCluster, appOnCluster } from '../support/app-on-cluster.ts';
import type { MetricsAdapter } from '../support/metrics-adapter.ts';
import { json, ScriptedServer } from '../support/scripted-server.ts';

const MINUTE = 60_000;
const TARGETS = 'scaledtargets.setpoint.dev';

let stage: AppOnCluster;
let adapter: MetricsAdapter;
let prometheus: ScriptedServer;
/** What every source says; undefined: nothing. */
let backlog: number | undefined;

beforeEach(async () => {
  stage = await appOnCluster();
  adapter = await startClusterAdapter({ now: () => stage.clock.now() });
  registerApis(stage.cluster, adapter, [CUSTOM, 'v1beta2'], [EXTERNAL, 'v1beta1']);
  prometheus = await ScriptedServer.start((_request, response) => {
    const release = stage.time.hold();
    response.on('close', () => release());
    const result = backlog === undefined ? [] : [{ metric: {}, value: [stage.clock.now() / 1000, String(backlog)] }];
    json(response, 200, { status: 'success', data: { resultType: 'vector', result } });
  });
  load(250);
});
afterEach(async () => {
  await stage.close();
  await adapter.close();
  await prometheus.close();
});

const value = { type: 'Value', value: '100' };
const average = { type: 'AverageValue', averageValue: '100' };
const describedObject = { apiVersion: 'v1', kind: 'Service', name: 'queue' };
const METRICS: readonly (readonly [what: string, metric: object])[] = [
  ['Object, Value', { type: 'Object', object: { metric: { name: 'backlog' }, describedObject, target: value } }],
  [
    'Object, AverageValue',
    { type: 'Object', object: { metric: { name: 'backlog' }, describedObject, target: average } },
  ],
  ['External, Value', { type: 'External', external: { metric: { name: 'backlog' }, target: value } }],
  ['External, AverageValue', { type: 'External', external: { metric: { name: 'backlog' }, target: average } }],
  ['Prometheus, Value', { type: 'Prometheus', prometheus: { query: 'backlog', target: value } }],
  ['Prometheus, AverageValue', { type: 'Prometheus', prometheus: { query: 'backlog', target: average } }],
];

describe.each(METRICS)('%s', (_what, metric) => {
  it('sleeps when there is nothing to do, holds while nothing is known, and wakes to what the load asks for', async () => {
    create(metric, { minReplicas: 0 });
    await stage.time.advance(MINUTE);
    expect(scaledToZero()?.status).not.toBe('True');

    load(0);
    await stage.time.until('it sleeps', () => size() === 0, 4 * MINUTE);
    await stage.time.until('and says so', () => scaledToZero()?.status === 'True', MINUTE);
    expect(scaledToZero()).toMatchObject({ reason: 'ScaledToZero' });
    await stage.time.advance(5 * MINUTE);
    expect(size()).toBe(0);
    expect(condition('ScalingActive')).toMatchObject({ status: 'True', reason: 'ValidMetricFound' });

    load(undefined);
    await stage.time.advance(MINUTE);
    expect(size()).toBe(0);
    expect(condition('ScalingActive')).toMatchObject({ status: 'False' });

    load(250);
    await stage.time.until('it wakes', () => size() > 0, MINUTE);
    expect(size()).toBe(3);
    await stage.time.until('and says so', () => scaledToZero()?.status === 'False', MINUTE);
    expect(scaledToZero()).toMatchObject({ reason: 'NotScaledToZero' });
  });

  it('put to zero by hand it stays there, whatever the load', async () => {
    create(metric, { minReplicas: 0 });
    await stage.time.advance(MINUTE);
    resize(0);
    await stage.time.until('it says so', () => condition('ScalingActive')?.reason === 'ScalingDisabled', MINUTE);
    load(900);
    await stage.time.advance(5 * MINUTE);
    expect(size()).toBe(0);
    resize(1);
    await stage.time.until('until somebody starts it', () => size() > 1, MINUTE);
  });

  it('asleep, a raised minimum wakes it', async () => {
    create(metric, { minReplicas: 0 });
    load(0);
    await stage.time.until('it sleeps', () => size() === 0, 5 * MINUTE);
    await stage.time.until('and says so', () => scaledToZero()?.status === 'True', MINUTE);
    const object = stage.cluster.store.get(TARGETS, 'shop', 'worker')!;
    stage.cluster.store.update(TARGETS, { ...object, spec: { ...(object['spec'] as object), minReplicas: 2 } });
    await stage.time.until('it wakes', () => size() === 2, MINUTE);
    await stage.time.until('and says so', () => scaledToZero()?.status === 'False', MINUTE);
    expect(scaledToZero()).toMatchObject({ reason: 'NotScaledToZero' });
  });
});

it('asleep, it is still asleep after a restart of the controller, and wakes by its load', async () => {
  const [, metric] = METRICS[3]!;
  const end = create(metric, { minReplicas: 0 });
  load(0);
  await stage.time.until('it sleeps', () => size() === 0, 5 * MINUTE);
  await stage.time.until('and says so', () => scaledToZero()?.status === 'True', MINUTE);
  expect(await end()).toBe(0);
  stage.start({ prometheusUrl: prometheus.url });
  await stage.time.advance(2 * MINUTE);
  expect(size()).toBe(0);
  load(100);
  await stage.time.until('exactly on target wakes one', () => size() === 1, MINUTE);
});

function load(total: number | undefined): void {
  backlog = total;
  const values = total === undefined ? [] : [String(total)];
  adapter.custom = values.map((one) => ({
    resource: 'services',
    namespace: 'shop',
    name: 'queue',
    metric: 'backlog',
    value: one,
  }));
  adapter.setExternal('shop', 'backlog', ...values);
}

/** The workload with three replicas, its target, and the controller; returns the controller's end. */
function create(metric: object, more: object): () => Promise<number> {
  const labels = { app: 'worker' };
  stage.cluster.store.create('deployments.apps', {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'worker', namespace: 'shop' },
    spec: {
      replicas: 3,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'any' }] } },
    },
  });
  stage.cluster.store.create(TARGETS, {
    apiVersion: 'setpoint.dev/v1alpha1',
    kind: 'ScaledTarget',
    metadata: { name: 'worker', namespace: 'shop' },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'worker' },
      maxReplicas: 10,
      metrics: [metric],
      behavior: { scaleDown: { stabilizationWindowSeconds: 0 } },
      ...more,
    },
  });
  return stage.start({ prometheusUrl: prometheus.url });
}

const spec = () => stage.cluster.store.get('deployments.apps', 'shop', 'worker')!['spec'] as { replicas: number };
const size = () => spec().replicas;

function resize(replicas: number): void {
  const object = stage.cluster.store.get('deployments.apps', 'shop', 'worker')!;
  stage.cluster.store.update('deployments.apps', { ...object, spec: { ...spec(), replicas } });
}

function condition(type: string) {
  const { conditions } = (stage.cluster.store.get(TARGETS, 'shop', 'worker')!['status'] ?? {}) as {
    conditions?: { type: string; status: string; reason: string; message: string }[];
  };
  return conditions?.find((one) => one.type === type);
}
const scaledToZero = () => condition('ScaledToZero');
