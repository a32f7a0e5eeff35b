// Deployments end to end on a fake clock: rollout, scaling, rollback, recreate, pause, deadline, status, collection.
import { describe, expect, test } from 'vitest';
import { deploymentObject, template, workloadCluster } from '../../../support/workload-cluster.ts';

const PROGRESSING = 'Progressing';
type Cluster = ReturnType<typeof workloadCluster>;

function condition(cluster: Cluster, type: string) {
  return cluster.deployment().status?.conditions?.find((each) => each.type === type);
}

async function started(spec: Record<string, unknown> = {}, options = {}) {
  const cluster = workloadCluster(options);
  cluster.store.create('deployments.apps', deploymentObject('web', spec));
  await cluster.clock.advance(3_000);
  return cluster;
}

describe('a new deployment', () => {
  test('makes one ReplicaSet and its pods, with hash, owners and revision', async () => {
    const cluster = await started();
    const [set] = cluster.replicaSets();
    const hash = set!.metadata.labels!['pod-template-hash']!;
    expect(hash).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{1,10}$/);
    expect(set!.metadata.name).toBe(`web-${hash}`);
    expect(set!.spec.selector.matchLabels).toEqual({ app: 'web', 'pod-template-hash': hash });
    expect(set!.metadata.ownerReferences).toMatchObject([{ kind: 'Deployment', name: 'web', controller: true }]);
    expect(set!.metadata.annotations!['deployment.kubernetes.io/revision']).toBe('1');
    expect(cluster.deployment().metadata.annotations!['deployment.kubernetes.io/revision']).toBe('1');
    expect(cluster.pods()).toHaveLength(3);
    for (const pod of cluster.pods()) {
      expect(pod.metadata.name.startsWith(`web-${hash}-`)).toBe(true);
      expect(pod.metadata.ownerReferences).toMatchObject([{ kind: 'ReplicaSet', uid: set!.metadata.uid }]);
      expect(pod.spec.nodeName).toBe('local');
    }
    expect(cluster.events()).toContain(`Scaled up replica set web-${hash} from 0 to 3`);
    expect(cluster.errors).toEqual([]);
  });

  test('counts in its status and says that it is available and done', async () => {
    const cluster = workloadCluster({ readySeconds: 5 });
    cluster.store.create('deployments.apps', deploymentObject('web'));
    await cluster.clock.advance(2_000);
    expect(cluster.deployment().status).toMatchObject({ replicas: 3, readyReplicas: 0, unavailableReplicas: 3 });
    expect(condition(cluster, 'Available')).toMatchObject({ status: 'False', reason: 'MinimumReplicasUnavailable' });
    expect(condition(cluster, PROGRESSING)).toMatchObject({ status: 'True' });
    await cluster.clock.advance(5_000);
    expect(cluster.deployment().status).toMatchObject({
      replicas: 3,
      updatedReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      unavailableReplicas: 0,
      observedGeneration: 1,
    });
    expect(condition(cluster, 'Available')).toMatchObject({ status: 'True', reason: 'MinimumReplicasAvailable' });
    expect(condition(cluster, PROGRESSING)).toMatchObject({ status: 'True', reason: 'NewReplicaSetAvailable' });
  });

  test('writes nothing once it rests', async () => {
    const cluster = await started();
    const before = cluster.version();
    await cluster.clock.advance(3_600_000);
    expect(cluster.version()).toBe(before);
  });

  test('a pod is available only after minReadySeconds', async () => {
    const cluster = await started({ minReadySeconds: 30 });
    expect(cluster.deployment().status).toMatchObject({ readyReplicas: 3, availableReplicas: 0 });
    await cluster.clock.advance(31_000);
    expect(cluster.deployment().status).toMatchObject({ readyReplicas: 3, availableReplicas: 3 });
  });
});

describe('scaling', () => {
  test('scales the current ReplicaSet and stays NewReplicaSetAvailable', async () => {
    const cluster = await started();
    cluster.edit('deployments.apps', 'web', (spec) => Object.assign(spec, { replicas: 7 }));
    await cluster.clock.advance(500);
    expect(cluster.pods()).toHaveLength(7);
    expect(condition(cluster, PROGRESSING)).toMatchObject({ reason: 'NewReplicaSetAvailable' });
    await cluster.clock.advance(3_000);
    cluster.edit('deployments.apps', 'web', (spec) => Object.assign(spec, { replicas: 2 }));
    await cluster.clock.advance(3_000);
    expect(cluster.pods()).toHaveLength(2);
    expect(cluster.replicaSets()).toHaveLength(1);
    expect(cluster.deployment().status).toMatchObject({ replicas: 2, readyReplicas: 2, observedGeneration: 3 });
  });

  test('to zero and back', async () => {
    const cluster = await started();
    cluster.edit('deployments.apps', 'web', (spec) => Object.assign(spec, { replicas: 0 }));
    await cluster.clock.advance(3_000);
    expect(cluster.pods()).toEqual([]);
    cluster.edit('deployments.apps', 'web', (spec) => Object.assign(spec, { replicas: 1 }));
    await cluster.clock.advance(3_000);
    expect(cluster.deployment().status).toMatchObject({ replicas: 1, availableReplicas: 1 });
  });
});

describe('a rolling update', () => {
  test('keeps within surge and availability at every moment and ends with the new template', async () => {
    const cluster = await started({
      replicas: 8,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 2, maxUnavailable: 1 } },
    });
    let most = 0;
    let fewestReady = Number.POSITIVE_INFINITY;
    cluster.store.watch('pods', () => {
      const pods = cluster.pods().filter((pod) => !pod.metadata.deletionTimestamp);
      most = Math.max(most, pods.length);
      const ready = pods.filter((pod) =>
        pod.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True'),
      );
      fewestReady = Math.min(fewestReady, ready.length);
    });
    cluster.edit('deployments.apps', 'web', (spec) => Object.assign(spec, { template: template('web', 'web:2') }));
    await cluster.clock.advance(60_000);
    expect(most).toBe(10);
    expect(fewestReady).toBe(7);
    expect(cluster.pods().map((pod) => pod.spec.containers[0]!.image)).toEqual(Array(8).fill('web:2'));
    const revisions = cluster
      .replicaSets()
      .map((set) => [set.spec.replicas, set.metadata.annotations!['deployment.kubernetes.io/revision']]);
    expect(revisions).toEqual([
      [0, '1'],
      [8, '2'],
    ]);
    expect(condition(cluster, PROGRESSING)).toMatchObject({ status: 'True', reason: 'NewReplicaSetAvailable' });
  });

  test('back to an old template uses its ReplicaSet again, under a new revision', async () => {
    const cluster = await started();
    const [first] = cluster.replicaSets();
    cluster.edit('deployments.apps', 'web', (spec) => Object.assign(spec, { template: template('web', 'web:2') }));
    await cluster.clock.advance(30_000);
    cluster.edit('deployments.apps', 'web', (spec) => Object.assign(spec, { template: template('web', 'web:1') }));
    await cluster.clock.advance(30_000);
    const again = cluster.replicaSet(first!.metadata.name);
    expect(again.spec.replicas).toBe(3);
    expect(again.metadata.annotations!['deployment.kubernetes.io/revision']).toBe('3');
    expect(cluster.replicaSets()).toHaveLength(2);
  });

  test('of pods that never get ready stops at the surge and misses its deadline', async () => {
    const cluster = await started({ progressDeadlineSeconds: 60 });
    const bad = template('web', 'web:2');
    Object.assign(bad.spec.containers[0]!, { readinessProbe: { httpGet: { port: 1 }, initialDelaySeconds: 100_000 } });
    cluster.edit('deployments.apps', 'web', (spec) => Object.assign(spec, { template: bad }));
    await cluster.clock.advance(50_000);
    expect(cluster.replicaSets().map((set) => set.spec.replicas)).toEqual([3, 1]);
    expect(condition(cluster, PROGRESSING)).toMatchObject({ status: 'True', reason: 'ReplicaSetUpdated' });
    await cluster.clock.advance(30_000);
    expect(condition(cluster, PROGRESSING)).toMatchObject({ status: 'False', reason: 'ProgressDeadlineExceeded' });
    const before = cluster.version();
    await cluster.clock.advance(600_000);
    expect(cluster.version()).toBe(before);
    expect(condition(cluster, 'Available')).toMatchObject({ status: 'True' });
  });

  test('keeps revisionHistoryLimit old ReplicaSets', async () => {
    const cluster = await started({ revisionHistoryLimit: 1 });
    for (const image of ['web:2', 'web:3', 'web:4']) {
      cluster.edit('deployments.apps', 'web', (spec) => Object.assign(spec, { template: template('web', image) }));
      await cluster.clock.advance(30_000);
    }
    expect(cluster.replicaSets().map((set) => set.spec.template.spec.containers[0]!.image)).toEqual(['web:3', 'web:4']);
  });
});

test('Recreate starts the new pods only when the last old one is gone', async () => {
  const cluster = await started({ strategy: { type: 'Recreate' } }, { terminationSeconds: 10 });
  cluster.edit('deployments.apps', 'web', (spec) => Object.assign(spec, { template: template('web', 'web:2') }));
  await cluster.clock.advance(9_000);
  expect(cluster.pods().every((pod) => pod.metadata.deletionTimestamp)).toBe(true);
  expect(cluster.replicaSets()).toHaveLength(1);
  await cluster.clock.advance(5_000);
  expect(cluster.pods().map((pod) => pod.spec.containers[0]!.image)).toEqual(['web:2', 'web:2', 'web:2']);
});

test('a paused deployment scales but does not roll out', async () => {
  const cluster = await started();
  cluster.edit('deployments.apps', 'web', (spec) =>
    Object.assign(spec, { paused: true, replicas: 5, template: template('web', 'web:2') }),
  );
  await cluster.clock.advance(10_000);
  expect(cluster.replicaSets().map((set) => [set.spec.replicas, set.spec.template.spec.containers[0]!.image])).toEqual([
    [5, 'web:1'],
  ]);
  expect(condition(cluster, PROGRESSING)).toMatchObject({ status: 'Unknown', reason: 'DeploymentPaused' });
  cluster.edit('deployments.apps', 'web', (spec) => Object.assign(spec, { paused: false }));
  await cluster.clock.advance(30_000);
  expect(cluster.pods().map((pod) => pod.spec.containers[0]!.image)).toEqual(Array(5).fill('web:2'));
});

test('a deleted deployment takes its ReplicaSets and pods along, and another one may have its name', async () => {
  const cluster = await started();
  cluster.store.delete('deployments.apps', 'shop', 'web');
  cluster.store.create('deployments.apps', deploymentObject('web', { replicas: 1 }));
  await cluster.clock.advance(10_000);
  expect(cluster.replicaSets()).toHaveLength(1);
  expect(cluster.pods()).toHaveLength(1);
  cluster.store.delete('deployments.apps', 'shop', 'web');
  await cluster.clock.advance(10_000);
  expect(cluster.replicaSets()).toEqual([]);
  expect(cluster.pods()).toEqual([]);
});

test('pods beyond the node stay Pending and unschedulable until there is room', async () => {
  const cluster = await started({ replicas: 4 }, { maxPods: 3 });
  const pending = cluster.pods().filter((pod) => pod.status?.phase === 'Pending');
  expect(pending).toHaveLength(1);
  expect(pending[0]!.status!.conditions).toMatchObject([
    { type: 'PodScheduled', status: 'False', reason: 'Unschedulable' },
  ]);
  const running = cluster.pods().find((pod) => pod.status?.phase === 'Running')!;
  cluster.edit('deployments.apps', 'web', (spec) => Object.assign(spec, { replicas: 3 }));
  await cluster.clock.advance(5_000);
  // The waiting pod is the one given up.
  expect(cluster.pods()).toHaveLength(3);
  expect(cluster.store.get('pods', 'shop', running.metadata.name)).toBeDefined();
});
