import { afterEach, describe, expect, it } from 'vitest';
import { ApiStatusError, SetpointError } from '../../../src/base/errors.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { identityOf, type RawObject } from '../../../src/kube/raw-object.ts';
import { Store, type Stored } from '../../../src/kube/store.ts';
import { Reflector, type ReflectorOptions } from '../../../src/kube/watch.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';
import { FakeCollection } from '../../support/fake-collection.ts';

interface Item extends Stored {
  readonly size: unknown;
}

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

function setUp(options: Partial<ReflectorOptions<Item>> = {}) {
  const clock = new FakeClock();
  const server = new FakeCollection();
  const store = new Store<Item>({ logger: silentLogger });
  const heard: string[] = [];
  store.onChange((key) => heard.push(key));
  const reflector = new Reflector<Item>({
    name: 'pods',
    source: server,
    store,
    trim: (object: RawObject) => ({ ...identityOf(object), size: object['size'] }),
    clock,
    random: () => 0.5,
    logger: silentLogger,
    ...options,
  });
  stops.push(() => reflector.stop());
  const names = () => [...store.all()].map((item) => item.name).sort();
  return { clock, server, store, heard, reflector, names };
}

describe('a calm life', () => {
  it('lists in pages, then watches from the version of the list with bookmarks and a server timeout', async () => {
    const { server, reflector, names, clock } = setUp();
    for (let i = 0; i < 1200; i++) server.put(`pod-${i}`);
    expect(reflector.synced).toBe(false);
    reflector.start();
    await reflector.waitForSync(new AbortController().signal);
    await settle();
    expect(names()).toHaveLength(1200);
    expect(server.lists).toEqual([{ limit: 500 }, { limit: 500, continue: '500' }, { limit: 500, continue: '1000' }]);
    expect(server.watches).toEqual([
      { watch: true, allowWatchBookmarks: true, resourceVersion: String(server.version), timeoutSeconds: 450 },
    ]);
    expect(clock.pendingTimers).toBe(2); // idle watchdog, consistency check
  });

  it('follows changes and names keys', async () => {
    const { server, store, heard, reflector } = setUp();
    server.put('a', { size: 1 });
    reflector.start();
    await settle();
    server.put('a', { size: 2 });
    server.put('b');
    server.delete('a');
    await settle();
    expect(heard).toEqual(['shop/a', 'shop/a', 'shop/b', 'shop/a']);
    expect(store.get('shop', 'a')).toBeUndefined();
    expect(Object.isFrozen(store.get('shop', 'b'))).toBe(true);
  });

  it('resumes a watch that the server ended, from the last bookmark, without a list', async () => {
    const { server, reflector, clock } = setUp();
    reflector.start();
    await clock.advance(2000);
    server.stream.send('BOOKMARK', { metadata: { resourceVersion: '4711' } });
    await settle();
    server.stream.end();
    await settle();
    expect(server.lists).toHaveLength(1);
    expect(server.watches.map((query) => query['resourceVersion'])).toEqual(['100', '4711']);
  });
});

describe('broken streams', () => {
  it('a silent stream is given up after 100 s and resumed (F16)', async () => {
    const { server, reflector, clock } = setUp();
    reflector.start();
    await clock.advance(99_000);
    server.stream.send('BOOKMARK', { metadata: { resourceVersion: '101' } });
    await clock.advance(99_000);
    expect(server.watches).toHaveLength(1);
    expect(reflector.silentMs).toBe(99_000);
    await clock.advance(2000);
    expect(server.streams[0]?.closed).toBe(true);
    expect(server.watches.map((query) => query['resourceVersion'])).toEqual(['100', '101']);
    expect(server.lists).toHaveLength(1);
  });

  it('a reset connection is resumed after a jittered wait', async () => {
    const { server, reflector, clock, names } = setUp();
    reflector.start();
    await settle();
    server.stream.fail(new Error('ECONNRESET'));
    await clock.advance(399);
    expect(server.watches).toHaveLength(1);
    await clock.advance(1);
    expect(server.watches).toHaveLength(2);
    server.put('late');
    await settle();
    expect(names()).toEqual(['late']);
  });

  it.each<[name: string, bytes: string]>([
    ['cut off', '{"type":"ADDED","object":{"metadata":{"name":"x"'],
    ['not JSON', '<html>\n'],
    ['of an unknown type', '{"type":"HELLO","object":{}}\n'],
    ['without an object', '{"type":"ADDED"}\n'],
    ['without a version', '{"type":"ADDED","object":{"metadata":{"name":"x"}}}\n'],
    ['without a name', '{"type":"ADDED","object":{"metadata":{"resourceVersion":"9999"}}}\n'],
  ])('an event %s fails the stream, and the next thing is a list (F18)', async (_name, bytes) => {
    const { server, reflector, clock, names } = setUp();
    reflector.start();
    await settle();
    server.muted = true;
    server.put('missed');
    server.stream.write(bytes);
    server.stream.end();
    await clock.advance(1000);
    expect(server.lists).toHaveLength(2);
    expect(server.lists[1]).toMatchObject({ resourceVersion: '100', resourceVersionMatch: 'NotOlderThan' });
    expect(names()).toEqual(['missed']);
    expect(server.openStreams).toBe(1);
  });

  it.each<[name: string, expire: (server: FakeCollection) => void]>([
    [
      'as an event',
      (server) => server.stream.send('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' }),
    ],
    [
      'as a status',
      (server) => {
        server.compactedBelow = 200;
        server.stream.fail(new Error('reset'));
      },
    ],
  ])('410 %s leads to a list (F17)', async (_name, expire) => {
    const { server, reflector, clock, names } = setUp();
    server.put('old');
    reflector.start();
    await settle();
    server.muted = true;
    server.version = 300;
    server.put('new');
    server.delete('old');
    server.muted = false;
    expire(server);
    await clock.advance(5000);
    expect(names()).toEqual(['new']);
    expect(server.openStreams).toBe(1);
  });

  it('another error event resumes without a list', async () => {
    const { server, reflector, clock } = setUp();
    reflector.start();
    await settle();
    server.stream.send('ERROR', { kind: 'Status', code: 500, reason: 'InternalError', message: 'etcd' });
    await clock.advance(1000);
    expect(server.lists).toHaveLength(1);
    expect(server.watches).toHaveLength(2);
  });

  it('a server that ends each watch at once is not stormed', async () => {
    const { server, reflector, clock } = setUp();
    reflector.start();
    await settle();
    for (let tick = 0; tick < 600; tick++) {
      server.stream.end();
      await clock.advance(100);
    }
    expect(server.watches.length).toBeLessThan(12);
    expect(server.lists).toHaveLength(1);
  });
});

describe('failing lists', () => {
  it('waits longer and longer, with jitter, and starts over after two calm minutes', async () => {
    const { server, reflector, clock } = setUp({ idleMs: 10_000_000 });
    for (let i = 0; i < 8; i++) server.listFailures.push(new ApiStatusError(500, 'InternalError', 'no'));
    const at: number[] = [];
    const list = server.list.bind(server);
    server.list = (...args) => {
      at.push(clock.monotonic());
      return list(...args);
    };
    reflector.start();
    await clock.advance(120_000);
    expect(at.map((time, i) => time - (at[i - 1] ?? 0))).toEqual([
      0, 400, 800, 1600, 3200, 6400, 12_800, 15_000, 15_000,
    ]);
    expect(reflector.synced).toBe(true);
    await clock.advance(120_001);
    server.stream.fail(new Error('reset'));
    const before = server.watches.length;
    await clock.advance(400);
    expect(server.watches).toHaveLength(before + 1);
  });

  it('a page that expires restarts the list; never a part of one (F22)', async () => {
    const { server, reflector, clock, store, heard } = setUp();
    for (let i = 0; i < 700; i++) server.put(`pod-${i}`);
    server.listFailures.push(undefined, new ApiStatusError(410, 'Expired', 'continue token too old'));
    reflector.start();
    // Each page takes several turns of the event loop.
    while (server.lists.length < 2) await settle();
    expect(heard).toEqual([]);
    await clock.advance(1000);
    await reflector.waitForSync(new AbortController().signal);
    expect(store.size).toBe(700);
    expect(server.lists.map((query) => query['continue'])).toEqual([undefined, '500', undefined, '500']);
  });

  it('the caller may choose the wait', async () => {
    const failures: string[] = [];
    const { server, reflector, clock } = setUp({
      onFailure: (error) => {
        failures.push(error.code);
        return 60_000;
      },
    });
    server.listFailures.push(new ApiStatusError(403, 'Forbidden', 'no'));
    reflector.start();
    await clock.advance(59_999);
    expect(server.lists).toHaveLength(1);
    await clock.advance(1);
    expect(reflector.synced).toBe(true);
    expect(failures).toEqual(['ApiStatus']);
  });
});

describe('a watch that keeps failing while lists work', () => {
  const refused = (status: number) => new ApiStatusError(status, 'Nope', 'no watch for you');

  it.each<[name: string, error: Error, withinMs: number]>([
    // The verb is missing from a role: nothing is resumed by asking again.
    ['forbidden', refused(403), 31_000],
    // A proxy that cannot stream: after a silence as long as that of a dead stream, the view is read anew.
    ['broken', refused(502), 160_000],
  ])('%s: the store does not stay at its first list', async (_name, error, withinMs) => {
    const told: unknown[] = [];
    const logger = { ...silentLogger, warn: (message: string) => told.push(message) };
    const { server, reflector, clock, names } = setUp({ consistencyEveryMs: 100_000_000, logger });
    server.watchFailures.push(...Array.from({ length: 1000 }, () => error));
    server.put('old');
    reflector.start();
    await clock.advance(60_000);
    server.put('new');
    server.delete('old');
    await clock.advance(withinMs);
    expect(names()).toEqual(['new']);
    expect(reflector.silentMs).toBeLessThan(150_000);
    await clock.advance(3_600_000);
    server.put('newer');
    await clock.advance(withinMs);
    expect(names()).toEqual(['new', 'newer']);
    expect(reflector.silentMs).toBeLessThan(150_000);
    // Said once, and told to who asks for as long as it lasts.
    expect(told).toEqual(['watch failed']);
    expect(reflector.failure?.message).toBe('no watch for you');
    server.watchFailures.length = 0;
    await clock.advance(30_000);
    expect(reflector.failure).toBeUndefined();
    expect(server.openStreams).toBe(1);
  });
});

describe('time does not go back', () => {
  it('an event older than one before leads to a list (F20)', async () => {
    const { server, reflector, clock, store } = setUp();
    reflector.start();
    await settle();
    server.put('a', { size: 5 });
    await settle();
    server.stream.send('MODIFIED', {
      metadata: { namespace: 'shop', name: 'a', uid: 'uid-1', resourceVersion: '99' },
      size: 1,
    });
    await clock.advance(1000);
    expect(store.get('shop', 'a')?.size).toBe(5);
    expect(server.lists).toHaveLength(2);
  });

  it('a list older than what was seen is thrown away until the server has caught up (F20)', async () => {
    const { server, reflector, clock, names } = setUp();
    server.put('a');
    reflector.start();
    await settle();
    server.put('b');
    await settle();
    server.stream.write('nonsense\n');
    server.listVersion = 101;
    server.objects.delete('shop/b');
    await clock.advance(1000);
    expect(names()).toEqual(['a', 'b']);
    server.listVersion = undefined;
    server.put('c');
    await clock.advance(30_000);
    expect(names()).toEqual(['a', 'c']);
  });

  it('history restored from a backup is accepted after five lists', async () => {
    const { server, reflector, clock, names } = setUp();
    server.version = 5000;
    server.put('a');
    reflector.start();
    await settle();
    server.version = 10;
    server.objects.clear();
    server.put('restored');
    server.stream.fail(new ApiStatusError(410, 'Expired', 'gone'));
    await clock.advance(60_000);
    expect(names()).toEqual(['restored']);
  });

  it('a server that does not know the version yet is asked for its newest', async () => {
    const { server, reflector, clock } = setUp();
    reflector.start();
    await settle();
    server.listFailures.push(new ApiStatusError(504, 'Timeout', 'Too large resource version'));
    server.stream.write('nonsense\n');
    await clock.advance(1000);
    expect(server.lists.slice(1)).toEqual([
      { limit: 500, resourceVersion: '100', resourceVersionMatch: 'NotOlderThan' },
      { limit: 500 },
    ]);
    expect(server.openStreams).toBe(1);
  });
});

describe('the consistency check', () => {
  it('finds what the watch missed, repairs and counts it (F19)', async () => {
    const { server, reflector, clock, names, store } = setUp({ consistencyEveryMs: 600_000, idleMs: 10_000_000 });
    server.put('gone');
    server.put('changed', { size: 1 });
    reflector.start();
    await settle();
    server.muted = true;
    server.put('added');
    server.put('changed', { size: 2 });
    server.delete('gone');
    server.muted = false;
    await clock.advance(604_000);
    expect(names()).toEqual(['changed', 'gone']);
    await clock.advance(3000);
    expect(names()).toEqual(['added', 'changed']);
    expect(store.get('shop', 'changed')?.size).toBe(2);
    expect(reflector.counts.repairs).toBe(3);
    expect(server.openStreams).toBe(1);
  });

  it('takes no offence at what is merely on its way', async () => {
    const { server, reflector, clock } = setUp({ idleMs: 10_000_000 });
    server.put('a');
    reflector.start();
    await settle();
    server.muted = true;
    const late = server.put('late');
    await clock.advance(601_000);
    server.stream.send('ADDED', late);
    server.muted = false;
    server.put('newer');
    await clock.advance(10_000);
    expect(reflector.counts).toMatchObject({ repairs: 0, lists: 1 });
  });
});

describe('stop', () => {
  it.each<[name: string, prepare: (server: FakeCollection) => void]>([
    ['while watching', () => undefined],
    ['while waiting to try again', (server) => server.stream.fail(new Error('reset'))],
  ])('%s leaves nothing open', async (_name, prepare) => {
    const { server, reflector, clock } = setUp();
    reflector.start();
    await settle();
    prepare(server);
    await settle();
    await reflector.stop();
    expect(clock.pendingTimers).toBe(0);
    expect(server.openStreams).toBe(0);
    const { length } = server.watches;
    await clock.advance(1_000_000);
    expect(server.watches).toHaveLength(length);
    expect(server.lists).toHaveLength(1);
  });

  it('while listing: nothing is watched afterwards', async () => {
    const { server, reflector } = setUp();
    let finish: (value: unknown) => void = () => {};
    server.list = (_query, _metadataOnly, signal) =>
      new Promise((resolve, reject) => {
        finish = resolve;
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
    reflector.start();
    await settle();
    const stopped = reflector.stop();
    finish({ kind: 'PodList', metadata: { resourceVersion: '1' }, items: [] });
    await stopped;
    expect(server.watches).toEqual([]);
    await expect(reflector.waitForSync(AbortSignal.abort(new SetpointError('Cancelled', 'no')))).rejects.toThrow('no');
  });

  it('before start is fine', async () => {
    const { reflector } = setUp();
    await reflector.stop();
    expect(reflector.counts.lists).toBe(0);
  });
});

it('an object that cannot be trimmed is left out; the others are there', async () => {
  const { reflector, server, names } = setUp({
    trim: (object) => {
      const identity = identityOf(object);
      if (identity.name === 'bad') throw new Error('unreadable');
      return { ...identity, size: 0 };
    },
  });
  server.put('bad');
  server.put('good');
  reflector.start();
  await settle();
  expect(names()).toEqual(['good']);
});
