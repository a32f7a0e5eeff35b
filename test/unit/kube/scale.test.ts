import { afterEach, describe, expect, it } from 'vitest';
import { ApiStatusError } from '../../../src/base/errors.ts';
import type { Logger } from '../../../src/base/logger.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import type { KubeClient } from '../../../src/kube/client.ts';
import { KubeScales } from '../../../src/kube/scale.ts';
import { trimWorkload } from '../../../src/kube/workloads.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';
import { FakeCollection } from '../../support/fake-collection.ts';
import { target, spec } from '../../support/targets.ts';

const signal = new AbortController().signal;
const ref = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

/** Deployments of one fake server, by watch and by /scale, and what was asked for. */
function setUp() {
  const clock = new FakeClock();
  const server = new FakeCollection('DeploymentList');
  const warnings: string[] = [];
  const logger: Logger = { ...silentLogger, warn: (message) => warnings.push(message) };
  const asked: string[] = [];
  const deployment = (replicas: number) =>
    server.put('web', { spec: { replicas, selector: { matchLabels: { app: 'web' } } }, status: { replicas } });
  const scaleOf = () => {
    const found = server.objects.get('shop/web');
    if (!found) throw new ApiStatusError(404, 'NotFound', 'deployments.apps "web" not found');
    const { replicas } = found['spec'] as { replicas: number };
    return {
      kind: 'Scale',
      metadata: found.metadata,
      spec: replicas === 0 ? {} : { replicas },
      status: { selector: 'app=web' },
    };
  };
  const client = {
    list: (path: string, options: { query: Record<string, string>; signal: AbortSignal }) => {
      asked.push(`list ${path}`);
      return server.list(options.query, false, options.signal);
    },
    watch: (path: string, options: { query: Record<string, string>; signal: AbortSignal }) => {
      asked.push(`watch ${path}`);
      return server.watch(options.query, options.signal);
    },
    get: async (path: string, _options?: { signal: AbortSignal }) => {
      asked.push(`get ${path}`);
      return scaleOf();
    },
    replace: async (path: string, body: { spec: { replicas: number } }) => {
      asked.push(`put ${path}`);
      deployment(body.spec.replicas);
      return scaleOf();
    },
  };
  const targets = [target()];
  const scales = new KubeScales({
    client: client as unknown as KubeClient,
    clock,
    random: () => 0.5,
    logger,
    namespaces: [],
    targets: { all: () => targets },
  });
  stops.push(() => scales.stop());
  const read = () => scales.read('shop', ref, signal);
  return { clock, server, asked, warnings, targets, scales, read, deployment, client };
}
const GET = 'get /apis/apps/v1/namespaces/shop/deployments/web/scale';

describe('read your own writes', () => {
  it('a read shows what was written until the watch has caught up', async () => {
    const { scales, read, server, deployment, clock, asked } = setUp();
    deployment(2);
    scales.start();
    await settle();
    const before = await read();
    server.muted = true;
    const written = await scales.write(before, 5, signal);
    asked.length = 0;
    expect(await read()).toEqual(written);
    await clock.advance(29_000);
    expect((await read()).specReplicas).toBe(5);
    expect(asked).toEqual([]);
    // A watch that is this late is not believed: the API server is asked.
    await clock.advance(1000);
    expect((await read()).specReplicas).toBe(5);
    expect(asked).toEqual([GET]);
    // Somebody else scales, the watch delivers: theirs is newer than ours.
    server.muted = false;
    deployment(3);
    await settle();
    expect((await read()).specReplicas).toBe(3);
  });

  it('a workload deleted after a write is asked for, not remembered', async () => {
    const { scales, read, server, deployment } = setUp();
    deployment(2);
    scales.start();
    await settle();
    await scales.write(await read(), 5, signal);
    server.delete('web');
    await settle();
    await expect(read()).rejects.toMatchObject({ status: 404 });
    await expect(read()).rejects.toMatchObject({ status: 404 });
  });

  it('a refresh after a conflict is not undone by an older watch', async () => {
    const { scales, read, server, deployment } = setUp();
    deployment(2);
    scales.start();
    await settle();
    const before = await read();
    server.muted = true;
    deployment(7);
    expect((await scales.refresh(before, signal)).specReplicas).toBe(7);
    expect((await read()).specReplicas).toBe(7);
  });
});

describe('watches', () => {
  it('run while a target refers to the kind, and end some minutes after none does', async () => {
    const { scales, targets, clock, server, deployment } = setUp();
    deployment(2);
    scales.start();
    await settle();
    expect(server.openStreams).toBe(1);
    targets.length = 0;
    await clock.advance(5 * 60_000);
    expect(server.openStreams).toBe(1);
    await clock.advance(2 * 60_000);
    expect(server.openStreams).toBe(0);
    expect(scales.state).toEqual({});
  });

  it('are not started for kinds that nobody refers to, nor by a reference that cannot be read', async () => {
    const { scales, targets, server } = setUp();
    targets[0] = target({ spec: spec({ scaleTargetRef: { apiVersion: 'a/b/c', kind: 'Deployment', name: 'x' } }) });
    scales.start();
    await settle();
    expect(server.lists).toEqual([]);
  });

  it('that are not allowed are said once; reads are requests then', async () => {
    const { scales, read, server, deployment, warnings, asked, clock } = setUp();
    deployment(2);
    for (let i = 0; i < 100; i++) server.listFailures.push(new ApiStatusError(403, 'Forbidden', 'no'));
    scales.start();
    await scales.waitForSync(signal);
    expect((await read()).specReplicas).toBe(2);
    await clock.advance(700_000);
    expect((await read()).specReplicas).toBe(2);
    expect(asked.filter((one) => one === GET)).toHaveLength(2);
    expect(warnings.filter((one) => one.startsWith('watch not allowed'))).toHaveLength(1);
    // Allowed after all: the watch takes over.
    server.listFailures.length = 0;
    await clock.advance(300_000);
    expect((await read()).specReplicas).toBe(2);
    expect(asked.filter((one) => one === GET)).toHaveLength(2);
  });

  it('that an API server refuses while it starts are asked for again at once', async () => {
    const { scales, read, server, deployment, warnings, asked, clock } = setUp();
    deployment(2);
    scales.start();
    await settle();
    server.stream.fail(new Error('reset'));
    server.watchFailures.push(new ApiStatusError(403, 'Forbidden', 'no'), new ApiStatusError(403, 'Forbidden', 'no'));
    server.listFailures.push(new ApiStatusError(403, 'Forbidden', 'no'));
    await clock.advance(15_000);
    deployment(3);
    await settle();
    expect((await read()).specReplicas).toBe(3);
    expect(asked).not.toContain(GET);
    expect(warnings.filter((one) => one.startsWith('watch not allowed'))).toEqual([]);
  });

  it('show what is known without a request or a wait', async () => {
    const { scales, read, deployment, asked } = setUp();
    deployment(2);
    expect(scales.known('shop', ref)).toBeUndefined();
    scales.start();
    expect(scales.known('shop', ref)).toBeUndefined();
    await settle();
    expect(scales.known('shop', ref)).toEqual(await read());
    expect(scales.known('shop', { ...ref, name: 'gone' })).toBeUndefined();
    expect(scales.known('shop', { ...ref, kind: 'StatefulSet' })).toBeUndefined();
    expect(scales.known('shop', { ...ref, apiVersion: 'example.com/v1' })).toBeUndefined();
    expect(scales.known('shop', { ...ref, apiVersion: 'a/b/c' })).toBeUndefined();
    expect(asked.filter((one) => !one.includes('deployments'))).toEqual([]);
    expect(asked).not.toContain(GET);
  });

  it('are at once what a watch shows, as long as it can be believed', async () => {
    const { scales, read, server, deployment, clock } = setUp();
    deployment(2);
    scales.start();
    expect(scales.watched('shop', ref)).toBeUndefined();
    await settle();
    // Only what is being read is watched: the first read begins it.
    expect(scales.watched('shop', ref) ?? (await read())).toMatchObject({ specReplicas: 2 });
    expect(scales.watched('shop', ref)).toEqual(await read());
    // That there is none, and of what kind, is for a read to tell.
    expect(scales.watched('shop', { ...ref, name: 'gone' })).toBeUndefined();
    expect(scales.watched('shop', { ...ref, apiVersion: 'a/b/c' })).toBeUndefined();
    server.stream.fail(new Error('reset'));
    for (let failure = 0; failure < 20; failure++) {
      server.watchFailures.push(new ApiStatusError(500, '', 'etcd'));
      server.listFailures.push(new ApiStatusError(500, '', 'etcd'));
    }
    await clock.advance(15_000);
    expect(scales.watched('shop', ref)).toBeUndefined();
  });

  it('are started within a minute for targets that come later, also where nothing is read: a standby knows all when it takes over', async () => {
    const { scales, deployment, targets, clock } = setUp();
    deployment(2);
    const later = targets.splice(0);
    scales.start();
    await settle();
    expect(scales.known('shop', ref)).toBeUndefined();
    targets.push(...later);
    await clock.advance(60_000);
    await settle();
    expect(scales.known('shop', ref)).toMatchObject({ specReplicas: 2 });
  });

  it('that do not come up within 5 s are not waited for', async () => {
    const { scales, read, server, deployment, clock, asked } = setUp();
    deployment(2);
    server.list = (_query, _metadataOnly, stop) =>
      new Promise((_resolve, reject) => stop.addEventListener('abort', () => reject(stop.reason as Error)));
    scales.start();
    const reading = read();
    await clock.advance(4999);
    expect(asked).not.toContain(GET);
    await clock.advance(1);
    expect((await reading).specReplicas).toBe(2);
  });

  it('that have gone silent are not believed', async () => {
    const { scales, read, server, deployment, clock, asked } = setUp();
    deployment(2);
    scales.start();
    await settle();
    for (let i = 0; i < 100; i++) server.watchFailures.push(new Error('no route'));
    server.stream.fail(new Error('reset'));
    await clock.advance(151_000);
    await read();
    expect(asked.at(-1)).toBe(GET);
  });
});

describe('a kind that is read by GET', () => {
  it('and hangs holds a few connections, not all of them, and gives them back', async () => {
    const { client, scales } = setUp();
    let open = 0;
    let most = 0;
    client.get = (path: string, options?: { signal: AbortSignal }) => {
      if (!path.endsWith('/scale')) {
        const resources = [
          { name: 'gizmos', kind: 'Gizmo' },
          { name: 'gizmos/scale', kind: 'Scale' },
        ];
        return Promise.resolve({ resources }) as never;
      }
      open += 1;
      most = Math.max(most, open);
      return new Promise((_resolve, reject) => {
        options?.signal.addEventListener('abort', () => {
          open -= 1;
          reject(options.signal.reason as Error);
        });
      });
    };
    const stop = new AbortController();
    const gizmo = (name: string) => ({ apiVersion: 'example.com/v1', kind: 'Gizmo', name });
    const reads = Array.from({ length: 100 }, (_, index) => scales.read('shop', gizmo(`g-${index}`), stop.signal));
    const ended = Promise.allSettled(reads);
    await settle();
    expect([open, most]).toEqual([8, 8]);
    stop.abort(new Error('stop'));
    expect((await ended).filter(({ status }) => status === 'rejected')).toHaveLength(100);
    expect([open, most]).toEqual([0, 8]);
  });
});

describe('kinds of the same name', () => {
  /** Answers discovery and scales of the core group and of a group of somebody else's. */
  function serveOthers(client: ReturnType<typeof setUp>['client'], asked: string[]) {
    const { get } = client;
    const scaleOf = (replicas: number, selector: string) => ({
      kind: 'Scale',
      metadata: { name: 'web', namespace: 'shop', uid: 'other', resourceVersion: '999999' },
      spec: { replicas },
      status: { replicas, selector },
    });
    const withScale = (name: string, kind: string) => ({
      resources: [
        { name, kind },
        { name: `${name}/scale`, kind: 'Scale' },
      ],
    });
    const others = new Map<string, unknown>([
      ['/apis/apps.example.com/v1', withScale('deployments', 'Deployment')],
      ['/apis/apps.example.com/v1/namespaces/shop/deployments/web/scale', scaleOf(7, 'app=theirs')],
      ['/api/v1', withScale('replicationcontrollers', 'ReplicationController')],
      ['/api/v1/namespaces/shop/replicationcontrollers/web/scale', scaleOf(3, 'app=old')],
    ]);
    client.get = (path, options) => {
      if (!others.has(path)) return get(path, options);
      asked.push(`get ${path}`);
      return Promise.resolve(others.get(path)) as ReturnType<typeof get>;
    };
  }

  it('in different groups are different workloads, however new the one and the other are', async () => {
    const { scales, read, client, asked, deployment } = setUp();
    deployment(2);
    scales.start();
    await settle();
    serveOthers(client, asked);
    const theirs = () => scales.read('shop', { ...ref, apiVersion: 'apps.example.com/v1' }, signal);
    expect(await theirs()).toMatchObject({ group: 'apps.example.com', specReplicas: 7, selector: 'app=theirs' });
    expect(await read()).toMatchObject({ group: 'apps', specReplicas: 2, selector: 'app=web' });
    expect(await theirs()).toMatchObject({ specReplicas: 7 });
  });

  it('a ReplicationController is found with and without its version', async () => {
    const { scales, client, asked } = setUp();
    serveOthers(client, asked);
    for (const apiVersion of ['v1', '']) {
      const reference = { apiVersion, kind: 'ReplicationController', name: 'web' };
      expect(await scales.read('shop', reference, signal)).toMatchObject({
        group: '',
        version: 'v1',
        resource: 'replicationcontrollers',
        specReplicas: 3,
        selector: 'app=old',
      });
    }
  });
});

describe('trimWorkload', () => {
  it('a workload without spec.replicas has one, the default of the API (B36)', () => {
    expect(trimWorkload({ spec: {}, status: {} })).toMatchObject({
      specReplicas: 1,
      statusReplicas: 0,
      selector: undefined,
    });
    expect(trimWorkload({ spec: { replicas: 0 } })).toMatchObject({ specReplicas: 0 });
    expect(trimWorkload({ spec: { replicas: 'many' }, status: null })).toMatchObject({ specReplicas: 1 });
  });

  it('gives the selector in the string form of /scale', () => {
    const selector = {
      matchLabels: { b: '2', a: '1' },
      matchExpressions: [{ key: 'c', operator: 'NotIn', values: ['y', 'x'] }],
    };
    expect(trimWorkload({ spec: { selector } }).selector).toBe('a=1,b=2,c notin (x,y)');
    expect(
      trimWorkload({ spec: { selector: { matchExpressions: [{ key: 'c', operator: '?' }] } } }).selector,
    ).toBeUndefined();
  });

  it('a Scale without spec.replicas is one of zero', async () => {
    const { scales, read, deployment } = setUp();
    deployment(0);
    expect((await scales.refresh(await read(), signal)).specReplicas).toBe(0);
  });
});
