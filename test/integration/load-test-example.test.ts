// examples/load-test: accepted by an API server, fit for a restricted namespace, and its two scripts do what their first lines promise.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { applyManifest, type Manifest, readManifests, readPath } from '../../scripts/demo/manifests.ts';
import { buildCrd } from '../../src/api/crd.ts';
import { parseScaledTarget } from '../../src/api/scaled-target.ts';
import { startApiServer } from '../../src/localcluster/api-server.ts';
import { type LocalCluster, startLocalCluster } from '../../src/localcluster/cluster.ts';
import type { KubeObject } from '../../src/localcluster/objects.ts';
import { podSpecOf, restrictedFaults } from '../support/pod-security.ts';
import { until } from '../support/process-cluster.ts';
import { ScriptedServer } from '../support/scripted-server.ts';

const FOLDER = join(import.meta.dirname, '../../examples/load-test');
const PATHS: Readonly<Record<string, string>> = {
  ConfigMap: '/api/v1/namespaces/default/configmaps',
  Service: '/api/v1/namespaces/default/services',
  Deployment: '/apis/apps/v1/namespaces/default/deployments',
  ScaledTarget: '/apis/setpoint.dev/v1alpha1/namespaces/default/scaledtargets',
  Job: '/apis/batch/v1/namespaces/default/jobs',
};

const { manifests } = await readPath(FOLDER);
const one = (kind: string, name = 'web') =>
  manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name)!;
const job = one('Job', 'load');

/** The generator with other stages. */
function jobWith(stages: string): Manifest {
  const copy = structuredClone(job) as unknown as {
    spec: { template: { spec: { containers: { env: unknown[] }[] } } };
  };
  copy.spec.template.spec.containers[0]!.env = [
    { name: 'SERVICE', value: 'web' },
    { name: 'STAGES', value: stages },
  ];
  return copy as unknown as Manifest;
}

describe('the files', () => {
  it('are all of the folder, in order, and named by its kustomization', async () => {
    const kustomization = parse(await readFile(join(FOLDER, 'kustomization.yaml'), 'utf8')) as { resources: string[] };
    const files = (await readdir(FOLDER)).filter((name) => /^\d\d-.*\.yaml$/.test(name)).sort();
    expect(kustomization.resources).toEqual(files);
    expect(manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      'ConfigMap web',
      'Deployment web',
      'Service web',
      'ScaledTarget web',
      'ConfigMap load',
      'Job load',
    ]);
  });

  it('are accepted, every field known', async () => {
    const server = await startApiServer();
    try {
      for (const object of [buildCrd(), ...(manifests as unknown as KubeObject[])]) {
        const path = PATHS[object.kind] ?? '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
        const answer = await fetch(`${server.url}${path}?fieldValidation=Strict`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(object),
        });
        expect([object.kind, answer.status === 201 ? '' : await answer.text()]).toEqual([object.kind, '']);
        await answer.body?.cancel();
      }
    } finally {
      await server.close();
    }
  });

  it.each(['Deployment', 'Job'])('the pods of the %s may run in a restricted namespace', (kind) => {
    const pod = podSpecOf((kind === 'Job' ? job : one(kind)) as unknown as KubeObject);
    expect(restrictedFaults(pod)).toEqual([]);
  });

  it('the overlay adds a metric to the ScaledTarget and nothing else, and a ServiceMonitor that finds the Service', async () => {
    const target = (await readManifests(join(FOLDER, 'servicemonitor/scaledtarget.yaml')))[0]!;
    const monitor = (await readManifests(join(FOLDER, 'servicemonitor/servicemonitor.yaml')))[0]!;
    const { metrics: own, ...rest } = one('ScaledTarget').spec as { metrics: unknown[] };
    const { metrics, ...others } = target.spec as { metrics: unknown[] };
    expect(others).toEqual(rest);
    expect(metrics.slice(0, -1)).toEqual(own);
    expect(metrics.at(-1)).toMatchObject({ type: 'Prometheus', name: 'rps' });
    expect(parseScaledTarget(target).faults).toEqual([]);
    const { selector, endpoints } = monitor.spec as {
      selector: { matchLabels: Record<string, string> };
      endpoints: { port: string }[];
    };
    expect(one('Service').metadata).toMatchObject({ labels: selector.matchLabels });
    const { ports } = one('Service').spec as { ports: { name: string }[] };
    expect(ports.map(({ name }) => name)).toEqual(endpoints.map(({ port }) => port));
  });
});

describe('in the local cluster', () => {
  let cluster: LocalCluster;
  beforeAll(async () => {
    cluster = await startLocalCluster({ runPods: 'process' });
    for (const manifest of [one('ConfigMap'), one('Deployment'), one('Service'), one('ConfigMap', 'load')])
      await applyManifest(cluster.url, manifest, 'default');
    await until(() => cluster.serviceFigures('default', 'web')?.readyPods === 1, 'the app is ready', 20_000);
  }, 30_000);
  afterAll(() => cluster.close());

  it('the load reaches the app, which counts it, and the Job is complete', async () => {
    await applyManifest(cluster.url, jobWith('2:10,2:20'), 'default');
    const conditions = () =>
      (
        cluster.store.get('jobs.batch', 'default', 'load')?.['status'] as
          | { conditions?: { type: string }[] }
          | undefined
      )?.conditions ?? [];
    await until(() => conditions().some(({ type }) => type === 'Complete'), 'the Job is complete', 25_000);
    const [pod] = cluster.store.list('pods', 'default').filter(({ metadata }) => metadata.labels?.['job-name']);
    const path = `/api/v1/namespaces/default/pods/${pod?.metadata.name}/log`;
    const log = await (await fetch(`${cluster.url}${path}`)).text();
    expect(log).toContain('10/s for 2 s, 20/s for 2 s');
    const sent = Number(/in all: sent (\d+), answered \1, failed 0/.exec(log)?.[1]);
    // 60 on a machine that has time; one that stands still is not made to catch up.
    expect(sent).toBeGreaterThan(30);
    expect(sent).toBeLessThanOrEqual(60);
    const metrics = await (await fetch(`${cluster.serviceUrl('default', 'web')}/metrics`)).text();
    expect(metrics).toContain(`http_requests_total{code="200"} ${sent}\n`);
    expect(metrics).toContain(`http_request_duration_seconds_bucket{le="+Inf"} ${sent}\n`);
    const cpuSeconds = Number(/^process_cpu_seconds_total (\S+)$/m.exec(metrics)?.[1]);
    expect(cpuSeconds).toBeGreaterThan(sent * 0.01);
  });
});

describe('the generator', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'setpoint-load-test-'));
    await writeFile(join(folder, 'generator.mjs'), one('ConfigMap', 'load').data!['generator.mjs']!);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function generate(environment: Record<string, string>) {
    const child = spawn(process.execPath, [join(folder, 'generator.mjs')], {
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString('utf8');
      });
    }
    const [code] = (await once(child, 'close')) as [number];
    return { code, output };
  }

  const at = (server: ScriptedServer) => ({
    WEB_SERVICE_HOST: '127.0.0.1',
    WEB_SERVICE_PORT: new URL(server.url).port,
  });

  it('fails when more requests fail than it may', async () => {
    const server = await ScriptedServer.start(({ url }, response) => {
      response.writeHead(url === '/healthz' ? 200 : 500).end();
    });
    const { code, output } = await generate({ ...at(server), STAGES: '1:10' });
    expect(code).toBe(1);
    expect(output).toContain('100.0 % failed');
    const tolerant = await generate({ ...at(server), STAGES: '1:10', MAX_FAILED_PERCENT: '100' });
    // Not one answer is no success either.
    expect(tolerant.code).toBe(1);
    await server.close();
  });

  it('does not wait for a slow service, but sends no more than may be under way', async () => {
    const open: (() => void)[] = [];
    const server = await ScriptedServer.start(({ url }, response) => {
      if (url === '/healthz') response.end();
      else open.push(() => response.end());
      if (open.length === 3) setTimeout(() => open.splice(0).forEach((end) => end()), 1500);
    });
    const { output } = await generate({ ...at(server), STAGES: '1:20', MAX_IN_FLIGHT: '3' });
    const [, sent, answered, failed] = /in all: sent (\d+), answered (\d+), failed (\d+)/.exec(output) ?? [];
    expect([sent, answered]).toEqual(['3', '3']);
    expect(Number(failed)).toBeGreaterThan(5);
    await server.close();
  });

  it.each([
    [{ STAGES: 'much' }, 'STAGES: "much" is not a stage; write SECONDS:RATE'],
    [{}, 'STAGES: "" is not a stage'],
    [{ STAGES: '1:1', MAX_IN_FLIGHT: 'some' }, 'MAX_IN_FLIGHT: "some" is not a number'],
  ])('refuses %j in one line', async (environment, line) => {
    const { code, output } = await generate(environment);
    expect(code).toBe(2);
    expect(output).toContain(line);
    expect(output.trim().split('\n')).toHaveLength(1);
  });
});
