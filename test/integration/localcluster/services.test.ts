// Services: requests spread over ready pods, pods that go leave at once, failures are hidden or said, figures are kept.
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { latencyQuantile } from '../../../src/localcluster/proxy/service-figures.ts';
import { startLocalCluster } from '../../../src/localcluster/cluster.ts';
import { isReady } from '../../../src/localcluster/workloads/pod-state.ts';
import type { Pod } from '../../../src/localcluster/workloads/types.ts';
import { throwAny, until } from '../../support/process-cluster.ts';
import { deploymentObject } from '../../support/workload-cluster.ts';

/** Answers with the pod's name, at once or when the body has ended, echoes bodies, and is slow, silent or gone as the path says. */
const SERVER = `
  require('http').createServer((q, r) => {
    if (q.url === '/slow') return setTimeout(() => r.end(process.env.HOSTNAME), 400);
    if (q.url === '/cut') { r.write('part'); return setTimeout(() => r.destroy(), 50); }
    if (q.url === '/drop') return q.socket.destroy();
    if (q.url === '/error') { r.statusCode = 500; return r.end(); }
    if (q.url === '/held') return q.resume().on('end', () => r.end(process.env.HOSTNAME));
    if (q.method === 'POST') return q.pipe(r);
    r.end(process.env.HOSTNAME);
  }).listen(process.env.PORT, '127.0.0.1', () => console.log('up'));
  // Serves on until its grace is over.
  process.on('SIGTERM', () => undefined);`;

/** A deployment of that server behind a Service, in a cluster of its own, which ends with the test. */
async function startService(replicas: number, onTestFinished: (close: () => Promise<void>) => void) {
  const errors: unknown[] = [];
  const cluster = await startLocalCluster({
    runPods: 'process',
    apiServer: { namespaces: ['shop'] },
    closeGraceSeconds: 0,
    onError: (where, error) => errors.push(where, error),
  });
  onTestFinished(async () => {
    await cluster.close();
    throwAny(errors);
  });
  const readinessProbe = { tcpSocket: { port: 'http' }, periodSeconds: 1 };
  const ports = [{ name: 'http', containerPort: 80 }];
  const containers = [{ name: 'main', image: 'node', command: ['node', '-e'], args: [SERVER], ports, readinessProbe }];
  const template = { metadata: { labels: { app: 'web' } }, spec: { containers, terminationGracePeriodSeconds: 10 } };
  cluster.store.create('deployments.apps', deploymentObject('web', { replicas, template }));
  cluster.store.create('services', {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 'http' }] },
  });
  const pods = () => cluster.store.list('pods', 'shop') as readonly Pod[];
  const figures = () => cluster.serviceFigures('shop', 'web')!;
  await until(() => pods().filter(isReady).length === replicas, 'all ready');
  const url = await until(() => cluster.serviceUrl('shop', 'web'), 'the service');

  /** A request that is under way for as long as the test wants; `finish` gives its answer. */
  async function holdRequest() {
    const call = request(`${url}/held`, { method: 'POST' });
    const answer = new Promise<string>((resolve, reject) => {
      call.on('error', reject).on('response', (response) => {
        response.on('error', reject);
        resolve(text(response));
      });
    });
    // Who gives the request up expects no answer.
    answer.catch(() => undefined);
    call.write('the first part of the body');
    await until(() => figures().inFlight === 1, 'a held request');
    return {
      finish() {
        call.end();
        return answer;
      },
      giveUp: () => call.destroy(),
    };
  }
  return { cluster, url, pods, figures, holdRequest };
}

// Each waits most of its time for the first probes: side by side.
describe.concurrent('a Service', () => {
  test('requests go to all ready pods in equal parts, and around a pod that is busy', async ({ onTestFinished }) => {
    const { cluster, url, pods, holdRequest } = await startService(3, onTestFinished);
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
    const held = await holdRequest();
    byPod.clear();
    for (let count = 0; count < 10; count++) await ask();
    expect(byPod.size).toBe(2);
    expect(byPod.has(await held.finish())).toBe(false);
    const annotation = cluster.store.get('services', 'shop', 'web')!.metadata.annotations!;
    expect(url).toBe(`http://127.0.0.1:${annotation['localcluster.setpoint.dev/local-port']}`);
  });

  test('a pod that is being deleted gets no new request at once, and finishes the one it has', async ({
    onTestFinished,
  }) => {
    const { cluster, url, pods, figures, holdRequest } = await startService(2, onTestFinished);
    const held = await holdRequest();
    const [first, second] = pods().map((pod) => pod.metadata.name);
    cluster.store.delete('pods', 'shop', first!);
    expect(figures().readyPods).toBe(1);
    const answers = await Promise.all([1, 2, 3, 4].map(async () => (await fetch(url)).text()));
    expect(answers).not.toContain(first);
    // The deployment makes new ones, which may be ready by now.
    const before = figures().readyPods;
    cluster.store.delete('pods', 'shop', second!);
    expect(figures().readyPods).toBe(before - 1);
    expect([first, second]).not.toContain(await (await fetch(url)).text());
    expect([first, second]).toContain(await held.finish());
    await until(async () => (await fetch(url)).status === 200, 'answers again');
  });

  test('a request is tried elsewhere when a pod cannot be reached, and told when it cannot be saved', async ({
    onTestFinished,
  }) => {
    const { cluster, url, pods, figures } = await startService(2, onTestFinished);
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

  test('large bodies stream both ways, and a client that goes away is counted as such', async ({ onTestFinished }) => {
    const { url, figures, holdRequest } = await startService(1, onTestFinished);
    const body = Buffer.alloc(3_000_000, 'ab');
    const answer = await fetch(url, { method: 'POST', body });
    expect(Buffer.from(await answer.arrayBuffer()).equals(body)).toBe(true);
    const held = await holdRequest();
    held.giveUp();
    await until(() => figures().inFlight === 0, 'given up');
    expect(figures().byCode).toEqual({ '200': 1, '499': 1 });
  });

  test('figures: a histogram of latencies, and Prometheus text', async ({ onTestFinished }) => {
    const { cluster, url, figures } = await startService(1, onTestFinished);
    const before = figures();
    await fetch(`${url}/slow`);
    for (let count = 0; count < 3; count++) await fetch(url);
    expect(latencyQuantile(before, figures(), 0.5)).toBeLessThan(0.25);
    expect(latencyQuantile(before, figures(), 0.99)).toBeGreaterThan(0.25);
    expect(latencyQuantile(figures(), figures(), 0.5)).toBeUndefined();
    const page = await (await fetch(cluster.metricsUrl)).text();
    expect(page).toContain('http_requests_total{namespace="shop",service="web",code="200"} 4');
    expect(page).toMatch(/http_request_duration_seconds_bucket\{namespace="shop",service="web",le="\+Inf"\} 4/);
    expect(page).toContain('localcluster_service_ready_pods{namespace="shop",service="web"} 1');
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
});
