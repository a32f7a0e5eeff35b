// The pure parts of the real control plane; that it runs is test/e2e/controlplane.test.ts's.
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { parseArguments } from '../../../scripts/controlplane/arguments.ts';
import { serverRunningFrom } from '../../../scripts/controlplane/running.ts';
import { kubeconfigText } from '../../../src/localcluster/api/kubeconfig.ts';
import { readAudit } from '../../controlplane/audit.ts';
import { findPrograms } from '../../controlplane/binaries.ts';
import { Certificates } from '../../controlplane/certificates.ts';
import { download } from '../../controlplane/download.ts';
import { withDefaults } from '../../controlplane/options.ts';
import { usageExpression } from '../../controlplane/usage.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'setpoint-controlplane-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a line of the audit log becomes an entry, and one that is still being written does not', () => {
  const line = {
    kind: 'Event',
    auditID: 'a',
    stage: 'ResponseComplete',
    requestURI: '/apis/apps/v1/namespaces/shop/deployments/web/scale',
    verb: 'update',
    user: { username: 'alice' },
    objectRef: { resource: 'deployments', subresource: 'scale', namespace: 'shop', name: 'web', apiGroup: 'apps' },
    responseStatus: { code: 409 },
    requestReceivedTimestamp: '2026-01-02T03:04:05.678901Z',
    stageTimestamp: '2026-01-02T03:04:05.680000Z',
  };
  const path = join(folder, 'audit.log');
  writeFileSync(path, `${JSON.stringify(line)}\n{"kind":"Ev`);
  expect(readAudit(path)).toEqual([
    {
      id: 'a',
      stage: 'ResponseComplete',
      verb: 'update',
      user: 'alice',
      userAgent: '',
      path: line.requestURI,
      group: 'apps',
      resource: 'deployments',
      subresource: 'scale',
      namespace: 'shop',
      name: 'web',
      code: 409,
      receivedAtMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678) + 0.901,
      atMs: Date.UTC(2026, 0, 2, 3, 4, 5, 680),
    },
  ]);
});

test('the usage of a pod: its annotation, else the first that fits, else next to nothing', () => {
  const usages = [{ namespace: 'shop', labels: { app: 'web' }, cpu: '250m' }];
  expect(usageExpression('cpu', usages)).toBe(
    '"kwok.x-k8s.io/usage-cpu" in pod.metadata.annotations ? Quantity(pod.metadata.annotations["kwok.x-k8s.io/usage-cpu"])' +
      ' : pod.metadata.namespace == "shop" && "app" in pod.metadata.labels && pod.metadata.labels["app"] == "web" ? Quantity("250m")' +
      ' : Quantity("1m")',
  );
  expect(usageExpression('memory', usages)).not.toContain('shop');
});

test('a certificate of the plane is signed by its authority and names the service', () => {
  const certificates = new Certificates(join(folder, 'credentials'));
  const authority = new X509Certificate(certificates.authority);
  const adapter = new X509Certificate(certificates.service('adapter', 'kube-system').certificate);
  expect(adapter.verify(authority.publicKey)).toBe(true);
  expect(adapter.checkIssued(authority)).toBe(true);
  expect(adapter.ca).toBe(false);
  expect(adapter.checkHost('adapter.kube-system.svc')).toBe('adapter.kube-system.svc');
  const client = new X509Certificate(readFileSync(certificates.client('alice', ['team-a']).certificateFile));
  expect(client.subject).toBe('O=team-a\nCN=alice');
});

test('without the controller that makes service accounts, pods are admitted without them', () => {
  expect(withDefaults({}).serviceAccounts).toBe(true);
  expect(withDefaults({ flavour: 'api' }).serviceAccounts).toBe(false);
  const controllers = ['horizontal-pod-autoscaler-controller'];
  expect(withDefaults({ controllerManager: { controllers } }).serviceAccounts).toBe(false);
});

describe('the flags of npm run controlplane', () => {
  test('are read', () => {
    expect(parseArguments([])).toEqual({ flavour: 'full', controllerManager: { hpa: true } });
    expect(parseArguments(['--api', '--no-hpa', '--nodes', '5', '--port', '6443', '--start-delay', '0'])).toEqual({
      flavour: 'api',
      controllerManager: { hpa: false },
      nodes: 5,
      port: 6443,
      startSeconds: 0,
    });
    expect(parseArguments(['-h'])).toBe('help');
  });

  test.each([
    [['--nodes', '0'], '--nodes: "0" is no whole number from 1 to 1000'],
    [['--port', '6443.5'], '--port: "6443.5" is no whole number from 1 to 65535'],
    [['--what'], "Unknown option '--what'; npm run controlplane -- --help lists the flags"],
  ])('%j is refused in one line', (args, message) => {
    expect(() => parseArguments(args)).toThrow(message);
  });
});

test('a folder whose API server answers is in use', async () => {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  expect(await serverRunningFrom(folder)).toBeUndefined();
  new Certificates(join(folder, 'credentials')).write('admin.kubeconfig', kubeconfigText({ url, token: 'unused' }));
  expect(await serverRunningFrom(folder)).toBe(url);
  server.close();
  await once(server, 'close');
  expect(await serverRunningFrom(folder)).toBeUndefined();
});

test('Ctrl-C ends a download that is under way', async () => {
  const asked = new AbortController();
  const server = createServer((_request, response) => {
    response.writeHead(200).write('the first bytes of many');
    asked.abort(new Error('interrupted'));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/etcd.tar.gz`;
  const archive = { url, algorithm: 'sha256', checksum: '0' } as const;
  await expect(download(archive, join(folder, 'etcd'), asked.signal)).rejects.toThrow(/interrupted|abort/);
  server.closeAllConnections();
  server.close();
});

describe('finding programs', () => {
  beforeEach(() => {
    vi.stubEnv('XDG_CACHE_HOME', folder);
    vi.stubEnv('PATH', folder);
    vi.stubEnv('KUBEBUILDER_ASSETS', undefined);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  test('KUBEBUILDER_ASSETS goes before everything', async () => {
    writeFileSync(join(folder, 'etcd'), '', { mode: 0o755 });
    vi.stubEnv('KUBEBUILDER_ASSETS', folder);
    expect(await findPrograms(['etcd'], { log: () => {} })).toEqual({ etcd: join(folder, 'etcd') });
  });

  test('without assets, an archive or Go one line says what to do', async () => {
    await expect(findPrograms(['etcd'], { log: () => {} })).rejects.toThrow(
      /^no etcd v3\.7\.3: .*install Go 1\.26\.4 or newer \(https:\/\/go\.dev\/dl\) or set KUBEBUILDER_ASSETS/,
    );
  });
});
