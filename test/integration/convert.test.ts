// `setpoint convert --from-cluster` over real HTTP: what it reads, what the API server says to the result, and what goes wrong.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { buildCrd } from '../../src/api/crd.ts';
import { parseSpec } from '../../src/api/scaled-target.ts';
import { convertCommand } from '../../src/cli/commands/convert.ts';
import { type ApiServer, startApiServer } from '../../src/localcluster/api-server.ts';
import type { KubeObject } from '../../src/localcluster/objects.ts';
import { manifests } from '../support/app-on-cluster.ts';
import { type CliResult, runCli } from '../support/run-cli.ts';

const HPAS = 'horizontalpodautoscalers.autoscaling';
const READER = { apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'], verbs: ['list'] };

let server: ApiServer;
let folder: string;

beforeEach(async () => {
  server = await startApiServer({ namespaces: ['shop', 'depot'], users: {} });
  folder = mkdtempSync(join(tmpdir(), 'setpoint-convert-'));
  server.store.create('customresourcedefinitions.apiextensions.k8s.io', buildCrd());
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

function kubeconfig(token?: string): string {
  const path = join(folder, 'kubeconfig');
  writeFileSync(path, server.kubeconfig(token));
  return path;
}

const fromCluster = (args: readonly string[] = [], token?: string): Promise<CliResult> =>
  runCli([convertCommand], ['convert', '--from-cluster', '--kubeconfig', kubeconfig(token), ...args]);

async function post(path: string, object: unknown): Promise<{ readonly status: number; readonly body: KubeObject }> {
  const answer = await fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${server.token}` },
    body: JSON.stringify(object),
  });
  return { status: answer.status, body: (await answer.json()) as KubeObject };
}

function hpa(name: string, namespace = 'shop'): KubeObject {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name, namespace },
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name }, maxReplicas: 10 },
  } as unknown as KubeObject;
}

const documents = (text: string): KubeObject[] => parseAllDocuments(text).map((one) => one.toJS() as KubeObject);
const namesOf = (text: string): string[] => documents(text).map(({ metadata }) => metadata.name);

describe('setpoint convert --from-cluster', () => {
  it('gives targets that the API server takes word for word, and that mean what it stored as HPAs', async () => {
    const given = manifests('test/fixtures/convert/v2.yaml').filter(({ spec }) => {
      // The local API server is one without scaling to zero.
      return (spec as { minReplicas?: number }).minReplicas !== 0;
    });
    for (const object of given) {
      const { status, body } = await post(
        `/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers`,
        forTheWire(object),
      );
      expect([object.metadata.name, status, body['message']]).toEqual([object.metadata.name, 201, undefined]);
    }
    const { exitCode, stdout, stderr } = await fromCluster();
    expect(exitCode).toBe(0);
    expect(stderr).toContain(`${given.length} converted`);
    const targets = documents(stdout);
    expect(targets.map(({ metadata }) => metadata.name).sort()).toEqual(
      given.map(({ metadata }) => metadata.name).sort(),
    );
    for (const target of targets) {
      const path = '/apis/setpoint.dev/v1alpha1/namespaces/shop/scaledtargets?fieldValidation=Strict';
      const { status, body } = await post(path, target);
      const { name } = target.metadata;
      expect([name, status, body['message']]).toEqual([name, 201, undefined]);
      expect([name, parseSpec(body['spec'])]).toEqual([
        name,
        parseSpec({ ...(server.store.get(HPAS, 'shop', name)?.['spec'] as object), guards: 'Disabled' }),
      ]);
      expect(Object.keys(target.metadata)).not.toContain('uid');
    }
  });

  it('reads all pages, and begins again when one has expired', async () => {
    const count = 1001;
    for (let index = 0; index < count; index++) server.store.create(HPAS, hpa(`hpa-${index}`));
    const reads = () => server.audit.entries({ verb: 'list', resource: 'horizontalpodautoscalers' });
    const { exitCode, stdout, stderr } = await fromCluster();
    expect(exitCode).toBe(0);
    expect(new Set(namesOf(stdout)).size).toBe(count);
    expect(stderr).toContain(`${count} converted`);
    expect(reads()).toHaveLength(3);

    server.audit.clear();
    server.faults.add({
      match: { resource: 'horizontalpodautoscalers' },
      fault: { kind: 'error', code: 410 },
      times: 2,
    });
    const again = await fromCluster();
    expect([again.exitCode, new Set(namesOf(again.stdout)).size]).toEqual([0, count]);
    server.faults.add({ match: { resource: 'horizontalpodautoscalers' }, fault: { kind: 'error', code: 410 } });
    const never = await fromCluster();
    expect([never.exitCode, never.stdout]).toEqual([1, '']);
    expect(never.stderr).toMatch(
      /^setpoint convert: the HorizontalPodAutoscalers in all namespaces cannot be read: .*\n$/,
    );
  });

  it('reads the namespaces that are named, by flag or by variable', async () => {
    server.store.create(HPAS, hpa('web', 'shop'));
    server.store.create(HPAS, hpa('robots', 'depot'));
    server.store.create(HPAS, hpa('elsewhere', 'default'));
    expect(namesOf((await fromCluster(['--namespace', 'depot', '--namespace', 'shop'])).stdout)).toEqual([
      'robots',
      'web',
    ]);
    const environment = {
      SETPOINT_KUBECONFIG: kubeconfig(),
      SETPOINT_NAMESPACE: 'shop,default',
      SETPOINT_PORT: 'not ours',
    };
    const byVariable = await runCli([convertCommand], ['convert', '--from-cluster'], { environment });
    expect(namesOf(byVariable.stdout)).toEqual(['web', 'elsewhere']);
  });

  it('has nothing to do where there is no HPA: one line, and no failure', async () => {
    expect(await fromCluster()).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: 'setpoint convert: no HorizontalPodAutoscaler in the cluster: nothing to convert\n',
    });
    expect((await fromCluster(['--namespace', 'shop'])).stderr).toBe(
      'setpoint convert: no HorizontalPodAutoscaler in namespace shop: nothing to convert\n',
    );
  });

  it('says in one line which permission lacks, and nothing secret', async () => {
    server.addUser('secret-token', { user: 'intern', rules: [] });
    const { exitCode, stdout, stderr } = await fromCluster([], 'secret-token');
    expect([exitCode, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(
      /^setpoint convert: the HorizontalPodAutoscalers in all namespaces cannot be read: .*forbidden.*: ask for the verb list on horizontalpodautoscalers in the group autoscaling, or name the namespaces that you may read with --namespace\n$/,
    );
    expect(stderr).not.toContain('secret-token');
  });

  it('needs no more than that permission, and only reads', async () => {
    server.store.create(HPAS, hpa('web'));
    server.addUser('reader', { user: 'reader', rules: [READER] });
    expect((await fromCluster([], 'reader')).exitCode).toBe(0);
    const verbs = server.audit.entries({ user: 'reader' }).map(({ verb }) => verb);
    expect(new Set(verbs)).toEqual(new Set(['list']));
  });

  it('converts what the other namespaces hold when one cannot be read', async () => {
    server.store.create(HPAS, hpa('web'));
    server.faults.add({ match: { namespace: 'depot' }, fault: { kind: 'error', code: 403, reason: 'Forbidden' } });
    const { exitCode, stdout, stderr } = await fromCluster(['--namespace', 'depot', '--namespace', 'shop']);
    expect([exitCode, namesOf(stdout)]).toEqual([1, ['web']]);
    expect(stderr).toContain('the HorizontalPodAutoscalers in namespace depot cannot be read');
  });

  it('says in one line that nobody answers', async () => {
    const config = kubeconfig();
    writeFileSync(config, readFileSync(config, 'utf8').replaceAll(server.url, 'http://127.0.0.1:1'));
    const { exitCode, stderr } = await runCli([convertCommand], ['convert', '--from-cluster', '--kubeconfig', config]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /^setpoint convert: .* cannot be read: no answer from the API server at 127\.0\.0\.1:1 .*\n$/,
    );
  });
});

/** As a client sends an object that is to be made: without identity; the local API server takes tolerances as texts only. */
function forTheWire(object: KubeObject): unknown {
  const { name, labels, annotations } = object.metadata;
  const metadata = { name, namespace: 'shop', labels, annotations };
  return JSON.parse(
    JSON.stringify({ ...object, metadata }, (key, value: unknown) => (key === 'tolerance' ? String(value) : value)),
  );
}
