// Watches, scales, status and events against the local cluster's API server over HTTP: what is asserted is the state it ends in.
import { describe, expect, it } from 'vitest';
import { isConflict, SetpointError } from '../../../src/base/errors.ts';
import type { Scale } from '../../../src/controller/ports.ts';
import { KubeEvents } from '../../../src/kube/events.ts';
import { KubePods } from '../../../src/kube/pods.ts';
import { KubeRivals } from '../../../src/kube/rivals.ts';
import { KubeScales } from '../../../src/kube/scale.ts';
import { ScaledTargets } from '../../../src/kube/scaled-targets.ts';
import { KubeStatus } from '../../../src/kube/status.ts';
import { deployment, neverAborted, scaledTarget, withLocalApi } from '../../support/local-api.ts';

const TARGETS = 'scaledtargets.setpoint.dev';
const ref = (name: string) => ({ apiVersion: 'apps/v1', kind: 'Deployment', name });

describe('ScaledTargets', () => {
  it('are parsed, followed through cut watches and compaction, and silent about our own status writes', async () => {
    await withLocalApi(async ({ server, context, client }) => {
      server.store.create(TARGETS, scaledTarget('web'));
      const targets = new ScaledTargets(context);
      const heard: string[] = [];
      targets.onChange((key) => heard.push(key));
      targets.start();
      try {
        await targets.waitForSync(neverAborted());
        expect(targets.get('shop/web')?.spec?.maxReplicas).toBe(10);

        const status = new KubeStatus({ client });
        await status.write(targets.get('shop/web')!, { currentReplicas: 3, observedGeneration: 1 }, neverAborted());
        await expect.poll(() => targets.get('shop/web')?.previous.currentReplicas).toBe(3);
        expect(heard).toEqual(['shop/web']);

        server.faults.cutWatches({ resource: 'scaledtargets' });
        server.store.create(TARGETS, scaledTarget('api'));
        await expect.poll(() => heard).toEqual(['shop/web', 'shop/api']);

        server.faults.cutWatches({ resource: 'scaledtargets' });
        server.store.delete(TARGETS, 'shop', 'api');
        server.faults.compactHistory();
        await expect.poll(() => targets.get('shop/api'), { timeout: 5000 }).toBeUndefined();
        expect(heard.at(-1)).toBe('shop/api');
      } finally {
        await targets.stop();
      }
    });
  });
});

describe('status', () => {
  it('is written beside a spec that changed meanwhile, and never on a namesake', async () => {
    await withLocalApi(async ({ server, context, client }) => {
      server.store.create(TARGETS, scaledTarget('web'));
      const targets = new ScaledTargets(context);
      targets.start();
      try {
        await targets.waitForSync(neverAborted());
        const seen = targets.get('shop/web')!;
        const stored = structuredClone(server.store.get(TARGETS, 'shop', 'web')!);
        (stored['spec'] as { maxReplicas: number }).maxReplicas = 20;
        server.store.update(TARGETS, stored);
        const status = new KubeStatus({ client });
        await status.write(seen, { desiredReplicas: 4 }, neverAborted());
        await status.write(seen, { desiredReplicas: 5 }, neverAborted());
        expect(server.store.get(TARGETS, 'shop', 'web')).toMatchObject({
          spec: { maxReplicas: 20 },
          status: { desiredReplicas: 5 },
        });
        server.store.delete(TARGETS, 'shop', 'web');
        server.store.create(TARGETS, scaledTarget('web'));
        await expect(status.write(seen, { desiredReplicas: 6 }, neverAborted())).rejects.toSatisfy(isConflict);
        expect(server.store.get(TARGETS, 'shop', 'web')?.['status'] ?? {}).not.toHaveProperty('desiredReplicas');
      } finally {
        await targets.stop();
      }
    });
  });
});

describe('two writes of one status at once', () => {
  it('take effect in their order: an earlier one that is slow does not undo the later', async () => {
    await withLocalApi(async ({ server, context, client }) => {
      server.store.create(TARGETS, scaledTarget('web'));
      const targets = new ScaledTargets(context);
      targets.start();
      try {
        await targets.waitForSync(neverAborted());
        const seen = targets.get('shop/web')!;
        const status = new KubeStatus({ client });
        const match = { verb: 'update', resource: 'scaledtargets', subresource: 'status' } as const;
        const slow = server.faults.add({ match, fault: { kind: 'latency', delayMs: 200 }, times: 1 });
        const refresh = status.write(seen, { desiredReplicas: 4 }, neverAborted());
        await expect.poll(() => slow.hits, { interval: 5 }).toBe(1);
        await Promise.all([refresh, status.write(seen, { desiredReplicas: 5 }, neverAborted())]);
        expect(server.store.get(TARGETS, 'shop', 'web')).toMatchObject({ status: { desiredReplicas: 5 } });
      } finally {
        await targets.stop();
      }
    });
  });
});

describe('scales', () => {
  async function withScales(
    use: (all: { scales: KubeScales } & Parameters<Parameters<typeof withLocalApi>[0]>[0]) => Promise<void>,
  ) {
    await withLocalApi(async (api) => {
      api.server.store.create('deployments.apps', deployment('web', 2));
      api.server.store.create(TARGETS, scaledTarget('web'));
      const targets = new ScaledTargets(api.context);
      targets.start();
      await targets.waitForSync(neverAborted());
      const scales = new KubeScales({ ...api.context, targets });
      scales.start();
      await scales.waitForSync(neverAborted());
      try {
        await use({ ...api, scales });
      } finally {
        await scales.stop();
        await targets.stop();
      }
    });
  }
  const read = (scales: KubeScales, name = 'web'): Promise<Scale> => scales.read('shop', ref(name), neverAborted());

  it('come from the watch without a request, and say what /scale says', async () => {
    await withScales(async ({ server, scales }) => {
      server.audit.clear();
      const watched = await read(scales);
      expect(server.audit.entries({})).toEqual([]);
      expect(watched).toMatchObject({ specReplicas: 2, selector: 'app=web' });
      expect(await scales.refresh(watched, neverAborted())).toEqual(watched);
      expect(Object.keys(scales.state)).toEqual(['deployments']);
    });
  });

  it('show what was written at once, and are refused when the workload changed or was made anew', async () => {
    await withScales(async ({ server, scales }) => {
      const before = await read(scales);
      const written = await scales.write(before, 5, neverAborted());
      expect(written.specReplicas).toBe(5);
      expect(await read(scales)).toEqual(written);
      expect(server.store.get('deployments.apps', 'shop', 'web')).toMatchObject({ spec: { replicas: 5 } });
      await expect(scales.write(before, 9, neverAborted())).rejects.toSatisfy(isConflict);

      server.store.delete('deployments.apps', 'shop', 'web');
      server.store.create('deployments.apps', deployment('web', 1));
      await expect(scales.write(written, 9, neverAborted())).rejects.toSatisfy(isConflict);
      expect(server.store.get('deployments.apps', 'shop', 'web')).toMatchObject({ spec: { replicas: 1 } });
      await expect.poll(async () => (await read(scales)).specReplicas).toBe(1);
    });
  });

  it('a write that fails in passing is repeated; one behind a closed gate is never sent', async () => {
    await withScales(async ({ server, scales, context }) => {
      server.faults.add({
        match: { verb: 'update', resource: 'deployments', subresource: 'scale' },
        fault: { kind: 'error', code: 500 },
        times: 2,
      });
      expect((await scales.write(await read(scales), 3, neverAborted())).specReplicas).toBe(3);
      const closed = {
        check: () => {
          throw new Error('closed');
        },
      };
      const gated = new KubeScales({ ...context, targets: { all: () => [] }, gate: closed });
      server.audit.clear();
      await expect(gated.write(await read(scales), 4, neverAborted())).rejects.toThrow();
      expect(server.audit.count({ subresource: 'scale' })).toBe(0);
    });
  });

  it('missing workloads, kinds without a scale and kinds that do not exist', async () => {
    await withScales(async ({ scales }) => {
      await expect(read(scales, 'nobody')).rejects.toMatchObject({
        status: 404,
        message: 'deployments.apps "nobody" not found',
      });
      const other = (apiVersion: string, kind: string) =>
        scales.read('shop', { apiVersion, kind, name: 'x' }, neverAborted());
      await expect(other('apps/v1', 'DaemonSet')).rejects.toMatchObject({ code: 'NotScalable' });
      await expect(other('nowhere.dev/v1', 'Thing')).rejects.toThrow(
        'no matches for kind "Thing" in group "nowhere.dev"',
      );
      await expect(other('a/b/c', 'Thing')).rejects.toThrow('unexpected GroupVersion string: a/b/c');
      await expect(other('apps/v1beta1', 'Deployment')).rejects.toMatchObject({ status: 404 });
    });
  });

  it('a workload made after the start is found, and another kind is watched when it is asked for', async () => {
    await withScales(async ({ server, scales }) => {
      const { kind: _kind, ...rest } = deployment('db', 3);
      server.store.create('statefulsets.apps', { ...rest, kind: 'StatefulSet' });
      const scale = await scales.read(
        'shop',
        { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db' },
        neverAborted(),
      );
      expect(scale).toMatchObject({ resource: 'statefulsets', specReplicas: 3, selector: 'app=db' });
      expect(Object.keys(scales.state)).toEqual(['deployments', 'statefulsets']);
    });
  });

  it('without the right to watch, reads are requests', async () => {
    await withLocalApi(async ({ server, context }) => {
      server.store.create('deployments.apps', deployment('web', 2));
      const fault = { kind: 'error', code: 403 } as const;
      server.faults.add({ match: { verb: 'list', resource: 'deployments' }, fault });
      const scales = new KubeScales({ ...context, targets: { all: () => [] } });
      try {
        expect(await read(scales)).toMatchObject({ specReplicas: 2 });
        expect(await read(scales)).toMatchObject({ specReplicas: 2 });
        expect(server.audit.count({ verb: 'get', resource: 'deployments', subresource: 'scale' })).toBe(2);
      } finally {
        await scales.stop();
      }
    });
  });
});

describe('pods and rivals', () => {
  it('finds pods by selector, HPAs on the same workload and targets on the same pods', async () => {
    await withLocalApi(async ({ server, context }) => {
      server.store.create('deployments.apps', deployment('web', 1));
      server.store.create(TARGETS, scaledTarget('web'));
      server.store.create(TARGETS, scaledTarget('twin'));
      const pod = (name: string, labels: Record<string, string>) =>
        server.store.create('pods', {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name, namespace: 'shop', labels },
          spec: { containers: [{ name: 'app', image: 'x', resources: { requests: { cpu: '250m' } } }] },
        });
      pod('web-2', { app: 'web', tier: 'front' });
      pod('web-1', { app: 'web' });
      pod('db-1', { app: 'db' });
      server.store.create('horizontalpodautoscalers.autoscaling', {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: 'old-hpa', namespace: 'shop' },
        spec: { scaleTargetRef: ref('web'), minReplicas: 1, maxReplicas: 3, metrics: [] },
      });
      const targets = new ScaledTargets(context);
      const pods = new KubePods(context);
      const rivals = new KubeRivals({ ...context, targets, pods });
      const all = [targets, pods, rivals];
      for (const one of all) one.start();
      try {
        await Promise.all(all.map((one) => one.waitForSync(neverAborted())));
        const found = pods.select('shop', 'app=web').pods ?? [];
        expect(found.map(({ name }) => name)).toEqual(['web-1', 'web-2']);
        expect(found[0]?.containers).toEqual([{ name: 'app', requests: { cpu: 250n } }]);
        expect(pods.select('depot', 'app=web')).toEqual({ pods: [] });

        const scale = (name: string, selector: string): Scale => ({
          group: 'apps',
          version: 'v1',
          resource: 'deployments',
          kind: 'Deployment',
          namespace: 'shop',
          name,
          uid: 'u',
          resourceVersion: '1',
          specReplicas: 1,
          statusReplicas: 1,
          selector,
        });
        expect(rivals.autoscalersOf('shop', scale('web', 'app=web'))).toMatchObject([{ name: 'old-hpa' }]);
        expect(rivals.autoscalersOf('shop', scale('db', 'app=db'))).toEqual([]);
        const [web, twin] = [targets.get('shop/web')!, targets.get('shop/twin')!];
        expect(rivals.overlapping(web, scale('web', 'app=web'), found)).toEqual([]);
        expect(rivals.overlapping(twin, scale('other', 'tier=front'), found)).toEqual(['twin', 'web']);
        server.store.delete('horizontalpodautoscalers.autoscaling', 'shop', 'old-hpa');
        await expect.poll(() => rivals.autoscalersOf('shop', scale('web', 'app=web'))).toEqual([]);
        server.store.delete('pods', 'shop', 'web-1', { gracePeriodSeconds: 0 });
        await expect.poll(() => pods.select('shop', 'app=web').pods?.map(({ name }) => name)).toEqual(['web-2']);
      } finally {
        await Promise.all(all.map((one) => one.stop()));
      }
    });
  });
});

describe('events', () => {
  it('are written, and counted on when they repeat', async () => {
    await withLocalApi(async ({ server, client }) => {
      const events = new KubeEvents({ client, instance: 'pod-1' });
      const event = {
        namespace: 'shop',
        name: 'web.17',
        regarding: {
          apiVersion: 'setpoint.dev/v1alpha1',
          kind: 'ScaledTarget',
          namespace: 'shop',
          name: 'web',
          uid: 'u',
          resourceVersion: '1',
        },
        type: 'Normal' as const,
        reason: 'SuccessfulRescale',
        message: 'New size: 3',
        count: 1,
        firstAtMs: Date.UTC(2026, 0, 1),
        lastAtMs: Date.UTC(2026, 0, 1),
      };
      await events.create(event, neverAborted());
      await events.update(
        { ...event, count: 2, message: 'New size: 4', lastAtMs: event.lastAtMs + 61_500 },
        neverAborted(),
      );
      expect(server.store.get('events', 'shop', 'web.17')).toMatchObject({
        count: 2,
        message: 'New size: 4',
        firstTimestamp: '2026-01-01T00:00:00Z',
        lastTimestamp: '2026-01-01T00:01:01Z',
        involvedObject: { kind: 'ScaledTarget', name: 'web' },
        source: { component: 'setpoint' },
      });
      await expect(events.update({ ...event, name: 'expired' }, neverAborted())).rejects.toMatchObject({ status: 404 });

      // A former leader tells nothing either.
      const check = () => {
        throw new SetpointError('GateClosed', 'the lease may be lost');
      };
      const former = new KubeEvents({ client, instance: 'pod-2', gate: { check } });
      await expect(former.create({ ...event, name: 'web.18' }, neverAborted())).rejects.toThrow(
        'the lease may be lost',
      );
      await expect(former.update({ ...event, count: 3 }, neverAborted())).rejects.toThrow('the lease may be lost');
      expect(server.store.get('events', 'shop', 'web.18')).toBeUndefined();
      expect(server.store.get('events', 'shop', 'web.17')).toMatchObject({ count: 2 });
    });
  });
});
