// Pods that are processes read files and variables from ConfigMaps and Secrets, wait for those that are not there, find Services, and
// leave no file behind; a Job of such a pod ends as its process does.
import { existsSync, statSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { LOCAL_PORT_ANNOTATION, VOLUMES_ANNOTATION } from '../../../src/localcluster/kubelet/annotations.ts';
import { clusterFolder } from '../../../src/localcluster/kubelet/pod-folder.ts';
import { CLUSTER_ID_VARIABLE } from '../../../src/localcluster/kubelet/reaper.ts';
import type { Job } from '../../../src/localcluster/workloads/types.ts';
import { processCluster, until } from '../../support/process-cluster.ts';

let cluster: ReturnType<typeof processCluster>;
afterEach(() => cluster.close());

function createConfig(kind: 'ConfigMap' | 'Secret', name: string, data: Record<string, string>) {
  const resource = kind === 'ConfigMap' ? 'configmaps' : 'secrets';
  const content = kind === 'ConfigMap' ? { data } : { stringData: data };
  cluster.store.create(resource, { apiVersion: 'v1', kind, metadata: { name, namespace: 'shop' }, ...content });
}

function createPod(container: Record<string, unknown>, spec: Record<string, unknown> = {}) {
  const containers = [{ name: 'main', image: 'any', ...container }];
  cluster.store.create('pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'one', namespace: 'shop' },
    spec: { terminationGracePeriodSeconds: 1, containers, ...spec },
  });
}

const status = () => cluster.pod('one')?.status;
const waiting = () => status()?.containerStatuses?.[0]?.state.waiting;
const logs = (pod = 'one') => (cluster.kubelet.logs('shop', pod) ?? []).map((line) => line.text);
const folders = () =>
  JSON.parse(cluster.pod('one')?.metadata.annotations?.[VOLUMES_ANNOTATION] ?? '{}') as Record<string, string>;

test('a script from a ConfigMap runs, with a password from a Secret and room of its own; both go with the pod', async () => {
  cluster = processCluster();
  const script = `
    import { readFileSync, writeFileSync } from 'node:fs';
    import { word } from './word.mjs';
    writeFileSync(process.argv[2], 'kept');
    const { length } = readFileSync(process.env.PASSWORD_FILE, 'utf8');
    console.log(word, length, process.env.USER_NAME, readFileSync(process.argv[2], 'utf8'));
    setInterval(() => undefined, 1000);`;
  createConfig('ConfigMap', 'app', { 'main.mjs': script, 'word.mjs': 'export const word = "hello";' });
  createConfig('Secret', 'login', { user: 'ada', password: 'geheim' });
  createPod(
    {
      command: ['node', '/app/main.mjs', '/scratch/file'],
      env: [
        { name: 'PASSWORD_FILE', value: '/login/password' },
        { name: 'USER_NAME', valueFrom: { secretKeyRef: { name: 'login', key: 'user' } } },
      ],
      volumeMounts: [
        { name: 'app', mountPath: '/app' },
        { name: 'login', mountPath: '/login' },
        { name: 'scratch', mountPath: '/scratch' },
      ],
      readinessProbe: { exec: { command: ['test', '-f', '/scratch/file'] }, periodSeconds: 1 },
    },
    {
      volumes: [
        { name: 'app', configMap: { name: 'app' } },
        { name: 'login', secret: { secretName: 'login', defaultMode: 0o400 } },
        { name: 'scratch', emptyDir: {} },
      ],
    },
  );
  await until(() => logs().length > 0, 'its line');
  expect(logs()).toEqual(['hello 6 ada kept']);
  await until(() => status()?.containerStatuses?.[0]?.ready, 'the probe that looks into the volume');
  const { login = '' } = folders();
  expect(statSync(`${login}/password`).mode & 0o777).toBe(0o400);
  expect(statSync(login).mode & 0o077).toBe(0);
  cluster.store.delete('pods', 'shop', 'one');
  await until(() => cluster.pod('one') === undefined, 'the pod is gone');
  expect(existsSync(login)).toBe(false);
  expect(cluster.errors).toEqual([]);
});

test('without its ConfigMap it stays in ContainerCreating and says so; when it comes, the pod starts', async () => {
  cluster = processCluster();
  createPod(
    { command: ['node', '/app/main.mjs'], volumeMounts: [{ name: 'app', mountPath: '/app' }] },
    { volumes: [{ name: 'app', configMap: { name: 'late' } }] },
  );
  const event = 'MountVolume.SetUp failed for volume "app" : configmap "late" not found';
  await until(() => cluster.events().includes(event), 'the event');
  expect(waiting()).toEqual({ reason: 'ContainerCreating' });
  expect(status()?.phase).toBe('Pending');
  createConfig('ConfigMap', 'other', { any: 'thing' });
  createConfig('ConfigMap', 'late', { 'main.mjs': 'console.log("here")' });
  await until(() => logs().includes('here'), 'its line');
});

test('without a key for its environment it says CreateContainerConfigError, and can be deleted', async () => {
  cluster = processCluster();
  createConfig('ConfigMap', 'settings', { rate: '1' });
  const env = [{ name: 'STAGES', valueFrom: { configMapKeyRef: { name: 'settings', key: 'stages' } } }];
  createPod({ command: ['sleep', '60'], env });
  await until(() => waiting()?.reason === 'CreateContainerConfigError', 'the reason');
  expect(waiting()?.message).toBe("couldn't find key stages in ConfigMap shop/settings");
  expect(cluster.events()).toContain("Error: couldn't find key stages in ConfigMap shop/settings");
  cluster.store.delete('pods', 'shop', 'one');
  await until(() => cluster.pod('one') === undefined, 'the pod is gone');
  expect(cluster.errors).toEqual([]);
});

test('no file is left when the cluster ends', async () => {
  cluster = processCluster();
  createPod({ command: ['sleep', '60'] }, { volumes: [{ name: 'scratch', emptyDir: {} }] });
  const folder = clusterFolder(cluster.kubelet.childEnvironment[CLUSTER_ID_VARIABLE] ?? '');
  await until(() => existsSync(folder), 'its folder');
  await cluster.close();
  expect(existsSync(folder)).toBe(false);
});

function createJob(command: readonly string[], spec: Record<string, unknown> = {}) {
  const containers = [{ name: 'main', image: 'any', command }];
  cluster.store.create('jobs.batch', {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'load', namespace: 'shop' },
    spec: { ...spec, template: { spec: { restartPolicy: 'Never', containers } } },
  });
}

const job = () => cluster.store.get('jobs.batch', 'shop', 'load') as Job | undefined;
const condition = (type: string) => job()?.status?.conditions?.find((one) => one.type === type);

test('a Job finds the Service that was there before it, and is complete when its process has ended well', async () => {
  cluster = processCluster();
  cluster.store.create('services', {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'shop', annotations: { [LOCAL_PORT_ANNOTATION]: '20123' } },
    spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
  });
  createJob(['/bin/sh', '-c', 'echo $(WEB_SERVICE_HOST):$WEB_SERVICE_PORT']);
  await until(() => condition('Complete')?.status === 'True', 'complete');
  const [pod] = cluster.pods();
  expect(pod?.status?.phase).toBe('Succeeded');
  expect(logs(pod?.metadata.name)).toEqual(['127.0.0.1:20123']);
});

test('a Job whose process fails has failed, and the pod keeps the exit code', async () => {
  cluster = processCluster();
  createJob(['/bin/sh', '-c', 'exit 7'], { backoffLimit: 0 });
  await until(() => condition('Failed')?.status === 'True', 'failed');
  expect(condition('Failed')?.reason).toBe('BackoffLimitExceeded');
  const [pod] = cluster.pods();
  expect(pod?.status?.phase).toBe('Failed');
  expect(pod?.status?.containerStatuses?.[0]?.state.terminated?.exitCode).toBe(7);
});

test('a Job that is deleted takes its process with it', async () => {
  cluster = processCluster();
  createJob(['sleep', '60']);
  await until(() => cluster.kubelet.running().length === 1, 'running');
  cluster.store.delete('jobs.batch', 'shop', 'load');
  await until(() => cluster.pods().length === 0, 'gone');
  expect(cluster.kubelet.running()).toEqual([]);
  expect(cluster.errors).toEqual([]);
});
