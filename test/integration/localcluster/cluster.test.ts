// The whole local cluster through HTTP: a Deployment applied, scaled by /scale and measured by metrics.k8s.io; and the same
// with simulated pods on a clock that only the test moves.
import { spawn } from 'node:child_process';
import { afterEach, expect, test } from 'vitest';
import { type LocalCluster, startLocalCluster } from '../../../src/localcluster/cluster.ts';
import type { Pod } from '../../../src/localcluster/workloads/types.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { isAlive, throwAny, until } from '../../support/process-cluster.ts';
import { deploymentObject } from '../../support/workload-cluster.ts';

let cluster: LocalCluster;
const errors: unknown[] = [];
afterEach(async () => {
  await cluster.close();
  throwAny(errors.splice(0));
});

interface Answer {
  text?: string;
  status?: { readyReplicas?: number };
  items?: { containers: { name: string; usage: { cpu: string } }[] }[];
}

async function call(path: string, method = 'GET', body?: unknown): Promise<Answer> {
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  const response = await fetch(`${cluster.url}${path}`, {
    method,
    headers: { 'content-type': type },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = await response.text();
  return answer.startsWith('{') ? (JSON.parse(answer) as Answer) : { text: answer };
}

const DEPLOYMENTS = '/apis/apps/v1/namespaces/shop/deployments';
const pods = () => cluster.store.list('pods', 'shop') as readonly Pod[];

test('a deployment of processes over HTTP: scaled, measured, logged, listed, and gone', async () => {
  cluster = await startLocalCluster({
    runPods: 'process',
    apiServer: { namespaces: ['shop'] },
    metricsResolutionSeconds: 0.5,
    onError: (where, error) => errors.push(where, error),
  });
  const command = ['/bin/sh', '-c', 'echo hello; sleep 60'];
  const containers = [{ name: 'main', image: 'any', command }];
  const template = { metadata: { labels: { app: 'web' } }, spec: { containers, terminationGracePeriodSeconds: 1 } };
  await call(DEPLOYMENTS, 'POST', deploymentObject('web', { replicas: 1, template }));
  await call(`${DEPLOYMENTS}/web/scale`, 'PATCH', { spec: { replicas: 2 } });
  await until(async () => (await call(`${DEPLOYMENTS}/web/status`)).status?.readyReplicas === 2, 'two ready');
  const metrics = () => call('/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods?labelSelector=app%3Dweb');
  const items = await until(async () => {
    const { items } = await metrics();
    return items?.length === 2 ? items : undefined;
  }, 'metrics of both');
  expect(items[0]!.containers[0]).toMatchObject({ name: 'main', usage: { cpu: expect.stringMatching(/^\d+n$/) } });
  const [pod] = pods();
  const log = await call(`/api/v1/namespaces/shop/pods/${pod!.metadata.name}/log`);
  expect(log).toEqual({ text: 'hello\n' });
  // A scale-down to nothing, then the Deployment's own deletion.
  await call(`${DEPLOYMENTS}/web/scale`, 'PATCH', { spec: { replicas: 0 } });
  await until(() => pods().length === 0, 'no pods');
  await call(`${DEPLOYMENTS}/web`, 'DELETE');
  await until(() => cluster.store.list('replicasets.apps', 'shop').length === 0, 'no ReplicaSet');
});

test('what is adopted goes with the cluster', async () => {
  cluster = await startLocalCluster({ runPods: 'process', onError: (where, error) => errors.push(where, error) });
  const children = [1, 2].map(() => spawn('sleep', ['60'], { detached: true, stdio: 'ignore' }));
  const [kept, released] = children;
  cluster.adopt(kept!.pid);
  cluster.adopt(released!.pid)();
  const ended = new Promise((resolve) => kept!.once('exit', (_, signal) => resolve(signal)));
  await cluster.close();
  expect(await ended).toBe('SIGKILL');
  expect(isAlive(released!.pid!)).toBe(true);
  released!.kill();
});

test('simulated pods follow the given clock', async () => {
  const clock = new FakeClock();
  cluster = await startLocalCluster({
    runPods: 'simulated',
    clock,
    startDelaySeconds: 10,
    readyDelaySeconds: 20,
    terminationSeconds: 5,
    apiServer: { namespaces: ['shop'] },
    onError: (where, error) => errors.push(where, error),
  });
  cluster.store.create('deployments.apps', deploymentObject('web', { replicas: 2 }));
  const shown = () =>
    pods().map((pod) => {
      const ready = pod.status?.conditions?.find(({ type }) => type === 'Ready')?.status;
      return `${pod.status?.phase} ${ready}`;
    });
  await clock.advance(9_000);
  expect(shown()).toEqual(['Pending False', 'Pending False']);
  await clock.advance(10_000);
  expect(shown()).toEqual(['Running False', 'Running False']);
  await clock.advance(20_000);
  expect(shown()).toEqual(['Running True', 'Running True']);
  const ready = pods()[0]!.status!.conditions!.find(({ type }) => type === 'Ready')!;
  expect(ready.lastTransitionTime).toBe(new Date(clock.now() - 9_000).toISOString().replace('.000', ''));
  cluster.scriptedMetrics!.set({ app: 'web' }, { cpu: '1', ageSeconds: 7 });
  const [sample] = cluster.podMetrics.podMetrics('shop');
  expect(sample).toMatchObject({ window: '15s', containers: [{ name: 'main', usage: { cpu: '1', memory: '0' } }] });
  expect(Date.parse(sample!.timestamp)).toBe(clock.now() - 7_000);
  cluster.scriptedMetrics!.set({ app: 'web' }, undefined);
  expect(cluster.podMetrics.podMetrics('shop')).toEqual([]);
  expect(() => cluster.metricsUrl).toThrow(/runPods/);
  cluster.store.delete('pods', 'shop', pods()[0]!.metadata.name);
  await clock.advance(4_000);
  expect(pods()).toHaveLength(3);
  await clock.advance(2_000);
  expect(pods()).toHaveLength(2);
});
