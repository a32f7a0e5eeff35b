// StatefulSets: pods in order, up and down, updated from the top, or all at once.
import { expect, test } from 'vitest';
import { template, workloadCluster, type WorkloadClusterOptions } from '../../../support/workload-cluster.ts';

function create(options: WorkloadClusterOptions = {}, spec: Record<string, unknown> = {}) {
  const cluster = workloadCluster(options);
  cluster.store.create('statefulsets.apps', {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db', namespace: 'shop' },
    spec: {
      replicas: 3,
      serviceName: 'db',
      selector: { matchLabels: { app: 'db' } },
      template: template('db', 'db:1'),
      ...spec,
    },
  });
  const names = () => cluster.pods().map((pod) => pod.metadata.name);
  const images = () => cluster.pods().map((pod) => pod.spec.containers[0]!.image);
  return { cluster, names, images };
}

test('makes pods one after the other, each when the one before is ready', async () => {
  const { cluster, names } = create({ readySeconds: 10 });
  await cluster.clock.advance(9_000);
  expect(names()).toEqual(['db-0']);
  await cluster.clock.advance(10_000);
  expect(names()).toEqual(['db-0', 'db-1']);
  await cluster.clock.advance(30_000);
  expect(names()).toEqual(['db-0', 'db-1', 'db-2']);
  const { status } = cluster.statefulSet();
  expect(status).toMatchObject({
    replicas: 3,
    readyReplicas: 3,
    availableReplicas: 3,
    currentReplicas: 3,
    updatedReplicas: 3,
    observedGeneration: 1,
  });
  expect(status?.currentRevision).toBe(status?.updateRevision);
  expect(cluster.pods()[1]!.metadata.labels).toMatchObject({
    app: 'db',
    'statefulset.kubernetes.io/pod-name': 'db-1',
    'apps.kubernetes.io/pod-index': '1',
    'controller-revision-hash': status!.updateRevision,
  });
  const before = cluster.version();
  await cluster.clock.advance(600_000);
  expect(cluster.version()).toBe(before);
});

test('scales down from the top, one at a time', async () => {
  const { cluster, names } = create({ terminationSeconds: 10 });
  await cluster.clock.advance(20_000);
  cluster.edit('statefulsets.apps', 'db', (spec) => Object.assign(spec, { replicas: 1 }));
  await cluster.clock.advance(5_000);
  const terminating = () =>
    cluster
      .pods()
      .filter((pod) => pod.metadata.deletionTimestamp)
      .map((pod) => pod.metadata.name);
  expect(terminating()).toEqual(['db-2']);
  await cluster.clock.advance(10_000);
  expect(terminating()).toEqual(['db-1']);
  await cluster.clock.advance(10_000);
  expect(names()).toEqual(['db-0']);
  expect(cluster.statefulSet().status).toMatchObject({ replicas: 1, readyReplicas: 1 });
});

test('a deleted pod comes back under its own name', async () => {
  const { cluster, names } = create();
  await cluster.clock.advance(20_000);
  const { uid } = cluster.pods()[1]!.metadata;
  cluster.store.delete('pods', 'shop', 'db-1');
  await cluster.clock.advance(5_000);
  expect(names()).toEqual(['db-0', 'db-1', 'db-2']);
  expect(cluster.pods()[1]!.metadata.uid).not.toBe(uid);
});

test('updates from the top down to the partition, each after the one before is ready', async () => {
  const { cluster, images } = create({ readySeconds: 5 });
  await cluster.clock.advance(30_000);
  cluster.edit('statefulsets.apps', 'db', (spec) =>
    Object.assign(spec, {
      template: template('db', 'db:2'),
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } },
    }),
  );
  await cluster.clock.advance(4_000);
  expect(images()).toEqual(['db:1', 'db:1', 'db:2']);
  await cluster.clock.advance(60_000);
  expect(images()).toEqual(['db:1', 'db:2', 'db:2']);
  expect(cluster.statefulSet().status).toMatchObject({ currentReplicas: 1, updatedReplicas: 2 });
  cluster.edit('statefulsets.apps', 'db', (spec) => Object.assign(spec, { updateStrategy: { type: 'RollingUpdate' } }));
  await cluster.clock.advance(60_000);
  expect(images()).toEqual(['db:2', 'db:2', 'db:2']);
  const { status } = cluster.statefulSet();
  expect(status?.currentRevision).toBe(status?.updateRevision);
});

test('Parallel makes and removes all at once', async () => {
  const { cluster, names } = create({ readySeconds: 100, terminationSeconds: 10 }, { podManagementPolicy: 'Parallel' });
  await cluster.clock.advance(1_000);
  expect(names()).toEqual(['db-0', 'db-1', 'db-2']);
  cluster.edit('statefulsets.apps', 'db', (spec) => Object.assign(spec, { replicas: 0 }));
  await cluster.clock.advance(1_000);
  expect(cluster.pods().every((pod) => pod.metadata.deletionTimestamp)).toBe(true);
  await cluster.clock.advance(15_000);
  expect(names()).toEqual([]);
});

test('a pod that never gets ready holds the next one up, and may still be scaled away', async () => {
  const { cluster, names } = create({ readySeconds: 1_000 });
  await cluster.clock.advance(100_000);
  expect(names()).toEqual(['db-0']);
  cluster.edit('statefulsets.apps', 'db', (spec) => Object.assign(spec, { replicas: 0 }));
  await cluster.clock.advance(5_000);
  expect(names()).toEqual([]);
});
