// Custom and external metrics through everything: an adapter over https behind the API server, discovery, sources, decision, /scale.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CUSTOM, EXTERNAL, registerApis, startClusterAdapter } from '../support/adapter-on-cluster.ts';
import { type AppOnCluster, appOnCluster } from '../support/app-on-cluster.ts';
import type { AdapterFault, CustomValue, MetricsAdapter } from '../support/metrics-adapter.ts';

const MINUTE = 60_000;
const TARGETS = 'scaledtargets.setpoint.dev';

let stage: AppOnCluster;
let adapter: MetricsAdapter;

beforeEach(async () => {
  stage = await appOnCluster();
  adapter = await startClusterAdapter({ now: () => stage.clock.now() });
});
afterEach(async () => {
  await stage.close();
  await adapter.close();
});

const averageOf = (averageValue: string) => ({ type: 'AverageValue', averageValue });
const rps = { type: 'Pods', pods: { metric: { name: 'rps' }, target: averageOf('100') } };
const hits = {
  type: 'Object',
  object: {
    metric: { name: 'hits' },
    describedObject: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'front' },
    target: { type: 'Value', value: '100' },
  },
};
const queue = {
  type: 'External',
  external: {
    metric: { name: 'Queue_Depth', selector: { matchLabels: { queue: 'mail' } } },
    target: averageOf('100'),
  },
};
/** Of what is tested here, nothing stands against a smaller size. */
const DOWN_AT_ONCE = { scaleDown: { stabilizationWindowSeconds: 0 } };

describe('an adapter that is well', () => {
  beforeEach(() => registerApis(stage.cluster, adapter, [CUSTOM, 'v1beta2', 'v1beta1'], [EXTERNAL, 'v1beta1']));

  it('Pods, Object and External metrics scale up and down as the HPA would, and status shows their values', async () => {
    for (const [name, metric] of [
      ['web', rps],
      ['front', hits],
      ['worker', queue],
    ] as const) {
      deploy(name, 2);
      target(name, [metric], { guards: 'Disabled', behavior: DOWN_AT_ONCE });
    }
    load({ rps: 180, hits: 100, queue: 200 });
    stage.start({});
    await stage.time.until(
      'all are content',
      () => sizes() === '2 2 2' && shown() === 'pods/rps: 90/100 ingress/hits: 100/100 external/Queue_Depth: 100/100',
      MINUTE,
    );
    load({ rps: 540, hits: 200, queue: 830 });
    // A value that does not fall as the size grows asks for more and more.
    await stage.time.until('all grow', () => sizes() === '6 10 9', MINUTE);
    expect(statusOf('worker').currentMetrics[0]).toMatchObject({
      type: 'External',
      sampleTime: expect.stringMatching(/Z$/),
      external: { metric: { name: 'Queue_Depth', selector: { matchLabels: { queue: 'mail' } } } },
    });
    expect(condition('web', 'ScalingActive')).toMatchObject({
      status: 'True',
      message: 'the HPA was able to successfully calculate a replica count from pods metric rps',
    });
    load({ rps: 90, hits: 25, queue: 50 });
    await stage.time.until('all shrink', () => sizes() === '1 1 1', 2 * MINUTE);
  });

  it('asks each thing once per tick, at the paths of the HPA, and anew for the next', async () => {
    for (const name of ['web', 'front', 'worker']) deploy(name, 2);
    // Two targets share the queue and the Ingress; each has pods of its own.
    for (const name of ['web', 'worker']) target(name, [queue, hits, rps], { mode: 'Recommend' });
    load({ rps: 200, hits: 200, queue: 200 });
    stage.start({});
    await stage.time.advance(20_000);
    adapter.requests.length = 0;
    await stage.time.advance(4 * 15_000);
    const counts = new Map<string, number>();
    for (const request of adapter.requests) counts.set(request, (counts.get(request) ?? 0) + 1);
    expect(Object.fromEntries(counts)).toEqual({
      '/apis/custom.metrics.k8s.io/v1beta2/namespaces/shop/pods/*/rps?labelSelector=app%3Dweb': 4,
      '/apis/custom.metrics.k8s.io/v1beta2/namespaces/shop/pods/*/rps?labelSelector=app%3Dworker': 4,
      '/apis/custom.metrics.k8s.io/v1beta2/namespaces/shop/ingresses.networking.k8s.io/front/hits': 4,
      '/apis/external.metrics.k8s.io/v1beta1/namespaces/shop/queue_depth?labelSelector=queue%3Dmail': 4,
    });
  });

  it('a metric of the namespace is asked for at the namespace of the target', async () => {
    deploy('web', 2);
    const describedObject = { apiVersion: 'v1', kind: 'Namespace', name: 'elsewhere' };
    target('web', [{ type: 'Object', object: { ...hits.object, describedObject, target: averageOf('100') } }]);
    adapter.custom = [{ resource: 'metrics', namespace: 'shop', name: '', metric: 'hits', value: '300' }];
    stage.start({});
    await stage.time.until('it follows', () => sizeOf('web') === 3, MINUTE);
    expect(adapter.requests[0]).toBe('/apis/custom.metrics.k8s.io/v1beta2/namespaces/shop/metrics/hits');
  });
});

describe('an API that is not there yet', () => {
  it('is told in the words of the HPA, found when it comes, and followed when it is upgraded', async () => {
    for (const name of ['web', 'worker']) deploy(name, 2);
    target('web', [rps]);
    target('worker', [queue]);
    load({ rps: 400, hits: 0, queue: 400 });
    stage.start({});
    const why = (name: string) => condition(name, 'ScalingActive');
    await stage.time.until(
      'both say so',
      () => why('web')?.status === 'False' && why('worker')?.status === 'False',
      MINUTE,
    );
    expect(why('web')).toMatchObject({ reason: 'FailedGetPodsMetric' });
    expect(why('web')?.message).toBe(
      'the HPA was unable to compute the replica count: unable to get metric rps: ' +
        'unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered',
    );
    expect(why('worker')).toMatchObject({ reason: 'FailedGetExternalMetric' });
    expect(why('worker')?.message).toContain('unable to fetch metrics from external metrics API: HTTP 404');

    adapter.versions = ['v1beta1'];
    registerApis(stage.cluster, adapter, [CUSTOM, 'v1beta1'], [EXTERNAL, 'v1beta1']);
    await stage.time.until('both follow', () => sizeOf('web') === 4 && sizeOf('worker') === 4, MINUTE);
    expect(adapter.requests.some((path) => path.includes('/v1beta1/namespaces/shop/pods/'))).toBe(true);

    adapter.versions = ['v1beta2'];
    stage.cluster.store.delete('apiservices.apiregistration.k8s.io', '', 'v1beta1.custom.metrics.k8s.io');
    registerApis(stage.cluster, adapter, [CUSTOM, 'v1beta2']);
    load({ rps: 800, hits: 0, queue: 400 });
    await stage.time.until('it follows the new version', () => sizeOf('web') === 8, MINUTE);
  });

  it('nor is a kind: the target says so, and follows once its CRD is installed', async () => {
    registerApis(stage.cluster, adapter, [CUSTOM, 'v1beta2']);
    deploy('web', 2);
    const describedObject = { apiVersion: 'example.com/v1', kind: 'Shop', name: 'big' };
    target('web', [{ type: 'Object', object: { ...hits.object, describedObject } }]);
    adapter.custom = [{ resource: 'shops.example.com', namespace: 'shop', name: 'big', metric: 'hits', value: '200' }];
    stage.start({});
    await stage.time.until('it says so', () => condition('web', 'ScalingActive')?.status === 'False', MINUTE);
    expect(condition('web', 'ScalingActive')).toMatchObject({
      reason: 'FailedGetObjectMetric',
      message: expect.stringContaining('no matches for kind "Shop"'),
    });
    stage.cluster.store.create('customresourcedefinitions.apiextensions.k8s.io', shopCrd());
    await stage.time.until('it follows', () => sizeOf('web') === 4, MINUTE);
  });
});

describe('an adapter that misbehaves shrinks nothing, whatever it answers', () => {
  const FAULTS: readonly (readonly [AdapterFault, RegExp, 'External too' | undefined])[] = [
    [
      'unavailable',
      /HTTP 503: the (custom|external) metrics adapter is not available|CircuitOpen|left alone/,
      'External too',
    ],
    ['error', /HTTP 500: the (custom|external) metrics adapter cannot read this metric/, 'External too'],
    ['html', /the answer is not valid JSON/, 'External too'],
    ['shape', /the answer is no (External)?MetricValueList/, 'External too'],
    [
      'empty',
      /no metrics returned from (custom|external) metrics API|returned 0 results when we asked/,
      'External too',
    ],
    ['reset', /HTTP 503|left alone/, 'External too'],
  ];

  beforeEach(() => {
    registerApis(stage.cluster, adapter, [CUSTOM, 'v1beta2'], [EXTERNAL, 'v1beta1']);
    for (const [name, metric] of [
      ['web', rps],
      ['front', hits],
      ['worker', queue],
    ] as const) {
      deploy(name, 4);
      target(name, [metric], { behavior: DOWN_AT_ONCE });
    }
    load({ rps: 400, hits: 100, queue: 400 });
  });

  it.each(FAULTS)('%s', async (fault, message) => {
    stage.start({});
    await stage.time.advance(2 * MINUTE);
    expect(sizes()).toBe('4 4 4');
    adapter.fault = fault;
    load({ rps: 10, hits: 10, queue: 10 });
    await stage.time.advance(5 * MINUTE);
    expect(sizes()).toBe('4 4 4');
    for (const name of ['web', 'front', 'worker']) {
      const found = condition(name, 'ScalingActive');
      expect(found, name).toMatchObject({ status: 'False', reason: expect.stringMatching(/^FailedGet\w+Metric$/) });
      expect(found?.message, name).toMatch(message);
      expect(found?.message, name).not.toContain('secret-of-the-adapter');
    }
    adapter.fault = undefined;
    load({ rps: 800, hits: 200, queue: 800 });
    await stage.time.until('all follow when it is well again', () => sizes() === '8 8 8', 2 * MINUTE);
  });

  it('two values for one object are none; two series of an external metric are summed', async () => {
    adapter.fault = 'two';
    stage.start({});
    await stage.time.until('the queue counts twice', () => sizeOf('worker') === 8, MINUTE);
    expect(sizes()).toBe('4 4 8');
    expect(condition('front', 'ScalingActive')).toMatchObject({ status: 'False', reason: 'FailedGetObjectMetric' });
    expect(condition('front', 'ScalingActive')?.message).toContain(
      'unable to get metric hits: Ingress on shop front/unable to fetch metrics from custom metrics API: ' +
        'the custom metrics API server returned 2 results when we asked for exactly one',
    );
    await stage.time.until('pods do not', () => condition('web', 'ScalingActive')?.status === 'True', MINUTE);
  });

  it('F29: unavailable for ten minutes: sizes stay, and the first low value after it does not shrink at once', async () => {
    for (const name of ['web', 'front', 'worker']) edit(name, { behavior: undefined });
    stage.start({});
    await stage.time.advance(6 * MINUTE);
    adapter.fault = 'unavailable';
    await stage.time.advance(10 * MINUTE);
    adapter.fault = undefined;
    load({ rps: 200, hits: 50, queue: 200 });
    await stage.time.advance(2 * MINUTE);
    expect(condition('web', 'ScalingActive')).toMatchObject({ status: 'True' });
    expect(sizes()).toBe('4 4 4');
    await stage.time.until('a window later it shrinks', () => sizes() === '2 2 2', 6 * MINUTE);
  });

  it('F30: pods that are left out are filled in, all of them left out is missing', async () => {
    stage.start({});
    // Past the time in which pods count as warming up.
    await stage.time.advance(6 * MINUTE);
    // Two of four: the low values of the others alone would ask for two.
    let left = 2;
    const all = () => podValues('web', 40);
    adapter.custom = () => all().slice(0, left);
    await stage.time.advance(3 * MINUTE);
    expect(sizeOf('web')).toBe(4);
    left = 0;
    await stage.time.advance(3 * MINUTE);
    expect(sizeOf('web')).toBe(4);
    expect(condition('web', 'ScalingActive')).toMatchObject({ status: 'False', reason: 'FailedGetPodsMetric' });
    // High ones raise, with zero assumed for the missing: 600 over three of four.
    adapter.custom = () => podValues('web', 800).slice(0, 3);
    await stage.time.until('it grows', () => (sizeOf('web') ?? 0) > 4, MINUTE);
  });

  it('F31, B44: times that stand still, or are left out, may not lower and then are missing', async () => {
    stage.start({});
    await stage.time.advance(MINUTE);
    adapter.frozenAt = stage.clock.now();
    await stage.time.advance(3.5 * MINUTE);
    load({ rps: 10, hits: 10, queue: 10 });
    await stage.time.advance(MINUTE);
    expect(sizes()).toBe('4 4 4');
    await stage.time.advance(2 * MINUTE);
    expect(sizes()).toBe('4 4 4');
    expect(condition('worker', 'ScalingActive')?.message).toContain('too old to be of use');
    adapter.frozenAt = -62_135_596_800_000;
    await stage.time.advance(MINUTE);
    expect(sizes()).toBe('4 4 4');
    adapter.frozenAt = undefined;
    await stage.time.until('fresh ones are believed', () => sizes() === '1 1 1', 5 * MINUTE);
  });

  it('F31 with guards disabled: as the HPA, which asks for no time', async () => {
    for (const name of ['web', 'front', 'worker']) edit(name, { guards: 'Disabled' });
    adapter.frozenAt = -62_135_596_800_000;
    stage.start({});
    load({ rps: 200, hits: 50, queue: 200 });
    await stage.time.until('it follows', () => sizes() === '2 2 2', MINUTE);
    expect(condition('worker', 'ScalingActive')).toMatchObject({ status: 'True' });
  });
});

/** All of a workload's load in its metric, shared by its pods where it is one of pods. */
function load({ rps: perSecond, hits: value, queue: depth }: { rps: number; hits: number; queue: number }): void {
  adapter.custom = () => [
    ...['web', 'worker'].flatMap((app) => podValues(app, perSecond)),
    { resource: 'ingresses.networking.k8s.io', namespace: 'shop', name: 'front', metric: 'hits', value: String(value) },
  ];
  adapter.external = ['mail', 'fax'].map((name) => ({
    namespace: 'shop',
    metric: 'Queue_Depth',
    value: name === 'mail' ? String(depth) : '100k',
    metricLabels: { queue: name },
  }));
}

function podValues(app: string, total: number): CustomValue[] {
  const pods = stage.cluster.store
    .list('pods', 'shop')
    .filter(({ metadata }) => metadata.labels?.['app'] === app)
    .map(({ metadata }) => metadata.name);
  return pods.map((name) => ({
    resource: 'pods',
    namespace: 'shop',
    name,
    metric: 'rps',
    value: `${Math.round((total * 1000) / pods.length)}m`,
    labels: { app },
  }));
}

function deploy(name: string, replicas: number): void {
  const labels = { app: name };
  stage.cluster.store.create('deployments.apps', {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'shop' },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'any' }] } },
    },
  });
}

function target(name: string, metrics: readonly unknown[], more: Record<string, unknown> = {}): void {
  stage.cluster.store.create(TARGETS, {
    apiVersion: 'setpoint.dev/v1alpha1',
    kind: 'ScaledTarget',
    metadata: { name, namespace: 'shop' },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      maxReplicas: 10,
      metrics,
      ...more,
    },
  });
}

function edit(name: string, change: Record<string, unknown>): void {
  const object = stage.cluster.store.get(TARGETS, 'shop', name)!;
  stage.cluster.store.update(TARGETS, { ...object, spec: { ...(object['spec'] as object), ...change } });
}

function sizeOf(name: string): number | undefined {
  const spec = stage.cluster.store.get('deployments.apps', 'shop', name)!['spec'];
  return (spec as { replicas?: number }).replicas;
}
const sizes = () => ['web', 'front', 'worker'].map(sizeOf).join(' ');
const shown = () => ['web', 'front', 'worker'].map((name) => statusOf(name).summary?.metrics).join(' ');

interface Status {
  conditions?: { type: string; status: string; reason: string; message: string }[];
  currentMetrics: object[];
  summary?: { metrics: string };
}

function statusOf(name: string): Status {
  return (stage.cluster.store.get(TARGETS, 'shop', name)!['status'] ?? {}) as Status;
}

function condition(name: string, type: string) {
  return statusOf(name).conditions?.find((one) => one.type === type);
}

function shopCrd() {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'shops.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'shops', kind: 'Shop' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
    },
  };
}
