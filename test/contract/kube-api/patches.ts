// PATCH by content type, and server-side apply with who owns which field.
import { beforeAll, describe, expect, test } from 'vitest';
import { gauge, NO_UID, workload } from './objects-under-test.ts';
import type { ApiSession } from './session.ts';

export function patchesContract(api: ApiSession): void {
  const deployments = () => api.in('apis/apps/v1', 'deployments');
  const gauges = () => api.in('apis/contract.setpoint.dev/v1', 'gauges');

  describe('patches', () => {
    beforeAll(async () => {
      await api.call('POST', gauges(), gauge('patched', { size: 1, low: 1, labels: { a: 'b' } }));
      await api.call('POST', deployments(), workload('Deployment', 'strategic'));
    });

    test('a merge patch sets, merges and removes', async () => {
      const { status, body } = await api.patch(`${gauges()}/patched`, 'merge', {
        metadata: { labels: { x: 'y' } },
        spec: { low: null, high: 9, labels: { c: 'd' } },
      });
      expect(status).toBe(200);
      expect(body.spec).toMatchObject({ size: 1, high: 9, labels: { a: 'b', c: 'd' } });
      expect(body.spec).not.toHaveProperty('low');
      expect(body.metadata.labels).toEqual({ x: 'y' });
    });

    test('a merge patch replaces lists', async () => {
      await api.patch(`${gauges()}/patched`, 'merge', { spec: { steps: [{ name: 'a' }, { name: 'b' }] } });
      const { body } = await api.patch(`${gauges()}/patched`, 'merge', { spec: { steps: [{ name: 'c' }] } });
      expect(body.spec['steps']).toEqual([{ name: 'c' }]);
    });

    test('a merge patch with another resourceVersion is 409, with another uid 422', async () => {
      const old = await api.patch(`${gauges()}/patched`, 'merge', {
        metadata: { resourceVersion: '1' },
        spec: { size: 3 },
      });
      expect(old).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
      const other = await api.patch(`${gauges()}/patched`, 'merge', { metadata: { uid: NO_UID }, spec: { size: 3 } });
      expect(other).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
      expect(other.body.message).toContain(`metadata.uid: Invalid value: "${NO_UID}": field is immutable`);
      expect((await api.get(`${gauges()}/patched`)).body.spec.size).toBe(1);
    });

    test('a patch of what is not there is 404', async () => {
      expect((await api.patch(`${gauges()}/absent`, 'merge', {})).body).toMatchObject({
        reason: 'NotFound',
        code: 404,
      });
    });

    test('a patch cannot rename', async () => {
      expect((await api.patch(`${gauges()}/patched`, 'merge', { metadata: { name: 'other' } })).status).toBe(400);
    });

    test('JSON patches add, test, replace, move, copy and remove', async () => {
      const { status, body } = await api.patch(`${gauges()}/patched`, 'jsonPatch', [
        { op: 'test', path: '/spec/size', value: 1 },
        { op: 'replace', path: '/spec/size', value: 2 },
        { op: 'add', path: '/metadata/annotations', value: { 'a.b/c': 'd' } },
        { op: 'replace', path: '/metadata/annotations/a.b~1c', value: 'e' },
        { op: 'add', path: '/spec/steps/-', value: { name: 'last' } },
        { op: 'add', path: '/spec/steps/0', value: { name: 'first' } },
        { op: 'move', from: '/spec/high', path: '/spec/low' },
        { op: 'copy', from: '/spec/low', path: '/spec/high' },
        { op: 'remove', path: '/spec/labels' },
      ]);
      expect(status).toBe(200);
      expect(body.metadata.annotations).toEqual({ 'a.b/c': 'e' });
      expect(body.spec).toMatchObject({
        size: 2,
        low: 9,
        high: 9,
        steps: [{ name: 'first' }, { name: 'c' }, { name: 'last' }],
      });
      expect(body.spec).not.toHaveProperty('labels');
    });

    test.each([
      [
        'a test that fails',
        [
          { op: 'replace', path: '/spec/size', value: 3 },
          { op: 'test', path: '/spec/unit', value: 'ms' },
        ],
      ],
      [
        'a place that is not there',
        [
          { op: 'replace', path: '/spec/size', value: 3 },
          { op: 'remove', path: '/spec/nothing' },
        ],
      ],
    ])('a JSON patch with %s is 422 and changes nothing', async (_, operations) => {
      const failed = await api.patch(`${gauges()}/patched`, 'jsonPatch', operations);
      expect({ status: failed.status, reason: failed.body.reason }).toEqual({ status: 422, reason: 'Invalid' });
      expect((await api.get(`${gauges()}/patched`)).body.spec.size).toBe(2);
    });

    test('a JSON patch with a test on the version is how a race is noticed', async () => {
      const { body } = await api.get(`${gauges()}/patched`);
      const test = { op: 'test', path: '/metadata/resourceVersion', value: body.metadata.resourceVersion };
      const resize = (value: number) => [test, { op: 'replace', path: '/spec/size', value }];
      expect((await api.patch(`${gauges()}/patched`, 'jsonPatch', resize(4))).status).toBe(200);
      expect((await api.patch(`${gauges()}/patched`, 'jsonPatch', resize(5))).status).toBe(422);
    });

    test('what a patch makes is judged like what is sent', async () => {
      expect((await api.patch(`${gauges()}/patched`, 'merge', { spec: { size: 101 } })).status).toBe(422);
      expect((await api.patch(`${deployments()}/strategic`, 'merge', { spec: { replicas: -1 } })).status).toBe(422);
    });

    test('strategic patches merge lists of built-in kinds by key', async () => {
      const path = `${deployments()}/strategic`;
      const side = { name: 'side', image: 'registry.invalid/side:1' };
      const { body } = await api.patch(path, 'strategic', { spec: { template: { spec: { containers: [side] } } } });
      expect(body.spec.template.spec.containers.map(({ name }) => name).toSorted()).toEqual(['app', 'side']);
      const { body: after } = await api.patch(path, 'strategic', {
        spec: { template: { spec: { containers: [{ name: 'side', $patch: 'delete' }] } } },
      });
      expect(after.spec.template.spec.containers.map(({ name }) => name)).toEqual(['app']);
    });

    test('strategic patches replace maps when told to', async () => {
      const path = `${deployments()}/strategic`;
      await api.patch(path, 'strategic', { metadata: { labels: { one: '1' } } });
      const { body } = await api.patch(path, 'strategic', { metadata: { labels: { $patch: 'replace', two: '2' } } });
      expect(body.metadata.labels).toEqual({ two: '2' });
    });

    test('a strategic patch of a custom kind is 415', async () => {
      const answer = await api.patch(`${gauges()}/patched`, 'strategic', { spec: { size: 5 } });
      expect(answer).toMatchObject({ status: 415, body: { reason: 'UnsupportedMediaType' } });
      expect(answer.body.message).toContain('application/merge-patch+json');
      expect(answer.body.message).not.toContain('strategic');
    });
  });

  describe('server-side apply', () => {
    const path = (name: string, manager: string, force = false) =>
      `${gauges()}/${name}?fieldManager=${manager}&force=${force}`;

    test('creates, and tells who owns what', async () => {
      const { status, body } = await api.patch(path('applied', 'one'), 'apply', gauge('applied', { size: 1, low: 1 }));
      expect(status).toBe(201);
      expect(body.metadata.managedFields).toEqual([
        {
          manager: 'one',
          operation: 'Apply',
          apiVersion: 'contract.setpoint.dev/v1',
          time: expect.stringMatching(/Z$/) as unknown,
          fieldsType: 'FieldsV1',
          fieldsV1: { 'f:spec': { 'f:low': {}, 'f:size': {} } },
        },
      ]);
    });

    test('the same again changes nothing', async () => {
      const { body: before } = await api.get(`${gauges()}/applied`);
      const again = await api.patch(path('applied', 'one'), 'apply', gauge('applied', { size: 1, low: 1 }));
      expect(again.status).toBe(200);
      expect(again.body.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
    });

    test('another value for a field of somebody else is 409, unless forced', async () => {
      const refused = await api.patch(path('applied', 'two'), 'apply', gauge('applied', { size: 2 }));
      expect(refused).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
      expect(refused.body.message).toBe('Apply failed with 1 conflict: conflict with "one": .spec.size');
      expect(refused.body.details.causes).toEqual([
        { reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.spec.size' },
      ]);
      expect(await api.patch(path('applied', 'two', true), 'apply', gauge('applied', { size: 2 }))).toMatchObject({
        status: 200,
        body: { spec: { size: 2, low: 1 } },
      });
    });

    test('several conflicts are listed by their owners', async () => {
      await api.patch(path('disputed', 'one'), 'apply', gauge('disputed', { size: 1, low: 1, unit: 'ms' }));
      await api.patch(`${gauges()}/disputed?fieldManager=hand`, 'merge', { spec: { unit: 'rps' } });
      const { body } = await api.patch(
        path('disputed', 'two'),
        'apply',
        gauge('disputed', { size: 2, low: 2, unit: 'ms' }),
      );
      expect(body.message).toMatch(
        /^Apply failed with 3 conflicts: conflicts with "hand" using contract.setpoint.dev\/v1:\n- \.spec\.unit\nconflicts with "one":\n- \.spec\.low\n- \.spec\.size$/,
      );
    });

    test('the same value is owned together', async () => {
      const shared = await api.patch(path('applied', 'three'), 'apply', gauge('applied', { size: 2 }));
      expect(shared.status).toBe(200);
      const owners = shared.body.metadata.managedFields.filter(
        ({ fieldsV1 }) => 'f:size' in (fieldsV1['f:spec'] ?? {}),
      );
      expect(owners.map(({ manager }) => manager).toSorted()).toEqual(['three', 'two']);
    });

    test('what a manager leaves out, and nobody else owns, goes away', async () => {
      const { body } = await api.patch(path('applied', 'one'), 'apply', gauge('applied', { size: 2 }));
      expect(body.spec.low).toBeUndefined();
      expect(body.spec.size).toBe(2);
    });

    test('an update takes fields over without asking, and the next apply conflicts', async () => {
      await api.patch(path('taken', 'one'), 'apply', gauge('taken', { size: 1 }));
      const { body } = await api.patch(`${gauges()}/taken?fieldManager=hand`, 'merge', { spec: { size: 9 } });
      expect(body.metadata.managedFields).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ manager: 'hand', operation: 'Update', fieldsV1: { 'f:spec': { 'f:size': {} } } }),
        ]),
      );
      const again = await api.patch(path('taken', 'one'), 'apply', gauge('taken', { size: 1 }));
      expect(again.status).toBe(409);
      expect(again.body.message).toContain('conflict with "hand" using contract.setpoint.dev/v1');
    });

    test('items of a list with keys are owned one by one', async () => {
      await api.patch(path('items', 'one'), 'apply', gauge('items', { size: 1, steps: [{ name: 'a', value: 1 }] }));
      const spec = { steps: [{ name: 'b', value: 2 }] };
      const { status, body } = await api.patch(path('items', 'two'), 'apply', gauge('items', spec));
      expect(status).toBe(200);
      expect(body.spec['steps']).toEqual([
        { name: 'a', value: 1 },
        { name: 'b', value: 2 },
      ]);
      const disputed = await api.patch(
        path('items', 'two'),
        'apply',
        gauge('items', { steps: [{ name: 'a', value: 5 }] }),
      );
      expect(disputed.status).toBe(409);
      expect(disputed.body.details.causes.map(({ field }) => field)).toEqual(['.spec.steps[name="a"].value']);
    });

    test('of a built-in kind', async () => {
      const url = (manager: string) => `${deployments()}/applied?fieldManager=${manager}`;
      expect((await api.patch(url('one'), 'apply', workload('Deployment', 'applied'))).status).toBe(201);
      const size = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'applied' }, spec: { replicas: 3 } };
      const refused = await api.patch(url('two'), 'apply', size);
      expect(refused.status).toBe(409);
      expect(refused.body.details.causes.map(({ field }) => field)).toEqual(['.spec.replicas']);
    });

    test('the status is owned apart', async () => {
      const status = { size: 4 };
      const { body } = await api.patch(`${gauges()}/items/status?fieldManager=watcher`, 'apply', {
        ...gauge('items', {}),
        spec: undefined,
        status,
      });
      expect(body.status).toEqual(status);
      expect(body.metadata.managedFields).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ manager: 'watcher', operation: 'Apply', subresource: 'status' }),
        ]),
      );
    });

    test.each([
      ['no manager', () => `${gauges()}/applied`, gauge('applied', { size: 2 }), 422, 'fieldManager: Required value'],
      [
        'managedFields',
        () => path('applied', 'one'),
        gauge('applied', { size: 2 }, { managedFields: [{ manager: 'x', operation: 'Apply' }] }),
        400,
        'metadata.managedFields must be nil',
      ],
      ['another kind', () => path('applied', 'one'), { ...gauge('applied', { size: 2 }), kind: 'Dial' }, 400, ''],
      ['another name', () => path('applied', 'one'), gauge('other', { size: 2 }), 400, ''],
    ])('with %s is refused', async (_, url, body, code, message) => {
      const answer = await api.patch(url(), 'apply', body);
      expect({ status: answer.status, message: answer.body.message }).toEqual({
        status: code,
        message: expect.stringContaining(message) as unknown,
      });
    });

    test('force is for apply alone', async () => {
      const answer = await api.patch(`${gauges()}/applied?force=true`, 'merge', {});
      expect({ status: answer.status, reason: answer.body.reason }).toEqual({ status: 422, reason: 'Invalid' });
      expect(answer.body.message).toContain('force: Forbidden: may not be specified for non-apply patch');
    });
  });

  describe('managedFields of ordinary writes', () => {
    test('are kept by manager, and the default manager is the program that writes', async () => {
      const headers = { 'user-agent': 'setpoint/1.2.3 (linux)', 'content-type': 'application/json' };
      const { body } = await api.call('POST', gauges(), gauge('tracked', { size: 1 }), { headers });
      expect(body.metadata.managedFields).toMatchObject([{ manager: 'setpoint', operation: 'Update' }]);
      // Defaults count as set, and so does each object that was not there.
      expect(body.metadata.managedFields[0]?.fieldsV1).toEqual({
        'f:spec': { '.': {}, 'f:nested': { '.': {}, 'f:depth': {} }, 'f:size': {}, 'f:unit': {} },
      });
      const { body: next } = await api.patch(`${gauges()}/tracked/status?fieldManager=other`, 'merge', {
        status: { size: 1 },
      });
      // Of one second and operation they come by the name of the manager.
      expect(next.metadata.managedFields).toContainEqual(
        expect.objectContaining({
          manager: 'other',
          operation: 'Update',
          subresource: 'status',
          fieldsV1: { 'f:status': { '.': {}, 'f:size': {} } },
        }),
      );
    });
  });
}
