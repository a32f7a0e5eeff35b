// Pods as real processes: they start, get ready, crash and come back, end in order, are measured, and leave nothing behind.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { PORT_ANNOTATION } from '../../../src/localcluster/kubelet/annotations.ts';
import { processTreeReader } from '../../../src/localcluster/kubelet/process-usage.ts';
import { isReady } from '../../../src/localcluster/workloads/pod-state.ts';
import { PodMetricsSampler } from '../../../src/localcluster/pod-metrics.ts';
import { isAlive, processCluster, until } from '../../support/process-cluster.ts';
import { deploymentObject } from '../../support/workload-cluster.ts';

type Cluster = ReturnType<typeof processCluster>;
let cluster: Cluster;
afterEach(() => cluster.close());

function createPod(
  name: string,
  container: Record<string, unknown>,
  spec: Record<string, unknown> = {},
  annotations = {},
) {
  cluster.store.create('pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop', labels: { app: name }, annotations },
    spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'main', image: 'any', ...container }], ...spec },
  });
}

const status = (name: string) => cluster.pod(name)?.status;
const state = (name: string) => status(name)?.containerStatuses?.[0]?.state;
const logs = (name: string) => (cluster.kubelet.logs('shop', name) ?? []).map((line) => line.text);
const script = (source: string) => ({ command: ['node', '-e'], args: [source] });

test('a pod sees its environment, its own port and its place, and its output is kept', async () => {
  cluster = processCluster();
  createPod('env', {
    command: ['/bin/sh', '-c'],
    args: ['echo "$GREETING from $POD/$SPACE at $IP:$PORT; port $PORT_8080; $(POD)"; echo oops >&2; exec sleep 60'],
    ports: [{ name: 'http', containerPort: 8080 }],
    env: [
      { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'SPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
      { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
      { name: 'GREETING', value: 'hello, $(POD),' },
    ],
  });
  await until(() => logs('env').length === 2, 'both lines');
  const port = cluster.pod('env')?.metadata.annotations?.[PORT_ANNOTATION];
  expect(Number(port)).toBeGreaterThan(1024);
  expect(logs('env')).toContain(`hello, env, from env/shop at 127.0.0.1:${port}; port ${port}; env`);
  expect(logs('env')).toContain('oops');
  expect(status('env')).toMatchObject({ phase: 'Running', podIP: '127.0.0.1', hostIP: '127.0.0.1' });
  expect(cluster.errors).toEqual([]);
});

test('a pod is ready when its probe says so, and no longer when it stops saying so', async () => {
  cluster = processCluster();
  const server = `
    let up = false;
    require('http').createServer((q, r) => {
      if (q.url === '/up') up = true;
      if (q.url === '/down') up = false;
      r.statusCode = up || q.url !== '/healthz' ? 200 : 503;
      r.end();
    }).listen(process.env.PORT, '127.0.0.1');`;
  const readinessProbe = { httpGet: { path: '/healthz', port: 'http' }, periodSeconds: 1, failureThreshold: 1 };
  createPod('web', { ...script(server), ports: [{ name: 'http', containerPort: 80 }], readinessProbe });
  await until(() => status('web')?.phase === 'Running', 'running');
  const url = `http://127.0.0.1:${cluster.pod('web')?.metadata.annotations?.[PORT_ANNOTATION]}`;
  await until(
    () =>
      fetch(url).then(
        (response) => response.ok,
        () => false,
      ),
    'the server',
  );
  expect(isReady(cluster.pod('web')!)).toBe(false);
  const conditions = Object.fromEntries(
    status('web')!.conditions!.map((condition) => [condition.type, condition.status]),
  );
  expect(conditions).toMatchObject({
    PodScheduled: 'True',
    Initialized: 'True',
    ContainersReady: 'False',
    Ready: 'False',
  });
  await fetch(`${url}/up`);
  await until(() => isReady(cluster.pod('web')!), 'ready');
  await fetch(`${url}/down`);
  await until(() => !isReady(cluster.pod('web')!), 'not ready');
  expect(state('web')?.running).toBeDefined();
  expect(status('web')?.containerStatuses?.[0]?.restartCount).toBe(0);
});

test('a start-up delay keeps the pod Pending', async () => {
  cluster = processCluster();
  createPod('late', { image: 'nginx' }, {}, { 'localcluster.setpoint.dev/start-delay-seconds': '0.4' });
  await until(() => state('late')?.waiting?.reason === 'ContainerCreating', 'pending');
  const began = performance.now();
  expect(status('late')?.phase).toBe('Pending');
  await until(() => isReady(cluster.pod('late')!), 'ready');
  expect(performance.now() - began).toBeGreaterThan(300);
});

test('an image that cannot be run is played by an idle process, a known one by its command', async () => {
  cluster = processCluster({ images: { 'echo:1': ['/bin/sh', '-c', 'echo played; exec sleep 60'] } });
  createPod('idle', { image: 'nginx:1', readinessProbe: { httpGet: { path: '/', port: 80 } } });
  createPod('known', { image: 'echo:1' });
  await until(() => isReady(cluster.pod('idle')!) && isReady(cluster.pod('known')!), 'both ready');
  await until(() => logs('known').length > 0, 'the command');
  expect(logs('known')).toEqual(['played']);
  expect(logs('idle')).toEqual([]);
});

test('a crashing container is restarted at once, then later and later', async () => {
  cluster = processCluster({ backoff: { firstMs: 150, longestMs: 300 } });
  createPod('crash', { command: ['/bin/sh', '-c', 'exit 3'] });
  const waiting = await until(
    () => (state('crash')?.waiting?.reason === 'CrashLoopBackOff' ? state('crash') : undefined),
    'back-off',
  );
  expect(waiting.waiting?.message).toContain('back-off');
  expect(status('crash')?.phase).toBe('Running');
  await until(() => (status('crash')?.containerStatuses?.[0]?.restartCount ?? 0) >= 3, 'three restarts');
  expect(status('crash')?.containerStatuses?.[0]?.lastState.terminated).toMatchObject({ exitCode: 3, reason: 'Error' });
});

test('a command that does not exist is said so', async () => {
  cluster = processCluster();
  createPod('typo', { command: ['/no/such/program'] }, { restartPolicy: 'Never' });
  await until(() => status('typo')?.phase === 'Failed', 'failed');
  expect(state('typo')?.terminated).toMatchObject({ reason: 'StartError', message: expect.stringContaining('ENOENT') });
});

test('restartPolicy Never ends as Succeeded; init containers run before', async () => {
  cluster = processCluster();
  const initContainers = [{ name: 'prepare', image: 'any', command: ['/bin/sh', '-c', 'echo prepared'] }];
  createPod('job', { command: ['/bin/sh', '-c', 'echo done'] }, { restartPolicy: 'Never', initContainers });
  await until(() => status('job')?.phase === 'Succeeded', 'succeeded');
  expect(cluster.kubelet.logs('shop', 'job', 'prepare')?.map((line) => line.text)).toEqual(['prepared']);
  expect(status('job')?.initContainerStatuses?.[0]?.state.terminated?.exitCode).toBe(0);
});

test('a failing liveness probe restarts the container; a startup probe holds the others back', async () => {
  cluster = processCluster();
  const livenessProbe = { exec: { command: ['false'] }, periodSeconds: 1, failureThreshold: 1 };
  const startupProbe = { exec: { command: ['true'] }, periodSeconds: 1 };
  createPod('sick', { command: ['sleep', '60'], livenessProbe, startupProbe });
  await until(() => (status('sick')?.containerStatuses?.[0]?.restartCount ?? 0) >= 1, 'a restart');
  expect(cluster.events()).toContain('Container main failed liveness probe, will be restarted');
});

describe('deletion', () => {
  test('lets a process finish within its grace period', async () => {
    cluster = processCluster();
    createPod(
      'kind',
      {
        command: ['/bin/sh', '-c', 'trap "sleep 0.2; echo bye; exit 0" TERM; echo up; while :; do sleep 0.05; done'],
      },
      { terminationGracePeriodSeconds: 5 },
    );
    await until(() => logs('kind').includes('up'), 'up');
    const lines: string[] = [];
    cluster.kubelet.followLogs('shop', 'kind', undefined, (line) => lines.push(line.text));
    const began = performance.now();
    cluster.store.delete('pods', 'shop', 'kind');
    await until(() => !cluster.pod('kind'), 'gone');
    expect(lines).toContain('bye');
    expect(performance.now() - began).toBeGreaterThan(150);
    expect(performance.now() - began).toBeLessThan(4_000);
  });

  test('kills one that will not end, with all it started', async () => {
    cluster = processCluster();
    createPod('stubborn', {
      command: ['/bin/sh', '-c', 'trap "" TERM; sleep 60 & echo $!; while :; do sleep 1; done'],
    });
    await until(() => logs('stubborn').length === 1, 'its child');
    const child = Number(logs('stubborn')[0]);
    const [main] = cluster.kubelet.running();
    expect(isAlive(child) && isAlive(main!.pid)).toBe(true);
    cluster.store.delete('pods', 'shop', 'stubborn');
    await pause(500);
    expect(cluster.pod('stubborn')?.metadata.deletionTimestamp).toBeDefined();
    await until(() => !cluster.pod('stubborn'), 'gone');
    await until(() => !isAlive(child) && !isAlive(main!.pid), 'all processes gone');
  });

  test('by force ends it at once, also when it is under way already', async () => {
    cluster = processCluster();
    createPod(
      'forced',
      { command: ['/bin/sh', '-c', 'trap "" TERM; echo up; while :; do sleep 1; done'] },
      { terminationGracePeriodSeconds: 60 },
    );
    await until(() => logs('forced').includes('up'), 'up');
    const [main] = cluster.kubelet.running();
    cluster.store.delete('pods', 'shop', 'forced');
    await pause(50);
    cluster.store.remove('pods', 'shop', 'forced');
    await until(() => !isAlive(main!.pid), 'killed');
    expect(cluster.kubelet.running()).toEqual([]);
  });
});

test('a deployment runs as processes, and no process is left after close', async () => {
  cluster = processCluster();
  const containers = [{ name: 'main', image: 'any', command: ['/bin/sh', '-c', 'sleep 60 & sleep 60'] }];
  const template = { metadata: { labels: { app: 'web' } }, spec: { containers, terminationGracePeriodSeconds: 1 } };
  cluster.store.create('deployments.apps', deploymentObject('web', { template }));
  await until(() => cluster.pods().filter(isReady).length === 3, 'three ready pods');
  const pids = cluster.kubelet.running().map(({ pid }) => pid);
  expect(pids).toHaveLength(3);
  await cluster.close();
  expect(pids.filter(isAlive)).toEqual([]);
});

test('the CPU of a pod is measured from the operating system, and agrees with what the process knows of itself', async () => {
  cluster = processCluster();
  // Works for 60 of every 200 ms and tells its own CPU time, in a child of the container's first process.
  const burner = `
    const cpu = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1e6; };
    setInterval(() => { const until = cpu() + 0.06; while (cpu() < until); console.log(cpu()); }, 200)`;
  createPod('burn', { command: ['/bin/sh', '-c', `"${process.execPath}" -e "${burner}" & wait`] });
  createPod('idle', { image: 'nginx' });
  await until(() => logs('burn').length > 2 && cluster.kubelet.running().length === 2, 'both running');
  const read = await processTreeReader();
  const readAt: number[] = [];
  const sampler = new PodMetricsSampler({
    clock: systemClock,
    running: () => cluster.kubelet.running(),
    read: (roots) => {
      readAt.push(Date.now());
      return read(roots);
    },
    resolutionSeconds: 1.5,
    onError: (error) => cluster.errors.push(error),
  });
  try {
    expect(sampler.podMetrics(undefined)).toEqual([]);
    const metrics = await until(
      () => (sampler.podMetrics('shop').length === 2 ? sampler.podMetrics('shop') : undefined),
      'two samples',
    );
    const burn = metrics.find((pod) => pod.name === 'burn')!;
    const idle = metrics.find((pod) => pod.name === 'idle')!;
    const cores = (pod: typeof burn) => Number.parseInt(pod.containers[0]!.usage.cpu, 10) / 1e9;
    // What it told next to the two readings: a busy machine slows both figures alike.
    const told = cluster.kubelet.logs('shop', 'burn')!.filter((line) => line.at <= readAt[1]!);
    const first = told.findLast((line) => line.at <= readAt[0]!)!;
    const truth = (Number(told.at(-1)!.text) - Number(first.text)) / ((told.at(-1)!.at - first.at) / 1000);
    expect(truth).toBeGreaterThan(0);
    expect(Math.abs(cores(burn) - truth)).toBeLessThan(0.12);
    expect(cores(burn)).toBeGreaterThan(cores(idle) + 0.02);
    expect(cores(idle)).toBeLessThan(0.02);
    expect(burn.containers[0]!.usage.memory).toMatch(/^\d{5,}Ki$/);
    expect(Number.parseFloat(burn.window)).toBeCloseTo((readAt[1]! - readAt[0]!) / 1000, 1);
    expect(Math.abs(Date.parse(burn.timestamp) - readAt[1]!)).toBeLessThanOrEqual(1_000);
    expect(sampler.podMetrics('other')).toEqual([]);
    cluster.store.remove('pods', 'shop', 'burn');
    await until(() => sampler.podMetrics('shop').length === 1, 'the ended pod says nothing');
    expect(cluster.errors).toEqual([]);
  } finally {
    await sampler.close();
  }
});

test('when the cluster is killed with SIGKILL, every process of it goes too', async () => {
  cluster = processCluster();
  const child = spawn(process.execPath, [fileURLToPath(import.meta.resolve('../../support/kill-me-cluster.ts'))], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const exited = new Promise((resolve) => child.once('exit', resolve));
  try {
    const pids = await until(
      () => (output.endsWith('\n') ? (JSON.parse(output) as number[]) : undefined),
      'the pids of its pods',
    );
    expect(pids).toHaveLength(4);
    expect(pids.filter(isAlive)).toEqual(pids);
    child.kill('SIGKILL');
    await exited;
    await until(() => pids.filter(isAlive).length === 0, 'all processes gone', 3_000);
  } finally {
    child.kill('SIGKILL');
  }
});
