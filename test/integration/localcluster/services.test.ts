// Services: requests spread over ready pods, pods that go leave at once, failures are hidden or said, figures are kept.
import { request } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { latencyQuantile } from '../../../src/localcluster/proxy/service-figures.ts';
import { type LocalCluster, startLocalCluster } from '../../../src/localcluster/cluster.ts';
import { isReady } from '../../../src/localcluster/workloads/pod-state.ts';
import type { Pod } from '../../../src/localcluster/workloads/types.ts';
import { throwAny, until } from '../../support/process-cluster.ts';
import { deploymentObject } from '../../support/workload-cluster.ts';

let cluster: LocalCluster;
const errors: unknown[] = [];
afterEach(async () => {
  await cluster.close();
  throwAny(errors.splice(0));
});

/** Answers with the pod's name, echoes bodies, and is slow, silent or gone as the path says. */
const SERVER = `
  require('http').createServer((q, r) => {
    if (q.url === '/slow') return setTimeout(() => r.end(process.env.HOSTNAME), 400);
    if (q.url === '/cut') { r.write('part'); return setTimeout(() => r.destroy(), 50); }
    if (q.url === '/drop') return q.socket.destroy();
    if (q.url === '/error') { r.statusCode = 500; return r.end(); }
    if (q.method === 'POST') return q.pipe(r);
    r.end(process.env.HOSTNAME);
  }).listen(process.env.PORT, '127.0.0.1', () => console.log('up'));
  process.on('SIGTERM', () => setTimeout(() => process.exit(0), 600));`;

async function start(replicas: number): Promise<string> {
  cluster = await startLocalCluster({
    runPods: 'process',
    apiServer: { namespaces: ['shop'] },
    closeGraceSeconds: 0,
    onError: (where, error) => errors.push(where, error),
  });
  const readinessProbe = { tcpSocket: { port: 'http' }, periodSeconds: 1 };
  const ports = [{ name: 'http', containerPort: 80 }];
  const containers = [{ name: 'main', image: 'node', command: ['node', '-e'], args: [SERVER], ports, readinessProbe }];
  const template = { metadata: { labels: { app: 'web' } }, spec: { containers, terminationGracePeriodSeconds: 2 } };
  cluster.store.create('deployments.apps', deploymentObject('web', { replicas, template }));
  cluster.store.create('services', {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 'http' }] },
  });
  await until(() => pods().filter(isReady).length === replicas, 'all ready');
  return until(() => cluster.serviceUrl('shop', 'web'), 'the service');
}

const pods = () => cluster.store.list('pods', 'shop') as readonly Pod[];
const figures = () => cluster.serviceFigures('shop', 'web')!;

test('requests go to all ready pods in equal parts, and around a pod that is busy', async () => {
  const url = await start(3);
  const byPod = new Map<string, number>();
  const ask = async () => {
    const name = await (await fetch(url)).text();
    byPod.set(name, (byPod.get(name) ?? 0) + 1);
  };
  for (let count = 0; count < 30; count++) await ask();
  expect([...byPod.values()]).toEqual([10, 10, 10]);
  expect([...byPod.keys()].sort()).toEqual(
    pods()
      .map((pod) => pod.metadata.name)
      .sort(),
  );
  const slow = fetch(`${url}/slow`).then((response) => response.text());
  await until(() => figures().inFlight === 1, 'a slow request');
  byPod.clear();
  for (let count = 0; count < 10; count++) await ask();
  expect(byPod.has(await slow)).toBe(false);
  const annotation = cluster.store.get('services', 'shop', 'web')!.metadata.annotations!;
  expect(url).toBe(`http://127.0.0.1:${annotation['localcluster.setpoint.dev/local-port']}`);
});

test('a pod that is being deleted gets no new request at once, and finishes the one it has', async () => {
  const url = await start(2);
  const slow = fetch(`${url}/slow`).then((response) => response.text());
  await until(() => figures().inFlight === 1, 'a slow request');
  const [first, second] = pods().map((pod) => pod.metadata.name);
  cluster.store.delete('pods', 'shop', first!);
  expect(figures().readyPods).toBe(1);
  const answers = await Promise.all([1, 2, 3, 4].map(async () => (await fetch(url)).text()));
  expect(new Set(answers)).toEqual(new Set([second]));
  cluster.store.delete('pods', 'shop', second!);
  expect(figures().readyPods).toBe(0);
  expect((await fetch(url)).status).toBe(503);
  expect([first, second]).toContain(await slow);
  // The deployment makes new ones.
  await until(async () => (await fetch(url)).status === 200, 'answers again');
});

test('a request is tried elsewhere when a pod cannot be reached, and told when it cannot be saved', async () => {
  const url = await start(2);
  const [first] = pods();
  // Ready by its last probe, yet nobody listens.
  const copy = structuredClone(first!);
  copy.metadata.annotations = { ...copy.metadata.annotations, 'localcluster.setpoint.dev/port': '1' };
  cluster.store.update('pods', copy);
  const body = 'x'.repeat(10_000);
  for (let count = 0; count < 4; count++) {
    expect((await fetch(url)).status).toBe(200);
    expect(await (await fetch(url, { method: 'POST', body })).text()).toBe(body);
  }
  expect(figures()).toMatchObject({ requests: 8, errors: 0 });
  expect((await fetch(`${url}/drop`, { method: 'POST' })).status).toBe(502);
  await expect(fetch(`${url}/cut`).then((response) => response.text())).rejects.toThrow();
  expect((await fetch(`${url}/error`)).status).toBe(500);
  expect(figures()).toMatchObject({ errors: 3, byCode: { '200': 8, '500': 1, '502': 2 } });
});

test('large bodies stream both ways, and a client that goes away is counted as such', async () => {
  const url = await start(1);
  const body = Buffer.alloc(3_000_000, 'ab');
  const answer = await fetch(url, { method: 'POST', body });
  expect(Buffer.from(await answer.arrayBuffer()).equals(body)).toBe(true);
  const call = request(`${url}/slow`).on('error', () => undefined);
  call.end();
  await until(() => figures().inFlight === 1, 'under way');
  call.destroy();
  await until(() => figures().inFlight === 0, 'given up');
  expect(figures().byCode).toEqual({ '200': 1, '499': 1 });
});

test('figures: a histogram of latencies, and Prometheus text', async () => {
  const url = await start(1);
  const before = figures();
  await fetch(`${url}/slow`);
  for (let count = 0; count < 3; count++) await fetch(url);
  expect(latencyQuantile(before, figures(), 0.5)).toBeLessThan(0.25);
  expect(latencyQuantile(before, figures(), 0.99)).toBeGreaterThan(0.25);
  expect(latencyQuantile(figures(), figures(), 0.5)).toBeUndefined();
  const text = await (await fetch(cluster.metricsUrl)).text();
  expect(text).toContain('http_requests_total{namespace="shop",service="web",code="200"} 4');
  expect(text).toMatch(/http_request_duration_seconds_bucket\{namespace="shop",service="web",le="\+Inf"\} 4/);
  expect(text).toContain('localcluster_service_ready_pods{namespace="shop",service="web"} 1');
  expect(cluster.serviceUrl('shop', 'nothing')).toBeUndefined();
  cluster.store.delete('services', 'shop', 'web');
  await until(
    () =>
      fetch(url).then(
        () => false,
        () => true,
      ),
    'the port is closed',
  );
});
