// Discovery: what a client learns of what is served, one document at a time and aggregated, and how a CRD comes and goes in it.
import { describe, expect, test } from 'vitest';
import { CRDS, dialCrd } from './objects-under-test.ts';
import type { ApiSession } from './session.ts';

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

export function discoveryContract(api: ApiSession): void {
  describe('discovery', () => {
    test('/api names the core version', async () => {
      const { status, body } = await api.get('/api');
      expect(status).toBe(200);
      expect(body).toMatchObject({ kind: 'APIVersions', versions: ['v1'] });
    });

    test('/apis names groups with their versions and the preferred one', async () => {
      const { body } = await api.get('/apis');
      expect(body).toMatchObject({ kind: 'APIGroupList', apiVersion: 'v1' });
      const groups = body.groups.map(({ name }) => name);
      expect(groups).toEqual(
        expect.arrayContaining([
          'apps',
          'autoscaling',
          'coordination.k8s.io',
          'events.k8s.io',
          'apiextensions.k8s.io',
          'rbac.authorization.k8s.io',
          'contract.setpoint.dev',
        ]),
      );
      expect(body.groups.find(({ name }) => name === 'autoscaling')).toMatchObject({
        preferredVersion: { groupVersion: 'autoscaling/v2', version: 'v2' },
        versions: [{ groupVersion: 'autoscaling/v2' }, { groupVersion: 'autoscaling/v1' }],
      });
    });

    test('a group by itself', async () => {
      expect((await api.get('/apis/apps')).body).toMatchObject({
        kind: 'APIGroup',
        apiVersion: 'v1',
        name: 'apps',
        preferredVersion: { groupVersion: 'apps/v1', version: 'v1' },
      });
    });

    test('a group version names its resources with kinds, verbs and short names', async () => {
      const { body } = await api.get('/apis/apps/v1');
      expect(body).toMatchObject({ kind: 'APIResourceList', groupVersion: 'apps/v1' });
      const deployments = body.resources.find(({ name }) => name === 'deployments');
      expect(deployments).toMatchObject({
        kind: 'Deployment',
        namespaced: true,
        singularName: 'deployment',
        shortNames: ['deploy'],
        categories: ['all'],
      });
      expect(deployments?.verbs.toSorted()).toEqual(
        ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'].toSorted(),
      );
    });

    test.each([
      ['/apis/apps/v1', 'deployments'],
      ['/apis/apps/v1', 'statefulsets'],
      ['/apis/apps/v1', 'replicasets'],
      ['/api/v1', 'replicationcontrollers'],
      ['/apis/contract.setpoint.dev/v1', 'gauges'],
    ])('%s %s has the subresources scale and status', async (path, resource) => {
      const { body } = await api.get(path);
      const scale = body.resources.find(({ name }) => name === `${resource}/scale`);
      expect(scale).toMatchObject({ kind: 'Scale', group: 'autoscaling', version: 'v1', namespaced: true });
      expect(scale?.verbs.toSorted()).toEqual(['get', 'patch', 'update']);
      const status = body.resources.find(({ name }) => name === `${resource}/status`);
      expect(status?.verbs.toSorted()).toEqual(['get', 'patch', 'update']);
    });

    test.each([
      ['/api/v1', 'events', 'Event'],
      ['/api/v1', 'pods', 'Pod'],
      ['/apis/events.k8s.io/v1', 'events', 'Event'],
      ['/apis/coordination.k8s.io/v1', 'leases', 'Lease'],
      ['/apis/autoscaling/v2', 'horizontalpodautoscalers', 'HorizontalPodAutoscaler'],
    ])('%s serves %s', async (path, resource, kind) => {
      const { body } = await api.get(path);
      expect(body.resources.find(({ name }) => name === resource)).toMatchObject({ kind, namespaced: true });
    });

    test('a daemon set has no scale', async () => {
      const { body } = await api.get('/apis/apps/v1');
      const names = body.resources.map(({ name }) => name);
      expect(names).toContain('daemonsets/status');
      expect(names).not.toContain('daemonsets/scale');
    });

    test('a custom resource is named with what its CRD says', async () => {
      const { body } = await api.get('/apis/contract.setpoint.dev/v1');
      expect(body.resources.map(({ name }) => name).toSorted()).toEqual(['gauges', 'gauges/scale', 'gauges/status']);
      expect(body.resources.find(({ name }) => name === 'gauges')).toMatchObject({
        singularName: 'gauge',
        shortNames: ['gg'],
        categories: ['instruments'],
      });
    });

    test('aggregated, all groups come in one document', async () => {
      const { body, contentType } = await api.get('/apis', { headers: { accept: `${AGGREGATED},application/json` } });
      expect(contentType).toBe(AGGREGATED);
      expect(body).toMatchObject({ kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2' });
      const apps = body.items.find(({ metadata }) => metadata.name === 'apps') as unknown as AggregatedGroup;
      expect(apps.versions[0]).toMatchObject({ version: 'v1', freshness: 'Current' });
      const deployments = apps.versions[0]?.resources.find(({ resource }) => resource === 'deployments');
      expect(deployments).toMatchObject({
        // Without group and version it is the one that it stands in.
        responseKind: { group: '', version: '', kind: 'Deployment' },
        scope: 'Namespaced',
        singularResource: 'deployment',
        shortNames: ['deploy'],
      });
      const scale = deployments?.subresources.find(({ subresource }) => subresource === 'scale');
      expect(scale).toMatchObject({ responseKind: { group: 'autoscaling', version: 'v1', kind: 'Scale' } });
      expect(scale?.verbs.toSorted()).toEqual(['get', 'patch', 'update']);
    });

    test('aggregated, the core group is apart', async () => {
      const { body } = await api.get('/api', { headers: { accept: AGGREGATED } });
      const [core] = body.items as unknown as AggregatedGroup[];
      expect(body.items).toHaveLength(1);
      expect(core?.versions[0]?.resources.find(({ resource }) => resource === 'pods')).toMatchObject({
        responseKind: { group: '', version: '', kind: 'Pod' },
      });
    });

    test('a CRD appears in all documents and disappears from them', async () => {
      const served = async () => ({
        inGroup: (await api.get('/apis/contract.setpoint.dev')).body.versions.map(({ version }) => version),
        list: (await api.get('/apis/contract.setpoint.dev/v2')).status,
        aggregated: (await api.get('/apis', { headers: { accept: AGGREGATED } })).text.includes('"dials"'),
        resource: (await api.get(api.in('apis/contract.setpoint.dev/v2', 'dials'))).status,
      });
      const nothing = { inGroup: ['v1'], list: 404, aggregated: false, resource: 404 };
      expect(await served()).toEqual(nothing);
      expect((await api.call('POST', CRDS, dialCrd)).status).toBe(201);
      await api.until(async () =>
        expect(await served()).toEqual({ inGroup: ['v2', 'v1'], list: 200, aggregated: true, resource: 200 }),
      );
      expect((await api.call('DELETE', `${CRDS}/${dialCrd.metadata.name}`)).status).toBe(200);
      await api.until(async () => expect(await served()).toEqual(nothing));
    });

    test('a CRD says when it is established', async () => {
      const { body } = await api.get(`${CRDS}/gauges.contract.setpoint.dev`);
      expect(body.status).toMatchObject({
        conditions: expect.arrayContaining([
          expect.objectContaining({ type: 'NamesAccepted', status: 'True' }),
          expect.objectContaining({ type: 'Established', status: 'True' }),
        ]) as unknown,
        acceptedNames: { plural: 'gauges', kind: 'Gauge' },
        storedVersions: ['v1'],
      });
    });

    test.each([
      ['a group', '/apis/nothing.setpoint.dev/v1'],
      ['a version', '/apis/apps/v9'],
      ['a path', '/nothing'],
    ])('%s that nobody serves is 404', async (_, path) => {
      expect((await api.get(path)).status).toBe(404);
    });

    test('a resource that nobody serves is 404 with a Status', async () => {
      expect(await api.get(api.in('apis/apps/v1', 'nothings'))).toMatchObject({
        status: 404,
        body: {
          kind: 'Status',
          apiVersion: 'v1',
          status: 'Failure',
          reason: 'NotFound',
          message: 'the server could not find the requested resource',
          code: 404,
        },
      });
    });

    test('the version is told', async () => {
      const { body } = await api.get('/version');
      expect(body).toMatchObject({
        major: '1',
        minor: expect.stringMatching(/^\d+$/) as unknown,
        gitVersion: expect.stringMatching(/^v1\.\d+\.\d+/) as unknown,
      });
    });

    test.each(['/healthz', '/livez', '/readyz'])('%s says ok in plain text', async (path) => {
      expect(await api.get(path)).toMatchObject({
        status: 200,
        text: 'ok',
        contentType: 'text/plain; charset=utf-8',
      });
    });

    test('OpenAPI v3 is there by group version, custom ones included', async () => {
      await api.until(async () => {
        // As text, though it is JSON.
        const { text } = await api.get('/openapi/v3');
        const { paths } = JSON.parse(text) as { paths: Record<string, unknown> };
        expect(Object.keys(paths)).toEqual(
          expect.arrayContaining(['api/v1', 'apis/apps/v1', 'apis/contract.setpoint.dev/v1']),
        );
      });
    });
  });
}

interface AggregatedGroup {
  readonly versions: readonly {
    readonly version: string;
    readonly resources: readonly {
      readonly resource: string;
      readonly subresources: readonly { readonly subresource: string; readonly verbs: readonly string[] }[];
    }[];
  }[];
}
