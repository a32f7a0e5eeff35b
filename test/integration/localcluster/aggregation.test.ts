// APIs that another server serves behind the local API server: discovery, reads, rights, and a server that is away.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ApiServer, startApiServer } from '../../../src/localcluster/api-server.ts';
import { CUSTOM, EXTERNAL, registerApis, startClusterAdapter } from '../../support/adapter-on-cluster.ts';
import type { MetricsAdapter } from '../../support/metrics-adapter.ts';

const QUEUE = `/apis/${EXTERNAL}/v1beta1/namespaces/shop/queue`;

let server: ApiServer;
let adapter: MetricsAdapter;
beforeEach(async () => {
  server = await startApiServer({ namespaces: ['shop'] });
  adapter = await startClusterAdapter();
  adapter.setExternal('shop', 'queue', '5');
  registerApis(server, adapter, [CUSTOM, 'v1beta1', 'v1beta2'], [EXTERNAL, 'v1beta1']);
});
afterEach(async () => {
  await server.close();
  await adapter.close();
});

async function get(path: string, init: RequestInit = {}): Promise<{ status: number; body: Record<string, unknown> }> {
  const answer = await fetch(`${server.url}${path}`, init);
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

describe('an aggregated API', () => {
  it('is in discovery beside those of the server, its newest version first', async () => {
    const { body } = await get('/apis');
    const names = (body['groups'] as { name: string }[]).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['apps', CUSTOM, EXTERNAL]));
    const group = await get(`/apis/${CUSTOM}`);
    expect(group.body).toMatchObject({
      preferredVersion: { version: 'v1beta2' },
      versions: [{ version: 'v1beta2' }, { version: 'v1beta1' }],
    });
    const resources = await get(`/apis/${EXTERNAL}/v1beta1`);
    expect(resources.body).toMatchObject({ kind: 'APIResourceList', resources: [{ name: 'queue' }] });
  });

  it('is asked with the path and the query as they came', async () => {
    const { status, body } = await get(`${QUEUE}?labelSelector=a%3Db%2Cc`);
    expect([status, body['kind']]).toEqual([200, 'ExternalMetricValueList']);
    expect(adapter.requests).toEqual([`${QUEUE}?labelSelector=a%3Db%2Cc`]);
    expect((await get(`/apis/${EXTERNAL}/v1beta1/namespaces/shop/unknown`)).status).toBe(404);
    expect(server.audit.count({ group: EXTERNAL, verb: 'list' })).toBe(2);
  });

  it('is asked only for those who may, and only for reads', async () => {
    const rules = [{ apiGroups: [EXTERNAL], resources: ['queue'], verbs: ['list'] }];
    server.addUser('reader', { user: 'reader', rules });
    const headers = { authorization: 'Bearer reader' };
    expect((await get(QUEUE, { headers })).status).toBe(200);
    expect((await get(`/apis/${CUSTOM}/v1beta2/namespaces/shop/pods/*/rps`, { headers })).status).toBe(403);
    expect((await get(QUEUE, { method: 'DELETE' })).status).toBe(405);
    expect(adapter.requests).toEqual([QUEUE]);
  });

  it('is 503 while its server is away, has no Service, or shows another certificate', async () => {
    adapter.fault = 'reset';
    expect(await get(QUEUE)).toMatchObject({ status: 503, body: { reason: 'ServiceUnavailable' } });
    adapter.fault = undefined;
    const api = server.store.get('apiservices.apiregistration.k8s.io', '', `v1beta1.${EXTERNAL}`)!;
    const other = await startClusterAdapter();
    const caBundle = Buffer.from(other.ca ?? '').toString('base64');
    await other.close();
    const spec = { ...(api['spec'] as object), caBundle };
    server.store.update('apiservices.apiregistration.k8s.io', { ...api, spec });
    expect((await get(QUEUE)).status).toBe(503);
    server.store.delete('services', 'kube-system', 'metrics-adapter');
    expect((await get(QUEUE)).status).toBe(503);
    // The rest of the server is none the worse.
    expect((await get('/api/v1/namespaces/shop')).status).toBe(200);
  });
});
