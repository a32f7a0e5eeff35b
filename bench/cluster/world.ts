// What both contenders look at: Deployments with three ready pods each, made by hand, since no controller runs that would make them.
// A size that is written stays a number: no pod comes or goes, so that the load on the contenders is the same all the time.
import type { ApiClient } from '../../test/controlplane/api-client.ts';
import type { FakePod } from './metrics-server.ts';

export const PODS_PER_TARGET = 3;
const TARGETS_PER_NAMESPACE = 100;
/** Objects made at the same time. */
const PARALLEL = 32;
const REQUEST_MILLI = 100;
/** Of the request: what each pod is meant to use. */
const TARGET_PERCENT = 50;
/** What a pod uses that is on its target. */
export const ON_TARGET_MILLI = (REQUEST_MILLI * TARGET_PERCENT) / 100;

export interface Target {
  readonly namespace: string;
  readonly name: string;
}

/** The targets, a hundred in a namespace. */
export function targetsOf(count: number): readonly Target[] {
  return Array.from({ length: count }, (_, index) => ({
    namespace: `bench-${Math.floor(index / TARGETS_PER_NAMESPACE)}`,
    name: `web-${index}`,
  }));
}

/** The pods of all targets, by namespace. */
export function podsOf(targets: readonly Target[]): ReadonlyMap<string, readonly FakePod[]> {
  const pods = new Map<string, FakePod[]>();
  for (const { namespace, name } of targets) {
    const mine = Array.from({ length: PODS_PER_TARGET }, (_, index) => ({
      name: `${name}-${index}`,
      labels: { app: name },
    }));
    pods.set(namespace, [...(pods.get(namespace) ?? []), ...mine]);
  }
  return pods;
}

/** Makes namespaces, Deployments and pods. `onProgress` hears how many targets are there. */
export async function makeWorld(
  client: ApiClient,
  targets: readonly Target[],
  onProgress: (done: number) => void,
): Promise<void> {
  const namespaces = [...new Set(targets.map(({ namespace }) => namespace))];
  await inParallel(namespaces, async (namespace) => {
    await client.create('/api/v1/namespaces', { metadata: { name: namespace } });
  });
  let done = 0;
  await inParallel(targets, async (target) => {
    await makeTarget(client, target);
    done += 1;
    onProgress(done);
  });
}

/** What both contenders are told of a Deployment: the HPA's spec is a ScaledTarget's too. */
export function autoscalerSpec(name: string): object {
  const target = { type: 'Utilization', averageUtilization: TARGET_PERCENT };
  return {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
    minReplicas: 1,
    maxReplicas: 4 * PODS_PER_TARGET,
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target } }],
  };
}

/** Sets every Deployment back to three replicas, so that the next contender finds what the last one found. */
export async function resetSizes(client: ApiClient, targets: readonly Target[]): Promise<void> {
  await inParallel(targets, (target) => client.patch(deploymentPath(target), { spec: { replicas: PODS_PER_TARGET } }));
}

/** `spec.replicas` of every Deployment. */
export async function sizesOf(client: ApiClient, targets: readonly Target[]): Promise<readonly number[]> {
  const sizes: number[] = [];
  await inParallel(targets, async (target) => {
    const { spec } = await client.get(deploymentPath(target));
    sizes.push(Number((spec as { replicas?: number }).replicas));
  });
  return sizes;
}

/** Runs `work` on every item, a few at a time. */
export async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const rest = items.values();
  const lane = async () => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: PARALLEL }, lane));
}

function deploymentPath({ namespace, name }: Target): string {
  return `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
}

async function makeTarget(client: ApiClient, target: Target): Promise<void> {
  const { namespace, name } = target;
  const labels = { app: name };
  const resources = { requests: { cpu: `${REQUEST_MILLI}m` } };
  const spec = { containers: [{ name: 'main', image: 'bench', resources }], automountServiceAccountToken: false };
  await client.create(`/apis/apps/v1/namespaces/${namespace}/deployments`, {
    metadata: { name, labels },
    spec: { replicas: PODS_PER_TARGET, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  });
  const counts = { replicas: PODS_PER_TARGET, readyReplicas: PODS_PER_TARGET, availableReplicas: PODS_PER_TARGET };
  await client.patch(`${deploymentPath(target)}/status`, { status: counts });
  const pods = `/api/v1/namespaces/${namespace}/pods`;
  for (let index = 0; index < PODS_PER_TARGET; index++) {
    const pod = `${name}-${index}`;
    await client.create(pods, { metadata: { name: pod, labels }, spec: { ...spec, nodeName: 'bench-node' } });
    await client.patch(`${pods}/${pod}/status`, { status: readyStatus() });
  }
}

/** Running and ready for an hour: past every warm-up. */
function readyStatus() {
  const since = new Date(Date.now() - 3_600_000).toISOString();
  return {
    phase: 'Running',
    startTime: since,
    conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: since }],
  };
}
