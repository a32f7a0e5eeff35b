// The Kubernetes API as Setpoint uses it, against any server: what is true here must be true of a real control plane and of ours.
// Needs a namespace that may be filled, and rights to create in it and to create a CRD. Knows nothing of how the server is made.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Agent, request } from 'undici';
import type { ApiBody } from '../support/api-body.ts';

export interface KubeApiConnection {
  /** Without a slash at the end. */
  url: string;
  token?: string;
  /** PEM of the server's CA, for https. */
  certificateAuthority?: string;
  /** Exists and is empty. */
  namespace: string;
  close(): Promise<void>;
}

interface Answer {
  status: number;
  body: ApiBody;
  warning: string;
}

const json = 'application/json';
const merge = 'application/merge-patch+json';
const strategic = 'application/strategic-merge-patch+json';
const jsonPatch = 'application/json-patch+json';
const apply = 'application/apply-patch+yaml';

const crd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'gauges.contract.setpoint.dev' },
  spec: {
    group: 'contract.setpoint.dev',
    scope: 'Namespaced',
    names: { plural: 'gauges', singular: 'gauge', kind: 'Gauge', shortNames: ['gg'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: {
          status: {},
          scale: {
            specReplicasPath: '.spec.size',
            statusReplicasPath: '.status.size',
            labelSelectorPath: '.status.selector',
          },
        },
        additionalPrinterColumns: [
          { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
          { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
          { name: 'Unit', type: 'string', jsonPath: '.spec.unit', priority: 1 },
          { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
        ],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                required: ['size'],
                properties: {
                  size: { type: 'integer', minimum: 0, maximum: 100 },
                  unit: { type: 'string', default: 'rps', enum: ['rps', 'ms'] },
                  low: { type: 'integer' },
                  high: { type: 'integer' },
                  fixed: {
                    type: 'string',
                    'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'fixed is fixed' }],
                  },
                  share: { anyOf: [{ type: 'integer' }, { type: 'string' }], 'x-kubernetes-int-or-string': true },
                  steps: {
                    type: 'array',
                    maxItems: 3,
                    'x-kubernetes-list-type': 'map',
                    'x-kubernetes-list-map-keys': ['name'],
                    items: {
                      type: 'object',
                      required: ['name'],
                      properties: {
                        name: { type: 'string', pattern: '^[a-z]+$', maxLength: 8 },
                        value: { type: 'integer' },
                      },
                    },
                  },
                },
                'x-kubernetes-validations': [
                  {
                    rule: '!has(self.low) || !has(self.high) || self.low <= self.high',
                    messageExpression: "'low ' + string(self.low) + ' is above high'",
                    fieldPath: '.low',
                  },
                ],
              },
              status: {
                type: 'object',
                properties: {
                  size: { type: 'integer' },
                  selector: { type: 'string' },
                  conditions: {
                    type: 'array',
                    items: { type: 'object', properties: { type: { type: 'string' }, status: { type: 'string' } } },
                  },
                },
              },
            },
          },
        },
      },
    ],
  },
};

function deploymentNamed(name: string) {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, labels: { app: name } },
    spec: {
      // Zero, so that no pods come and go while the suite looks.
      replicas: 0,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'app', image: 'registry.invalid/app:1' }] },
      },
    },
  };
}

export function kubeApiContract(serverName: string, connect: () => Promise<KubeApiConnection>): void {
  describe(`Kubernetes API of ${serverName}`, () => {
    let connection: KubeApiConnection;
    let agent: Agent;

    async function call(
      method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
      path: string,
      body?: unknown,
      headers: Record<string, string> = {},
    ): Promise<Answer> {
      const token = connection.token === undefined ? {} : { authorization: `Bearer ${connection.token}` };
      const answer = await request(`${connection.url}${path}`, {
        method,
        dispatcher: agent,
        headers: { ...(body === undefined ? {} : { 'content-type': json }), ...token, ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return {
        status: answer.statusCode,
        body: (await answer.body.json()) as ApiBody,
        warning: String(answer.headers.warning ?? ''),
      };
    }
    const patch = (path: string, type: string, body: unknown) => call('PATCH', path, body, { 'content-type': type });
    const base = (group: string, resource: string) => `/${group}/namespaces/${connection.namespace}/${resource}`;
    const deployments = () => base('apis/apps/v1', 'deployments');
    const gauges = () => base('apis/contract.setpoint.dev/v1', 'gauges');
    const gauge = (name: string, spec: Record<string, unknown>) => ({
      apiVersion: 'contract.setpoint.dev/v1',
      kind: 'Gauge',
      metadata: { name },
      spec,
    });

    /** The lines of a watch until `count` have come or the server ends it. */
    async function watch(path: string, count: number, act?: () => Promise<void>): Promise<ApiBody[]> {
      const abort = new AbortController();
      const token = connection.token === undefined ? {} : { authorization: `Bearer ${connection.token}` };
      const answer = await request(`${connection.url}${path}`, {
        dispatcher: agent,
        headers: token,
        signal: abort.signal,
      });
      const acted = act?.();
      const events: ApiBody[] = [];
      let rest = '';
      for await (const chunk of answer.body) {
        const lines = (rest + String(chunk)).split('\n');
        rest = lines.pop() ?? '';
        events.push(...lines.filter((line) => line !== '').map((line) => JSON.parse(line) as ApiBody));
        if (events.length >= count) break;
      }
      abort.abort();
      await acted;
      return events;
    }

    beforeAll(async () => {
      connection = await connect();
      agent = new Agent({
        allowH2: false,
        connect: connection.certificateAuthority === undefined ? {} : { ca: connection.certificateAuthority },
      });
      await call('DELETE', `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${crd.metadata.name}`);
      // A real server removes and establishes a CRD in its own time.
      const patience = { timeout: 10_000, interval: 50 };
      await vi.waitFor(
        async () =>
          expect((await call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', crd)).status).toBe(201),
        patience,
      );
      await vi.waitFor(async () => expect((await call('GET', gauges())).status).toBe(200), patience);
    });

    afterAll(async () => {
      if (connection === undefined) return;
      await call('DELETE', `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${crd.metadata.name}`);
      await agent.close();
      await connection.close();
    });

    describe('discovery', () => {
      test('names the resources of a group version with kinds, verbs and subresources', async () => {
        const { body } = await call('GET', '/apis/apps/v1');
        expect(body).toMatchObject({ kind: 'APIResourceList', groupVersion: 'apps/v1' });
        const byName = (name: string) => body.resources.find((it) => it.name === name);
        expect(byName('deployments')).toMatchObject({
          kind: 'Deployment',
          namespaced: true,
          singularName: 'deployment',
          shortNames: ['deploy'],
        });
        expect(byName('deployments')?.verbs).toEqual(
          expect.arrayContaining(['get', 'list', 'watch', 'update', 'patch']),
        );
        expect(byName('deployments/scale')).toMatchObject({ kind: 'Scale', group: 'autoscaling', version: 'v1' });
      });

      test('names a custom resource', async () => {
        const { body } = await call('GET', '/apis/contract.setpoint.dev/v1');
        expect(body.resources.map((it) => it.name).sort()).toEqual(['gauges', 'gauges/scale', 'gauges/status']);
      });

      test('an unknown group or resource is 404', async () => {
        expect((await call('GET', '/apis/nothing.setpoint.dev/v1')).status).toBe(404);
        expect((await call('GET', base('apis/apps/v1', 'nothings'))).status).toBe(404);
      });
    });

    describe('objects', () => {
      test('creation fills in what the server decides', async () => {
        const { status, body } = await call('POST', deployments(), deploymentNamed('create'));
        expect(status).toBe(201);
        expect(body.metadata).toMatchObject({ name: 'create', namespace: connection.namespace, generation: 1 });
        expect(body.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
        expect(body.metadata.resourceVersion).toMatch(/^\d+$/);
        expect(body.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
        expect(body.spec).toMatchObject({
          strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
          revisionHistoryLimit: 10,
          template: { spec: { restartPolicy: 'Always', terminationGracePeriodSeconds: 30 } },
        });
      });

      test('creating twice is 409 AlreadyExists, a missing one 404 NotFound, each with its words', async () => {
        const twice = await call('POST', deployments(), deploymentNamed('create'));
        expect(twice).toMatchObject({
          status: 409,
          body: { reason: 'AlreadyExists', message: 'deployments.apps "create" already exists' },
        });
        const missing = await call('GET', `${deployments()}/missing`);
        expect(missing).toMatchObject({
          status: 404,
          body: {
            kind: 'Status',
            reason: 'NotFound',
            message: 'deployments.apps "missing" not found',
            details: { name: 'missing', group: 'apps', kind: 'deployments' },
          },
        });
      });

      test('a name is made from generateName', async () => {
        const { body } = await call('POST', gauges(), {
          ...gauge('', { size: 1 }),
          metadata: { generateName: 'made-' },
        });
        expect(body.metadata.name).toMatch(/^made-[a-z0-9]{5}$/);
      });

      test('an old resourceVersion is 409 Conflict and changes nothing', async () => {
        const { body: first } = await call('POST', deployments(), deploymentNamed('conflict'));
        const changed = { ...first, spec: { ...first.spec, minReadySeconds: 1 } };
        const second = await call('PUT', `${deployments()}/conflict`, changed);
        expect(second).toMatchObject({ status: 200, body: { metadata: { generation: 2 } } });
        const third = await call('PUT', `${deployments()}/conflict`, {
          ...changed,
          spec: { ...first.spec, minReadySeconds: 9 },
        });
        expect(third).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
        expect(third.body.message).toContain(
          'Operation cannot be fulfilled on deployments.apps "conflict": the object has been modified',
        );
        expect((await call('GET', `${deployments()}/conflict`)).body.spec.minReadySeconds).toBe(1);
      });

      test('a custom object cannot be replaced without its resourceVersion', async () => {
        await call('POST', gauges(), gauge('unversioned', { size: 1 }));
        const { status, body } = await call('PUT', `${gauges()}/unversioned`, gauge('unversioned', { size: 2 }));
        expect(status).toBe(422);
        expect(body.message).toContain('metadata.resourceVersion: Invalid value');
      });

      test('a write that changes nothing keeps the version', async () => {
        const { body: before } = await call('GET', `${deployments()}/create`);
        const { body: after } = await patch(`${deployments()}/create`, merge, { spec: { replicas: 0 } });
        expect(after.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
      });

      test('dryRun stores nothing', async () => {
        expect((await call('POST', `${deployments()}?dryRun=All`, deploymentNamed('dry'))).status).toBe(201);
        expect((await call('GET', `${deployments()}/dry`)).status).toBe(404);
      });

      test('deletion insists on a given uid', async () => {
        const { body } = await call('POST', gauges(), gauge('precious', { size: 1 }));
        const wrong = await call('DELETE', `${gauges()}/precious`, {
          preconditions: { uid: '00000000-0000-0000-0000-000000000000' },
        });
        expect(wrong).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
        const right = await call('DELETE', `${gauges()}/precious`, { preconditions: { uid: body.metadata.uid } });
        expect(right.status).toBe(200);
        expect((await call('GET', `${gauges()}/precious`)).status).toBe(404);
      });

      test('finalizers keep a deleted object until the last is gone', async () => {
        const held = gauge('held', { size: 1 });
        await call('POST', gauges(), {
          ...held,
          metadata: { name: 'held', finalizers: ['contract.setpoint.dev/hold'] },
        });
        await call('DELETE', `${gauges()}/held`);
        expect((await call('GET', `${gauges()}/held`)).body.metadata.deletionTimestamp).toBeTypeOf('string');
        await patch(`${gauges()}/held`, merge, { metadata: { finalizers: null } });
        expect((await call('GET', `${gauges()}/held`)).status).toBe(404);
      });
    });

    describe('status', () => {
      test('is written apart: the main resource ignores it, and its own writes keep spec and generation', async () => {
        const { body: created } = await call('POST', gauges(), {
          ...gauge('status', { size: 2 }),
          status: { size: 7 },
        });
        expect(created.status).toBeUndefined();
        const { status, body } = await call('PUT', `${gauges()}/status/status`, {
          ...created,
          spec: { size: 9 },
          status: { size: 3 },
        });
        expect(status).toBe(200);
        expect(body).toMatchObject({ spec: { size: 2 }, status: { size: 3 }, metadata: { generation: 1 } });
        const { body: main } = await patch(`${gauges()}/status`, merge, { spec: { size: 4 }, status: { size: 100 } });
        expect(main).toMatchObject({ spec: { size: 4 }, status: { size: 3 }, metadata: { generation: 2 } });
        const stale = await call('PUT', `${gauges()}/status/status`, { ...created, status: { size: 5 } });
        expect(stale.status).toBe(409);
      });

      test('takes a merge patch', async () => {
        await patch(`${gauges()}/status/status`, merge, {
          status: { conditions: [{ type: 'Ready', status: 'True' }] },
        });
        expect((await call('GET', `${gauges()}/status`)).body.status).toMatchObject({
          size: 3,
          conditions: [{ type: 'Ready', status: 'True' }],
        });
      });
    });

    describe('scale', () => {
      const named = 'scale';
      const path = () => `${deployments()}/${named}/scale`;

      beforeAll(async () => {
        await call('POST', deployments(), deploymentNamed(named));
      });

      test('shows size and selector', async () => {
        const { body: owner } = await call('GET', `${deployments()}/${named}`);
        const { body } = await call('GET', path());
        expect(body).toMatchObject({
          kind: 'Scale',
          apiVersion: 'autoscaling/v1',
          metadata: { name: named, namespace: connection.namespace, uid: owner.metadata.uid },
          status: { selector: `app=${named}` },
        });
        expect(body.spec.replicas ?? 0).toBe(0);
      });

      test('is written under the version it was read with, and only then', async () => {
        const { body: scale } = await call('GET', path());
        const up = await call('PUT', path(), { ...scale, spec: { replicas: 1 } });
        expect(up).toMatchObject({ status: 200, body: { spec: { replicas: 1 } } });
        const stale = await call('PUT', path(), { ...scale, spec: { replicas: 2 } });
        expect(stale).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
        const { body: owner } = await call('GET', `${deployments()}/${named}`);
        expect(owner).toMatchObject({ spec: { replicas: 1 }, metadata: { generation: 2 } });
      });

      test('refuses another uid', async () => {
        const { body: scale } = await call('GET', path());
        const uid = '00000000-0000-0000-0000-000000000000';
        const { resourceVersion: _, ...metadata } = scale.metadata;
        const answer = await call('PUT', path(), { ...scale, metadata: { ...metadata, uid }, spec: { replicas: 3 } });
        expect(answer).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
        expect(answer.body.message).toContain('Precondition failed: UID in precondition');
      });

      test('takes a merge patch, and no negative size', async () => {
        expect(await patch(path(), merge, { spec: { replicas: 0 } })).toMatchObject({ status: 200 });
        const negative = await patch(path(), merge, { spec: { replicas: -1 } });
        expect(negative).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
        expect(negative.body.message).toContain('must be greater than or equal to 0');
      });

      test('of a custom kind reads the declared paths', async () => {
        await call('POST', gauges(), gauge('scaled', { size: 3 }));
        await patch(`${gauges()}/scaled/status`, merge, { status: { size: 2, selector: 'app=scaled' } });
        const { body } = await call('GET', `${gauges()}/scaled/scale`);
        expect(body).toMatchObject({ spec: { replicas: 3 }, status: { replicas: 2, selector: 'app=scaled' } });
        await call('PUT', `${gauges()}/scaled/scale`, { ...body, spec: { replicas: 5 } });
        expect((await call('GET', `${gauges()}/scaled`)).body.spec.size).toBe(5);
        const tooMany = await patch(`${gauges()}/scaled/scale`, merge, { spec: { replicas: 101 } });
        expect(tooMany.status).toBe(422);
      });

      test('a kind without it answers 404', async () => {
        expect((await call('GET', `${base('api/v1', 'configmaps')}/any/scale`)).status).toBe(404);
      });
    });

    describe('patches', () => {
      test('JSON patches apply as a whole or not at all', async () => {
        await call('POST', gauges(), gauge('patched', { size: 1 }));
        const ok = await patch(`${gauges()}/patched`, jsonPatch, [
          { op: 'test', path: '/spec/size', value: 1 },
          { op: 'replace', path: '/spec/size', value: 2 },
          { op: 'add', path: '/metadata/labels', value: { a: 'b' } },
        ]);
        expect(ok).toMatchObject({ status: 200, body: { spec: { size: 2 }, metadata: { labels: { a: 'b' } } } });
        const failed = await patch(`${gauges()}/patched`, jsonPatch, [
          { op: 'replace', path: '/spec/size', value: 3 },
          { op: 'test', path: '/spec/unit', value: 'ms' },
        ]);
        expect(failed.status).toBe(422);
        expect((await call('GET', `${gauges()}/patched`)).body.spec.size).toBe(2);
      });

      test('strategic patches merge lists of built-in kinds by key', async () => {
        await call('POST', deployments(), deploymentNamed('strategic'));
        const { body } = await patch(`${deployments()}/strategic`, strategic, {
          spec: { template: { spec: { containers: [{ name: 'side', image: 'registry.invalid/side:1' }] } } },
        });
        expect(body.spec.template.spec.containers.map((it) => it.name).sort()).toEqual(['app', 'side']);
        const { body: after } = await patch(`${deployments()}/strategic`, strategic, {
          spec: { template: { spec: { containers: [{ name: 'side', $patch: 'delete' }] } } },
        });
        expect(after.spec.template.spec.containers.map((it) => it.name)).toEqual(['app']);
      });

      test('a strategic patch of a custom kind is 415', async () => {
        expect(await patch(`${gauges()}/patched`, strategic, { spec: { size: 5 } })).toMatchObject({
          status: 415,
          body: { reason: 'UnsupportedMediaType' },
        });
      });

      test('server-side apply owns fields; another manager must force', async () => {
        const path = (manager: string, force = false) => `${gauges()}/applied?fieldManager=${manager}&force=${force}`;
        expect((await patch(path('one'), apply, gauge('applied', { size: 1, low: 1 }))).status).toBe(201);
        const conflict = await patch(path('two'), apply, gauge('applied', { size: 2 }));
        expect(conflict).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
        expect(conflict.body.message).toContain('conflict with "one"');
        expect(conflict.body.details.causes).toMatchObject([{ reason: 'FieldManagerConflict', field: '.spec.size' }]);
        expect(await patch(path('two', true), apply, gauge('applied', { size: 2 }))).toMatchObject({
          status: 200,
          body: { spec: { size: 2, low: 1 } },
        });
        // What a manager leaves out, and nobody else owns, goes away.
        const { body } = await patch(path('one'), apply, gauge('applied', { size: 2 }));
        expect(body.spec.low).toBeUndefined();
      });
    });

    describe('custom resources', () => {
      test('unknown fields are pruned, defaults filled in', async () => {
        const { status, body, warning } = await call('POST', gauges(), gauge('pruned', { size: 1, sise: 2 }));
        expect(status).toBe(201);
        expect(body.spec).toEqual({ size: 1, unit: 'rps' });
        expect(warning).toContain('unknown field');
        expect(warning).toContain('spec.sise');
      });

      test('fieldValidation=Strict refuses them, Ignore is silent', async () => {
        const strict = await call('POST', `${gauges()}?fieldValidation=Strict`, gauge('strict', { size: 1, sise: 2 }));
        expect(strict).toMatchObject({ status: 400, body: { reason: 'BadRequest' } });
        expect(strict.body.message).toContain('strict decoding error: unknown field "spec.sise"');
        expect(
          (await call('POST', `${gauges()}?fieldValidation=Ignore&dryRun=All`, gauge('strict', { size: 1, sise: 2 })))
            .warning,
        ).toBe('');
      });

      test.each([
        ['a missing required field', {}, 'spec.size: Required value'],
        ['a wrong type', { size: '1' }, 'spec.size in body must be of type integer: "string"'],
        ['too small', { size: -1 }, 'spec.size in body should be greater than or equal to 0'],
        ['too large', { size: 101 }, 'spec.size in body should be less than or equal to 100'],
        [
          'not in the enum',
          { size: 1, unit: 'kg' },
          'spec.unit: Unsupported value: "kg": supported values: "rps", "ms"',
        ],
        [
          'too many items',
          { size: 1, steps: ['a', 'b', 'c', 'd'].map((name) => ({ name })) },
          'spec.steps: Too many: 4: must have at most 3 items',
        ],
        ['a duplicate key', { size: 1, steps: [{ name: 'a' }, { name: 'a' }] }, 'spec.steps[1]: Duplicate value'],
        ['a pattern', { size: 1, steps: [{ name: 'A1' }] }, "spec.steps[0].name in body should match '^[a-z]+$'"],
        [
          'a rule, with its own words and place',
          { size: 1, low: 5, high: 2 },
          'spec.low: Invalid value: "object": low 5 is above high',
        ],
      ])('%s is refused with 422', async (_, spec, message) => {
        const { status, body } = await call('POST', gauges(), gauge('bad', spec));
        expect({ status, reason: body.reason }).toEqual({ status: 422, reason: 'Invalid' });
        expect(body.message).toContain('Gauge.contract.setpoint.dev "bad" is invalid: ');
        expect(body.message).toContain(message);
      });

      test('int-or-string takes both', async () => {
        expect((await call('POST', `${gauges()}?dryRun=All`, gauge('share', { size: 1, share: 5 }))).status).toBe(201);
        expect((await call('POST', `${gauges()}?dryRun=All`, gauge('share', { size: 1, share: '5%' }))).status).toBe(
          201,
        );
        expect((await call('POST', `${gauges()}?dryRun=All`, gauge('share', { size: 1, share: true }))).status).toBe(
          422,
        );
      });

      test('a transition rule compares with the value before', async () => {
        await call('POST', gauges(), gauge('fixed', { size: 1, fixed: 'a' }));
        const { status, body } = await patch(`${gauges()}/fixed`, merge, { spec: { fixed: 'b' } });
        expect(status).toBe(422);
        expect(body.message).toContain('fixed is fixed');
        expect((await patch(`${gauges()}/fixed`, merge, { spec: { size: 2 } })).status).toBe(200);
      });

      test('columns come as declared', async () => {
        const { body } = await call('GET', `${gauges()}/status`, undefined, {
          accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
        });
        expect(body.kind).toBe('Table');
        expect(body.columnDefinitions.map((it) => [it.name, it.priority])).toEqual([
          ['Name', 0],
          ['Size', 0],
          ['Ready', 0],
          ['Unit', 1],
          ['Age', 0],
        ]);
        expect(body.rows[0]?.cells).toEqual(['status', 4, 'True', 'rps', expect.stringMatching(/^\d+s$/)]);
      });
    });

    describe('leases', () => {
      const leases = () => base('apis/coordination.k8s.io/v1', 'leases');
      const lease = (renewTime: string) => ({
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name: 'leader' },
        spec: {
          holderIdentity: 'a',
          leaseDurationSeconds: 15,
          leaseTransitions: 0,
          acquireTime: '2026-01-02T03:04:05.000006Z',
          renewTime,
        },
      });

      test('times need six decimals', async () => {
        expect(await call('POST', leases(), lease('2026-01-02T03:04:05.123Z'))).toMatchObject({
          status: 400,
          body: { reason: 'BadRequest' },
        });
        expect(await call('POST', leases(), lease('2026-01-02T03:04:05Z'))).toMatchObject({ status: 400 });
        const { status, body } = await call('POST', leases(), lease('2026-01-02T03:04:05.123456Z'));
        expect(status).toBe(201);
        expect(body.spec.renewTime).toBe('2026-01-02T03:04:05.123456Z');
      });

      test('two candidates: one update wins, the other is 409', async () => {
        const { body } = await call('GET', `${leases()}/leader`);
        const claim = (holderIdentity: string) =>
          call('PUT', `${leases()}/leader`, { ...body, spec: { ...body.spec, holderIdentity } });
        const statuses = (await Promise.all([claim('b'), claim('c')])).map((it) => it.status);
        expect(statuses.sort((left, right) => left - right)).toEqual([200, 409]);
      });
    });

    describe('events', () => {
      test('one storage, seen in both versions', async () => {
        const core = base('api/v1', 'events');
        const event = {
          apiVersion: 'v1',
          kind: 'Event',
          metadata: { name: 'web.1' },
          involvedObject: {
            kind: 'Deployment',
            namespace: connection.namespace,
            name: 'web',
            uid: 'u-1',
            apiVersion: 'apps/v1',
          },
          reason: 'SuccessfulRescale',
          message: 'New size: 2',
          type: 'Normal',
          count: 1,
          firstTimestamp: '2026-01-02T03:04:05Z',
          lastTimestamp: '2026-01-02T03:04:05Z',
          source: { component: 'setpoint' },
        };
        expect((await call('POST', core, event)).status).toBe(201);
        const { body } = await call('GET', `${base('apis/events.k8s.io/v1', 'events')}/web.1`);
        expect(body).toMatchObject({
          apiVersion: 'events.k8s.io/v1',
          note: 'New size: 2',
          regarding: { name: 'web' },
          deprecatedCount: 1,
        });
        const byObject = await call(
          'GET',
          `${core}?fieldSelector=involvedObject.name%3Dweb%2Creason%3DSuccessfulRescale`,
        );
        expect(byObject.body.items).toHaveLength(1);
        expect((await call('GET', `${core}?fieldSelector=involvedObject.name%3Dother`)).body.items).toHaveLength(0);
        const again = await patch(`${core}/web.1`, merge, { count: 2, lastTimestamp: '2026-01-02T03:05:05Z' });
        expect(again).toMatchObject({ status: 200, body: { count: 2 } });
      });
    });

    describe('lists', () => {
      beforeAll(async () => {
        for (const [name, tier] of [
          ['l-1', 'a'],
          ['l-2', 'b'],
          ['l-3', 'a'],
          ['l-4', 'b'],
          ['l-5', 'c'],
        ] as const) {
          await call('POST', gauges(), {
            ...gauge(name, { size: 1 }),
            metadata: { name, labels: { list: 'yes', tier } },
          });
        }
      });
      const names = (answer: Answer) => answer.body.items.map((it) => it.metadata.name);

      test.each([
        ['list=yes,tier=a', ['l-1', 'l-3']],
        ['list=yes,tier!=a', ['l-2', 'l-4', 'l-5']],
        ['tier in (a, c)', ['l-1', 'l-3', 'l-5']],
        ['list,tier notin (a,b)', ['l-5']],
        ['list,!tier', []],
      ])('label selector %s', async (selector, expected) => {
        expect(names(await call('GET', `${gauges()}?labelSelector=${encodeURIComponent(selector)}`))).toEqual(expected);
      });

      test('field selectors on the name; others of a custom kind are 400', async () => {
        expect(names(await call('GET', `${gauges()}?fieldSelector=metadata.name%3Dl-2`))).toEqual(['l-2']);
        expect((await call('GET', `${gauges()}?fieldSelector=spec.size%3D1`)).status).toBe(400);
        expect((await call('GET', `${gauges()}?labelSelector=${encodeURIComponent('a in b')}`)).status).toBe(400);
      });

      test('pages together are the list, of one version even while it changes', async () => {
        const url = `${gauges()}?labelSelector=list&limit=2`;
        const after = ({ body }: Answer) => `${url}&continue=${encodeURIComponent(body.metadata.continue ?? '')}`;
        const first = await call('GET', url);
        expect(names(first)).toEqual(['l-1', 'l-2']);
        await call('DELETE', `${gauges()}/l-4`);
        const second = await call('GET', after(first));
        expect(names(second)).toEqual(['l-3', 'l-4']);
        expect(second.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion);
        const third = await call('GET', after(second));
        expect(names(third)).toEqual(['l-5']);
        expect(third.body.metadata.continue ?? '').toBe('');
        expect((await call('GET', `${url}&continue=nonsense`)).status).toBe(400);
      });
    });

    describe('watches', () => {
      test('resume after a version and tell each change once, in order', async () => {
        const { body: list } = await call('GET', gauges());
        const version = list.metadata.resourceVersion;
        await call('POST', gauges(), gauge('watched', { size: 1 }));
        const url = `${gauges()}?watch=true&resourceVersion=${version}&timeoutSeconds=20`;
        const events = await watch(url, 3, async () => {
          await patch(`${gauges()}/watched`, merge, { spec: { size: 2 } });
          await call('DELETE', `${gauges()}/watched`);
        });
        expect(events.map((it) => [it.type, it.object.metadata.name, it.object.spec.size])).toEqual([
          ['ADDED', 'watched', 1],
          ['MODIFIED', 'watched', 2],
          ['DELETED', 'watched', 2],
        ]);
        const versions = events.map((it) => Number(it.object.metadata.resourceVersion));
        expect(versions).toEqual(versions.toSorted((left, right) => left - right));
        expect(new Set(versions).size).toBe(3);
      });

      test('without a version start with what is there', async () => {
        const events = await watch(`${gauges()}?watch=1&fieldSelector=metadata.name%3Dfixed&timeoutSeconds=20`, 1);
        expect(events).toMatchObject([{ type: 'ADDED', object: { metadata: { name: 'fixed' } } }]);
      });

      test('an object that leaves the selector is DELETED for it, and ADDED when it comes back', async () => {
        await call('POST', gauges(), {
          ...gauge('moving', { size: 1 }),
          metadata: { name: 'moving', labels: { side: 'left' } },
        });
        const url = `${gauges()}?watch=1&labelSelector=side%3Dleft&timeoutSeconds=20`;
        const events = await watch(url, 3, async () => {
          await patch(`${gauges()}/moving`, merge, { metadata: { labels: { side: 'right' } } });
          await patch(`${gauges()}/moving`, merge, { metadata: { labels: { side: 'left' } } });
        });
        expect(events.map((it) => it.type)).toEqual(['ADDED', 'DELETED', 'ADDED']);
      });

      test('end by themselves after timeoutSeconds', async () => {
        const started = performance.now();
        await watch(`${gauges()}?watch=1&timeoutSeconds=1&labelSelector=none`, 1);
        expect(performance.now() - started).toBeGreaterThan(900);
      });
    });

    test('a HorizontalPodAutoscaler keeps its bounds', async () => {
      const hpa = (spec: Record<string, unknown>) => ({
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: 'web' },
        spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, ...spec },
      });
      const path = base('apis/autoscaling/v2', 'horizontalpodautoscalers');
      const bad = await call('POST', path, hpa({ minReplicas: 5, maxReplicas: 2 }));
      expect(bad.status).toBe(422);
      expect(bad.body.message).toContain(
        'spec.maxReplicas: Invalid value: 2: must be greater than or equal to `minReplicas`',
      );
      expect(await call('POST', path, hpa({ maxReplicas: 3 }))).toMatchObject({
        status: 201,
        body: { spec: { minReplicas: 1, maxReplicas: 3 } },
      });
      const old = await call('GET', `${base('apis/autoscaling/v1', 'horizontalpodautoscalers')}/web`);
      expect(old.body).toMatchObject({
        apiVersion: 'autoscaling/v1',
        spec: { maxReplicas: 3, targetCPUUtilizationPercentage: 80 },
      });
    });

    test('a wrong deployment is refused', async () => {
      const { spec, ...deployment } = deploymentNamed('wrong');
      const template = { ...spec.template, metadata: { labels: { app: 'other' } } };
      const wrong = { ...deployment, spec: { ...spec, template, replicas: -1 } };
      const { status, body } = await call('POST', deployments(), wrong);
      expect(status).toBe(422);
      expect(body.message).toContain('spec.replicas: Invalid value: -1: must be greater than or equal to 0');
      expect(body.message).toContain('`selector` does not match template `labels`');
      const typed = { ...deployment, spec: { ...spec, replicas: 'two' } };
      expect((await call('POST', deployments(), typed)).status).toBe(400);
    });
  });
}
