// The controller under exactly the rules of deploy/base/rbac.yaml: nothing that it does is refused, and no rule is there for nothing.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AGGREGATION_LABEL, renderBinding } from '../../src/kube/permissions.ts';
import type { KubeObject } from '../../src/localcluster/objects.ts';
import { CUSTOM, EXTERNAL, registerApis, startClusterAdapter } from '../support/adapter-on-cluster.ts';
import { type AppOnCluster, appOnCluster, manifests } from '../support/app-on-cluster.ts';
import type { MetricsAdapter } from '../support/metrics-adapter.ts';
import { type Rule, ruleOf, textOf, triples } from '../support/rbac-rules.ts';

const USER = 'system:serviceaccount:setpoint-system:setpoint';
const TOKEN = 'token-of-the-service-account';
const RBAC: Readonly<Record<string, string>> = {
  ClusterRole: 'clusterroles.rbac.authorization.k8s.io',
  ClusterRoleBinding: 'clusterrolebindings.rbac.authorization.k8s.io',
  Role: 'roles.rbac.authorization.k8s.io',
  RoleBinding: 'rolebindings.rbac.authorization.k8s.io',
};
const KINDS = [
  { apiVersion: 'apps/v1', kind: 'Deployment', resource: 'deployments.apps' },
  { apiVersion: 'apps/v1', kind: 'StatefulSet', resource: 'statefulsets.apps' },
  { apiVersion: 'apps/v1', kind: 'ReplicaSet', resource: 'replicasets.apps' },
  { apiVersion: 'v1', kind: 'ReplicationController', resource: 'replicationcontrollers' },
  { apiVersion: 'example.com/v1', kind: 'Rollout', resource: 'rollouts.example.com' },
];
/** Nobody here makes their pods. */
const WITHOUT_PODS: readonly string[] = ['ReplicationController', 'Rollout'];

let stage: AppOnCluster;
let adapter: MetricsAdapter;

beforeEach(async () => {
  stage = await appOnCluster();
  adapter = await startClusterAdapter({ now: () => stage.clock.now() });
  stage.cluster.apiServer.addUser(TOKEN, { user: USER });
});
afterEach(async () => {
  await stage.close();
  await adapter.close();
});

describe('the rules of the install base', () => {
  it('are enough for everything that the controller does, and each of them is used', async () => {
    const roles = manifests('deploy/base/rbac.yaml');
    roles.forEach(apply);
    apply(roleForRollouts('true'));
    stage.cluster.store.create('customresourcedefinitions.apiextensions.k8s.io', rolloutCrd());
    for (const { apiVersion, kind, resource } of KINDS) createTarget(apiVersion, kind, resource);
    registerApis(stage.cluster, adapter, [CUSTOM, 'v1beta2'], [EXTERNAL, 'v1beta1']);
    adapter.custom = [
      { resource: 'services', namespace: 'shop', name: 'web', metric: 'hits', value: '5' },
      { resource: 'metrics', namespace: 'shop', name: '', metric: 'hits', value: '5' },
      { resource: 'pods', namespace: 'shop', name: 'web', metric: 'hits', value: '5' },
    ];
    adapter.setExternal('shop', 'queue', '5');
    createTarget('apps/v1', 'Deployment', 'deployments.apps', { name: 'metrics', metrics: METRICS });
    conflictOnce('scaledtargets', 'status');
    for (const resource of ['deployments', 'statefulsets', 'replicasets']) conflictOnce(resource, 'scale');
    const end = stage.start({}, TOKEN);

    stage.usage.set({ tier: 'test' }, { cpu: '100m' });
    // What gets no more pods is content with four.
    await stage.time.until('all follow the load', () => sizes().join() === '8,8,8,4,4', 120_000);
    // A warning is told again after ten minutes: the event is patched.
    stage.usage.clear();
    await stage.time.advance(11 * 60_000);
    expect(await end()).toBe(0);

    const requests = stage.cluster.audit.entries({ user: USER });
    expect(requests.filter(({ code }) => code === 403 || code === 401).map(textOf)).toEqual([]);
    const used = new Set(requests.flatMap(({ allowedBy, ...entry }) => (allowedBy ? [ruleOf(entry)] : [])));
    const granted = [...roles, roleForRollouts('true')].flatMap((role) => triples((role['rules'] ?? []) as Rule[]));
    expect(granted.length).toBeGreaterThan(25);
    expect(granted.filter((one) => !used.has(one))).toEqual([]);
    // And the other way round: beyond the roles it needs only what everybody may.
    const everybody = requests.filter(({ allowedBy }) => allowedBy?.source.startsWith('system:') === true);
    expect(everybody.every(({ path, resource }) => resource === '' && path.startsWith('/api'))).toBe(true);
  });

  it('refuse what is not in them', async () => {
    manifests('deploy/base/rbac.yaml').forEach(apply);
    const ask = async (path: string, method = 'GET', body?: string) => {
      const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
      const answer = await fetch(`${stage.cluster.url}${path}`, { method, headers, ...(body && { body }) });
      await answer.body?.cancel();
      return answer.status;
    };
    expect(await ask('/api/v1/pods')).toBe(200);
    expect(await ask('/api/v1/namespaces/shop/secrets')).toBe(403);
    expect(await ask('/api/v1/namespaces/shop/pods/any', 'DELETE')).toBe(403);
    expect(await ask('/apis/apps/v1/namespaces/shop/deployments/web', 'PUT', '{}')).toBe(403);
    expect(await ask('/apis/coordination.k8s.io/v1/namespaces/setpoint-system/leases')).toBe(403);
    expect(await ask('/apis/coordination.k8s.io/v1/namespaces/setpoint-system/leases/other')).toBe(403);
    expect(await ask('/apis/coordination.k8s.io/v1/namespaces/shop/leases/setpoint')).toBe(403);
  });

  it('are enough in one namespace with a RoleBinding instead of the ClusterRoleBinding', async () => {
    for (const object of manifests('deploy/base/rbac.yaml')) if (object.kind !== 'ClusterRoleBinding') apply(object);
    const account = { name: 'setpoint', namespace: 'setpoint-system' };
    const binding = renderBinding(account, { kind: 'ClusterRole', name: 'setpoint', namespace: 'shop' });
    apply(binding as unknown as KubeObject);
    createTarget('apps/v1', 'Deployment', 'deployments.apps');
    const end = stage.start({ namespace: ['shop'] }, TOKEN);
    stage.usage.set({ tier: 'test' }, { cpu: '100m' });
    await stage.time.until('it follows the load', () => sizeOf('deployments.apps', 'deployment') === 4, 120_000);
    expect(await end()).toBe(0);
    const requests = stage.cluster.audit.entries({ user: USER });
    expect(requests.filter(({ code }) => code === 403).map(textOf)).toEqual([]);
  });

  it('leave a kind of somebody else alone until its role has the label; the target says what is missing', async () => {
    manifests('deploy/base/rbac.yaml').forEach(apply);
    apply(roleForRollouts('false'));
    stage.cluster.store.create('customresourcedefinitions.apiextensions.k8s.io', rolloutCrd());
    createTarget('example.com/v1', 'Rollout', 'rollouts.example.com');
    stage.usage.set({ tier: 'test' }, { cpu: '100m' });
    stage.start({}, TOKEN);
    const condition = () => conditionsOf('rollout').find(({ type }) => type === 'AbleToScale');
    await stage.time.until('it says why', () => condition()?.status === 'False', 60_000);
    expect(condition()).toMatchObject({ reason: 'FailedGetScale' });
    expect(condition()?.message).toMatch(/rollouts\.example\.com .*forbidden.*cannot get resource "rollouts\/scale"/);
    const role = stage.cluster.store.get(RBAC['ClusterRole']!, '', 'rollouts-for-setpoint')!;
    stage.cluster.store.update(RBAC['ClusterRole']!, {
      ...role,
      metadata: { ...role.metadata, labels: labels('true') },
    });
    await stage.time.until('it follows the load', () => sizeOf('rollouts.example.com', 'rollout') === 4, 180_000);
  });
});

function apply(object: KubeObject): void {
  stage.cluster.store.create(RBAC[object.kind]!, object);
}

const labels = (value: string) => ({ [AGGREGATION_LABEL]: value });

/** As docs/install.md shows it. */
function roleForRollouts(label: string): KubeObject {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'rollouts-for-setpoint', labels: labels(label) },
    rules: [{ apiGroups: ['example.com'], resources: ['rollouts/scale'], verbs: ['get', 'update'] }],
  } as unknown as KubeObject;
}

function rolloutCrd(): KubeObject {
  const counts = { type: 'object', properties: { replicas: { type: 'integer' }, selector: { type: 'string' } } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'rollouts.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'rollouts', kind: 'Rollout' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', properties: { spec: counts, status: counts } } },
          subresources: {
            status: {},
            scale: {
              specReplicasPath: '.spec.replicas',
              statusReplicasPath: '.status.replicas',
              labelSelectorPath: '.status.selector',
            },
          },
        },
      ],
    },
  } as unknown as KubeObject;
}

const hits = { metric: { name: 'hits' }, target: { type: 'AverageValue', averageValue: '100' } };
/** One of each sort of request to the metrics APIs. */
const METRICS = [
  { type: 'Pods', pods: hits },
  { type: 'Object', object: { ...hits, describedObject: { apiVersion: 'v1', kind: 'Service', name: 'web' } } },
  { type: 'Object', object: { ...hits, describedObject: { apiVersion: 'v1', kind: 'Namespace', name: 'shop' } } },
  { type: 'External', external: { ...hits, metric: { name: 'queue' } } },
];

/** Two pods that are asked for 100m of cpu, to be used at a half. */
function createTarget(
  apiVersion: string,
  kind: string,
  resource: string,
  { name, metrics }: { readonly name: string; readonly metrics: readonly unknown[] } = {
    name: kind.toLowerCase(),
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }],
  },
): void {
  const { store } = stage.cluster;
  const podLabels = { app: name, tier: 'test' };
  const podSpec = { containers: [{ name: 'main', image: 'any', resources: { requests: { cpu: '100m' } } }] };
  const isRollout = kind === 'Rollout';
  store.create(resource, {
    apiVersion,
    kind,
    metadata: { name, namespace: 'shop' },
    spec: isRollout
      ? { replicas: 2 }
      : {
          replicas: 2,
          ...(kind === 'StatefulSet' && { serviceName: name }),
          selector: kind === 'ReplicationController' ? podLabels : { matchLabels: podLabels },
          template: { metadata: { labels: podLabels }, spec: podSpec },
        },
    ...(isRollout && { status: { replicas: 2, selector: `app=${name}` } }),
  });
  for (const index of WITHOUT_PODS.includes(kind) ? [0, 1] : [])
    store.create('pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `${name}-${index}`, namespace: 'shop', labels: podLabels },
      spec: podSpec,
    });
  store.create('scaledtargets.setpoint.dev', {
    apiVersion: 'setpoint.dev/v1alpha1',
    kind: 'ScaledTarget',
    metadata: { name, namespace: 'shop' },
    spec: {
      scaleTargetRef: { apiVersion, kind, name },
      minReplicas: 2,
      maxReplicas: 8,
      guards: 'Disabled',
      initialization: { cpuInitializationPeriodSeconds: 0 },
      metrics,
      behavior: { scaleUp: { policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] } },
    },
  });
}

function conflictOnce(resource: string, subresource: string): void {
  const message = 'the object has been modified; please apply your changes to the latest version and try again';
  const fault = { kind: 'error', code: 409, reason: 'Conflict', message } as const;
  stage.cluster.faults.add({ match: { verb: 'update', resource, subresource }, fault, times: 1 });
}

function sizeOf(resource: string, name: string): number | undefined {
  return (stage.cluster.store.get(resource, 'shop', name)?.['spec'] as { replicas?: number } | undefined)?.replicas;
}

const sizes = () => KINDS.map(({ kind, resource }) => sizeOf(resource, kind.toLowerCase()));

function conditionsOf(name: string) {
  const status = stage.cluster.store.get('scaledtargets.setpoint.dev', 'shop', name)?.['status'];
  return (
    (status as { conditions?: { type: string; status: string; reason: string; message: string }[] })?.conditions ?? []
  );
}
