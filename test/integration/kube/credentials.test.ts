// Kubeconfigs of every kind against the local API server over HTTPS with tokens.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { KubeClient } from '../../../src/kube/client.ts';
import { loadAccess } from '../../../src/kube/kubeconfig.ts';
import { startApiServer } from '../../../src/localcluster/api-server.ts';
import { neverAborted } from '../../support/local-api.ts';

type Server = Awaited<ReturnType<typeof startApiServer>>;

async function ask(write: (folder: string, server: Server) => Promise<void>): Promise<unknown> {
  const server = await startApiServer({ namespaces: ['shop'], tls: true });
  server.addUser('robot-token', { user: 'robot', groups: ['system:masters'] });
  const folder = await mkdtemp(join(tmpdir(), 'setpoint-credentials-'));
  await write(folder, server);
  let client: KubeClient | undefined;
  try {
    const access = loadAccess({ clock: systemClock, kubeconfig: join(folder, 'config') });
    client = new KubeClient({ access, clock: systemClock, version: '0', random: () => 0 });
    const answer = await client.get('/api/v1/namespaces/shop', { signal: neverAborted(), timeoutMs: 5000 });
    return [
      (answer as { metadata: { name: string } }).metadata.name,
      ...server.audit.entries({}).map(({ user }) => user),
    ];
  } catch (error) {
    return error;
  } finally {
    await client?.close();
    await server.close();
    await rm(folder, { recursive: true });
  }
}

function config(server: Server, user: unknown, certificate = server.certificateAuthority): string {
  const ca = Buffer.from(certificate ?? '').toString('base64');
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'c',
    clusters: [{ name: 'k', cluster: { server: server.url, 'certificate-authority-data': ca } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'c', context: { cluster: 'k', user: 'u' } }],
  });
}

it('the kubeconfig that the cluster prints', async () => {
  expect(await ask((folder, server) => writeFile(join(folder, 'config'), server.kubeconfig()))).toEqual([
    'shop',
    expect.anything(),
  ]);
});

it('a token', async () => {
  const answer = await ask((folder, server) =>
    writeFile(join(folder, 'config'), config(server, { token: 'robot-token' })),
  );
  expect(answer).toEqual(['shop', 'robot']);
});

it('a token file beside the kubeconfig', async () => {
  const answer = await ask(async (folder, server) => {
    await writeFile(join(folder, 'token'), 'robot-token\n');
    await writeFile(join(folder, 'config'), config(server, { tokenFile: 'token' }));
  });
  expect(answer).toEqual(['shop', 'robot']);
});

it('an exec plugin', async () => {
  const answer = await ask(async (folder, server) => {
    const credential = {
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token: 'robot-token' },
    };
    const exec = { apiVersion: credential.apiVersion, command: 'echo', args: [JSON.stringify(credential)] };
    await writeFile(join(folder, 'config'), config(server, { exec }));
  });
  expect(answer).toEqual(['shop', 'robot']);
});

it('an exec plugin that fails is a failure that keeps its words to itself', async () => {
  const answer = await ask((folder, server) =>
    writeFile(
      join(folder, 'config'),
      config(server, { exec: { command: 'sh', args: ['-c', 'echo secret >&2; exit 1'] } }),
    ),
  );
  expect(answer).toMatchObject({ code: 'Network' });
  expect((answer as Error).message).toContain('credentials for the API server could not be read');
  expect((answer as Error).message).not.toContain('secret');
});

it('a server whose certificate nobody vouches for is refused (B61)', async () => {
  const answer = await ask(async (folder, server) => {
    const text = server.kubeconfig().replace(/^.*certificate-authority-data.*\n/m, '');
    await writeFile(join(folder, 'config'), text);
  });
  expect(answer).toMatchObject({ code: 'Network' });
  expect((answer as Error).message).toMatch(/CERT/);
});
