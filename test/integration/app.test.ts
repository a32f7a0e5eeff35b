// The application while what it depends on is not there: the API server goes away, the CRD is not installed yet, a permission lacks.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PERMISSIONS } from '../../src/kube/permissions.ts';
import { CPU, RealTimeStage } from '../support/real-time-app.ts';
import { pause } from '../support/running-app.ts';

let stage: RealTimeStage;
beforeEach(async () => {
  stage = await RealTimeStage.open();
});
afterEach(() => stage.close());

describe('an API server that goes away', () => {
  it('in the middle: sizes stay, and the right one comes with it; then all is calm again', async () => {
    stage.installCrd();
    stage.deploy('web', 2);
    stage.scale('web', CPU);
    stage.work(500);
    const app = stage.start();
    await stage.until('a decision', () => stage.statusOf('web')['currentReplicas'] === 2);

    await stage.proxy.cut();
    // Twice the work, and a new target.
    stage.work(1000);
    stage.deploy('api', 3);
    stage.scale('api', CPU);
    await pause(1_500);
    expect(stage.sizeOf('web')).toBe(2);
    await stage.proxy.restore();
    await stage.until('web follows', () => stage.sizeOf('web') === 4);
    await stage.until('api follows', () => stage.sizeOf('api') === 4);

    // Sizes that fit, and nothing more to say.
    await stage.until('status shows it', () => stage.statusOf('api')['currentReplicas'] === 4);
    await stage.until('ready', async () => (await app.get('/readyz')).status === 200);
    await pause(1_000);
    stage.cluster.audit.clear();
    await pause(2_500);
    expect(stage.cluster.audit.count({ subresource: 'scale' })).toBe(0);
    expect(stage.cluster.audit.count({ resource: 'events' })).toBe(0);
    expect(app.logs.filter((line) => line.startsWith('error'))).toEqual([]);
    // What it costs is counted.
    expect((await app.get('/metrics')).text).toMatch(/^setpoint_status_writes_total\{kind="change"\} [1-9]/m);
  });

  it('or is not there at the start: readiness says why, and the process waits for it', async () => {
    stage.installCrd();
    stage.deploy('web', 2);
    stage.scale('web', CPU);
    stage.work(1000);
    await stage.proxy.cut();
    const app = stage.start();
    await stage.until('said', async () => {
      const { status, text } = await app.get('/readyz');
      return status === 503 && /scaledtargets not listed yet: no answer from the API server .*ECONNREFUSED/.test(text);
    });
    expect((await app.get('/livez')).status).toBe(200);
    await stage.proxy.restore();
    await stage.until('decided', () => stage.sizeOf('web') === 4);
    expect((await app.get('/readyz')).status).toBe(200);
  });
});

it('a CRD that comes after the start is found, and its absence is told as what it is (B70)', async () => {
  const app = stage.start();
  await stage.until('said', async () =>
    (await app.get('/readyz')).text.includes('kubectl apply -f crds/scaledtargets.yaml'),
  );
  expect(app.logs.filter((line) => line.includes('install the CRD'))).toHaveLength(1);
  stage.installCrd();
  stage.deploy('web', 2);
  stage.scale('web', CPU);
  stage.work(1000);
  await stage.until('decided', () => stage.sizeOf('web') === 4);
  await stage.until('ready', async () => (await app.get('/readyz')).status === 200);
});

describe('permissions that lack a verb (B71)', () => {
  const LACKING = [
    {
      group: 'autoscaling',
      resource: 'horizontalpodautoscalers',
      verb: 'list',
      told: 'HorizontalPodAutoscalers cannot be seen',
    },
    { group: 'apps', resource: 'deployments', verb: 'list', told: 'watch not allowed: each read is a request' },
    { group: 'apps', resource: 'deployments', verb: 'watch', told: 'watch not allowed: each read is a request' },
    { group: '', resource: 'pods', verb: 'watch', told: 'watch failed' },
    { group: '', resource: 'events', verb: 'create', told: 'event dropped' },
    { group: 'setpoint.dev', resource: 'scaledtargets/status', verb: 'update', told: 'status not written' },
  ];

  it('cost what the verb is for, are named, and stop nothing else', async () => {
    stage.installCrd();
    stage.work(1000);
    const started = LACKING.map(({ group, resource, verb, told }, index) => {
      const namespace = `lacks-${index}`;
      stage.cluster.store.create('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
      const rules = PERMISSIONS.map(({ apiGroup, resources, verbs }) => ({
        apiGroups: [apiGroup],
        resources: [...resources],
        verbs: verbs.filter((one) => !(apiGroup === group && resources.includes(resource) && one === verb)),
      }));
      stage.cluster.apiServer.addUser(`token-${index}`, { user: `user-${index}`, rules });
      stage.deploy('web', 2, namespace);
      stage.scale('web', CPU, {}, namespace);
      const app = stage.start({ namespace: [namespace], leaseName: namespace }, `token-${index}`);
      return { app, namespace, told, resource: resource.split('/')[0] ?? '' };
    });
    for (const { app, namespace, told, resource } of started) {
      await stage.until(`${namespace} without ${resource} is scaled`, () => stage.sizeOf('web', namespace) === 4);
      await stage.until(`${namespace} tells of ${resource}`, () =>
        app.logs.some(
          (line) => line.startsWith(`warn ${told}`) && line.includes(resource) && line.includes('forbidden'),
        ),
      );
      expect((await app.get('/readyz')).text).toBe('ok');
    }
  });

  it('without the Lease nobody leads, and readiness says so', async () => {
    stage.installCrd();
    const rules = PERMISSIONS.filter(({ scope }) => scope === 'targets').map(({ apiGroup, resources, verbs }) => ({
      apiGroups: [apiGroup],
      resources: [...resources],
      verbs: [...verbs],
    }));
    stage.cluster.apiServer.addUser('no-lease', { user: 'no-lease', rules });
    const app = stage.start({}, 'no-lease');
    await stage.until('said', async () => /lease failed: .*forbidden/.test((await app.get('/readyz')).text));
    expect((await app.get('/livez')).status).toBe(200);
  });
});
