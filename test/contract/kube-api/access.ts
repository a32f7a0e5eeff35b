// Who may do what: tokens, roles down to verb, subresource and name, and the reviews that answer the question beforehand.
import { beforeAll, describe, expect, test } from 'vitest';
import { connectToPod } from '../../../src/kube/port-forward.ts';
import { configMap, gauge, workload } from './objects-under-test.ts';
import type { ApiSession, Method } from './session.ts';

const RBAC = 'apis/rbac.authorization.k8s.io/v1';
const ACCOUNT = 'limited';
const RULES = [
  { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: ['apps'], resources: ['deployments/scale'], verbs: ['get', 'update'] },
  { apiGroups: ['contract.setpoint.dev'], resources: ['gauges/status'], verbs: ['patch'] },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
  {
    apiGroups: ['coordination.k8s.io'],
    resources: ['leases'],
    resourceNames: ['mine'],
    verbs: ['get', 'update', 'list'],
  },
  { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
  { apiGroups: [''], resources: ['pods/portforward'], verbs: ['get'] },
];

export function accessContract(api: ApiSession): void {
  let token: string;
  const user = () => `system:serviceaccount:${api.namespace}:${ACCOUNT}`;
  const as = (method: Method, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    api.call(method, path, body, { token, headers });
  const leases = () => api.in('apis/coordination.k8s.io/v1', 'leases');
  const lease = (name: string) => ({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name },
    spec: { holderIdentity: 'a' },
  });

  describe('access', () => {
    beforeAll(async () => {
      await api.call('POST', api.in('api/v1', 'serviceaccounts'), {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: ACCOUNT },
      });
      await api.call('POST', api.in(RBAC, 'roles'), {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { name: ACCOUNT },
        rules: RULES,
      });
      await api.call('POST', api.in(RBAC, 'rolebindings'), {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: ACCOUNT },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: ACCOUNT },
        subjects: [{ kind: 'ServiceAccount', name: ACCOUNT, namespace: api.namespace }],
      });
      await api.call('POST', api.in('apis/apps/v1', 'deployments'), workload('Deployment', 'guarded'));
      await api.call('POST', api.in('apis/contract.setpoint.dev/v1', 'gauges'), gauge('guarded', { size: 1 }));
      await api.call('POST', leases(), lease('mine'));
      await api.call('POST', leases(), lease('theirs'));
      const request = {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { expirationSeconds: 3600 },
      };
      const { status, body } = await api.call(
        'POST',
        `${api.in('api/v1', 'serviceaccounts')}/${ACCOUNT}/token`,
        request,
      );
      expect(status).toBe(201);
      token = (body.status as { token: string }).token;
      await api.until(async () => expect((await as('GET', api.in('apis/apps/v1', 'deployments'))).status).toBe(200));
    });

    test('a token that nobody has is 401', async () => {
      const answer = await api.get(api.in('api/v1', 'pods'), { token: 'wrong' });
      expect(answer).toMatchObject({
        status: 401,
        body: {
          kind: 'Status',
          apiVersion: 'v1',
          status: 'Failure',
          reason: 'Unauthorized',
          message: 'Unauthorized',
          code: 401,
        },
      });
    });

    test('no token at all is 401, or 403 where somebody unknown is let in by the name of system:anonymous', async () => {
      const { status, body } = await api.get(api.in('api/v1', 'pods'), { token: null });
      expect(body).toMatchObject({ kind: 'Status', status: 'Failure', code: status });
      if (status === 403) expect(body.message).toContain('User "system:anonymous" cannot list resource "pods"');
      else expect(status).toBe(401);
    });

    test.each([
      ['GET', 'apis/apps/v1', 'deployments', 200],
      ['GET', 'apis/apps/v1', 'deployments/guarded', 200],
      ['GET', 'apis/apps/v1', 'deployments/guarded/scale', 200],
      ['GET', 'apis/coordination.k8s.io/v1', 'leases/mine', 200],
      ['GET', 'apis/coordination.k8s.io/v1', 'leases?fieldSelector=metadata.name%3Dmine', 200],
      ['GET', 'apis/apps/v1', 'deployments/guarded/status', 403],
      ['GET', 'apis/apps/v1', 'statefulsets', 403],
      ['GET', 'api/v1', 'secrets', 403],
      ['GET', 'apis/contract.setpoint.dev/v1', 'gauges/guarded', 403],
      ['GET', 'apis/coordination.k8s.io/v1', 'leases/theirs', 403],
      ['GET', 'apis/coordination.k8s.io/v1', 'leases', 403],
      ['DELETE', 'apis/coordination.k8s.io/v1', 'leases/mine', 403],
      ['DELETE', 'apis/apps/v1', 'deployments/guarded', 403],
      ['DELETE', 'apis/apps/v1', 'deployments', 403],
    ] as const)('%s %s %s is %i', async (method, groupVersion, rest, code) => {
      expect((await as(method, api.in(groupVersion, rest))).status).toBe(code);
    });

    test('a watch is allowed by its own verb', async () => {
      const url = `${api.in('apis/apps/v1', 'deployments')}?watch=1&timeoutSeconds=20`;
      expect(await api.watch(url, 1, undefined, { token })).toHaveLength(1);
      expect((await as('GET', `${leases()}?watch=1&fieldSelector=metadata.name%3Dmine`)).status).toBe(403);
    });

    test('a scale may be written where its owner may not', async () => {
      const path = `${api.in('apis/apps/v1', 'deployments')}/guarded`;
      const { body: scale } = await as('GET', `${path}/scale`);
      expect((await as('PUT', `${path}/scale`, { ...scale, spec: { replicas: 1 } })).status).toBe(200);
      const { body: owner } = await as('GET', path);
      expect((await as('PUT', path, { ...owner, spec: { ...owner.spec, replicas: 2 } })).status).toBe(403);
      const merge = { 'content-type': 'application/merge-patch+json' };
      expect((await as('PATCH', `${path}/scale`, { spec: { replicas: 2 } }, merge)).status).toBe(403);
    });

    test('a status may be written where its owner may not', async () => {
      const path = `${api.in('apis/contract.setpoint.dev/v1', 'gauges')}/guarded`;
      const merge = { 'content-type': 'application/merge-patch+json' };
      expect((await as('PATCH', `${path}/status`, { status: { size: 1 } }, merge)).status).toBe(200);
      expect((await as('PATCH', path, { spec: { size: 2 } }, merge)).status).toBe(403);
    });

    test('a name in a rule: that Lease may be written, another one only made', async () => {
      const { body: mine } = await as('GET', `${leases()}/mine`);
      expect((await as('PUT', `${leases()}/mine`, { ...mine, spec: { holderIdentity: 'b' } })).status).toBe(200);
      const { body: theirs } = await api.get(`${leases()}/theirs`);
      expect((await as('PUT', `${leases()}/theirs`, theirs)).status).toBe(403);
      expect((await as('POST', leases(), lease('new'))).status).toBe(201);
    });

    test.each([
      [
        'GET',
        'apis/apps/v1',
        'statefulsets',
        'statefulsets.apps is forbidden',
        'list resource "statefulsets" in API group "apps"',
      ],
      ['GET', 'api/v1', 'secrets/key', 'secrets "key" is forbidden', 'get resource "secrets" in API group ""'],
      [
        'GET',
        'apis/apps/v1',
        'deployments/guarded/status',
        'deployments.apps "guarded" is forbidden',
        'get resource "deployments/status" in API group "apps"',
      ],
      [
        'DELETE',
        'apis/apps/v1',
        'deployments',
        'deployments.apps is forbidden',
        'deletecollection resource "deployments" in API group "apps"',
      ],
      [
        'GET',
        'apis/apps/v1',
        'replicasets?watch=1',
        'replicasets.apps is forbidden',
        'watch resource "replicasets" in API group "apps"',
      ],
    ] as const)('%s %s %s says who may not do what', async (method, groupVersion, rest, subject, what) => {
      const { body } = await as(method, api.in(groupVersion, rest));
      expect(body).toMatchObject({ kind: 'Status', status: 'Failure', reason: 'Forbidden', code: 403 });
      expect(body.message).toBe(`${subject}: User "${user()}" cannot ${what} in the namespace "${api.namespace}"`);
    });

    test('a WebSocket into a pod, which is opened by GET, needs the verb create as well', async () => {
      const target = { namespace: api.namespace, pod: 'none', port: 8081 };
      const refused = connectToPod(api.accessOf(token), target, AbortSignal.timeout(10_000));
      await expect(refused).rejects.toMatchObject({
        status: 403,
        message: 'pods "none" is forbidden: ',
      });
    });

    test('at the cluster scope and for paths the words are others', async () => {
      expect((await as('GET', '/api/v1/nodes')).body.message).toBe(
        `nodes is forbidden: User "${user()}" cannot list resource "nodes" in API group "" at the cluster scope`,
      );
      expect((await as('GET', '/apis/apps/v1/deployments')).body.message).toContain('at the cluster scope');
      const path = await as('GET', '/metrics/not-served');
      expect(path).toMatchObject({ status: 403, body: { reason: 'Forbidden' } });
      expect(path.body.message).toBe(`forbidden: User "${user()}" cannot get path "/metrics/not-served"`);
    });

    test('a refusal comes before the question whether it is there', async () => {
      expect((await as('GET', `${api.in('api/v1', 'secrets')}/none`)).status).toBe(403);
      expect((await as('POST', api.in('api/v1', 'configmaps'), configMap('none', {}))).status).toBe(403);
    });

    test.each(['/api', '/apis', '/apis/apps/v1', '/version', '/readyz', '/openapi/v3'])(
      'everybody known may read %s',
      async (path) => {
        expect((await as('GET', path)).status).toBe(200);
      },
    );

    test.each([
      ['get', 'apps', 'deployments', '', '', true],
      ['update', 'apps', 'deployments', 'scale', '', true],
      ['patch', 'apps', 'deployments', 'scale', '', false],
      ['get', 'coordination.k8s.io', 'leases', '', 'mine', true],
      ['get', 'coordination.k8s.io', 'leases', '', 'theirs', false],
      ['create', '', 'events', '', '', true],
    ])('a review of %s %s %s %s %s says %s', async (verb, group, resource, subresource, name, allowed) => {
      const attributes = { namespace: api.namespace, verb, group, resource, subresource, name };
      const { status, body } = await as('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes: attributes },
      });
      expect(status).toBe(201);
      expect(body).toMatchObject({ kind: 'SelfSubjectAccessReview', status: { allowed } });
    });

    const review = (given: unknown) => ({
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenReview',
      spec: { token: given },
    });
    const TOKEN_REVIEWS = '/apis/authentication.k8s.io/v1/tokenreviews';

    test('a review of a token says whose it is', async () => {
      const { status, body } = await api.call('POST', TOKEN_REVIEWS, review(token));
      expect(status).toBe(201);
      const account = await api.get(`${api.in('api/v1', 'serviceaccounts')}/${ACCOUNT}`);
      expect(body).toMatchObject({
        kind: 'TokenReview',
        status: {
          authenticated: true,
          user: {
            username: user(),
            uid: account.body.metadata.uid,
            groups: expect.arrayContaining([
              'system:authenticated',
              'system:serviceaccounts',
              `system:serviceaccounts:${api.namespace}`,
            ]),
          },
        },
      });
    });

    test('a token that nobody has is reviewed without an error, and is nobody', async () => {
      const { status, body } = await api.call('POST', TOKEN_REVIEWS, review('not-a-token'));
      expect(status).toBe(201);
      expect(body['status']).toEqual({ user: {}, error: expect.stringContaining('invalid bearer token') });
    });

    test('a review needs a token, and the right to ask', async () => {
      const without = await api.call('POST', TOKEN_REVIEWS, review(''));
      expect(without).toMatchObject({ status: 400, body: { reason: 'BadRequest' } });
      expect(without.body.message).toContain('token is required for TokenReview in authentication');
      expect((await as('POST', TOKEN_REVIEWS, review(token))).status).toBe(403);
    });

    test('a review of what another may do answers for that one', async () => {
      const ask = (namespace: string | undefined) =>
        api.call('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SubjectAccessReview',
          spec: {
            user: user(),
            groups: ['system:authenticated'],
            resourceAttributes: {
              verb: 'list',
              group: 'apps',
              resource: 'deployments',
              ...(namespace && { namespace }),
            },
          },
        });
      expect(await ask(api.namespace)).toMatchObject({ status: 201, body: { status: { allowed: true } } });
      expect(await ask(undefined)).toMatchObject({ status: 201, body: { status: { allowed: false } } });
      expect(await ask('default')).toMatchObject({ status: 201, body: { status: { allowed: false } } });
    });

    test('who may do everything may act as somebody else, with the rights of that one', async () => {
      const acting = { headers: { 'impersonate-user': user() } };
      expect((await api.get(api.in('apis/apps/v1', 'deployments'), acting)).status).toBe(200);
      const refused = await api.get(api.in('api/v1', 'secrets'), acting);
      expect(refused.status).toBe(403);
      expect(refused.body.message).toContain(`User "${user()}" cannot list resource "secrets"`);
      const inGroup = { headers: { 'impersonate-user': 'anna', 'impersonate-group': 'system:masters' } };
      expect((await api.get(api.in('api/v1', 'secrets'), inGroup)).status).toBe(200);
      const alone = { headers: { 'impersonate-user': 'anna' } };
      expect((await api.get(api.in('api/v1', 'secrets'), alone)).status).toBe(403);
    });

    test('nobody else may', async () => {
      const answer = await as('GET', '/apis', undefined, { 'impersonate-user': 'anna' });
      expect(answer.status).toBe(403);
      // In which words depends on the version: the rights to act as somebody became finer.
      expect(answer.body.reason).toBe('Forbidden');
      expect(answer.body.message).toContain(`User "${user()}" cannot impersonate`);
    });

    test('what is taken away is refused soon', async () => {
      expect((await api.call('DELETE', `${api.in(RBAC, 'rolebindings')}/${ACCOUNT}`)).status).toBe(200);
      await api.until(async () => expect((await as('GET', api.in('apis/apps/v1', 'deployments'))).status).toBe(403));
    });
  });
}
