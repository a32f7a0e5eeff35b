// A forwarded port of the local cluster, by our own client: bytes both ways, over HTTP and HTTPS, and what stands against it.
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { loadAccess } from '../../../src/kube/kubeconfig.ts';
import { connectToPod } from '../../../src/kube/port-forward.ts';
import { type ApiServer, startApiServer } from '../../../src/localcluster/api-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'setpoint-forward-'));
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
    await expect(text(await forward('silent'))).rejects.toThrow(
      /^error forwarding port 8081 to pod silent, uid \S+: nobody listens there$/,
    );
    await expect(text(await forward('gone'))).rejects.toThrow(
      /^error forwarding port 8081 to pod gone, .*ECONNREFUSED/,
    );
  });

  it('is refused as the API server refuses', async () => {
    await expect(forward('none')).rejects.toMatchObject({ status: 404, message: 'pods "none" not found' });
    await expect(forward('upper', { port: 70_000 })).rejects.toMatchObject({
      status: 400,
      message: 'unable to parse "70000" as a port',
    });
  });

  it('ends at once when it is not wanted any more', async () => {
    await expect(forward('upper', { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
    const hang = server.faults.add({ match: { subresource: 'portforward' }, fault: { kind: 'hang' } });
    const stop = new AbortController();
    const waiting = forward('upper', { signal: stop.signal });
    await expect.poll(() => hang.hits).toBe(1);
    stop.abort(new Error('Ctrl-C'));
    await expect(waiting).rejects.toThrow('Ctrl-C');
    hang.remove();
  });

  it('is written down in the audit log', async () => {
    (await forward('upper')).destroy();
    const entry = server.audit.entries().findLast(({ subresource }) => subresource === 'portforward');
    expect(entry).toMatchObject({ verb: 'get', resource: 'pods', name: 'upper', code: 101 });
  });

  it.each([
    ['/api/v1/namespaces/shop/pods/upper/portforward?ports=8081', 'SPDY/3.1', 400, 'not over SPDY/3.1'],
    ['/version', 'h2c', 200, '"major": ?"1"'],
  ])(
    '%s with Upgrade: %s is answered as if nothing had been asked, and the connection closed',
    async (path, upgrade, code, words) => {
      const headers = { connection: 'upgrade', upgrade, authorization: `Bearer ${server.token}` };
      const send = tls ? requestTls : requestPlain;
      const request = send(`${server.url}${path}`, { headers, ca: server.certificateAuthority, agent: false }).end();
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      expect([response.statusCode, response.headers.connection]).toEqual([code, 'close']);
      expect(await text(response)).toMatch(new RegExp(words));
    },
  );
});
