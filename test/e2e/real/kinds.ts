// Every kind of workload by every API of metrics that the HPA has, to zero and back, and beside writers that are in the way.
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { ApiBody } from '../../support/api-body.ts';
import { json } from '../../support/scripted-server.ts';
import { eventually } from './eventually.ts';
import { DEPLOYMENT, downAfter, external, type Kind, SCALED_TARGET, Space } from './space.ts';
import { ACCOUNT, type RealStage } from './stage.ts';

const WATCHED: readonly Kind[] = [
  DEPLOYMENT,
  { apiVersion: 'apps/v1', kind: 'StatefulSet', plural: 'statefulsets' },
  { apiVersion: 'apps/v1', kind: 'ReplicaSet', plural: 'replicasets' },
];
const REPLICATION_CONTROLLER: Kind = {
  apiVersion: 'v1',
  kind: 'ReplicationController',
  plural: 'replicationcontrollers',
};
const FLEET: Kind = { apiVersion: 'example.com/v1', kind: 'Fleet', plural: 'fleets' };

/** Whether the pod serves. */
function isReady({ status }: ApiBody): boolean {
  const { conditions = [] } = (status ?? {}) as { conditions?: readonly { type: string; status: string }[] };
  return conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True');
}

interface Event {
  readonly message: string;
  readonly count: number;
}

/** Of growing and shrinking, until the same was said twice. */
const MAX_ROUNDS = 4;

export function kindTests(stage: () => RealStage): void {
  describe('External metrics through the adapter', () => {
    it.each([...WATCHED, REPLICATION_CONTROLLER])('scale a $kind out, in, and out again', async (kind) => {
      const space = await Space.make(stage(), `kind-${kind.plural}`);
      space.tell('queue', 20);
      await space.workload('worker', { kind });
      await space.target('worker', { metrics: [external('queue', 10)], ...downAfter(3) }, kind);
      await space.untilCondition('worker', 'ScalingActive', 'True ValidMetricFound');
      for (const [messages, size] of [
        [35, 4],
        [20, 2],
        [35, 4],
      ] as const) {
        space.tell('queue', messages - 5, 5);
        await space.untilSize('worker', size, kind);
      }
      await eventually(
        'four pods of the real controller',
        async () => (await space.pods('worker')).length,
        (count) => count === 4,
      );
      expect(space.written('worker').map(({ replicas }) => replicas)).toEqual([4, 2, 4]);
    });

    it('the same change again is the same event, counted', async () => {
      const space = await Space.make(stage(), 'again');
      space.tell('backlog', 10);
      await space.workload('worker', { replicas: 2 });
      const metric = { metric: { name: 'backlog' }, target: { type: 'Value', value: '10' } };
      await space.target('worker', {
        minReplicas: 2,
        maxReplicas: 3,
        metrics: [{ type: 'External', name: 'backlog', external: metric }],
        ...downAfter(3),
      });
      await space.untilCondition('worker', 'ScalingActive', 'True ValidMetricFound');
      const grown = async () => {
        const { items } = await stage().plane.api.get('/api/v1/namespaces/again/events');
        return (items as unknown as readonly Event[]).filter(({ message }) => message.startsWith('Scaled from 2 to 3'));
      };
      const isRepeated = (events: readonly Event[]) => events.some(({ count }) => count >= 2);
      // A value in all, over ready pods: the numbers of the message do not depend on when it is read, unless the pods are seen late.
      for (let round = 0; round < MAX_ROUNDS && !isRepeated(await grown()); round++) {
        for (const [value, size] of [
          [15, 3],
          [6, 2],
        ] as const) {
          space.tell('backlog', value);
          await space.untilSize('worker', size);
          await eventually(
            `${size} ready pods`,
            async () => (await space.pods('worker')).map(isReady),
            (ready) => ready.length === size && ready.every(Boolean),
          );
        }
      }
      const events = await eventually('an event that happened twice', grown, isRepeated);
      const messages = events.map(({ message }) => message);
      expect(messages).toEqual([...new Set(messages)]);
    });

    it('go to zero only when several samples agree, and come back with the first message', async () => {
      const space = await Space.make(stage(), 'zero');
      space.tell('queue', 25);
      await space.workload('worker', { replicas: 1 });
      await space.target('worker', { minReplicas: 0, metrics: [external('queue', 10)], ...downAfter(3) });
      await space.untilSize('worker', 3);
      space.tell('queue', 0);
      await space.untilStatus('doubts it', 'worker', ({ lastDecision }) =>
        JSON.stringify(lastDecision?.metrics ?? []).includes('VanishedLoad'),
      );
      await space.untilSize('worker', 0);
      await space.untilCondition('worker', 'ScaledToZero', 'True ScaledToZero');
      space.tell('queue', 1);
      await space.untilSize('worker', 1);
      await space.untilCondition('worker', 'ScaledToZero', 'False NotScaledToZero');
      expect(space.written('worker').map(({ replicas }) => replicas)).toEqual([3, 0, 1]);
    });

    it('scale a custom resource whose sizes are elsewhere, by the rules that its role adds', async () => {
      const space = await Space.make(stage(), 'fleets');
      const { api } = stage().plane;
      await api.create('/apis/rbac.authorization.k8s.io/v1/clusterroles', parse(FLEET_ROLE));
      await api.create('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', fleetCrd());
      await eventually(
        'the service account may scale fleets',
        async () =>
          (
            await space.kubectl(
              'auth',
              'can-i',
              'update',
              'fleets.example.com',
              '--subresource=scale',
              `--as=${ACCOUNT}`,
            )
          ).stdout,
        (answer) => answer.startsWith('yes'),
      );
      await eventually(
        'fleets are served',
        async () => (await api.call('GET', space.path(FLEET))).status,
        (code) => code === 200,
      );
      await api.create(space.path(FLEET), {
        apiVersion: FLEET.apiVersion,
        kind: FLEET.kind,
        metadata: { name: 'ships' },
      });
      space.tell('cargo', 30);
      await space.target(
        'ships',
        { minReplicas: 0, guards: 'Disabled', metrics: [external('cargo', 10)], ...downAfter(3) },
        FLEET,
      );
      // The API server has no scale of what has no size.
      await space.untilCondition('ships', 'AbleToScale', 'False FailedGetScale');
      await sail(space, 1);
      await api.patch(space.path(FLEET, 'ships'), { spec: { pool: { size: 1 } } });
      await space.untilSize('ships', 3, FLEET);
      await sail(space, 3);
      space.tell('cargo', 0);
      await space.untilSize('ships', 0, FLEET);
      await sail(space, 0);
      space.tell('cargo', 15);
      await space.untilSize('ships', 2, FLEET);
      expect(space.written('ships').map(({ replicas }) => replicas)).toEqual([3, 0, 2]);
    });
  });

  it('Pods and Object metrics through the adapter', async () => {
    const space = await Space.make(stage(), 'custom');
    await space.workload('web');
    const hits = { resource: 'services', namespace: 'custom', name: 'front', metric: 'hits' };
    stage().tellCustom({ ...hits, value: '550' });
    const pods = await eventually(
      'two pods',
      () => space.pods('web'),
      ({ length }) => length === 2,
    );
    for (const { metadata } of pods) {
      const labels = { app: 'web' };
      stage().tellCustom({
        resource: 'pods',
        namespace: 'custom',
        name: metadata.name,
        labels,
        metric: 'rps',
        value: '150',
      });
    }
    const target = { type: 'AverageValue', averageValue: '100' };
    const describedObject = { apiVersion: 'v1', kind: 'Service', name: 'front' };
    await space.target('web', {
      metrics: [
        { type: 'Pods', name: 'rps', pods: { metric: { name: 'rps' }, target } },
        { type: 'Object', name: 'hits', object: { metric: { name: 'hits' }, describedObject, target } },
      ],
    });
    await space.untilSize('web', 6);
    // The change stays in the history; at its new size, with pods that nobody tells of, another metric may win.
    const { history, lastDecision, summary } = await space.untilStatus('tells the change to 6', 'web', (status) =>
      Boolean(status.history?.some(({ to }) => to === 6)),
    );
    expect(history?.find(({ to }) => to === 6)?.reason).toMatch(/^hits (275|138)% of target: 4 → 6$/);
    expect(lastDecision?.metrics?.map(({ name }) => name)).toEqual(['rps', 'hits']);
    expect(summary?.metrics).toMatch(/^rps: \d+\S*\/100, hits: \d+\S*\/100$/);
  });

  it('a writer that comes in between makes no size wrong: what was changed is read again', async () => {
    const space = await Space.make(stage(), 'between');
    // Each query is answered after both the workload and the ScaledTarget have become other versions.
    stage().scripted.handler = async ({ url, body }, response) => {
      const asked = `${url}${body}`;
      const kind = WATCHED.find(({ plural }) => asked.includes(`meddle_${plural}`));
      if (!kind) return json(response, 200, { status: 'success', data: { resultType: 'vector', result: [] } });
      const metadata = { annotations: { 'example.com/touched': String(performance.now()) } };
      // The ScaledTarget may be gone by now.
      for (const touched of [kind, SCALED_TARGET]) {
        await stage().plane.api.call('PATCH', space.path(touched, kind.plural), { metadata });
      }
      const result = [{ metric: {}, value: [Date.now() / 1000, '40'] }];
      return json(response, 200, { status: 'success', data: { resultType: 'vector', result } });
    };
    for (const kind of WATCHED) {
      await space.workload(kind.plural, { kind });
      const query = {
        query: `meddle_${kind.plural}`,
        source: 'scripted',
        target: { type: 'AverageValue', averageValue: '10' },
      };
      await space.target(
        kind.plural,
        { syncPeriodSeconds: 2, metrics: [{ type: 'Prometheus', name: 'load', prometheus: query }] },
        kind,
      );
    }
    for (const kind of WATCHED) {
      await space.untilSize(kind.plural, 4, kind);
      await space.untilStatus('shows four', kind.plural, ({ desiredReplicas }) => desiredReplicas === 4);
    }
    const conflicts = stage()
      .requests()
      .filter(({ namespace, code }) => namespace === 'between' && code === 409);
    const conflicting = new Set(conflicts.map(({ resource, subresource }) => `${resource}/${subresource}`));
    expect([...conflicting].sort()).toEqual([
      'deployments/scale',
      'replicasets/scale',
      'scaledtargets/status',
      'statefulsets/scale',
    ]);
    for (const { plural } of WATCHED) expect(space.written(plural).map(({ replicas }) => replicas)).toEqual([4]);
    for (const { plural } of WATCHED) await stage().plane.api.remove(space.path(SCALED_TARGET, plural));
  });
}

/** As docs/install.md shows it. */
const FLEET_ROLE = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: fleets-for-setpoint
  labels: {setpoint.dev/aggregate-to-controller: "true"}
rules:
  - apiGroups: [example.com]
    resources: [fleets/scale]
    verbs: [get, update]
`;

function fleetCrd() {
  const pool = {
    type: 'object',
    properties: { size: { type: 'integer' }, selector: { type: 'string' } },
  };
  const half = { type: 'object', properties: { pool } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'fleets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'fleets', singular: 'fleet', kind: 'Fleet' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', properties: { spec: half, status: half } } },
          subresources: {
            status: {},
            scale: {
              specReplicasPath: '.spec.pool.size',
              statusReplicasPath: '.status.pool.size',
              labelSelectorPath: '.status.pool.selector',
            },
          },
        },
      ],
    },
  };
}

/** Plays the controller of fleets: so many are there. */
async function sail(space: Space, size: number): Promise<void> {
  const status = { pool: { size, selector: 'app=ships' } };
  await space.stage.plane.api.patch(space.path(FLEET, 'ships', 'status'), { status });
}
