// What a Prometheus source shows of us and asks of the server: tokens, passwords and certificates from files that are rotated,
// over real HTTP and TLS.
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttp, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttps, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { PrometheusMetric } from '../../src/api/spec.ts';
import { systemClock } from '../../src/base/clock.ts';
import type { PrometheusConfig } from '../../src/sources/config.ts';
import { PrometheusServer } from '../../src/sources/prometheus.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { vector } from '../support/hostile-server.ts';

const TLS = join(import.meta.dirname, '../fixtures/tls');
const pem = (name: string) => readFileSync(join(TLS, name));
const never = new AbortController().signal;

let directory = '';
let cleanUp: (() => Promise<void>)[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'setpoint-credentials-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  for (const step of cleanUp) await step();
  cleanUp = [];
  rmSync(directory, { recursive: true, force: true });
});

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;
async function serve(handler: Handler, tls?: ServerOptions): Promise<string> {
  const server: Server = tls ? createHttps(tls, handler) : createHttp(handler);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUp.push(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const good: Handler = (_, response) => response.setHeader('content-type', 'application/json').end(vector('5'));

function source(url: string, more: Partial<PrometheusConfig> = {}, clock = systemClock): PrometheusServer {
  const config = { name: 'default', url, headers: {}, scrapeIntervalMs: 30_000, timeoutMs: 5000, ...more };
  return new PrometheusServer(config, { clock, random: () => 1, observer: { sourceRequest: () => undefined } });
}

const metric = (more: Partial<PrometheusMetric> = {}): PrometheusMetric => ({
  type: 'Prometheus',
  name: 'rps',
  target: { type: 'AverageValue', averageValueMilli: 100n },
  maxAgeSeconds: 180,
  direction: 'Both',
  query: 'up',
  source: 'default',
  ...more,
});
let ticks = 0;
const read = (from: PrometheusServer, of = metric()) =>
  from.read(of, { namespace: 'a', name: 'b', podNames: new Set(), selector: '', tickMs: 10_000 * ++ticks }, never);

describe('credentials', () => {
  test('a bearer token, trimmed, and basic credentials', async () => {
    const seen: (string | undefined)[] = [];
    const url = await serve((request, response) => {
      seen.push(request.headers.authorization);
      good(request, response);
    });
    await read(source(url, { bearerTokenFile: file('token', ' abc\n') }));
    await read(source(url, { basicAuth: { username: 'me', passwordFile: file('password', 'p:ä\n') } }));
    await read(
      source(url, { basicAuth: { usernameFile: file('user', 'you\n'), passwordFile: file('password', 'x') } }),
    );
    await read(source(url));
    const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;
    expect(seen).toEqual(['Bearer abc', basic('me:p:ä'), basic('you:x'), undefined]);
  });

  test('F42: a token that was rotated and is refused is read again at once, and the query sent once more', async () => {
    let valid = 'old';
    let requests = 0;
    const url = await serve((request, response) => {
      requests++;
      if (request.headers.authorization === `Bearer ${valid}`) good(request, response);
      else response.writeHead(401).end('secret');
    });
    // The clock stands still: no look at the file is due.
    const asked = source(url, { bearerTokenFile: file('token', 'old') }, new FakeClock());
    expect(await read(asked)).toMatchObject({ kind: 'value' });
    file('token', 'new-and-longer');
    valid = 'new-and-longer';
    expect(await read(asked)).toMatchObject({ kind: 'value' });
    expect(requests).toBe(3);
    // Still refused, and the file says nothing new: asked once, not twice.
    valid = 'another';
    expect(await read(asked)).toMatchObject({
      reason: 'ErrorAnswer',
      message: 'HTTP 401: the credentials are refused',
    });
    expect(requests).toBe(4);
  });

  test('a token file that is gone for a moment changes nothing; one that never was there is an absence without its path', async () => {
    const url = await serve(good);
    const clock = new FakeClock();
    const path = file('token', 'abc');
    const asked = source(url, { bearerTokenFile: path }, clock);
    await read(asked);
    rmSync(path);
    await clock.advance(10_000);
    expect(await read(asked)).toMatchObject({ kind: 'value' });
    const without = await read(source(url, { bearerTokenFile: path }));
    expect(without).toMatchObject({ kind: 'absent', reason: 'Unreachable' });
    expect(JSON.stringify(without)).not.toContain(directory);
  });
});

describe('B61: TLS', () => {
  const options = (name: string, more: ServerOptions = {}) => ({
    key: pem(`${name}.key`),
    cert: pem(`${name}.pem`),
    ...more,
  });
  const ca = join(TLS, 'ca.pem');

  test('a server of the configured authority is accepted', async () => {
    expect(await read(source(await serve(good, options('server')), { caFile: ca }))).toMatchObject({
      valueMilli: 5000n,
    });
  });

  test.each([
    ['expired', { caFile: ca }, 'CERT_HAS_EXPIRED'],
    ['wrong-name', { caFile: ca }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['self-signed', { caFile: ca }, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['server', {}, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ])('%s with %j is refused: %s', async (name, more, code) => {
    let requests = 0;
    const url = await serve((request, response) => {
      requests++;
      good(request, response);
    }, options(name));
    // Not even an environment variable that weakens Node gets past this.
    vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    const reading = await read(source(url, { ...more, bearerTokenFile: file('token', 'abc') }));
    expect(reading).toEqual({
      kind: 'absent',
      reason: 'Unreachable',
      message: `TLS: the server was refused (${code})`,
    });
    expect(requests).toBe(0);
  });

  test('TLS 1.1 is refused', async () => {
    const old = options('server', { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' });
    const reading = await read(source(await serve(good, old), { caFile: ca }));
    expect(reading).toMatchObject({ reason: 'Unreachable', message: expect.stringMatching(/^TLS: /) });
  });

  test('a client certificate is shown, and a rotated one from then on, on a new connection', async () => {
    const subjects: string[] = [];
    const url = await serve(
      (request, response) => {
        subjects.push(String((request.socket as TLSSocket).getPeerCertificate().subject?.CN));
        good(request, response);
      },
      options('server', { requestCert: true, rejectUnauthorized: false, ca: pem('ca.pem') }),
    );
    const copy = (from: string, to: string) => {
      copyFileSync(join(TLS, from), join(directory, to));
      return join(directory, to);
    };
    const clock = new FakeClock();
    const files = { certFile: copy('client.pem', 'tls.crt'), keyFile: copy('client.key', 'tls.key'), caFile: ca };
    const asked = source(url, files, clock);
    await read(asked);
    copy('self-signed.pem', 'tls.crt');
    copy('self-signed.key', 'tls.key');
    await read(asked);
    await clock.advance(5000);
    await read(asked);
    expect(subjects).toEqual(['setpoint test client', 'setpoint test client', 'setpoint test self-signed']);
  });

  test('a key that does not belong to its certificate is a fault at start', async () => {
    const url = 'https://127.0.0.1:1';
    const wrong = { certFile: join(TLS, 'client.pem'), keyFile: join(TLS, 'server.key') };
    expect(await source(url, wrong).faults()).toEqual([
      expect.stringContaining('a key that belongs to its certificate'),
    ]);
    expect(await source(url, { ...wrong, keyFile: join(TLS, 'client.key'), caFile: ca }).faults()).toEqual([]);
  });
});

describe('the way to the server', () => {
  test('a proxy named in the environment sees nothing', async () => {
    let proxied = 0;
    const proxy = await serve((_, response) => {
      proxied++;
      response.end();
    });
    for (const name of ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'])
      vi.stubEnv(name, proxy);
    vi.stubEnv('NO_PROXY', '');
    vi.stubEnv('no_proxy', '');
    const tls = { key: pem('server.key'), cert: pem('server.pem') };
    expect(await read(source(await serve(good)))).toMatchObject({ valueMilli: 5000n });
    expect(await read(source(await serve(good, tls), { caFile: join(TLS, 'ca.pem') }))).toMatchObject({
      valueMilli: 5000n,
    });
    expect(proxied).toBe(0);
  });

  test('a host name is looked up', async () => {
    const url = (await serve(good)).replace('127.0.0.1', 'localhost');
    expect(await read(source(url))).toMatchObject({ valueMilli: 5000n });
  });
});

describe('timestampQuery', () => {
  async function readWith(time: string | undefined) {
    const queries: (string | null)[] = [];
    const url = await serve((request, response) => {
      const query = new URL(request.url ?? '', 'http://x').searchParams.get('query');
      queries.push(query);
      response.setHeader('content-type', 'application/json');
      const empty = '{"status":"success","data":{"resultType":"vector","result":[]}}';
      response.end(query === 'time' && time === undefined ? empty : vector(query === 'time' ? time : '5'));
    });
    const reading = await read(source(url), metric({ timestampQuery: 'time' }));
    return { reading, queries };
  }

  test('its value is the time of the data, in seconds', async () => {
    const { reading, queries } = await readWith('1767225600.25');
    expect(reading).toMatchObject({ kind: 'value', valueMilli: 5000n, atMs: 1_767_225_600_250 });
    expect(new Set(queries)).toEqual(new Set(['time', 'up']));
  });

  test('without it there is no reading: whoever asks for the age wants no answer without it', async () => {
    expect((await readWith(undefined)).reading).toEqual({
      kind: 'absent',
      reason: 'Empty',
      message: 'timestampQuery: the query gave no sample',
    });
    expect((await readWith('NaN')).reading).toMatchObject({ reason: 'BadValue' });
  });
});
