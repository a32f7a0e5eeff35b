// Objects: creating, reading, replacing and deleting them, what the server decides about them, and who wins when two write.
import { describe, expect, test } from 'vitest';
import { configMap, gauge, NO_UID, workload } from './objects-under-test.ts';
import type { ApiSession } from './session.ts';

export function objectsContract(api: ApiSession): void {
  const deployments = () => api.in('apis/apps/v1', 'deployments');
  const gauges = () => api.in('apis/contract.setpoint.dev/v1', 'gauges');
  const configMaps = () => api.in('api/v1', 'configmaps');

  describe('creating', () => {
    test('fills in what the server decides', async () => {
      const { status, body } = await api.call('POST', deployments(), workload('Deployment', 'create'));
      expect(status).toBe(201);
      expect(body.metadata).toMatchObject({ name: 'create', namespace: api.namespace, generation: 1 });
      expect(body.metadata.uid).toMatch(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      expect(body.metadata.resourceVersion).toMatch(/^[1-9]\d*$/);
      expect(body.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      expect(body.spec).toMatchObject({
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
        revisionHistoryLimit: 10,
        progressDeadlineSeconds: 600,
        template: {
          spec: {
            restartPolicy: 'Always',
            terminationGracePeriodSeconds: 30,
            dnsPolicy: 'ClusterFirst',
            schedulerName: 'default-scheduler',
            containers: [{ imagePullPolicy: 'IfNotPresent', terminationMessagePath: '/dev/termination-log' }],
          },
        },
      });
      expect(body.status).toEqual({});
    });

    test('does not take over what only the server decides', async () => {
      const given = { uid: NO_UID, generation: 7, creationTimestamp: '2001-01-01T00:00:00Z' };
      const { body } = await api.call('POST', gauges(), gauge('decided', { size: 1 }, given));
      expect(body.metadata.uid).not.toBe(NO_UID);
      expect(body.metadata.generation).toBe(1);
      expect(body.metadata.creationTimestamp).not.toBe(given.creationTimestamp);
    });

    test('twice is 409 AlreadyExists', async () => {
      expect(await api.call('POST', deployments(), workload('Deployment', 'create'))).toMatchObject({
        status: 409,
        body: {
          kind: 'Status',
          status: 'Failure',
          reason: 'AlreadyExists',
          message: 'deployments.apps "create" already exists',
          details: { name: 'create', group: 'apps', kind: 'deployments' },
          code: 409,
        },
      });
    });

    test('a name is made from generateName', async () => {
      const metadata = { name: undefined, generateName: 'made-' };
      const { body } = await api.call('POST', gauges(), gauge('', { size: 1 }, metadata));
      expect(body.metadata.name).toMatch(/^made-[a-z0-9]{5}$/);
      expect(body.metadata.generateName).toBe('made-');
    });

    test('in a namespace that is not there is 404', async () => {
      const path = `/apis/apps/v1/namespaces/nowhere-at-all/deployments`;
      expect(await api.call('POST', path, workload('Deployment', 'lost'))).toMatchObject({
        status: 404,
        body: {
          reason: 'NotFound',
          message: 'namespaces "nowhere-at-all" not found',
          details: { name: 'nowhere-at-all', kind: 'namespaces' },
        },
      });
    });

    test.each([
      ['another namespace in the body', { namespace: 'other' }, 400, 'does not match the namespace'],
      [
        'a resourceVersion',
        { resourceVersion: '1' },
        500,
        'resourceVersion should not be set on objects to be created',
      ],
      ['no name', { name: undefined }, 422, 'metadata.name: Required value: name or generateName is required'],
      [
        'a name with capitals',
        { name: 'Web' },
        422,
        'metadata.name: Invalid value: "Web": a lowercase RFC 1123 subdomain',
      ],
      ['a name that is too long', { name: 'a'.repeat(254) }, 422, 'metadata.name: Invalid value'],
      ['a label key with a space', { labels: { 'a b': 'c' } }, 422, 'metadata.labels: Invalid value: "a b"'],
      ['a label value with a slash', { labels: { a: 'b/c' } }, 422, 'metadata.labels: Invalid value: "b/c"'],
      ['a label value that is too long', { labels: { a: 'b'.repeat(64) } }, 422, 'metadata.labels: Invalid value'],
      ['a label that is a number', { labels: { a: 5 } }, 400, 'json: cannot unmarshal number into Go struct field'],
      [
        'an annotation key with a space',
        { annotations: { 'a b': 'c' } },
        422,
        'metadata.annotations: Invalid value: "a b"',
      ],
      [
        'annotations of more than 256 KiB',
        { annotations: { a: 'b'.repeat(262_144) } },
        422,
        'metadata.annotations: Too long: may not be more than 262144 bytes',
      ],
      [
        'an owner without uid',
        { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: '' }] },
        422,
        'uid',
      ],
      ['a finalizer without a domain', { finalizers: ['hold'] }, 422, 'metadata.finalizers[0]: Invalid value: "hold"'],
    ])('with %s is refused', async (_, metadata, code, message) => {
      const { status, body } = await api.call('POST', configMaps(), configMap('refused', {}, metadata));
      expect({ status, message: body.message }).toEqual({
        status: code,
        message: expect.stringContaining(message) as unknown,
      });
      expect(body).toMatchObject({ kind: 'Status', status: 'Failure', code });
    });

    test('of a kind that is not the one of the path is 400', async () => {
      const other = { ...configMap('other', {}), kind: 'Secret' };
      expect(await api.call('POST', configMaps(), other)).toMatchObject({
        status: 400,
        body: { reason: 'BadRequest' },
      });
      const old = { ...workload('Deployment', 'old'), apiVersion: 'apps/v1beta1' };
      expect(await api.call('POST', deployments(), old)).toMatchObject({ status: 400, body: { reason: 'BadRequest' } });
      const newer = { ...gauge('other', { size: 1 }), apiVersion: 'contract.setpoint.dev/v3' };
      expect((await api.call('POST', gauges(), newer)).body.message).toBe(
        'the API version in the data (contract.setpoint.dev/v3) does not match the expected API version (contract.setpoint.dev/v1)',
      );
    });

    test('of another custom kind than that of the path is 422', async () => {
      const { status, body } = await api.call('POST', gauges(), { ...gauge('other', { size: 1 }), kind: 'Dial' });
      expect(status).toBe(422);
      expect(body.message).toBe(
        'Dial.contract.setpoint.dev "other" is invalid: kind: Invalid value: "Dial": must be Gauge',
      );
    });

    test('a wrong deployment is refused with all its faults', async () => {
      const { spec, ...deployment } = workload('Deployment', 'wrong');
      const template = { ...spec.template, metadata: { labels: { app: 'other' } } };
      const { status, body } = await api.call('POST', deployments(), {
        ...deployment,
        spec: { ...spec, template, replicas: -1 },
      });
      expect({ status, reason: body.reason }).toEqual({ status: 422, reason: 'Invalid' });
      expect(body.message).toContain('Deployment.apps "wrong" is invalid: [');
      expect(body.message).toContain('spec.replicas: Invalid value: -1: must be greater than or equal to 0');
      expect(body.message).toContain('`selector` does not match template `labels`');
      expect(body.details).toMatchObject({ name: 'wrong', group: 'apps', kind: 'Deployment' });
      expect(body.details.causes.map(({ field }) => field)).toEqual(['spec.replicas', 'spec.template.metadata.labels']);
    });

    test('a number where text belongs, or the other way round, is 400', async () => {
      const { spec, ...deployment } = workload('Deployment', 'typed');
      const { status, body } = await api.call('POST', deployments(), {
        ...deployment,
        spec: { ...spec, replicas: 'two' },
      });
      expect({ status, reason: body.reason }).toEqual({ status: 400, reason: 'BadRequest' });
      expect(body.message).toContain('Deployment in version "v1" cannot be handled as a Deployment: ');
      expect(body.message).toContain('json: cannot unmarshal string into Go struct field');
    });
  });

  describe('reading', () => {
    test('what is not there is 404 NotFound', async () => {
      expect(await api.get(`${deployments()}/missing`)).toMatchObject({
        status: 404,
        body: {
          kind: 'Status',
          reason: 'NotFound',
          message: 'deployments.apps "missing" not found',
          details: { name: 'missing', group: 'apps', kind: 'deployments' },
        },
      });
      expect((await api.get(`${configMaps()}/missing`)).body.message).toBe('configmaps "missing" not found');
      expect((await api.get(`${gauges()}/missing`)).body.message).toBe(
        'gauges.contract.setpoint.dev "missing" not found',
      );
    });

    test('an answer is JSON', async () => {
      expect((await api.get(`${deployments()}/create`)).contentType).toBe('application/json');
    });

    test('the namespace itself', async () => {
      expect((await api.get(`/api/v1/namespaces/${api.namespace}`)).body).toMatchObject({
        kind: 'Namespace',
        metadata: { name: api.namespace },
        status: { phase: 'Active' },
      });
    });
  });

  describe('replacing', () => {
    test('under an old resourceVersion is 409 Conflict and changes nothing', async () => {
      const { body: first } = await api.call('POST', deployments(), workload('Deployment', 'conflict'));
      const path = `${deployments()}/conflict`;
      const changed = { ...first, spec: { ...first.spec, minReadySeconds: 1 } };
      expect(await api.call('PUT', path, changed)).toMatchObject({
        status: 200,
        body: { metadata: { generation: 2 } },
      });
      const late = await api.call('PUT', path, { ...changed, spec: { ...first.spec, minReadySeconds: 9 } });
      expect(late).toMatchObject({
        status: 409,
        body: { reason: 'Conflict', details: { name: 'conflict', group: 'apps', kind: 'deployments' } },
      });
      expect(late.body.message).toBe(
        'Operation cannot be fulfilled on deployments.apps "conflict": the object has been modified; ' +
          'please apply your changes to the latest version and try again',
      );
      expect((await api.get(path)).body.spec.minReadySeconds).toBe(1);
    });

    test('of two at once one wins', async () => {
      const { body } = await api.call('POST', gauges(), gauge('raced', { size: 1 }));
      const sizes = [2, 3, 4, 5];
      const answers = await Promise.all(
        sizes.map((size) => api.call('PUT', `${gauges()}/raced`, { ...body, spec: { size } })),
      );
      expect(answers.map(({ status }) => String(status)).toSorted()).toEqual(['200', '409', '409', '409']);
      const winner = sizes[answers.findIndex(({ status }) => status === 200)];
      expect((await api.get(`${gauges()}/raced`)).body.spec.size).toBe(winner);
    });

    test('without a resourceVersion is taken for a Deployment and refused for a custom kind and a Lease', async () => {
      const put = await api.call('PUT', `${deployments()}/conflict`, workload('Deployment', 'conflict'));
      expect(put.status).toBe(200);
      await api.call('POST', gauges(), gauge('unversioned', { size: 1 }));
      const custom = await api.call('PUT', `${gauges()}/unversioned`, gauge('unversioned', { size: 2 }));
      expect({ status: custom.status, reason: custom.body.reason }).toEqual({ status: 422, reason: 'Invalid' });
      expect(custom.body.message).toContain('metadata.resourceVersion: Invalid value: ');
      expect(custom.body.message).toContain('must be specified for an update');
    });

    test('another uid is 409', async () => {
      const { body } = await api.get(`${deployments()}/conflict`);
      const { resourceVersion: _, ...metadata } = body.metadata;
      const answer = await api.call('PUT', `${deployments()}/conflict`, {
        ...body,
        metadata: { ...metadata, uid: NO_UID },
      });
      expect(answer).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
      expect(answer.body.message).toContain(
        `Precondition failed: UID in precondition: ${NO_UID}, UID in object meta: `,
      );
    });

    test('another name or namespace than that of the path is 400', async () => {
      const { body } = await api.get(`${deployments()}/conflict`);
      const named = await api.call('PUT', `${deployments()}/conflict`, workload('Deployment', 'other'));
      expect(named).toMatchObject({ status: 400, body: { reason: 'BadRequest' } });
      expect(named.body.message).toContain('does not match the name on the URL');
      const placed = { ...body, metadata: { ...body.metadata, namespace: 'other' } };
      expect((await api.call('PUT', `${deployments()}/conflict`, placed)).status).toBe(400);
    });

    test('what is not there is 404', async () => {
      const answer = await api.call('PUT', `${deployments()}/absent`, workload('Deployment', 'absent'));
      expect(answer).toMatchObject({ status: 404, body: { reason: 'NotFound' } });
    });

    test('labels leave the generation, the spec raises it', async () => {
      const { body: first } = await api.call('POST', gauges(), gauge('generation', { size: 1 }));
      const path = `${gauges()}/generation`;
      const labelled = await api.call('PUT', path, { ...first, metadata: { ...first.metadata, labels: { a: 'b' } } });
      expect(labelled.body.metadata).toMatchObject({ generation: 1, labels: { a: 'b' } });
      expect(labelled.body.metadata.resourceVersion).not.toBe(first.metadata.resourceVersion);
      const resized = await api.call('PUT', path, { ...labelled.body, spec: { size: 2 } });
      expect(resized.body.metadata.generation).toBe(2);
      const forged = await api.patch(path, 'merge', { metadata: { generation: 40 } });
      expect(forged.body.metadata.generation).toBe(2);
    });

    test('annotations raise the generation of a Deployment, and of nothing else', async () => {
      const annotations = { 'contract.setpoint.dev/note': 'seen' };
      const generation = async (path: string) =>
        (await api.patch(path, 'merge', { metadata: { annotations } })).body.metadata.generation;
      const kinds = ['Deployment', 'StatefulSet', 'ReplicaSet'] as const;
      for (const kind of kinds)
        await api.made(api.in('apis/apps/v1', `${kind.toLowerCase()}s`), workload(kind, 'noted'));
      expect(await generation(`${deployments()}/noted`)).toBe(2);
      expect(await generation(`${api.in('apis/apps/v1', 'statefulsets')}/noted`)).toBe(1);
      expect(await generation(`${api.in('apis/apps/v1', 'replicasets')}/noted`)).toBe(1);
      expect(await generation(`${gauges()}/generation`)).toBe(2);
    });

    test('the same again keeps the version', async () => {
      const { body: before } = await api.get(`${deployments()}/create`);
      const { body: after } = await api.call('PUT', `${deployments()}/create`, before);
      expect(after.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
      const { body: patched } = await api.patch(`${deployments()}/create`, 'merge', { spec: { replicas: 0 } });
      expect(patched.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
    });

    test('the selector of a Deployment is immutable', async () => {
      const { body } = await api.get(`${deployments()}/create`);
      const labels = { app: 'create', tier: 'a' };
      const template = { ...body.spec.template, metadata: { labels } };
      const answer = await api.call('PUT', `${deployments()}/create`, {
        ...body,
        spec: { ...body.spec, template, selector: { matchLabels: labels } },
      });
      expect(answer.status).toBe(422);
      expect(answer.body.message).toContain('spec.selector: Invalid value');
      expect(answer.body.message).toContain('field is immutable');
    });
  });

  describe('deleting', () => {
    test('a custom object answers a Status, and then it is gone', async () => {
      const { body } = await api.call('POST', gauges(), gauge('gone', { size: 1 }));
      const answer = await api.call('DELETE', `${gauges()}/gone`);
      expect(answer).toMatchObject({
        status: 200,
        body: {
          kind: 'Status',
          status: 'Success',
          details: { name: 'gone', group: 'contract.setpoint.dev', kind: 'gauges', uid: body.metadata.uid },
        },
      });
      expect((await api.get(`${gauges()}/gone`)).status).toBe(404);
      expect((await api.call('DELETE', `${gauges()}/gone`)).body).toMatchObject({ reason: 'NotFound', code: 404 });
    });

    test.each([
      ['uid', { uid: NO_UID }, `the UID in the precondition (${NO_UID}) does not match the UID in record (`],
      [
        'resourceVersion',
        { resourceVersion: '1' },
        'the ResourceVersion in the precondition (1) does not match the ResourceVersion in record (',
      ],
    ])('insists on a given %s', async (field, preconditions, message) => {
      const name = `precious-${field.toLowerCase()}`;
      const { body } = await api.call('POST', gauges(), gauge(name, { size: 1 }));
      const wrong = await api.call('DELETE', `${gauges()}/${name}`, { preconditions });
      expect(wrong).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
      expect(wrong.body.message).toContain(
        `Operation cannot be fulfilled on Gauge.contract.setpoint.dev "${name}": ${message}`,
      );
      const { uid, resourceVersion } = body.metadata;
      const right = await api.call('DELETE', `${gauges()}/${name}`, { preconditions: { uid, resourceVersion } });
      expect(right.status).toBe(200);
      expect((await api.get(`${gauges()}/${name}`)).status).toBe(404);
    });

    test('finalizers keep an object until the last is gone; nobody may add one then', async () => {
      const path = `${gauges()}/held`;
      await api.call('POST', gauges(), gauge('held', { size: 1 }, { finalizers: ['contract.setpoint.dev/hold'] }));
      expect((await api.call('DELETE', path)).body.metadata.deletionTimestamp).toBeTypeOf('string');
      const { body } = await api.get(path);
      expect(body.metadata).toMatchObject({ deletionGracePeriodSeconds: 0, generation: 2 });
      const more = ['contract.setpoint.dev/hold', 'contract.setpoint.dev/more'];
      const added = await api.patch(path, 'merge', { metadata: { finalizers: more } });
      expect(added.status).toBe(422);
      expect(added.body.message).toContain(
        'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted',
      );
      expect((await api.patch(path, 'merge', { metadata: { finalizers: null } })).status).toBe(200);
      expect((await api.get(path)).status).toBe(404);
    });

    test('many at once, by their labels', async () => {
      for (const name of ['d-1', 'd-2', 'd-3'])
        await api.call('POST', gauges(), gauge(name, { size: 1 }, { labels: { doomed: String(name !== 'd-2') } }));
      expect((await api.call('DELETE', `${gauges()}?labelSelector=doomed%3Dtrue`)).status).toBe(200);
      const { body } = await api.get(`${gauges()}?labelSelector=doomed`);
      expect(body.items.map(({ metadata }) => metadata.name)).toEqual(['d-2']);
    });

    test('a name can be used again, with another uid', async () => {
      const first = await api.call('POST', configMaps(), configMap('again', {}));
      await api.call('DELETE', `${configMaps()}/again`);
      const second = await api.call('POST', configMaps(), configMap('again', {}));
      expect(second.status).toBe(201);
      expect(second.body.metadata.uid).not.toBe(first.body.metadata.uid);
    });
  });

  describe('dryRun', () => {
    test('creates, changes and deletes nothing', async () => {
      const made = await api.call('POST', `${deployments()}?dryRun=All`, workload('Deployment', 'dry'));
      expect(made).toMatchObject({ status: 201, body: { spec: { revisionHistoryLimit: 10 } } });
      expect((await api.get(`${deployments()}/dry`)).status).toBe(404);
      const before = await api.call('POST', gauges(), gauge('dry', { size: 1 }));
      const path = `${gauges()}/dry?dryRun=All`;
      const changed = await api.patch(path, 'merge', { spec: { size: 2 } });
      expect(changed).toMatchObject({ status: 200, body: { spec: { size: 2 }, metadata: { generation: 2 } } });
      expect((await api.call('DELETE', path)).status).toBe(200);
      expect((await api.get(`${gauges()}/dry`)).body).toEqual(before.body);
    });

    test('refuses what would be refused', async () => {
      expect((await api.call('POST', `${gauges()}?dryRun=All`, gauge('bad', { size: 101 }))).status).toBe(422);
      expect((await api.call('POST', `${gauges()}?dryRun=All`, gauge('dry', { size: 1 }))).status).toBe(409);
    });

    test('takes no other value', async () => {
      const { status, body } = await api.call('POST', `${gauges()}?dryRun=Some`, gauge('some', { size: 1 }));
      expect({ status, reason: body.reason }).toEqual({ status: 422, reason: 'Invalid' });
      expect(body.message).toBe(
        'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]: supported values: "All"',
      );
    });
  });
}
