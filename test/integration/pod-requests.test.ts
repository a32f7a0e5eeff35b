// Pods as the API server gives them, through everything: which requests count for a utilization, what a missing one does, and
// selectors that find the pods of two targets.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AppOnCluster, appOnCluster } from '../support/app-on-cluster.ts';

const MINUTE = 60_000;
const TARGETS = 'scaledtargets.setpoint.dev';

let stage: AppOnCluster;
beforeEach(async () => {
  stage = await appOnCluster();
});
afterEach(() => stage.close());

const requests = (quantities: Record<string, string>) => ({ resources: { requests: quantities } });
const main = (...more: object[]) => Object.assign({ name: 'main', image: 'any' }, ...more) as object;
const cpu100 = requests({ cpu: '100m' });
const init = (name: string, ...more: object[]) => Object.assign({ name, image: 'any' }, ...more) as object;

describe('each container uses 100m, wanted are 50 % of what is requested, there are two pods', () => {
  beforeEach(() => stage.usage.set({ tier: 'test' }, { cpu: '100m' }));

  it.each<[string, object, string, number]>([
    ['a container with a request', { containers: [main(cpu100)] }, '100%/50%', 4],
    [
      'a native sidecar counts, with its use and with its request',
      { containers: [main(cpu100)], initContainers: [init('proxy', cpu100, { restartPolicy: 'Always' })] },
      '100%/50%',
      4,
    ],
    [
      'an ordinary init container does not',
      { containers: [main(cpu100)], initContainers: [init('migrate', requests({ cpu: '4' }))] },
      '100%/50%',
      4,
    ],
    [
      'the request of the pod as a whole stands for those of its containers, sidecars without any included',
      {
        resources: { requests: { cpu: '250m' } },
        containers: [main()],
        initContainers: [init('proxy', { restartPolicy: 'Always' })],
      },
      '80%/50%',
      4,
    ],
    [
      'the request of the pod for another resource leaves the sum, or its hungriest start',
      {
        resources: { requests: { memory: '1Gi' } },
        containers: [main(cpu100)],
        initContainers: [init('migrate', requests({ cpu: '125m' }))],
      },
      '80%/50%',
      4,
    ],
  ])('%s', async (_what, podSpec, shown, size) => {
    deploy('web', podSpec);
    target('web', utilization(50));
    stage.start({});
    await stage.time.until('it is decided', () => metricsOf('web') === `cpu: ${shown}`, MINUTE);
    await stage.time.advance(MINUTE);
    expect(sizeOf('web')).toBe(size);
  });

  it.each<[string, object, string]>([
    [
      'B46: one container without a request',
      { containers: [main(cpu100), { name: 'injected', image: 'any' }] },
      'missing request for cpu in container injected of Pod web-',
    ],
    [
      'B46: a native sidecar without a request',
      { containers: [main(cpu100)], initContainers: [init('proxy', { restartPolicy: 'Always' })] },
      'missing request for cpu in container proxy of Pod web-',
    ],
    [
      'the request of the pod for another resource, and none for this one anywhere',
      { resources: { requests: { memory: '1Gi' } }, containers: [main()] },
      'missing pod-level request for cpu in Pod web-',
    ],
    ['B47: requests of zero', { containers: [main(requests({ cpu: '0' }))] }, 'failed to get cpu utilization: '],
  ])('%s: the size stays, and the reason is told', async (_what, podSpec, message) => {
    deploy('web', podSpec);
    target('web', utilization(50));
    stage.start({});
    await stage.time.until('it says so', () => condition('web', 'ScalingActive')?.status === 'False', MINUTE);
    expect(condition('web', 'ScalingActive')).toMatchObject({ reason: 'FailedGetResourceMetric' });
    expect(condition('web', 'ScalingActive')?.message).toContain(message);
    await stage.time.advance(6 * MINUTE);
    expect(sizeOf('web')).toBe(2);
  });

  it('B48: a container that an injector adds counts in the sum of a pod, and not for a metric of one container', async () => {
    const podSpec = { containers: [main(cpu100), { name: 'injected', image: 'any', ...requests({ cpu: '300m' }) }] };
    deploy('all', podSpec);
    deploy('one', podSpec);
    target('all', utilization(50));
    const goal = { type: 'Utilization', averageUtilization: 50 };
    target('one', { type: 'ContainerResource', containerResource: { name: 'cpu', container: 'main', target: goal } });
    stage.start({});
    await stage.time.until('that one follows', () => sizeOf('one') === 4, MINUTE);
    expect(sizeOf('all')).toBe(2);
    expect(metricsOf('all')).toBe('cpu: 50%/50%');
  });

  it('a sidecar is a container like any other to ContainerResource', async () => {
    const sidecar = init('proxy', requests({ cpu: '50m' }), { restartPolicy: 'Always' });
    deploy('web', { containers: [main(requests({ cpu: '1' }))], initContainers: [sidecar] });
    const goal = { type: 'Utilization', averageUtilization: 100 };
    target('web', { type: 'ContainerResource', containerResource: { name: 'cpu', container: 'proxy', target: goal } });
    stage.start({});
    await stage.time.until('it follows', () => sizeOf('web') === 4, MINUTE);
    expect(metricsOf('web')).toMatch(/: 200%\/100%$/);
  });
});

describe('selectors that find the pods of two targets', () => {
  it('stop both from the first decision on, name both, and let both go on when one is gone', async () => {
    stage.usage.set({ tier: 'test' }, { cpu: '100m' });
    const podSpec = { containers: [main(cpu100)] };
    deploy('web', podSpec);
    // Its own pods carry the labels of the other one's, too.
    deploy('admin', podSpec, { app: 'web', part: 'admin' });
    for (const name of ['web', 'admin']) target(name, utilization(50));
    stage.start({});
    const told = (name: string) => condition(name, 'ScalingActive')?.reason;
    await stage.time.until(
      'both say so',
      () => told('web') === 'AmbiguousSelector' && told('admin') === 'AmbiguousSelector',
      MINUTE,
    );
    expect(condition('web', 'ScalingActive')?.message).toBe(
      'pods by selector app=web are controlled by multiple HPAs: [shop/admin shop/web]',
    );
    await stage.time.advance(2 * MINUTE);
    expect([sizeOf('web'), sizeOf('admin')]).toEqual([2, 2]);
    stage.cluster.store.delete(TARGETS, 'shop', 'web');
    await stage.time.until('the other one goes on', () => sizeOf('admin') === 4, 2 * MINUTE);
    expect(told('admin')).toBe('ValidMetricFound');
  });
});

function utilization(averageUtilization: number) {
  return { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } } };
}

function deploy(name: string, podSpec: object, labels: Record<string, string> = { app: name }): void {
  stage.cluster.store.create('deployments.apps', {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'shop' },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels: { ...labels, tier: 'test' } }, spec: podSpec },
    },
  });
}

function target(name: string, metric: object): void {
  stage.cluster.store.create(TARGETS, {
    apiVersion: 'setpoint.dev/v1alpha1',
    kind: 'ScaledTarget',
    metadata: { name, namespace: 'shop' },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      maxReplicas: 4,
      initialization: { cpuInitializationPeriodSeconds: 0 },
      metrics: [metric],
    },
  });
}

function sizeOf(name: string): number {
  return (stage.cluster.store.get('deployments.apps', 'shop', name)!['spec'] as { replicas: number }).replicas;
}

interface Status {
  conditions?: { type: string; status: string; reason: string; message: string }[];
  summary?: { metrics: string };
}

function statusOf(name: string): Status {
  return stage.cluster.store.get(TARGETS, 'shop', name)!['status'] ?? {};
}
const metricsOf = (name: string) => statusOf(name).summary?.metrics;
const condition = (name: string, type: string) => statusOf(name).conditions?.find((one) => one.type === type);
