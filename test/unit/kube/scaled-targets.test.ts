import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import type { WatchContext } from '../../../src/kube/collection.ts';
import { ScaledTargets } from '../../../src/kube/scaled-targets.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';
import { FakeCollection } from '../../support/fake-collection.ts';

const valid = (generation: number, changes: Record<string, unknown> = {}) => ({
  metadata: { generation, ...changes },
  spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 10 },
});

async function setUp(namespaces: string[] = []) {
  const servers = new Map<string | undefined, FakeCollection>();
  const context = { clock: new FakeClock(), random: () => 0.5, logger: silentLogger, namespaces };
  const targets = new ScaledTargets(context as unknown as WatchContext, (namespace) => {
    const server = new FakeCollection('ScaledTargetList');
    servers.set(namespace, server);
    return server;
  });
  const heard: string[] = [];
  targets.onChange((key) => heard.push(key));
  targets.start();
  await settle();
  return { targets, heard, servers, server: servers.get(namespaces[0])! };
}

describe('ScaledTargets', () => {
  it('a bad object has faults; the others do not notice', async () => {
    const { targets, server } = await setUp();
    server.put('bad', { spec: { maxReplicas: 'many', metrics: [{ type: 7 }] } });
    server.put('empty', { spec: null });
    server.put('good', valid(1));
    await settle();
    expect(targets.get('shop/bad')?.spec).toBeUndefined();
    expect(targets.get('shop/bad')?.faults).not.toEqual([]);
    expect(targets.get('shop/empty')?.spec).toBeUndefined();
    expect(targets.get('shop/good')?.faults).toEqual([]);
    expect([...targets.all()]).toHaveLength(3);
    expect(Object.isFrozen(targets.get('shop/good')?.spec?.scaleTargetRef)).toBe(true);
  });

  it('wakes for what users change, not for status', async () => {
    const { targets, server, heard } = await setUp();
    server.put('web', valid(1));
    await settle();
    server.put('web', { ...valid(1), status: { currentReplicas: 4 } });
    await settle();
    expect(heard).toEqual(['shop/web']);
    expect(targets.get('shop/web')?.previous.currentReplicas).toBe(4);
    server.put('web', valid(2));
    await settle();
    server.put('web', valid(2, { deletionTimestamp: '2026-01-01T00:00:00Z' }));
    await settle();
    server.delete('web');
    await settle();
    expect(heard).toEqual(['shop/web', 'shop/web', 'shop/web', 'shop/web']);
    expect(targets.get('shop/web')).toBeUndefined();
  });

  it('wakes when an object was deleted and made again unseen, with the same generation', async () => {
    const { server, heard } = await setUp();
    server.put('web', valid(1));
    await settle();
    server.put('web', valid(1, { uid: 'another' }));
    await settle();
    expect(heard).toEqual(['shop/web', 'shop/web', 'shop/web']);
  });

  it('watches only the namespaces it is given', async () => {
    const { targets, servers } = await setUp(['shop', 'depot', 'shop']);
    expect([...servers.keys()]).toEqual(['shop', 'depot']);
    servers.get('shop')?.put('web', valid(1));
    servers.get('depot')?.put('web', valid(1), 'depot');
    await settle();
    expect([...targets.all()].map(({ key }) => key)).toEqual(['shop/web', 'depot/web']);
    expect(targets.get('other/web')).toBeUndefined();
    expect(targets.state).toMatchObject({ synced: true, objects: 2, watches: 2 });
    await targets.stop();
    expect([...servers.values()].map(({ openStreams }) => openStreams)).toEqual([0, 0]);
  });
});
