// ReplicaSets: whom they give up, whom they take in and let go, and what they do when the API server refuses.
import { describe, expect, test } from 'vitest';
import { victimsFirst } from '../../../../src/localcluster/workloads/pod-state.ts';
import type { Pod } from '../../../../src/localcluster/workloads/types.ts';
import { template, workloadCluster } from '../../../support/workload-cluster.ts';

interface Traits {
  phase?: string;
  readyAt?: number;
  created?: number;
  restarts?: number;
  cost?: string;
}

function pod(name: string, { phase = 'Running', readyAt = 100, created = 0, restarts = 0, cost }: Traits = {}): Pod {
  const time = (seconds: number) => new Date(seconds * 1000).toISOString();
  const ready = {
    type: 'Ready',
    status: readyAt >= 0 ? 'True' : 'False',
    lastTransitionTime: time(Math.max(0, readyAt)),
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      uid: name,
      resourceVersion: '1',
      creationTimestamp: time(created),
      ...(cost === undefined ? {} : { annotations: { 'controller.kubernetes.io/pod-deletion-cost': cost } }),
    },
    spec: { containers: [] },
    status: { phase, conditions: [ready], containerStatuses: [{ restartCount: restarts }] },
  } as unknown as Pod;
}

describe('victimsFirst', () => {
  test.each<[string, Traits, Traits]>([
    ['a pending pod before a running one', { phase: 'Pending' }, { created: 10 }],
    ['an unready pod before a ready one', { readyAt: -1 }, { restarts: 9 }],
    ['the lower deletion cost', { cost: '-5' }, { readyAt: 200 }],
    ['the one ready for a shorter time', { readyAt: 200 }, { readyAt: 100, restarts: 3 }],
    ['the one with more restarts', { restarts: 2 }, { restarts: 1, created: 50 }],
    ['the younger one', { created: 50 }, { created: 10 }],
  ])('%s', (_, first, second) => {
    expect(victimsFirst([pod('second', second), pod('first', first)]).map(({ metadata }) => metadata.name)).toEqual([
      'first',
      'second',
    ]);
  });
});

const SET = {
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { replicas: 3, selector: { matchLabels: { app: 'web' } }, template: template('web') },
};

async function started() {
  const cluster = workloadCluster();
  cluster.store.create('replicasets.apps', SET);
  await cluster.clock.advance(3_000);
  return cluster;
}

test('a bare ReplicaSet keeps its number, replaces ended and deleted pods, and counts', async () => {
  const cluster = await started();
  expect(cluster.replicaSet('web').status).toMatchObject({
    replicas: 3,
    fullyLabeledReplicas: 3,
    readyReplicas: 3,
    availableReplicas: 3,
    observedGeneration: 1,
  });
  const [first, second] = cluster.pods();
  cluster.store.delete('pods', 'shop', first!.metadata.name);
  const failed = structuredClone(second!);
  cluster.store.updateStatus('pods', { ...failed, status: { ...failed.status, phase: 'Failed' } });
  await cluster.clock.advance(3_000);
  expect(cluster.pods().filter((pod) => pod.status?.phase === 'Running')).toHaveLength(3);
  expect(cluster.pods()).toHaveLength(4);
  expect(cluster.replicaSet('web').status).toMatchObject({ replicas: 3, readyReplicas: 3 });
});

test('scaling down gives up an unready pod and counts it no more', async () => {
  const cluster = await started();
  const [, sick] = cluster.pods();
  cluster.setReady(sick!.metadata.name, false);
  await cluster.clock.advance(100);
  expect(cluster.replicaSet('web').status).toMatchObject({ replicas: 3, readyReplicas: 2 });
  cluster.edit('replicasets.apps', 'web', (spec) => Object.assign(spec, { replicas: 2 }));
  await cluster.clock.advance(3_000);
  expect(cluster.pods().map((pod) => pod.metadata.name)).not.toContain(sick!.metadata.name);
  expect(cluster.events()).toContain(`Deleted pod: ${sick!.metadata.name}`);
});

test('a pod whose labels are changed is let go and replaced; a matching orphan is taken in', async () => {
  const cluster = await started();
  const [first] = cluster.pods();
  const copy = structuredClone(first!);
  copy.metadata.labels = { app: 'debug' };
  cluster.store.update('pods', copy);
  await cluster.clock.advance(3_000);
  expect(cluster.pods()).toHaveLength(4);
  expect(cluster.store.get('pods', 'shop', first!.metadata.name)!.metadata.ownerReferences ?? []).toEqual([]);
  // Back again: one too many, so one goes.
  const back = structuredClone(cluster.store.get('pods', 'shop', first!.metadata.name)!);
  back.metadata.labels = { app: 'web' };
  cluster.store.update('pods', back);
  cluster.edit('replicasets.apps', 'web', (spec) => Object.assign(spec, { minReadySeconds: 0, replicas: 4 }));
  await cluster.clock.advance(3_000);
  expect(cluster.pods()).toHaveLength(4);
  expect(cluster.pods().every((pod) => pod.metadata.ownerReferences?.[0]?.name === 'web')).toBe(true);
});

test('a refused pod shows as ReplicaFailure and is tried again', async () => {
  const cluster = workloadCluster();
  // A template that the API server refuses as a pod: as a quota or an admission rule would, until it is corrected.
  const create = cluster.store.create.bind(cluster.store);
  let refusing = true;
  cluster.store.create = (resource, object) => {
    if (resource === 'pods' && refusing) throw Object.assign(new Error('exceeded quota: pods'), { code: 403 });
    return create(resource, object);
  };
  cluster.store.create('replicasets.apps', SET);
  await cluster.clock.advance(1_000);
  expect(cluster.replicaSet('web').status?.conditions).toMatchObject([
    { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'exceeded quota: pods' },
  ]);
  expect(cluster.errors.length).toBeGreaterThan(2);
  expect(cluster.errors.length).toBeLessThan(20);
  refusing = false;
  await cluster.clock.advance(40_000);
  expect(cluster.replicaSet('web').status).toMatchObject({ readyReplicas: 3 });
  expect(cluster.replicaSet('web').status?.conditions).toBeUndefined();
});
