import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { routes, type ServerOptions, startServer } from '../../../src/server/server.ts';

function optionsWith(faults: Record<string, string | undefined> = {}): ServerOptions {
  return {
    bindAddress: '127.0.0.1',
    port: 0,
    metrics: { contentType: 'text/plain; version=0.0.4', text: () => Promise.resolve('up 1\n') },
    liveness: [{ name: 'lease', check: () => faults.lease }],
    readiness: [
      { name: 'watches-synced', check: () => faults.watches },
      { name: 'lease', check: () => faults.lease },
    ],
  };
}

describe('health', () => {
  it.each(['/healthz', '/livez', '/readyz'])('%s says ok and no more', async (path) => {
    const answer = await routes(optionsWith()).request(path);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe('ok');
  });

  it('names the part that fails', async () => {
    const answer = await routes(optionsWith({ watches: 'pods not synced yet' })).request('/readyz');
    expect(answer.status).toBe(503);
    expect(await answer.text()).toBe(
      '[-]watches-synced failed: pods not synced yet\n[+]lease ok\nreadyz check failed\n',
    );
  });

  it('lists all parts when asked', async () => {
    const answer = await routes(optionsWith()).request('/readyz?verbose');
    expect(await answer.text()).toBe('[+]watches-synced ok\n[+]lease ok\nreadyz check passed\n');
  });

  it('answers for one part', async () => {
    const app = routes(optionsWith({ watches: 'no' }));
    expect((await app.request('/readyz/lease')).status).toBe(200);
    expect((await app.request('/readyz/watches-synced')).status).toBe(503);
    expect(await (await app.request('/readyz/other')).text()).toContain('there are: watches-synced, lease');
  });

  it('a failing watch does not have the process restarted', async () => {
    expect((await routes(optionsWith({ watches: 'no' })).request('/livez')).status).toBe(200);
  });
});

describe('metrics', () => {
  it('are served as what they are', async () => {
    const answer = await routes(optionsWith()).request('/metrics');
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4');
    expect(await answer.text()).toBe('up 1\n');
  });
});

describe('the socket', () => {
  it('listens, answers and closes with connections open', async () => {
    const server = await startServer(optionsWith());
    const answer = await fetch(`http://127.0.0.1:${server.port}/healthz`);
    expect(await answer.text()).toBe('ok');
    await server.close();
    await expect(fetch(`http://127.0.0.1:${server.port}/healthz`)).rejects.toThrow();
  });

  it('rejects when the port is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => {
      other.listen(0, '127.0.0.1', resolve);
    });
    const { port } = other.address() as AddressInfo;
    await expect(startServer({ ...optionsWith(), port })).rejects.toThrow('EADDRINUSE');
    await new Promise((resolve) => {
      other.close(resolve);
    });
  });
});
