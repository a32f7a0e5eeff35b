// One adapter behind a real API server, asked by the real HPA and by Setpoint about the same workloads: they ask for the same things
// at the same paths and come to the same sizes, Setpoint under exactly the rules of deploy/base/rbac.yaml.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCrd } from '../../src/api/crd.ts';
import { runApp } from '../../src/app.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { renderRbac } from '../../src/kube/permissions.ts';
import { parseOptions } from '../../src/options.ts';
import { readAudit } from '../controlplane/audit.ts';
import { type ControlPlane, startControlPlane } from '../controlplane/control-plane.ts';
import { poll } from '../controlplane/poll.ts';
import { type CustomValue, type MetricsAdapter, startMetricsAdapter } from '../support/metrics-adapter.ts';

/** The programs may have to be built first. */
const BUILD_TIMEOUT_MS = 1_800_000;
const PATIENCE_MS = 120_000;
const ACCOUNT = 'system:serviceaccount:setpoint-system:setpoint';
/** One for each controller, with the same workloads. */
const NAMESPACES = ['of-hpa', 'of-setpoint'] as const;
type Namespace = (typeof NAMESPACES)[number];

const average = { type: 'AverageValue', averageValue: '100' };
const selector = {
  matchLabels: { verb: 'GET' },
  matchExpressions: [{ key: 'path', operator: 'In', values: ['b', 'a'] }],
};
const objectMetric = (apiVersion: string, kind: string) => ({
  type: 'Object',
  object: { metric: { name: 'hits', selector }, describedObject: { apiVersion, kind, name: 'front' }, target: average },
});
/** Workload → its metric. */
const METRICS: Readonly<Record<string, object>> = {
  pods: {
    type: 'Pods',
    pods: { metric: { name: 'rps', selector: { matchLabels: { verb: 'GET' } } }, target: average },
  },
  ingress: objectMetric('networking.k8s.io/v1', 'Ingress'),
  service: objectMetric('v1', 'Service'),
  namespace: objectMetric('v1', 'Namespace'),
  external: {
    type: 'External',
    external: { metric: { name: 'Queue_Depth', selector: { matchLabels: { queue: 'mail' } } }, target: average },
  },
};
const NAMES = Object.keys(METRICS);

let plane: ControlPlane;
let adapter: MetricsAdapter;
let pods: readonly { readonly namespace: string; readonly name: string }[] = [];
const stop = new AbortController();
let app: Promise<number>;

beforeAll(async () => {
  plane = await startControlPlane({
    namespaces: [...NAMESPACES, 'setpoint-system'],
    users: { [ACCOUNT]: [] },
    startSeconds: 1,
    controllerManager: { hpaSyncPeriodSeconds: 5 },
    extraArgs: { 'kube-controller-manager': ['--horizontal-pod-autoscaler-downscale-stabilization=1s'] },
  });
  const { certificate, key } = plane.serviceCertificate('metrics-adapter');
  adapter = await startMetricsAdapter({ cert: certificate, key });
  adapter.versions = ['v1beta2'];
  load(200);
  for (const [group, version] of [
    ['custom.metrics.k8s.io', 'v1beta2'],
    ['external.metrics.k8s.io', 'v1beta1'],
  ] as const) {
    await plane.registerApi({ group, version, service: 'metrics-adapter', port: adapter.port });
  }
  await plane.api.create('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', buildCrd());
  for (const object of renderRbac({ name: 'setpoint', namespace: 'setpoint-system', leaseName: 'setpoint' })) {
    const { namespace } = object.metadata;
    const place = namespace === undefined ? '' : `namespaces/${namespace}/`;
    await plane.api.create(`/apis/rbac.authorization.k8s.io/v1/${place}${object.kind.toLowerCase()}s`, object);
  }
  for (const namespace of NAMESPACES) for (const name of NAMES) await createWorkload(namespace, name);
  const given = {
    kubeconfig: plane.user(ACCOUNT).kubeconfig,
    port: '0',
    bindAddress: '127.0.0.1',
    leaseNamespace: 'setpoint-system',
    syncPeriod: '5s',
    downscaleStabilization: '1s',
  };
  const outcome = parseOptions(given, {});
  if ('faults' in outcome) throw new Error(outcome.faults.join('\n'));
  app = runApp(outcome.options, { logger: silentLogger, signal: stop.signal });
}, BUILD_TIMEOUT_MS);

afterAll(async () => {
  stop.abort(new Error('the test is over'));
  await app;
  await plane?.stop();
  await adapter?.close();
}, 120_000);

describe('the real HPA and Setpoint, beside each other', () => {
  it('come to the same sizes, up and down', async () => {
    for (const total of [500, 800, 290, 120]) {
      load(total);
      const wanted = NAMES.map(() => Math.ceil(total / 100)).join();
      const agree = await poll(PATIENCE_MS, async () => {
        await lookForPods();
        const sizes = await Promise.all(NAMESPACES.map(sizesIn));
        return sizes.every((one) => one === wanted);
      });
      expect([agree, await sizesIn('of-hpa'), await sizesIn('of-setpoint')]).toEqual([true, wanted, wanted]);
    }
  }, 600_000);

  it('ask the adapter for the same things', () => {
    expect(asked('of-setpoint')).toEqual(asked('of-hpa'));
    expect(asked('of-setpoint')).toHaveLength(NAMES.length);
  });

  it('and none is refused', () => {
    const refused = readAudit(plane.auditLogPath).filter(({ user, code }) => user === ACCOUNT && code === 403);
    expect(refused.map(({ verb, path }) => `${verb} ${path}`)).toEqual([]);
  });

  it('when the adapter is away, both keep the size and give the same reason', async () => {
    adapter.fault = 'unavailable';
    load(10);
    const reasons = async (namespace: Namespace) => {
      const statuses = await Promise.all(NAMES.map((name) => plane.api.get(autoscalerPath(namespace, name))));
      return statuses.map(({ status }) => {
        const { conditions = [] } = (status ?? {}) as {
          conditions?: { type: string; status: string; reason: string }[];
        };
        const active = conditions.find(({ type }) => type === 'ScalingActive');
        return `${active?.status} ${active?.reason}`;
      });
    };
    const wanted = [
      'False FailedGetPodsMetric',
      ...Array.from({ length: 3 }, () => 'False FailedGetObjectMetric'),
      'False FailedGetExternalMetric',
    ];
    expect(
      await poll(PATIENCE_MS, async () =>
        (await Promise.all(NAMESPACES.map(reasons))).every((one) => one.join() === wanted.join()),
      ),
    ).toBe(true);
    expect(await sizesIn('of-hpa')).toBe(await sizesIn('of-setpoint'));
    adapter.fault = undefined;
  });
});

/** The same load for each workload of both namespaces. */
function load(total: number): void {
  adapter.custom = () => NAMESPACES.flatMap((namespace) => customValues(namespace, total));
  adapter.external = NAMESPACES.flatMap((namespace) =>
    ['mail', 'fax'].map((queue) => ({
      namespace,
      metric: 'queue_depth',
      value: queue === 'mail' ? String(total) : '1M',
      metricLabels: { queue },
    })),
  );
}

function customValues(namespace: Namespace, total: number): CustomValue[] {
  const own = pods.filter((pod) => pod.namespace === namespace);
  const metricLabels = { verb: 'GET', path: 'a' };
  const objects = ['ingresses.networking.k8s.io', 'services', 'metrics'].map((resource) => ({
    resource,
    namespace,
    name: resource === 'metrics' ? '' : 'front',
    metric: 'hits',
    value: String(total),
    metricLabels,
  }));
  const value = `${Math.floor((total * 1000) / Math.max(1, own.length))}m`;
  const labels = { app: 'pods' };
  return [
    ...own.map(({ name }) => ({ resource: 'pods', namespace, name, metric: 'rps', value, labels, metricLabels })),
    ...objects,
  ];
}

/** The pods of the workload whose metric is one of pods, in both namespaces. */
async function lookForPods(): Promise<void> {
  const lists = await Promise.all(
    NAMESPACES.map((namespace) => plane.api.get(`/api/v1/namespaces/${namespace}/pods?labelSelector=app%3Dpods`)),
  );
  const found = lists.flatMap(({ items }) => items as unknown as { metadata: { namespace: string; name: string } }[]);
  pods = found.map(({ metadata }) => metadata);
}

async function createWorkload(namespace: Namespace, name: string): Promise<void> {
  const labels = { app: name };
  const metadata = { name, namespace };
  await plane.api.create(`/apis/apps/v1/namespaces/${namespace}/deployments`, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata,
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'any' }] } },
    },
  });
  const spec = {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
    maxReplicas: 10,
    metrics: [METRICS[name]],
  };
  const collection = autoscalerPath(namespace, '').replace(/\/$/, '');
  await plane.api.create(
    collection,
    namespace === 'of-hpa'
      ? { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata, spec }
      : { apiVersion: 'setpoint.dev/v1alpha1', kind: 'ScaledTarget', metadata, spec: { ...spec, guards: 'Disabled' } },
  );
}

function autoscalerPath(namespace: Namespace, name: string): string {
  const kind =
    namespace === 'of-hpa'
      ? ['autoscaling/v2', 'horizontalpodautoscalers']
      : ['setpoint.dev/v1alpha1', 'scaledtargets'];
  return `/apis/${kind[0]}/namespaces/${namespace}/${kind[1]}/${name}`;
}

async function sizesIn(namespace: Namespace): Promise<string> {
  const deployments = await Promise.all(
    NAMES.map((name) => plane.api.get(`/apis/apps/v1/namespaces/${namespace}/deployments/${name}`)),
  );
  return deployments.map(({ spec }) => spec['replicas']).join();
}

/** The distinct requests of one namespace, escapes and the order of parameters aside. */
function asked(namespace: Namespace): string[] {
  const own = adapter.requests
    .map((request) => new URL(request, 'http://any'))
    .filter(({ pathname }) => pathname.includes(`/namespaces/${namespace}/`));
  const texts = own.map(({ pathname, searchParams }) => {
    searchParams.sort();
    return `${decodeURIComponent(pathname).replace(namespace, 'NS')} ${searchParams.toString()}`;
  });
  return [...new Set(texts)].sort();
}
