// Jobs on a fake clock, their pods ended by hand: how many run at a time, what is counted, when they are over and why.
import { beforeEach, describe, expect, test } from 'vitest';
import type { Job, Pod } from '../../../../src/localcluster/workloads/types.ts';
import { workloadCluster } from '../../../support/workload-cluster.ts';

type Cluster = ReturnType<typeof workloadCluster>;
let cluster: Cluster;

beforeEach(() => {
  cluster = workloadCluster();
});

async function create(spec: Record<string, unknown> = {}, restartPolicy = 'Never') {
  cluster.store.create('jobs.batch', {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'load', namespace: 'shop' },
    spec: { ...spec, template: { spec: { restartPolicy, containers: [{ name: 'main', image: 'load:1' }] } } },
  });
  await cluster.clock.advance(2_000);
}

const job = () => cluster.store.get('jobs.batch', 'shop', 'load') as Job | undefined;
const status = () => job()?.status ?? {};
const conditions = () => (status().conditions ?? []).map(({ type, status: is, reason }) => [type, is, reason]);
const running = () =>
  cluster.pods().filter((pod) => pod.status?.phase === 'Running' && pod.metadata.deletionTimestamp === undefined);

/** Writes what a kubelet writes when the pod's process has ended. */
async function end(pod: Pod | undefined, exitCode: number) {
  const copy = structuredClone(pod!);
  const finishedAt = new Date(cluster.clock.now()).toISOString();
  const terminated = { exitCode, reason: 'Ended', startedAt: finishedAt, finishedAt };
  copy.status = {
    ...copy.status,
    phase: exitCode === 0 ? 'Succeeded' : 'Failed',
    containerStatuses: copy.status!.containerStatuses!.map((one) => ({ ...one, ready: false, state: { terminated } })),
  };
  cluster.store.updateStatus('pods', copy);
  await cluster.clock.advance(100);
}

async function restarted(pod: Pod | undefined, restartCount: number) {
  const copy = structuredClone(pod!);
  for (const one of copy.status!.containerStatuses!) one.restartCount = restartCount;
  cluster.store.updateStatus('pods', copy);
  await cluster.clock.advance(100);
}

describe('a Job of one pod', () => {
  test('runs it, counts its success, and is complete', async () => {
    await create();
    expect(running()).toHaveLength(1);
    expect(running()[0]?.metadata.labels).toMatchObject({
      'job-name': 'load',
      'batch.kubernetes.io/controller-uid': job()?.metadata.uid,
    });
    expect(status()).toMatchObject({ active: 1, ready: 1, startTime: expect.any(String) as string });
    await end(running()[0], 0);
    expect(conditions()).toEqual([
      ['SuccessCriteriaMet', 'True', 'CompletionsReached'],
      ['Complete', 'True', 'CompletionsReached'],
    ]);
    expect(status()).toMatchObject({ succeeded: 1, ready: 0, completionTime: expect.any(String) as string });
    expect(status()).not.toHaveProperty('active');
    // The pod stays for its log, and can be deleted.
    expect(cluster.pods()).toHaveLength(1);
    expect(cluster.pods()[0]?.metadata.finalizers).toEqual([]);
    expect(cluster.events()).toContain('Job completed');
    expect(cluster.errors).toEqual([]);
  });

  test('makes another one 10 s after it failed, then after 20 s, and gives up at the limit', async () => {
    await create({ backoffLimit: 2 });
    await end(running()[0], 1);
    expect(status()).toMatchObject({ failed: 1 });
    await cluster.clock.advance(9_000);
    expect(running()).toHaveLength(0);
    await cluster.clock.advance(3_000);
    expect(running()).toHaveLength(1);
    await end(running()[0], 1);
    await cluster.clock.advance(19_000);
    expect(running()).toHaveLength(0);
    await cluster.clock.advance(3_000);
    await end(running()[0], 1);
    expect(conditions()).toEqual([
      ['FailureTarget', 'True', 'BackoffLimitExceeded'],
      ['Failed', 'True', 'BackoffLimitExceeded'],
    ]);
    expect(status()).toMatchObject({ failed: 3 });
    expect(status()).not.toHaveProperty('completionTime');
    await cluster.clock.advance(3_600_000);
    expect(cluster.pods()).toHaveLength(3);
  });

  test('with a limit of none fails with the first pod', async () => {
    await create({ backoffLimit: 0 });
    await end(running()[0], 3);
    expect(conditions().at(-1)).toEqual(['Failed', 'True', 'BackoffLimitExceeded']);
  });

  test('whose containers restart themselves fails when they have done so too often', async () => {
    await create({ backoffLimit: 2 }, 'OnFailure');
    await restarted(running()[0], 1);
    expect(conditions()).toEqual([]);
    await restarted(running()[0], 2);
    expect(conditions().at(-1)).toEqual(['Failed', 'True', 'BackoffLimitExceeded']);
    expect(cluster.pods()).toEqual([]);
  });

  test('that takes too long is ended', async () => {
    await create({ activeDeadlineSeconds: 60 });
    await cluster.clock.advance(57_000);
    expect(running()).toHaveLength(1);
    await cluster.clock.advance(3_000);
    expect(conditions()).toEqual([
      ['FailureTarget', 'True', 'DeadlineExceeded'],
      ['Failed', 'True', 'DeadlineExceeded'],
    ]);
    expect(cluster.pods()).toEqual([]);
    expect(status()).toMatchObject({ failed: 1 });
  });

  test('whose pod is deleted makes another, and counts the first as failed', async () => {
    await create();
    const [first] = running();
    cluster.store.delete('pods', 'shop', first!.metadata.name);
    await cluster.clock.advance(12_000);
    expect(running()).toHaveLength(1);
    expect(running()[0]?.metadata.name).not.toBe(first?.metadata.name);
    expect(status()).toMatchObject({ failed: 1, active: 1 });
  });

  test('goes with its pods when it is deleted, and by itself when its time after the end is over', async () => {
    await create();
    cluster.store.delete('jobs.batch', 'shop', 'load');
    await cluster.clock.advance(1_000);
    expect(cluster.pods()).toEqual([]);
    await create({ ttlSecondsAfterFinished: 30 });
    await end(running()[0], 0);
    await cluster.clock.advance(28_000);
    expect(job()).toBeDefined();
    await cluster.clock.advance(4_000);
    expect(job()).toBeUndefined();
    expect(cluster.pods()).toEqual([]);
    expect(cluster.errors).toEqual([]);
  });
});

describe('a Job of several pods', () => {
  test('runs as many at a time as it may, and no more than are needed', async () => {
    await create({ completions: 3, parallelism: 2 });
    expect(running()).toHaveLength(2);
    await end(running()[0], 0);
    await cluster.clock.advance(2_000);
    expect(running()).toHaveLength(2);
    await end(running()[0], 0);
    await cluster.clock.advance(2_000);
    expect(running()).toHaveLength(1);
    await end(running()[0], 0);
    expect(conditions().at(-1)).toEqual(['Complete', 'True', 'CompletionsReached']);
    expect(status()).toMatchObject({ succeeded: 3 });
  });

  test('follows a change of parallelism', async () => {
    await create({ completions: 9, parallelism: 1 });
    cluster.edit('jobs.batch', 'load', (spec) => Object.assign(spec, { parallelism: 4 }));
    await cluster.clock.advance(2_000);
    expect(running()).toHaveLength(4);
    cluster.edit('jobs.batch', 'load', (spec) => Object.assign(spec, { parallelism: 2 }));
    await cluster.clock.advance(2_000);
    expect(running()).toHaveLength(2);
  });

  test('without completions is done when one has succeeded and all have ended', async () => {
    await create({ parallelism: 2 });
    await end(running()[0], 0);
    await cluster.clock.advance(2_000);
    expect(running()).toHaveLength(1);
    expect(conditions()).toEqual([]);
    await end(running()[0], 0);
    expect(conditions().at(-1)).toEqual(['Complete', 'True', 'CompletionsReached']);
  });

  test('that is suspended has no pods and no start until it is resumed', async () => {
    await create({ suspend: true });
    expect(cluster.pods()).toEqual([]);
    expect(conditions()).toEqual([['Suspended', 'True', 'JobSuspended']]);
    expect(status()).not.toHaveProperty('startTime');
    cluster.edit('jobs.batch', 'load', (spec) => Object.assign(spec, { suspend: false }));
    await cluster.clock.advance(2_000);
    expect(running()).toHaveLength(1);
    expect(conditions()).toEqual([['Suspended', 'False', 'JobResumed']]);
  });

  test('that is Indexed is not run, and an event says so', async () => {
    await create({ completionMode: 'Indexed', completions: 2 });
    expect(cluster.pods()).toEqual([]);
    expect(cluster.events().join()).toContain('does not run Indexed Jobs');
  });
});
