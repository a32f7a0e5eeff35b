// The real kubectl against the API server of the local cluster: an independent client that knows nothing of our tests.
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiServer, startApiServer } from '../../src/localcluster/api-server.ts';

interface Run {
  code: number;
  out: string;
  err: string;
}

const home = mkdtempSync(join(tmpdir(), 'setpoint-kubectl-'));
const environment = {
  PATH: process.env.PATH ?? ['/usr/bin', '/bin', '/usr/local/bin'].join(delimiter),
  HOME: home,
  KUBECACHEDIR: join(home, 'cache'),
  KUBECONFIG: join(home, 'config'),
};

function kubectl(args: string[], input?: string): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = execFile('kubectl', args, { env: environment, timeout: 30_000 }, (error, out, err) => {
      if (error !== null && (error as NodeJS.ErrnoException).code === 'ENOENT') {
        reject(
          new Error('kubectl is not on PATH: install kubectl 1.30 or newer, this suite drives it', { cause: error }),
        );
        return;
      }
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ code, out, err });
    });
    child.stdin?.end(input ?? '');
  });
}

async function succeed(args: string[], input?: string): Promise<string> {
  const run = await kubectl(args, input);
  expect(run, `kubectl ${args.join(' ')}`).toMatchObject({ code: 0 });
  return run.out;
}

const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: app, image: "shop/web:1", env: [{name: MODE, value: calm}], ports: [{containerPort: 8080}]}
      - {name: proxy, image: "shop/proxy:1"}
`;

const scaledTarget = `
apiVersion: setpoint.dev/v1alpha1
kind: ScaledTarget
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  maxReplicas: 9
`;

describe('kubectl', () => {
  let server: ApiServer;
  const crd = readFileSync(new URL('../../crds/scaledtargets.yaml', import.meta.url), 'utf8');

  beforeAll(async () => {
    server = await startApiServer({ namespaces: ['shop'], tls: true });
    writeFileSync(environment.KUBECONFIG, server.kubeconfig(undefined, 'shop'));
  });

  afterAll(async () => {
    await server?.close();
    rmSync(home, { recursive: true, force: true });
  });

  test('is there and reaches the server', async () => {
    expect(await succeed(['version'])).toMatch(/Server Version: v1\./);
  });

  test('api-resources and api-versions list what is served', async () => {
    const resources = await succeed(['api-resources']);
    expect(resources).toMatch(/^deployments +deploy +apps\/v1 +true +Deployment$/m);
    expect(resources).toMatch(/^events +ev +events.k8s.io\/v1 +true +Event$/m);
    expect(resources).toMatch(/^horizontalpodautoscalers +hpa +autoscaling\/v2 +true +HorizontalPodAutoscaler$/m);
    expect(await succeed(['api-versions'])).toContain('coordination.k8s.io/v1\n');
  });

  test('apply creates, leaves alone, and configures', async () => {
    expect(await succeed(['apply', '-f', '-'], deployment)).toBe('deployment.apps/web created\n');
    expect(await succeed(['apply', '-f', '-'], deployment)).toBe('deployment.apps/web unchanged\n');
    const changed = deployment.replace('calm', 'storm');
    expect(await succeed(['apply', '-f', '-'], changed)).toBe('deployment.apps/web configured\n');
    const mode = await succeed([
      'get',
      'deploy',
      'web',
      '-o',
      'jsonpath={.spec.template.spec.containers[?(@.name=="app")].env[0].value}',
    ]);
    expect(mode).toBe('storm');
  });

  test('apply takes out what was taken out of the manifest, and keeps what others added', async () => {
    await succeed([
      'patch',
      'deploy',
      'web',
      '-p',
      '{"spec":{"template":{"spec":{"containers":[{"name":"app","env":[{"name":"EXTRA","value":"1"}]}]}}}}',
    ]);
    await succeed(['apply', '-f', '-'], deployment.replace('MODE', 'OTHER'));
    const names = await succeed([
      'get',
      'deploy',
      'web',
      '-o',
      'jsonpath={.spec.template.spec.containers[0].env[*].name}',
    ]);
    expect(names.split(' ').sort()).toEqual(['EXTRA', 'OTHER']);
    await succeed(['apply', '-f', '-'], deployment);
  });

  test('apply refuses an unknown field by name', async () => {
    const run = await kubectl(['apply', '-f', '-'], deployment.replace('replicas: 2', 'replicaz: 2'));
    expect(run.code).toBe(1);
    expect(run.err).toContain('unknown field "spec.replicaz"');
  });

  test('an obviously wrong deployment is refused with the reason', async () => {
    const run = await kubectl(
      ['create', '-f', '-'],
      deployment
        .replace('name: web', 'name: wrong')
        .replace('metadata: {labels: {app: web}}', 'metadata: {labels: {app: other}}'),
    );
    expect(run.err).toContain('`selector` does not match template `labels`');
  });

  test('get shows columns, also wide, as yaml and by selector', async () => {
    server.store.updateStatus('deployments.apps', {
      ...structuredClone(server.store.get('deployments.apps', 'shop', 'web')!),
      status: { replicas: 2, readyReplicas: 1, updatedReplicas: 2, availableReplicas: 1, unavailableReplicas: 1 },
    });
    expect(await succeed(['get', 'deploy'])).toMatch(
      /^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nweb +1\/2 +2 +1 +\d+s\n$/,
    );
    expect(await succeed(['get', 'deploy', '-o', 'wide'])).toMatch(/app,proxy +shop\/web:1,shop\/proxy:1 +app=web/);
    expect(await succeed(['get', 'deploy', 'web', '-o', 'yaml'])).toContain('maxSurge: 25%');
    expect(await succeed(['get', 'deploy', '-l', 'app=web', '-o', 'name'])).toBe('deployment.apps/web\n');
    expect((await kubectl(['get', 'deploy', '-l', 'app!=web'])).err).toContain('No resources found');
    expect(await succeed(['get', 'ns', '--field-selector', 'metadata.name=shop', '-o', 'name'])).toBe(
      'namespace/shop\n',
    );
  });

  test('describe tells of a deployment and its events', async () => {
    const { uid } = server.store.get('deployments.apps', 'shop', 'web')!.metadata;
    const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    server.store.create('events', {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'web.1', namespace: 'shop' },
      involvedObject: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web', uid },
      reason: 'ScalingReplicaSet',
      message: 'Scaled up replica set web-1 to 2',
      type: 'Normal',
      source: { component: 'deployment-controller' },
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
    });
    const text = await succeed(['describe', 'deploy', 'web']);
    expect(text).toMatch(/Replicas: +2 desired \| 2 updated \| 2 total \| 1 available \| 1 unavailable/);
    expect(text).toMatch(/Normal +ScalingReplicaSet +\S+ +deployment-controller +Scaled up replica set web-1 to 2/);
    expect(await succeed(['events', '--for', 'deployment/web'])).toMatch(
      /Normal +ScalingReplicaSet +Deployment\/web +Scaled up/,
    );
    expect(await succeed(['get', 'events'])).toMatch(/Normal +ScalingReplicaSet +deployment\/web +Scaled up/);
  });

  test('patch in all three types', async () => {
    await succeed([
      'patch',
      'deploy',
      'web',
      '--type',
      'strategic',
      '-p',
      '{"spec":{"template":{"spec":{"containers":[{"name":"proxy","image":"shop/proxy:2"}]}}}}',
    ]);
    await succeed(['patch', 'deploy', 'web', '--type', 'merge', '-p', '{"spec":{"minReadySeconds":3}}']);
    await succeed([
      'patch',
      'deploy',
      'web',
      '--type',
      'json',
      '-p',
      '[{"op":"test","path":"/spec/minReadySeconds","value":3},{"op":"replace","path":"/spec/minReadySeconds","value":4}]',
    ]);
    const shown = await succeed([
      'get',
      'deploy',
      'web',
      '-o',
      'jsonpath={.spec.minReadySeconds} {.spec.template.spec.containers[*].image}',
    ]);
    expect(shown).toBe('4 shop/web:1 shop/proxy:2');
    const failed = await kubectl([
      'patch',
      'deploy',
      'web',
      '--type',
      'json',
      '-p',
      '[{"op":"test","path":"/spec/minReadySeconds","value":9}]',
    ]);
    expect(failed.code).toBe(1);
    expect(failed.err).toContain('testing value /spec/minReadySeconds failed');
  });

  test('edit sends what was changed in the editor', async () => {
    const editor = join(home, 'editor.sh');
    writeFileSync(editor, '#!/bin/sh\nsed -i "s/minReadySeconds: 4/minReadySeconds: 7/" "$1"\n', { mode: 0o755 });
    const run = await new Promise<number | null>((resolve, reject) => {
      const child = spawn('kubectl', ['edit', 'deploy', 'web'], {
        env: { ...environment, EDITOR: editor },
        stdio: 'ignore',
      });
      child.on('error', reject);
      child.on('exit', resolve);
    });
    expect(run).toBe(0);
    expect(await succeed(['get', 'deploy', 'web', '-o', 'jsonpath={.spec.minReadySeconds}'])).toBe('7');
  });

  test('scale changes the size through /scale, with a precondition if asked', async () => {
    expect(await succeed(['scale', 'deploy/web', '--replicas=5'])).toBe('deployment.apps/web scaled\n');
    expect(await succeed(['get', 'deploy', 'web', '-o', 'jsonpath={.spec.replicas}'])).toBe('5');
    const refused = await kubectl(['scale', 'deploy/web', '--replicas=1', '--current-replicas=2']);
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('Expected replicas to be 2, was 5');
  });

  test('label, annotate and set image', async () => {
    await succeed(['label', 'deploy', 'web', 'tier=front']);
    await succeed(['annotate', 'deploy', 'web', 'note=busy']);
    await succeed(['set', 'image', 'deploy/web', 'app=shop/web:2']);
    expect(server.store.get('deployments.apps', 'shop', 'web')).toMatchObject({
      metadata: { labels: { app: 'web', tier: 'front' }, annotations: { note: 'busy' } },
      spec: { template: { spec: { containers: [{ name: 'app', image: 'shop/web:2' }, { name: 'proxy' }] } } },
    });
  });

  test('apply --server-side owns fields, meets conflicts and takes over by force', async () => {
    const manifest = deployment.replaceAll('web', 'api');
    expect(await succeed(['apply', '--server-side', '-f', '-'], manifest)).toBe(
      'deployment.apps/api serverside-applied\n',
    );
    await succeed(['scale', 'deploy/api', '--replicas=4']);
    const refused = await kubectl(['apply', '--server-side', '-f', '-'], manifest);
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('Apply failed with 1 conflict');
    expect(refused.err).toContain('.spec.replicas');
    await succeed(['apply', '--server-side', '--force-conflicts', '-f', '-'], manifest);
    expect(await succeed(['get', 'deploy', 'api', '-o', 'jsonpath={.spec.replicas}'])).toBe('2');
    expect(await succeed(['get', 'deploy', 'api', '-o', 'yaml', '--show-managed-fields'])).toContain(
      'operation: Apply',
    );
  });

  test('get -w shows changes as they come', async () => {
    const child = spawn('kubectl', ['get', 'deploy', 'web', '-w', '--no-headers'], { env: environment });
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    try {
      await expect.poll(() => out, { timeout: 10_000 }).toMatch(/^web +1\/5/);
      const current = structuredClone(server.store.get('deployments.apps', 'shop', 'web')!);
      server.store.update('deployments.apps', { ...current, spec: { ...(current.spec as object), replicas: 6 } });
      await expect.poll(() => out, { timeout: 10_000 }).toMatch(/\nweb +1\/6/);
    } finally {
      child.kill();
    }
  });

  test('a CRD is applied, established, explained and validated, with its columns', async () => {
    expect(await succeed(['apply', '-f', '-'], crd)).toContain('scaledtargets.setpoint.dev created');
    expect(await succeed(['apply', '-f', '-'], crd)).toContain('scaledtargets.setpoint.dev unchanged');
    await succeed(['wait', '--for=condition=Established', 'crd/scaledtargets.setpoint.dev', '--timeout=5s']);
    expect(await succeed(['explain', 'scaledtargets.spec.maxReplicas'])).toMatch(/FIELD: maxReplicas <integer>/);
    expect(await succeed(['apply', '-f', '-'], scaledTarget)).toBe('scaledtarget.setpoint.dev/web created\n');
    expect(await succeed(['apply', '-f', '-'], scaledTarget)).toBe('scaledtarget.setpoint.dev/web unchanged\n');
    expect(await succeed(['get', 'st'])).toMatch(
      /^NAME +TARGET +METRICS +MIN +MAX +CURRENT +DESIRED +WHY +AGE\nweb +.* 2 +9 /,
    );
    expect(await succeed(['get', 'autoscaling'])).toContain('web');
  });

  test('a bad custom resource is refused by schema and by rule', async () => {
    const below = await kubectl(['apply', '-f', '-'], scaledTarget.replace('maxReplicas: 9', 'maxReplicas: 1'));
    expect(below.err).toContain('maxReplicas is below minReplicas');
    const typed = await kubectl(['apply', '-f', '-'], scaledTarget.replace('maxReplicas: 9', 'maxReplicas: many'));
    expect(typed.err).toContain('spec.maxReplicas in body must be of type integer');
    const unknown = await kubectl(
      ['apply', '-f', '-'],
      scaledTarget.replace('maxReplicas: 9', 'maxReplicas: 9\n  maxReplica: 9'),
    );
    expect(unknown.err).toContain('unknown field "spec.maxReplica"');
    const strategic = await kubectl(['patch', 'st', 'web', '--type', 'strategic', '-p', '{"spec":{"maxReplicas":8}}']);
    expect(strategic.err).toContain('strategic-merge-patch+json is not supported');
    await succeed(['patch', 'st', 'web', '--type', 'merge', '-p', '{"spec":{"maxReplicas":8}}']);
    expect(await succeed(['describe', 'st', 'web'])).toMatch(/Max Replicas: +8/);
  });

  test('diff shows what apply would change', async () => {
    const run = await kubectl(['diff', '-f', '-'], scaledTarget.replace('maxReplicas: 9', 'maxReplicas: 12'));
    expect(run.code).toBe(1);
    expect(run.out).toMatch(/^\+ +maxReplicas: 12$/m);
  });

  test('a user without rights gets the real words', async () => {
    server.addUser('reader-token', {
      user: 'reader',
      rules: [{ verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] }],
    });
    const config = join(home, 'reader');
    writeFileSync(config, server.kubeconfig('reader-token', 'shop'));
    const run = await kubectl(['--kubeconfig', config, 'get', 'deploy', 'web']);
    expect(run.err).toContain(
      'deployments.apps "web" is forbidden: User "reader" cannot get resource "deployments" in API group "apps" in the namespace "shop"',
    );
    expect(await succeed(['--kubeconfig', config, 'get', 'pods', '-o', 'name'])).toBe('');
  });

  test('top pods reads the pod metrics', async () => {
    const timestamp = new Date().toISOString();
    server.store.create('pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', namespace: 'shop' },
      spec: { containers: [{ name: 'c', image: 'x' }] },
    });
    server.setPodMetrics({
      podMetrics: () => [
        {
          name: 'p',
          namespace: 'shop',
          labels: {},
          timestamp,
          window: '15s',
          containers: [{ name: 'c', usage: { cpu: '250m', memory: '64Mi' } }],
        },
      ],
    });
    expect(await succeed(['top', 'pods'])).toMatch(/^p +250m +64Mi/m);
    server.store.delete('pods', 'shop', 'p', { gracePeriodSeconds: 0 });
  });

  test('delete takes away what was made, and what it owned', async () => {
    const { uid } = server.store.get('deployments.apps', 'shop', 'web')!.metadata;
    server.store.create('configmaps', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: 'owned',
        namespace: 'shop',
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid }],
      },
    });
    expect(await succeed(['delete', 'deploy', 'web', 'api'])).toBe(
      'deployment.apps "web" deleted\ndeployment.apps "api" deleted\n',
    );
    expect((await kubectl(['get', 'deploy', 'web'])).err).toContain('deployments.apps "web" not found');
    expect((await kubectl(['get', 'cm', 'owned'])).err).toContain('configmaps "owned" not found');
    await succeed(['delete', 'crd', 'scaledtargets.setpoint.dev']);
    expect((await kubectl(['get', 'st'])).code).toBe(1);
  });
});
