// The install folders as kubectl takes them: built by kustomize, applied to an API server twice, and asked about afterwards.
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { type ApiServer, startApiServer } from '../../src/localcluster/api-server.ts';

const ROOT = join(import.meta.dirname, '../..');
const run = promisify(execFile);

let server: ApiServer;
let home: string;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'setpoint-deploy-'));
  // kubectl shows a token to nobody without TLS.
  server = await startApiServer({ tls: true, namespaces: ['load-test'] });
  writeFileSync(join(home, 'config'), server.kubeconfig());
  server.addUser('token', { user: 'system:serviceaccount:setpoint-system:setpoint' });
  writeFileSync(join(home, 'account'), server.kubeconfig('token'));
});
afterAll(async () => {
  await server.close();
  rmSync(home, { recursive: true });
});

async function kubectl(...args: string[]): Promise<string> {
  const env = { PATH: process.env['PATH'], HOME: home, KUBECONFIG: join(home, 'config') };
  const { stdout } = await run('kubectl', args, { cwd: ROOT, env, timeout: 60_000 });
  return stdout;
}

async function kindsOf(folder: string): Promise<string[]> {
  const documents = parseAllDocuments(await kubectl('kustomize', folder));
  return documents.map((document) => String(document.get('kind'))).sort();
}

describe('kubectl', () => {
  it('builds the base, and the base with a ServiceMonitor', async () => {
    const base = await kindsOf('deploy/base');
    expect(base).toHaveLength(15);
    expect(await kindsOf('deploy/servicemonitor')).toEqual([...base, 'ServiceMonitor'].sort());
    expect(await kindsOf('deploy/page-auth')).toEqual([...base, 'ClusterRole', 'ClusterRoleBinding'].sort());
    expect(await kubectl('kustomize', 'deploy/page-auth')).toMatch(/name: SETPOINT_PAGE_AUTH\s+value: kubernetes/);
  });

  it('builds the dashboards as a ConfigMap for Grafana, each as a file of its own, and the alerts', async () => {
    const { kind, metadata, data } = parse(await kubectl('kustomize', 'deploy/grafana')) as {
      readonly kind: string;
      readonly metadata: { readonly labels: unknown };
      readonly data: Readonly<Record<string, string>>;
    };
    expect([kind, metadata.labels]).toEqual(['ConfigMap', { grafana_dashboard: '1' }]);
    expect(Object.values(data).map((text) => (JSON.parse(text) as { uid: string }).uid)).toEqual([
      'setpoint-overview',
      'setpoint-target',
    ]);
    expect(await kindsOf('deploy/alerts')).toEqual(['PrometheusRule']);
  });

  it('applies the base, and finds nothing to change the second time', async () => {
    const first = (await kubectl('apply', '-k', 'deploy/base')).trim().split('\n');
    expect(first).toHaveLength(15);
    expect(first.filter((line) => !line.endsWith(' created'))).toEqual([]);
    const second = (await kubectl('apply', '-k', 'deploy/base')).trim().split('\n');
    expect(second.filter((line) => !line.endsWith(' unchanged'))).toEqual([]);
    expect(await kubectl('apply', '-f', 'deploy/flowschema/flowschema.yaml')).toContain('created');
  });

  it('may do with the token of the service account what the controller may, and nothing else', async () => {
    const as = `--kubeconfig=${join(home, 'account')}`;
    for (const resource of ['scaledtargets', 'deployments', 'pods', 'horizontalpodautoscalers']) {
      await expect(kubectl(as, 'get', resource, '--all-namespaces'), resource).resolves.not.toContain('Error');
    }
    for (const resource of ['secrets', 'configmaps', 'leases', 'serviceaccounts']) {
      await expect(kubectl(as, 'get', resource, '--all-namespaces'), resource).rejects.toThrow(/Forbidden/);
    }
  });

  it('applies every example', async () => {
    const files = readdirSync(join(ROOT, 'examples')).filter((file) => file.endsWith('.yaml'));
    const documents = files.flatMap((file) => parseAllDocuments(readFileSync(join(ROOT, 'examples', file), 'utf8')));
    const lines = (await kubectl('apply', '-f', 'examples')).trim().split('\n');
    expect(lines).toHaveLength(documents.length);
    expect(await kubectl('get', 'st')).toMatch(/^NAME +TARGET/);
    expect((await kubectl('get', 'st', '-o', 'name')).trim().split('\n')).toHaveLength(files.length);
  });

  it('applies the load test as one, and finds nothing to change the second time', async () => {
    const apply = async () =>
      (await kubectl('apply', '-k', 'examples/load-test', '-n', 'load-test')).trim().split('\n').sort();
    const objects = ['configmap/load', 'configmap/web', 'deployment.apps/web', 'job.batch/load'];
    const all = [...objects, 'scaledtarget.setpoint.dev/web', 'service/web'];
    expect(await apply()).toEqual(all.map((object) => `${object} created`));
    // kubectl compares a list of a custom resource as a whole: the defaults in `metrics` are a difference to it each time.
    const second = (await apply()).filter((line) => !line.startsWith('scaledtarget'));
    expect(second).toEqual([...objects, 'service/web'].map((object) => `${object} unchanged`));
    expect(await kubectl('get', 'jobs', '-n', 'load-test')).toMatch(
      /^NAME +STATUS +COMPLETIONS +DURATION +AGE\nload +Running +0\/1 /,
    );
    expect(await kindsOf('examples/load-test/servicemonitor')).toEqual(['ScaledTarget', 'ServiceMonitor']);
    expect(await kindsOf('examples/load-test/dashboard')).toEqual(await kindsOf('deploy/grafana'));
    expect(await kubectl('apply', '-k', 'examples/load-test/dashboard', '-n', 'load-test')).toContain('created');
  });
});
