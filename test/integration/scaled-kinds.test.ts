// Any kind with a scale subresource, through everything: the built-in ones, and custom resources whose CRD names their paths, in
// whatever order things are installed.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AppOnCluster, appOnCluster } from '../support/app-on-cluster.ts';

const MINUTE = 60_000;
const TARGETS = 'scaledtargets.setpoint.dev';
const CRDS = 'customresourcedefinitions.apiextensions.k8s.io';

let stage: AppOnCluster;
beforeEach(async () => {
  stage = await appOnCluster();
  stage.usage.set({ tier: 'test' }, { cpu: '100m' });
});
afterEach(() => stage.close());

describe('the built-in kinds', () => {
  it.each([
    ['apps/v1', 'Deployment', 'deployments.apps'],
    ['apps/v1', 'StatefulSet', 'statefulsets.apps'],
    ['apps/v1', 'ReplicaSet', 'replicasets.apps'],
    // The HPA goes by group and kind.
    ['apps/v1beta1', 'StatefulSet', 'statefulsets.apps'],
    ['v1', 'ReplicationController', 'replicationcontrollers'],
    [undefined, 'ReplicationController', 'replicationcontrollers'],
  ])('%s %s', async (apiVersion, kind, resource) => {
    const labels = { app: 'web', tier: 'test' };
    const isOld = kind === 'ReplicationController';
    stage.cluster.store.create(resource, {
      apiVersion: isOld ? 'v1' : 'apps/v1',
      kind,
      metadata: { name: 'web', namespace: 'shop' },
      spec: {
        replicas: 2,
        ...(kind === 'StatefulSet' && { serviceName: 'web' }),
        selector: isOld ? labels : { matchLabels: labels },
        template: { metadata: { labels }, spec: podSpec },
      },
    });
    // Nobody here makes the pods of a ReplicationController.
    if (isOld) createPods('web', labels);
    createTarget({ ...(apiVersion !== undefined && { apiVersion }), kind, name: 'web' });
    stage.start({});
    await stage.time.until('it follows the load', () => replicasOf(resource, '.spec.replicas') === 4, MINUTE);
    expect(condition('AbleToScale')).toMatchObject({ status: 'True' });
  });

  it('a kind without a scale is told, and nothing else is touched', async () => {
    const labels = { app: 'web' };
    stage.cluster.store.create('daemonsets.apps', {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'web', namespace: 'shop' },
      spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: podSpec } },
    });
    createTarget({ apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'web' });
    stage.start({});
    await stage.time.until('it says so', () => condition('AbleToScale')?.status === 'False', MINUTE);
    expect(condition('AbleToScale')).toMatchObject({ reason: 'FailedGetScale' });
    expect(condition('AbleToScale')?.message).toContain('kind "DaemonSet" in group "apps" has no scale subresource');
  });
});

describe('a custom resource', () => {
  it('is scaled at the paths that its CRD names, its pods found by its selector in string form', async () => {
    stage.cluster.store.create(CRDS, fleetCrd());
    createFleet();
    createPods('fleet', { ship: 'a', tier: 'test' });
    createTarget(fleetRef);
    stage.start({});
    await stage.time.until('it follows the load', () => replicasOf(FLEETS, '.spec.size.ships') === 4, MINUTE);
    expect(condition('ScalingActive')).toMatchObject({ status: 'True' });
  });

  it('whose CRD comes after the ScaledTarget is told, and works without a restart', async () => {
    createTarget(fleetRef);
    stage.start({});
    await stage.time.until('it says so', () => condition('AbleToScale')?.status === 'False', MINUTE);
    expect(condition('AbleToScale')).toMatchObject({ reason: 'FailedGetScale' });
    expect(condition('AbleToScale')?.message).toContain('no matches for kind "Fleet" in group "example.com"');
    await stage.time.advance(10 * MINUTE);

    // First without a scale, then with one.
    stage.cluster.store.create(CRDS, fleetCrd({}));
    createFleet();
    createPods('fleet', { ship: 'a', tier: 'test' });
    const told = 'has no scale subresource';
    await stage.time.until('that too', () => condition('AbleToScale')?.message.includes(told) === true, 3 * MINUTE);
    const crd = stage.cluster.store.get(CRDS, '', 'fleets.example.com')!;
    stage.cluster.store.update(CRDS, { ...crd, spec: fleetCrd().spec });
    await stage.time.until('it follows the load', () => replicasOf(FLEETS, '.spec.size.ships') === 4, 3 * MINUTE);
    await stage.time.until('all is well', () => condition('AbleToScale')?.status === 'True', MINUTE);
  });

  it('that goes and comes back is scaled again', async () => {
    stage.cluster.store.create(CRDS, fleetCrd());
    createFleet();
    createPods('fleet', { ship: 'a', tier: 'test' });
    createTarget(fleetRef);
    stage.start({});
    await stage.time.until('it follows the load', () => replicasOf(FLEETS, '.spec.size.ships') === 4, MINUTE);
    stage.cluster.store.delete(CRDS, '', 'fleets.example.com');
    await stage.time.until('it says so', () => condition('AbleToScale')?.status === 'False', 3 * MINUTE);
    stage.cluster.store.create(CRDS, fleetCrd());
    createFleet();
    await stage.time.until('again', () => replicasOf(FLEETS, '.spec.size.ships') === 4, 3 * MINUTE);
    await stage.time.until('and says so', () => condition('AbleToScale')?.status === 'True', MINUTE);
    expect(condition('AbleToScale')).toMatchObject({
      reason: expect.stringMatching(/^(SucceededRescale|ReadyForNewScale)$/),
    });
  });

  it('without a selector is told so', async () => {
    stage.cluster.store.create(CRDS, fleetCrd());
    createFleet('');
    createTarget(fleetRef);
    stage.start({});
    await stage.time.until('it says so', () => condition('ScalingActive')?.status === 'False', MINUTE);
    expect(condition('ScalingActive')).toMatchObject({
      reason: 'InvalidSelector',
      message: "the HPA target's scale is missing a selector",
    });
  });
});

const FLEETS = 'fleets.example.com';
const fleetRef = { apiVersion: 'example.com/v1', kind: 'Fleet', name: 'fleet' };
const podSpec = { containers: [{ name: 'main', image: 'any', resources: { requests: { cpu: '100m' } } }] };
const SCALE = {
  specReplicasPath: '.spec.size.ships',
  statusReplicasPath: '.status.ships',
  labelSelectorPath: '.status.found',
};

function fleetCrd(scale: object = { scale: SCALE }) {
  const whole = { type: 'integer' };
  const size = { type: 'object', properties: { ships: whole } };
  const spec = { type: 'object', properties: { size } };
  const status = { type: 'object', properties: { ships: whole, found: { type: 'string' } } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: FLEETS },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'fleets', kind: 'Fleet' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', properties: { spec, status } } },
          subresources: { status: {}, ...scale },
        },
      ],
    },
  };
}

function createFleet(found = 'ship in (a,b),tier=test'): void {
  stage.cluster.store.create(FLEETS, {
    apiVersion: 'example.com/v1',
    kind: 'Fleet',
    metadata: { name: 'fleet', namespace: 'shop' },
    spec: { size: { ships: 2 } },
    status: { ships: 2, found },
  });
}

function createPods(name: string, labels: Record<string, string>): void {
  for (const index of [0, 1]) {
    stage.cluster.store.create('pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `${name}-${index}`, namespace: 'shop', labels },
      spec: podSpec,
    });
  }
}

/** Each pod uses all that it requests, twice of what it should. */
function createTarget(scaleTargetRef: object): void {
  const target = { type: 'Utilization', averageUtilization: 50 };
  stage.cluster.store.create(TARGETS, {
    apiVersion: 'setpoint.dev/v1alpha1',
    kind: 'ScaledTarget',
    metadata: { name: 'target', namespace: 'shop' },
    spec: {
      scaleTargetRef,
      maxReplicas: 4,
      initialization: { cpuInitializationPeriodSeconds: 0 },
      metrics: [{ type: 'Resource', resource: { name: 'cpu', target } }],
    },
  });
}

function replicasOf(resource: string, path: string): unknown {
  const object = stage.cluster.store.list(resource, 'shop')[0];
  return path
    .slice(1)
    .split('.')
    .reduce<unknown>((value, field) => (value as Record<string, unknown> | undefined)?.[field], object);
}

function condition(type: string) {
  const status = stage.cluster.store.get(TARGETS, 'shop', 'target')?.['status'];
  const { conditions } = (status ?? {}) as {
    conditions?: { type: string; status: string; reason: string; message: string }[];
  };
  return conditions?.find((one) => one.type === type);
}
