// /status and /scale: what each may change, and under which conditions.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectToPod } from '../../../src/kube/port-forward.ts';
import { CRDS, dialCrd, gauge, NO_UID, workload } from './objects-under-test.ts';
import type { ApiSession } from './session.ts';

const KINDS = [
  ['Deployment', 'apis/apps/v1', 'deployments'],
  ['StatefulSet', 'apis/apps/v1', 'statefulsets'],
  ['ReplicaSet', 'apis/apps/v1', 'replicasets'],
  ['ReplicationController', 'api/v1', 'replicationcontrollers'],
] as const;

export function subresourcesContract(api: ApiSession): void {
  const gauges = () => api.in('apis/contract.setpoint.dev/v1', 'gauges');
  const deployments = () => api.in('apis/apps/v1', 'deployments');

  describe('status', () => {
    test('is dropped at creation', async () => {
      const { body } = await api.call('POST', gauges(), { ...gauge('status', { size: 2 }), status: { size: 7 } });
      expect(body.status).toBeUndefined();
    });

    test('its writes change nothing else', async () => {
      const { body: created } = await api.get(`${gauges()}/status`);
      const { status, body } = await api.call('PUT', `${gauges()}/status/status`, {
        ...created,
        metadata: { ...created.metadata, labels: { a: 'b' }, annotations: { c: 'd' } },
        spec: { size: 9 },
        status: { size: 3 },
      });
      expect(status).toBe(200);
      expect(body).toMatchObject({ spec: { size: 2 }, status: { size: 3 }, metadata: { generation: 1 } });
      expect(body.metadata.labels).toBeUndefined();
      expect(body.metadata.annotations).toBeUndefined();
      expect(body.metadata.resourceVersion).not.toBe(created.metadata.resourceVersion);
      const stale = await api.call('PUT', `${gauges()}/status/status`, { ...created, status: { size: 5 } });
      expect(stale).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
    });

    test('writes of the main resource leave it', async () => {
      const { body } = await api.patch(`${gauges()}/status`, 'merge', { spec: { size: 4 }, status: { size: 100 } });
      expect(body).toMatchObject({ spec: { size: 4 }, status: { size: 3 }, metadata: { generation: 2 } });
    });

    test('takes merge and JSON patches', async () => {
      const path = `${gauges()}/status/status`;
      const conditions = [{ type: 'Ready', status: 'True' }];
      expect((await api.patch(path, 'merge', { status: { conditions } })).body.status).toEqual({ size: 3, conditions });
      const { body } = await api.patch(path, 'jsonPatch', [{ op: 'replace', path: '/status/size', value: 8 }]);
      expect(body).toMatchObject({ status: { size: 8, conditions }, metadata: { generation: 2 } });
    });

    test('is held to the schema, and pruned', async () => {
      const path = `${gauges()}/status/status`;
      const wrong = await api.patch(path, 'merge', { status: { size: 'many' } });
      expect(wrong.status).toBe(422);
      expect(wrong.body.details.causes.map(({ field }) => field)).toContain('status.size');
      const extra = await api.patch(path, 'merge', { status: { nothing: 1 } });
      expect(extra.body.status).not.toHaveProperty('nothing');
      expect(extra.warning).toContain('unknown field "status.nothing"');
    });

    test('the same again keeps the version', async () => {
      const { body: before } = await api.get(`${gauges()}/status`);
      const { body: after } = await api.call('PUT', `${gauges()}/status/status`, before);
      expect(after.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
    });

    test('can be read by itself, and not be created or deleted', async () => {
      expect((await api.get(`${gauges()}/status/status`)).body).toMatchObject({ kind: 'Gauge', status: { size: 8 } });
      expect((await api.call('DELETE', `${gauges()}/status/status`)).status).toBe(405);
      expect((await api.patch(`${gauges()}/absent/status`, 'merge', { status: {} })).status).toBe(404);
    });

    test('of a Deployment', async () => {
      await api.call('POST', deployments(), workload('Deployment', 'status'));
      const { body } = await api.patch(`${deployments()}/status/status`, 'merge', {
        spec: { replicas: 5 },
        status: { conditions: [{ type: 'Contract', status: 'True', reason: 'Kept' }] },
      });
      expect(body.spec['replicas']).toBe(0);
      expect(body.metadata.generation).toBe(1);
      expect((body.status as { conditions: unknown[] }).conditions).toContainEqual(
        expect.objectContaining({ type: 'Contract', status: 'True' }),
      );
    });
  });

  describe.each(KINDS)('scale of a %s', (kind, groupVersion, resource) => {
    const owner = () => `${api.in(groupVersion, resource)}/scaled`;
    const path = () => `${owner()}/scale`;

    beforeAll(async () => {
      await api.call('POST', api.in(groupVersion, resource), workload(kind, 'scaled'));
    });

    test('shows size and selector under the metadata of its owner', async () => {
      const { body: of } = await api.get(owner());
      const { status, body } = await api.get(path());
      expect(status).toBe(200);
      expect(body).toMatchObject({
        kind: 'Scale',
        apiVersion: 'autoscaling/v1',
        metadata: {
          name: 'scaled',
          namespace: api.namespace,
          uid: of.metadata.uid,
          creationTimestamp: of.metadata.creationTimestamp,
        },
        status: { replicas: 0, selector: 'app=scaled' },
      });
      expect(body.metadata.resourceVersion).toMatch(/^\d+$/);
      expect(body.spec['replicas'] ?? 0).toBe(0);
    });

    test('is written under the version it was read with, and only then', async () => {
      const { body: scale } = await api.get(path());
      const { body: before } = await api.get(owner());
      const up = await api.call('PUT', path(), { ...scale, spec: { replicas: 1 } });
      expect(up).toMatchObject({ status: 200, body: { kind: 'Scale', spec: { replicas: 1 } } });
      const stale = await api.call('PUT', path(), { ...scale, spec: { replicas: 2 } });
      expect(stale).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
      expect(stale.body.message).toContain('Operation cannot be fulfilled on ');
      expect(stale.body.message).toContain('"scaled"');
      const { body: after } = await api.get(owner());
      expect(after.spec['replicas']).toBe(1);
      expect(after.metadata.generation).toBe((before.metadata.generation ?? 0) + 1);
    });

    test('refuses another uid', async () => {
      const { body: scale } = await api.get(path());
      const { resourceVersion: _, ...metadata } = scale.metadata;
      const other = { ...scale, metadata: { ...metadata, uid: NO_UID }, spec: { replicas: 3 } };
      const answer = await api.call('PUT', path(), other);
      expect(answer).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
      expect(answer.body.message).toContain('Precondition failed: UID in precondition');
      expect((await api.get(owner())).body.spec['replicas']).toBe(1);
    });

    test('without a version it is written all the same', async () => {
      const scale = {
        kind: 'Scale',
        apiVersion: 'autoscaling/v1',
        metadata: { name: 'scaled', namespace: api.namespace },
      };
      expect((await api.call('PUT', path(), { ...scale, spec: { replicas: 2 } })).status).toBe(200);
      expect((await api.get(owner())).body.spec['replicas']).toBe(2);
    });

    test.each(['merge', 'jsonPatch', 'strategic'] as const)('takes a %s patch', async (type) => {
      const merging = { spec: { replicas: 4 } };
      const patch = type === 'jsonPatch' ? [{ op: 'replace', path: '/spec/replicas', value: 4 }] : merging;
      await api.patch(path(), 'merge', { spec: { replicas: 3 } });
      expect(await api.patch(path(), type, patch)).toMatchObject({ status: 200, body: { spec: { replicas: 4 } } });
      expect((await api.get(owner())).body.spec['replicas']).toBe(4);
    });

    test('no negative size, no text, no fraction', async () => {
      const negative = await api.patch(path(), 'merge', { spec: { replicas: -1 } });
      expect(negative).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
      expect(negative.body.message).toBe(
        'Scale.autoscaling "scaled" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
      );
      const { body: scale } = await api.get(path());
      expect((await api.call('PUT', path(), { ...scale, spec: { replicas: 'two' } })).status).toBe(400);
      expect((await api.call('PUT', path(), { ...scale, spec: { replicas: 1.5 } })).status).toBe(400);
      expect((await api.call('PUT', path(), { ...scale, spec: { replicas: 2 ** 31 } })).status).toBe(400);
    });

    test('another kind or name is 400', async () => {
      const { body: scale } = await api.get(path());
      expect((await api.call('PUT', path(), { ...scale, kind: 'Deployment', apiVersion: 'apps/v1' })).status).toBe(400);
      const renamed = { ...scale, metadata: { ...scale.metadata, name: 'other' } };
      expect((await api.call('PUT', path(), renamed)).status).toBe(400);
    });

    test('dryRun changes nothing', async () => {
      const answer = await api.patch(`${path()}?dryRun=All`, 'merge', { spec: { replicas: 9 } });
      expect(answer).toMatchObject({ status: 200, body: { spec: { replicas: 9 } } });
      expect((await api.get(owner())).body.spec['replicas']).not.toBe(9);
    });

    test('of nothing is 404', async () => {
      const answer = await api.get(`${api.in(groupVersion, resource)}/absent/scale`);
      expect(answer).toMatchObject({ status: 404, body: { reason: 'NotFound' } });
      expect(answer.body.message).toContain('"absent" not found');
    });

    test('the size can be zero again', async () => {
      const { body: scale } = await api.get(path());
      expect((await api.call('PUT', path(), { ...scale, spec: { replicas: 0 } })).status).toBe(200);
      expect((await api.get(owner())).body.spec['replicas']).toBe(0);
    });
  });

  describe('scale', () => {
    test('a selector with expressions comes as text', async () => {
      const { spec, ...rest } = workload('Deployment', 'expressions');
      const selector = {
        matchLabels: { app: 'expressions' },
        matchExpressions: [
          { key: 'tier', operator: 'In', values: ['b', 'a'] },
          { key: 'old', operator: 'DoesNotExist' },
          { key: 'app', operator: 'Exists' },
          { key: 'zone', operator: 'NotIn', values: ['x'] },
        ],
      };
      const template = { ...spec.template, metadata: { labels: { app: 'expressions', tier: 'a' } } };
      const made = await api.call('POST', deployments(), { ...rest, spec: { ...spec, selector, template } });
      expect(made.status).toBe(201);
      const { body } = await api.get(`${deployments()}/expressions/scale`);
      expect(body.status).toEqual({ replicas: 0, selector: 'app=expressions,app,!old,tier in (a,b),zone notin (x)' });
    });

    test('its writer owns the size', async () => {
      const path = `${deployments()}/expressions/scale?fieldManager=setpoint`;
      await api.patch(path, 'merge', { spec: { replicas: 3 } });
      const { body } = await api.get(`${deployments()}/expressions`);
      const { managedFields } = body.metadata;
      expect(managedFields).toContainEqual(
        expect.objectContaining({
          manager: 'setpoint',
          operation: 'Update',
          subresource: 'scale',
          fieldsV1: { 'f:spec': { 'f:replicas': {} } },
        }),
      );
      const others = managedFields.filter(({ manager }) => manager !== 'setpoint');
      expect(others.some(({ fieldsV1 }) => 'f:replicas' in (fieldsV1['f:spec'] ?? {}))).toBe(false);
      await api.patch(path, 'merge', { spec: { replicas: 0 } });
    });

    test('of a custom kind reads and writes the declared paths', async () => {
      await api.call('POST', gauges(), gauge('scaled', { size: 3 }));
      const path = `${gauges()}/scaled/scale`;
      const { body: fresh } = await api.get(path);
      expect(fresh).toMatchObject({ kind: 'Scale', spec: { replicas: 3 }, status: { replicas: 0 } });
      expect(fresh.status).not.toHaveProperty('selector');
      await api.patch(`${gauges()}/scaled/status`, 'merge', { status: { size: 2, selector: 'app=scaled' } });
      const { body: scale } = await api.get(path);
      expect(scale).toMatchObject({ spec: { replicas: 3 }, status: { replicas: 2, selector: 'app=scaled' } });
      const up = await api.call('PUT', path, { ...scale, spec: { replicas: 5 } });
      expect(up).toMatchObject({ status: 200, body: { spec: { replicas: 5 } } });
      expect((await api.get(`${gauges()}/scaled`)).body).toMatchObject({
        spec: { size: 5, unit: 'rps' },
        metadata: { generation: 2 },
      });
      const stale = await api.call('PUT', path, { ...scale, spec: { replicas: 6 } });
      expect(stale).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
      const other = { ...up.body, metadata: { ...up.body.metadata, uid: NO_UID }, spec: { replicas: 6 } };
      expect(await api.call('PUT', path, other)).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
    });

    test('of a custom kind is held to the schema of that kind', async () => {
      const tooMany = await api.patch(`${gauges()}/scaled/scale`, 'merge', { spec: { replicas: 101 } });
      expect(tooMany.status).toBe(422);
      expect(tooMany.body.message).toContain('spec.size');
      const negative = await api.patch(`${gauges()}/scaled/scale`, 'merge', { spec: { replicas: -1 } });
      expect(negative.status).toBe(422);
      expect(negative.body.message).toContain('.spec.size: Invalid value: -1: should be a non-negative integer');
    });

    test('of a custom kind takes no strategic patch', async () => {
      const answer = await api.patch(`${gauges()}/scaled/scale`, 'strategic', { spec: { replicas: 1 } });
      expect(answer.status).toBe(415);
    });

    test('of a custom object that says no size is 500, and setting it mends that', async () => {
      const dials = api.in('apis/contract.setpoint.dev/v2', 'dials');
      await api.until(async () => expect([201, 409]).toContain((await api.call('POST', CRDS, dialCrd)).status));
      const dial = { apiVersion: 'contract.setpoint.dev/v2', kind: 'Dial', metadata: { name: 'empty' }, spec: {} };
      await api.until(async () => expect((await api.call('POST', dials, dial)).status).toBe(201));
      const read = await api.get(`${dials}/empty/scale`);
      expect(read).toMatchObject({ status: 500, body: { reason: 'InternalError' } });
      expect(read.body.message).toContain('the spec replicas field ".spec.size" does not exist');
      await api.patch(`${dials}/empty`, 'merge', { spec: { size: 1 } });
      expect((await api.get(`${dials}/empty/scale`)).body).toMatchObject({
        spec: { replicas: 1 },
        status: { replicas: 0 },
      });
      await api.call('DELETE', `${CRDS}/${dialCrd.metadata.name}`);
    });

    test('a kind without it answers 404', async () => {
      expect((await api.get(`${api.in('api/v1', 'configmaps')}/any/scale`)).status).toBe(404);
      expect((await api.get(`${api.in('apis/apps/v1', 'daemonsets')}/any/scale`)).status).toBe(404);
    });
  });

  describe('portforward', () => {
    const pods = () => api.in('api/v1', 'pods');
    const connect = (pod: string) =>
      connectToPod(api.accessOf(), { namespace: api.namespace, pod, port: 8081 }, AbortSignal.timeout(10_000));

    beforeAll(async () => {
      const containers = [{ name: 'main', image: 'any' }];
      // Nobody schedules it.
      const spec = { schedulerName: 'nobody', containers };
      await api.made(pods(), { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'unscheduled' }, spec });
    });

    afterAll(() => api.call('DELETE', `${pods()}/unscheduled?gracePeriodSeconds=0`));

    test('of no pod is 404', async () => {
      expect(await api.get(`${pods()}/none/portforward?ports=8081`)).toMatchObject({
        status: 404,
        body: { kind: 'Status', reason: 'NotFound', message: 'pods "none" not found' },
      });
      await expect(connect('none')).rejects.toMatchObject({ status: 404, reason: 'NotFound' });
    });

    test('of a pod that is on no node is 400', async () => {
      const message = 'pod unscheduled does not have a host assigned';
      expect(await api.get(`${pods()}/unscheduled/portforward?ports=8081`)).toMatchObject({
        status: 400,
        body: { kind: 'Status', reason: 'BadRequest', message },
      });
      await expect(connect('unscheduled')).rejects.toMatchObject({ status: 400, message });
    });
  });
}
