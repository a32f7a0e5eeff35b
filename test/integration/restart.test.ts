// A controller that ends between writing a size and its status, and the one after it: the real application over real HTTP.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AppOnCluster, appOnCluster } from '../support/app-on-cluster.ts';

const TARGETS = 'scaledtargets.setpoint.dev';
const DEPLOYMENTS = 'deployments.apps';

let stage: AppOnCluster;
beforeEach(async () => {
  stage = await appOnCluster();
  createTarget();
});
afterEach(() => stage.close());

describe('a size that no status tells of', () => {
  it('counts for "four pods in ten minutes" after the next start', async () => {
    const { time, usage, cluster } = stage;
    usage.set({ app: 'web' }, { cpu: '50m' });
    const first = stage.start({});
    await time.until('a status', () => statusOf()['desiredReplicas'] === 2, 60_000);
    cluster.faults.add({
      match: { verb: 'update', resource: 'scaledtargets', subresource: 'status' },
      fault: { kind: 'error', code: 500, reason: 'InternalError', message: 'no more' },
    });
    usage.set({ app: 'web' }, { cpu: '100m' });
    await time.until('four more', () => replicas() === 6, 60_000);
    await first();
    expect(statusOf()).toMatchObject({ currentReplicas: 2, desiredReplicas: 2 });

    cluster.faults.clear();
    stage.start({});
    await time.until('the second one has decided', () => statusOf()['currentReplicas'] === 6, 60_000);
    await time.advance(8 * 60_000);
    expect(replicas()).toBe(6);
    expect(statusOf()['scaleEvents']).toMatchObject({ up: [{ change: 4, unconfirmed: true }] });
    await time.until('ten minutes are over', () => replicas() === 10, 3 * 60_000);
  });
});

const replicas = () =>
  (stage.cluster.store.get(DEPLOYMENTS, 'shop', 'web')?.['spec'] as { replicas?: number } | undefined)?.replicas;
const statusOf = () =>
  (stage.cluster.store.get(TARGETS, 'shop', 'web')?.['status'] ?? {}) as Readonly<Record<string, unknown>>;

/** Two pods at half of their request, which is the target. */
function createTarget(): void {
  const { store } = stage.cluster;
  const labels = { app: 'web' };
  store.create(DEPLOYMENTS, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'main', image: 'any', resources: { requests: { cpu: '100m' } } }] },
      },
    },
  });
  store.create(TARGETS, {
    apiVersion: 'setpoint.dev/v1alpha1',
    kind: 'ScaledTarget',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      minReplicas: 2,
      maxReplicas: 20,
      initialization: { cpuInitializationPeriodSeconds: 0 },
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
      ],
      behavior: { scaleUp: { policies: [{ type: 'Pods', value: 4, periodSeconds: 600 }] } },
    },
  });
}
