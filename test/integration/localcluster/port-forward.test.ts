// A forwarded port of the local cluster, by our own client: bytes both ways, over HTTP and HTTPS, and what stands against it.
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { type AddressInfo, connect as connectPlain, createServer, type Server, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { loadAccess } from '../../../src/kube/kubeconfig.ts';
import { connectToPod } from '../../../src/kube/port-forward.ts';
import { type ApiServer, startApiServer } from '../../../src/localcluster/api-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'setpoint-forward-'));
const PODS = '/api/v1/namespaces/shop/pods';
const KEY = 'MDEyMzQ1Njc4OWFiY2RlZg==';
const LONG = 'x'.repeat(3_000_000);
let upper: Server;

beforeAll(async () => {
  // Says in capitals what it is told, and ends after a full stop.
  upper = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes) => {
      socket.write(bytes.toString().toUpperCase());
      if (bytes.toString().endsWith('.')) socket.end();
    });
  }).listen(0, '127.0.0.1');
  await once(upper, 'listening');
});
afterAll(() => {
  upper.close();
  rmSync(folder, { recursive: true });
});

describe.each([
  ['HTTP', false],
  ['HTTPS', true],
])('over %s', (_, tls) => {
  let server: ApiServer;
  const forward = (pod: string, { port = 8081, signal = AbortSignal.timeout(10_000) } = {}) => {
    const kubeconfig = join(folder, `kubeconfig-${tls}`);
    writeFileSync(kubeconfig, server.kubeconfig());
    return connectToPod(loadAccess({ clock: systemClock, kubeconfig }), { namespace: 'shop', pod, port }, signal);
  };

  const forwards = () => server.audit.entries().filter(({ subresource }) => subresource === 'portforward');
  /** A request that asks for another protocol, as it is sent. */
  const asking = (path: string, upgrade: string, more: Readonly<Record<string, string>> = {}, method = 'GET') => {
    const headers = { connection: 'upgrade', upgrade, authorization: `Bearer ${server.token}`, ...more };
    const send = tls ? requestTls : requestPlain;
    return send(`${server.url}${path}`, { method, headers, ca: server.certificateAuthority, agent: false });
  };

  beforeAll(async () => {
    server = await startApiServer({ namespaces: ['shop'], tls, users: {} });
    const pod = (name: string, localPort: number | undefined) =>
      server.store.create('pods', {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: {
          name,
          namespace: 'shop',
          ...(localPort !== undefined && { annotations: { 'localcluster.setpoint.dev/port': String(localPort) } }),
        },
        spec: { nodeName: 'local', containers: [{ name: 'main', image: 'any' }] },
      });
    pod('upper', (upper.address() as AddressInfo).port);
    pod('silent', undefined);
    pod('gone', 1);
    pod('wrong', 70_000);
  });
  afterAll(() => server.close());

  it('carries bytes both ways, and ends when the pod does', async () => {
    const stream = await forward('upper');
    stream.write(LONG);
    stream.write('end.');
    const told = await text(stream);
    expect(told.length).toBe(LONG.length + 4);
    expect(told === `${LONG.toUpperCase()}END.`).toBe(true);
  });

  it('says when nobody listens on the port', async () => {
    const told = (pod: string) => forward(pod).then((stream) => text(stream));
    for (const pod of ['silent', 'wrong'])
      await expect(told(pod)).rejects.toThrow(/^error forwarding port 8081 to pod \w+, uid \S+: nobody listens there$/);
    await expect(told('gone')).rejects.toThrow(/^error forwarding port 8081 to pod gone, .*ECONNREFUSED/);
  });

  it('is refused as the API server refuses', async () => {
    await expect(forward('none')).rejects.toMatchObject({ status: 404, message: 'pods "none" not found' });
    await expect(forward('upper', { port: 70_000 })).rejects.toMatchObject({
      status: 400,
      message: 'unable to parse "70000" as a port',
    });
  });

  it('ends at once when it is not wanted any more, at both ends', async () => {
    await expect(forward('upper', { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
    const hang = server.faults.add({ match: { subresource: 'portforward' }, fault: { kind: 'hang' } });
    try {
      const stop = new AbortController();
      const before = forwards().length;
      const waiting = forward('upper', { signal: stop.signal });
      await expect.poll(() => hang.hits).toBe(1);
      stop.abort(new Error('Ctrl-C'));
      await expect(waiting).rejects.toThrow('Ctrl-C');
      await expect.poll(forwards).toHaveLength(before + 1);
      expect(forwards().at(-1)).toMatchObject({ code: 0 });
    } finally {
      hang.remove();
    }
  });

  it('is written down in the audit log', async () => {
    (await forward('upper')).destroy();
    expect(forwards().at(-1)).toMatchObject({ verb: 'get', resource: 'pods', name: 'upper', code: 101 });
  });

  it.each([
    [`${PODS}/upper/portforward?ports=8081`, 'SPDY/3.1', 400, 'not over SPDY/3.1'],
    ['/version', 'h2c', 200, '"major": ?"1"'],
  ])('%s with Upgrade: %s is answered in HTTP', async (path, upgrade, code, words) => {
    const [response] = (await once(asking(path, upgrade).end(), 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(code);
    expect(await text(response)).toMatch(new RegExp(words));
  });

  it('a body is read whatever else is asked for', async () => {
    const body = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'sent' } });
    const length = { 'content-type': 'application/json', 'content-length': String(body.length) };
    const request = asking('/api/v1/namespaces/shop/configmaps', 'h2c', length, 'POST').end(body);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    expect([response.statusCode, await text(response)]).toEqual([201, expect.stringContaining('"sent"')]);
  });

  it.each(['//', '//[/portforward', '*', `${PODS}/upper/portforward/[`])(
    'a request for %s ends nothing',
    async (path) => {
      const { port } = new URL(server.url);
      const place = { host: '127.0.0.1', port, path, ca: server.certificateAuthority, agent: false };
      for (const headers of [{}, { connection: 'upgrade', upgrade: 'websocket' }]) {
        const request = (tls ? requestTls : requestPlain)({ ...place, headers }).end();
        const [response] = (await once(request, 'response')) as [IncomingMessage];
        response.resume();
        expect(response.statusCode).toBeGreaterThanOrEqual(400);
      }
    },
  );

  it('a refused upgrade leaves nothing behind, though the client says more', async () => {
    const request = asking(`${PODS}/none/portforward?ports=8081`, 'websocket').end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(404);
    response.socket.on('error', () => {}).write('more');
    response.resume();
    await once(response.socket, 'close');
  });

  it.each([
    ['a key that is none', { 'sec-websocket-key': 'short' }],
    ['a version that nobody speaks', { 'sec-websocket-key': KEY, 'sec-websocket-version': '7' }],
  ])('%s is refused, and written down so', async (_what, headers) => {
    const offered = { 'sec-websocket-version': '13', 'sec-websocket-protocol': 'v4.channel.k8s.io', ...headers };
    const request = asking(`${PODS}/upper/portforward?ports=8081`, 'websocket', offered).end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(400);
    expect(forwards().at(-1)).toMatchObject({ code: 400 });
  });

  it.each(['upper', 'silent'])('a frame that breaks the protocol ends that connection to %s alone', async (pod) => {
    const offered = {
      'sec-websocket-key': KEY,
      'sec-websocket-version': '13',
      'sec-websocket-protocol': 'v4.channel.k8s.io',
    };
    const request = asking(`${PODS}/${pod}/portforward?ports=8081`, 'websocket', offered).end();
    const [, socket] = (await once(request, 'upgrade')) as [IncomingMessage, Socket];
    // Clients have to mask what they send.
    socket.on('error', () => {}).write(Buffer.of(0x82, 1, 0));
    socket.resume();
    await once(socket, 'close');
    expect((await once(asking('/version', 'h2c').end(), 'response'))[0]).toMatchObject({ statusCode: 200 });
  });

  it('a request behind one that is not answered yet ends the connection, and nothing else', async () => {
    const { port } = new URL(server.url);
    const place = { port: Number(port), host: '127.0.0.1' };
    const socket = tls ? connectTls({ ...place, ca: server.certificateAuthority }) : connectPlain(place);
    const head = (path: string, more = '') =>
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${server.token}\r\n${more}\r\n`;
    const upgrade = `Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: ${KEY}\r\nSec-WebSocket-Version: 13\r\n`;
    socket.on('error', () => {}).resume();
    socket.write(`${head(`${PODS}?watch=1`)}${head(`${PODS}/upper/portforward?ports=8081`, upgrade)}`);
    await once(socket, 'close');
    expect((await once(asking('/version', 'h2c').end(), 'response'))[0]).toMatchObject({ statusCode: 200 });
  });
});
