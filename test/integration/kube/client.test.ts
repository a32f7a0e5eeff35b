// The client against a server that does what no honest server does, over real sockets.
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { ApiStatusError, SetpointError } from '../../../src/base/errors.ts';
import { KubeClient, type KubeClientOptions, type RequestObserver } from '../../../src/kube/client.ts';
import { loadAccess, plainAccess } from '../../../src/kube/kubeconfig.ts';
import { type Handler, json, ScriptedServer, status } from '../../support/scripted-server.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function setUp(handler: Handler, options: Partial<KubeClientOptions> = {}) {
  const server = await ScriptedServer.start(handler);
  const seen: Parameters<RequestObserver['requestFinished']>[0][] = [];
  const client = new KubeClient({
    access: plainAccess(server.url, { authorization: 'Bearer secret' }),
    clock: systemClock,
    version: '1.2.3',
    random: () => 0,
    observer: { requestFinished: (request) => seen.push(request) },
    ...options,
  });
  cleanups.push(
    () => server.close(),
    () => client.close(),
  );
  return { server, client, seen };
}

const signal = new AbortController().signal;
const caught = async (promise: Promise<unknown>): Promise<SetpointError> => {
  const error = await promise.then(
    () => new Error('did not reject'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(SetpointError);
  return error as SetpointError;
};

describe('an ordinary call', () => {
  it('shares connections, says who it is, asks for plain JSON and is counted', async () => {
    const { server, client, seen } = await setUp((request, response) => json(response, 200, { path: request.url }));
    for (let i = 0; i < 20; i++) {
      await expect(client.get('/api/v1/x', { signal, query: { a: 'b&c', none: undefined } })).resolves.toEqual({
        path: '/api/v1/x?a=b%26c',
      });
    }
    // A second one opens while the first is being given back.
    expect(server.connections).toBeLessThanOrEqual(2);
    expect(server.requests[0]?.headers).toMatchObject({
      'user-agent': 'setpoint/1.2.3',
      'accept-encoding': 'identity',
      authorization: 'Bearer secret',
    });
    expect(seen).toHaveLength(20);
    expect(seen[0]).toMatchObject({ verb: 'get', method: 'GET', code: '200', host: new URL(server.url).host });
  });

  it('sends what it is given, with the content type of the verb', async () => {
    const { server, client } = await setUp((_request, response) => json(response, 200, {}));
    await client.create('/a', { x: 1 }, { signal });
    await client.replace('/b', { x: 2 }, { signal });
    await client.mergePatch('/c', { x: 3 }, { signal });
    expect(
      server.requests.map(({ method, url, body, headers }) => [method, url, body, headers['content-type']]),
    ).toEqual([
      ['POST', '/a', '{"x":1}', 'application/json'],
      ['PUT', '/b', '{"x":2}', 'application/json'],
      ['PATCH', '/c', '{"x":3}', 'application/merge-patch+json'],
    ]);
  });
});

describe('errors', () => {
  it('carries status, reason and message of a Status object', async () => {
    const { client } = await setUp((_request, response) => status(response, 409, 'Conflict'));
    expect(await caught(client.replace('/x', {}, { signal }))).toMatchObject({
      code: 'ApiStatus',
      status: 409,
      reason: 'Conflict',
      message: 'Conflict!',
    });
  });

  it('shows nothing of an error page', async () => {
    const { client } = await setUp((_request, response) => {
      response.writeHead(404, { 'content-type': 'text/html' });
      response.end('<html>secret</html>');
    });
    expect(await caught(client.get('/x', { signal }))).toMatchObject({ status: 404, message: 'HTTP status 404' });
  });

  it.each<[name: string, handler: Handler, message: RegExp]>([
    [
      'a login page',
      (_q, r) => void r.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
      /other than JSON/,
    ],
    [
      'a redirect',
      (_q, r) => void r.writeHead(302, { location: 'http://169.254.169.254/' }).end(),
      /redirects are not followed/,
    ],
    [
      'broken JSON',
      (_q, r) => void r.writeHead(200, { 'content-type': 'application/json' }).end('{"a":'),
      /does not parse/,
    ],
    ['too much', (_q, r) => json(r, 200, 'x'.repeat(5000)), /longer than 1000 bytes/],
    [
      'compression that nobody asked for',
      (_q, r) => void r.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end('{}'),
      /other than JSON/,
    ],
  ])('%s is a bad answer, asked for once', async (_name, handler, message) => {
    const { server, client } = await setUp(handler);
    const error = await caught(client.get('/x', { signal, maxBodyBytes: 1000 }));
    expect(error.code).toBe('BadAnswer');
    expect(error.message).toMatch(message);
    expect(server.requests).toHaveLength(1);
  });
});

describe('deadlines', () => {
  it.each<[name: string, handler: Handler]>([
    ['no answer', () => undefined],
    [
      'a body that trickles for ever',
      (_q, r) => {
        r.writeHead(200, { 'content-type': 'application/json' });
        const timer = setInterval(() => r.write(' '), 10);
        r.on('close', () => clearInterval(timer));
      },
    ],
  ])('%s ends in time', async (_name, handler) => {
    const { server, client, seen } = await setUp(handler);
    const startedAt = performance.now();
    expect((await caught(client.get('/x', { signal, timeoutMs: 150 }))).code).toBe('Deadline');
    expect(performance.now() - startedAt).toBeLessThan(1000);
    expect(seen).toHaveLength(1);
    await expect.poll(() => server.open).toBe(0);
  });

  it('a cancelled call says so', async () => {
    const { client } = await setUp(() => undefined);
    const controller = new AbortController();
    const call = caught(client.get('/x', { signal: controller.signal }));
    setTimeout(() => controller.abort(new Error('shutdown')), 20);
    expect(await call).toMatchObject({ code: 'Cancelled' });
  });

  it('a Retry-After beyond the deadline gives the error at once', async () => {
    const { client } = await setUp((_q, r) => status(r, 429, 'TooManyRequests', { 'retry-after': '30' }));
    const startedAt = performance.now();
    expect(await caught(client.get('/x', { signal, timeoutMs: 2000 }))).toMatchObject({
      status: 429,
      retryAfterMs: 30_000,
    });
    expect(performance.now() - startedAt).toBeLessThan(1500);
  });
});

describe('retries', () => {
  it.each<[name: string, times: number, handler: Handler]>([
    ['500 on a read', 2, (_q, r) => status(r, 500, 'InternalError')],
    ['a broken connection on a read', 2, (_q, r) => void r.destroy()],
  ])('%s is tried again', async (_name, times, fail) => {
    const { server, client } = await setUp((q, r, count) =>
      count <= times ? fail(q, r, count) : json(r, 200, { ok: true }),
    );
    await expect(client.get('/x', { signal })).resolves.toEqual({ ok: true });
    expect(server.requests).toHaveLength(times + 1);
  });

  it('waits as long as the server asks', async () => {
    const { client, server } = await setUp((_q, r, count) =>
      count === 1 ? status(r, 429, 'TooManyRequests', { 'retry-after': '1' }) : json(r, 200, {}),
    );
    const startedAt = performance.now();
    await client.create('/x', {}, { signal });
    expect(performance.now() - startedAt).toBeGreaterThan(950);
    expect(server.requests).toHaveLength(2);
  });

  it.each<[name: string, conditional: boolean, attempts: number]>([
    ['is not sent twice when it may have taken effect', false, 1],
    ['with a resourceVersion may be sent twice', true, 2],
  ])('a write %s', async (_name, conditional, attempts) => {
    const { server, client } = await setUp((_q, r, count) => (count === 1 ? void r.destroy() : json(r, 200, {})));
    const outcome = await client.replace('/x', {}, { signal, conditional }).then(
      () => 'done',
      (error: SetpointError) => error.code,
    );
    expect(outcome).toBe(conditional ? 'done' : 'Network');
    expect(server.requests).toHaveLength(attempts);
  });

  it('a write that was never sent is tried again', async () => {
    const { client, seen } = await setUp(() => undefined, { access: plainAccess('http://127.0.0.1:1') });
    expect(await caught(client.replace('/x', {}, { signal }))).toMatchObject({ code: 'Network' });
    expect(seen.map(({ code }) => code)).toEqual(Array.from({ length: 5 }, () => '<error>'));
  });

  it('no retry when told so', async () => {
    const { server, client } = await setUp((_q, r) => status(r, 500, 'InternalError'));
    expect(await caught(client.get('/x', { signal, retry: false }))).toMatchObject({ status: 500 });
    expect(server.requests).toHaveLength(1);
  });

  it('a closed gate refuses each attempt before it is sent', async () => {
    let open = true;
    const { server, client } = await setUp((_q, r) => {
      open = false;
      status(r, 500, 'InternalError');
    });
    const beforeSend = () => {
      if (!open) throw new SetpointError('GateClosed', 'closed');
    };
    expect(await caught(client.replace('/x', {}, { signal, conditional: true, beforeSend }))).toMatchObject({
      code: 'GateClosed',
    });
    expect(server.requests).toHaveLength(1);
  });
});

describe('when tokens are short', () => {
  it('the Lease goes first, then /scale, then the rest in order', async () => {
    const { server, client } = await setUp((_q, r) => json(r, 200, {}), { qps: 50, burst: 1 });
    await Promise.all([
      client.get('/1', { signal }),
      client.get('/2', { signal }),
      client.get('/3', { signal }),
      client.replace('/scale', {}, { signal, lane: 'scale' }),
      client.replace('/lease', {}, { signal, lane: 'lease' }),
    ]);
    expect(server.requests.map(({ url }) => url)).toEqual(['/1', '/lease', '/scale', '/2', '/3']);
  });

  it('a Retry-After holds everybody but the Lease; one of an aggregated API holds nobody', async () => {
    const { client } = await setUp((request, response) =>
      request.url === '/busy'
        ? status(response, 429, 'TooManyRequests', { 'retry-after': '1' })
        : json(response, 200, {}),
    );
    const msFor = async (call: Promise<unknown>) => {
      const startedAt = performance.now();
      await call;
      return performance.now() - startedAt;
    };
    await caught(client.get('/busy', { signal, retry: false, aggregated: true }));
    expect(await msFor(client.get('/x', { signal }))).toBeLessThan(900);
    await caught(client.get('/busy', { signal, retry: false }));
    const rest = msFor(client.get('/x', { signal }));
    const lease = client.get('/lease', { signal, lane: 'lease' });
    expect(await Promise.race([lease.then(() => 'lease'), rest.then(() => 'rest')])).toBe('lease');
    expect(await rest).toBeGreaterThan(800);
  });

  it('the wait for a token is part of the deadline', async () => {
    const { server, client } = await setUp((_q, r) => json(r, 200, {}), { qps: 0.1, burst: 1 });
    await client.get('/1', { signal });
    expect((await caught(client.get('/2', { signal, timeoutMs: 50 }))).code).toBe('Deadline');
    expect(server.requests).toHaveLength(1);
  });
});

describe('credentials', () => {
  it('a 401 makes it read the token file again, once (F42)', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'setpoint-kubeconfig-'));
    cleanups.push(() => rm(folder, { recursive: true }));
    const { server } = await setUp((request, response) =>
      request.headers.authorization === 'Bearer new' ? json(response, 200, {}) : status(response, 401, 'Unauthorized'),
    );
    writeFileSync(join(folder, 'token'), 'old\n');
    writeFileSync(
      join(folder, 'config'),
      `{apiVersion: v1, kind: Config, current-context: c,
        clusters: [{name: k, cluster: {server: '${server.url}'}}],
        users: [{name: u, user: {tokenFile: token}}],
        contexts: [{name: c, context: {cluster: k, user: u, namespace: shop}}]}`,
    );
    const access = loadAccess({ clock: systemClock, kubeconfig: join(folder, 'config') });
    expect(access.namespace).toBe('shop');
    const client = new KubeClient({ access, clock: systemClock, version: '1' });
    cleanups.push(() => client.close());
    expect(await caught(client.get('/x', { signal }))).toMatchObject({ status: 401 });
    expect(server.requests).toHaveLength(2);
    writeFileSync(join(folder, 'token'), 'new\n');
    await expect(client.get('/x', { signal })).resolves.toEqual({});
    expect(server.requests.map((request) => request.headers.authorization).slice(2)).toEqual([
      'Bearer old',
      'Bearer new',
    ]);
  });

  it('names the file and the remedy, and nothing of what the file says', () => {
    const load = (kubeconfig: string, context?: string) => () =>
      loadAccess({ clock: systemClock, kubeconfig, context });
    expect(load('/nowhere/config')).toThrow(
      'kubeconfig /nowhere/config cannot be read (ENOENT): give an existing file',
    );
    expect(load('/etc/hostname')).toThrow(/kubeconfig \/etc\/hostname|names no cluster/);
  });
});

describe('watches', () => {
  it('stream past the deadline of their head, and end with their signal', async () => {
    const { server, client } = await setUp((_q, r) => {
      r.writeHead(200, { 'content-type': 'application/json' });
      const timer = setInterval(() => r.write('x'), 30);
      r.on('close', () => clearInterval(timer));
    });
    const controller = new AbortController();
    const stream = await client.watch('/w', { signal: controller.signal, timeoutMs: 100 });
    const chunks: string[] = [];
    const reading = (async () => {
      for await (const chunk of stream) {
        chunks.push(Buffer.from(chunk).toString());
        if (chunks.length === 8) controller.abort(new Error('enough'));
      }
    })();
    await expect(reading).rejects.toThrow();
    expect(chunks.length).toBe(8);
    await expect.poll(() => server.open).toBe(0);
  });

  it('a server that takes the request and never answers is given up on', async () => {
    const { client } = await setUp(() => undefined);
    expect(await caught(client.watch('/w', { signal, timeoutMs: 100 }) as Promise<unknown>)).toMatchObject({
      code: 'Deadline',
    });
  });

  it('an error status is an ApiStatusError', async () => {
    const { client } = await setUp((_q, r) => status(r, 410, 'Expired'));
    const error = await caught(client.watch('/w', { signal }) as Promise<unknown>);
    expect(error).toBeInstanceOf(ApiStatusError);
    expect(error).toMatchObject({ status: 410, reason: 'Expired' });
  });
});
