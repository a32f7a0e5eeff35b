// The real control plane that tests run against: that it starts, behaves as a cluster does, can be hurt, and leaves nothing behind.
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ApiClient } from '../controlplane/api-client.ts';
import { readAudit } from '../controlplane/audit.ts';
import { type ControlPlane, startControlPlane } from '../controlplane/control-plane.ts';
import { poll } from '../controlplane/poll.ts';
import { serverPorts } from '../controlplane/ports.ts';
import { isAlive } from '../support/process-cluster.ts';

/** The programs may have to be built first. */
const BUILD_TIMEOUT_MS = 1_800_000;
const SHOP = '/api/v1/namespaces/shop';
const WEB = '/apis/apps/v1/namespaces/shop/deployments/web';

const run = promisify(execFile);

async function expectSoon(what: string, timeoutMs: number, isSo: () => Promise<boolean>): Promise<void> {
  expect(await poll(timeoutMs, isSo), what).toBe(true);
}

describe('the full control plane', () => {
  let plane: ControlPlane;
  let seconds: number;

  const kubectl = async (...args: string[]): Promise<string> => {
    const { stdout } = await run(plane.kubectl, args, { env: { ...process.env, KUBECONFIG: plane.kubeconfig } });
    return stdout;
  };
  const replicas = async (): Promise<number> => Number((await plane.api.get(`${WEB}/scale`)).spec['replicas']);
  const readyPods = async (): Promise<number> => {
    const { status } = await plane.api.get(WEB);
    return (status as { readyReplicas?: number }).readyReplicas ?? 0;
  };
  /** Container `app` of each pod of `web`, as metrics-server tells it. */
  const cpuOfPods = async (): Promise<string[]> => {
    const { status, body } = await plane.api.call('GET', '/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods');
    if (status !== 200) return [];
    const items = body.items as unknown as { containers: { usage: { cpu: string } }[] }[];
    return items.flatMap(({ containers }) => containers.map(({ usage }) => usage.cpu));
  };

  beforeAll(async () => {
    // Whatever is missing is made here, so that the start alone is timed.
    const first = await startControlPlane({ flavour: 'full', nodes: 1 });
    await first.stop();
    const start = performance.now();
    plane = await startControlPlane({
      namespaces: ['shop'],
      users: { alice: ['team-a'] },
      startSeconds: 2,
      controllerManager: { hpaSyncPeriodSeconds: 5 },
    });
    seconds = (performance.now() - start) / 1000;
  }, BUILD_TIMEOUT_MS);

  afterAll(() => plane?.stop());

  test('is ready in well under a minute, in the version of the situations', async () => {
    expect(seconds).toBeLessThan(45);
    expect(await plane.api.get('/version')).toMatchObject({ gitVersion: 'v1.36.3' });
    expect(Object.keys(plane.pids()).sort()).toEqual([
      'etcd',
      'kube-apiserver',
      'kube-controller-manager',
      'kube-scheduler',
      'kwok',
      'metrics-server',
    ]);
  });

  test('kubectl sees nodes that are ready', async () => {
    expect((await kubectl('get', 'nodes', '--no-headers')).match(/^node-\d +Ready /gm)).toHaveLength(2);
  });

  test('RBAC refuses who has no role', async () => {
    const { token } = plane.user('alice');
    const alice = new ApiClient(plane.url, token, plane.certificateAuthority);
    const answer = await alice.call('GET', `${SHOP}/pods`);
    await alice.close();
    expect(answer).toMatchObject({
      status: 403,
      body: { message: expect.stringContaining('User "alice" cannot list') },
    });
  });

  test('a Deployment of 3 is ready after the start-up delay of its pods and not before', async () => {
    await plane.setUsage({ namespace: 'shop', labels: { app: 'web' }, cpu: '50m', memory: '64Mi' });
    await plane.api.create('/apis/apps/v1/namespaces/shop/deployments', {
      metadata: { name: 'web' },
      spec: {
        replicas: 3,
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: { containers: [{ name: 'app', image: 'x', resources: { requests: { cpu: '100m' } } }] },
        },
      },
    });
    await expectSoon('3 pods are ready', 30_000, async () => (await readyPods()) === 3);
    const { items } = await plane.api.get(`${SHOP}/pods`);
    const delays = items.map(({ status }) => {
      const { startTime, conditions } = status as {
        startTime: string;
        conditions: { type: string; lastTransitionTime: string }[];
      };
      const ready = conditions.find(({ type }) => type === 'Ready');
      return (Date.parse(ready?.lastTransitionTime ?? '') - Date.parse(startTime)) / 1000;
    });
    // Both times are cut to whole seconds.
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(1);
  });

  test('metrics-server tells the usage that was set, and later what it was changed to', async () => {
    const tells = (milli: number) => async () => {
      const values = await cpuOfPods();
      return values.length === 3 && values.every((cpu) => Math.abs(Number.parseInt(cpu, 10) / 1e6 - milli) < 5);
    };
    await expectSoon('3 pods at 50m', 60_000, tells(50));
    await plane.setUsage({ namespace: 'shop', labels: { app: 'web' }, cpu: '80m' });
    await expectSoon('3 pods at 80m', 60_000, tells(80));
    expect(await kubectl('top', 'pods', '-n', 'shop', '--no-headers')).toMatch(/^web-\S+ +(7|8)\dm +64Mi/m);
  });

  test('the HPA follows the usage', async () => {
    await plane.setUsage({ namespace: 'shop', labels: { app: 'web' }, cpu: '100m' });
    await plane.api.create('/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers', {
      metadata: { name: 'web' },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
        minReplicas: 0,
        maxReplicas: 6,
        metrics: [
          { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
          {
            type: 'External',
            external: { metric: { name: 'none' }, target: { type: 'Value', value: '1' } },
          },
        ],
      },
    });
    await expectSoon('6 replicas', 90_000, async () => (await replicas()) === 6);
  });

  test('the audit log tells who wrote the size', async () => {
    const writes = readAudit(plane.auditLogPath).filter(
      ({ subresource, verb }) => subresource === 'scale' && verb === 'update',
    );
    expect(writes).not.toHaveLength(0);
    expect(writes.at(-1)).toMatchObject({
      user: 'system:serviceaccount:kube-system:horizontal-pod-autoscaler',
      group: 'apps',
      resource: 'deployments',
      namespace: 'shop',
      name: 'web',
      code: 200,
    });
    const { receivedAtMs, atMs } = writes.at(-1)!;
    expect(atMs).toBeGreaterThanOrEqual(receivedAtMs);
  });

  test('stop ends every process and takes the folder away', async () => {
    const pids = Object.values(plane.pids());
    plane.component('etcd').pause();
    await plane.stop();
    expect(pids).toHaveLength(6);
    expect(pids.filter(isAlive)).toEqual([]);
    await expect(run('ls', [plane.directory])).rejects.toThrow();
  });
});

describe('etcd and the API server alone', () => {
  let plane: ControlPlane;

  beforeAll(async () => {
    plane = await startControlPlane({ flavour: 'api', namespaces: ['shop'] });
  }, BUILD_TIMEOUT_MS);

  afterAll(() => plane?.stop());

  test('the API server keeps its data and its port over a restart', async () => {
    await plane.api.create(`${SHOP}/configmaps`, { metadata: { name: 'kept' } });
    const before = plane.pids();
    await plane.restartApiServer();
    expect((await plane.api.get(`${SHOP}/configmaps/kept`)).metadata.name).toBe('kept');
    expect(plane.pids()['kube-apiserver']).not.toBe(before['kube-apiserver']);
    expect(plane.pids().etcd).toBe(before.etcd);
  });

  test('a frozen etcd answers nothing, a thawed one does', async () => {
    plane.component('etcd').pause();
    const late = plane.api.create(`${SHOP}/configmaps`, { metadata: { name: 'late' } });
    try {
      await expectSoon('the API server misses etcd', 25_000, async () => {
        return (await plane.api.call('GET', '/readyz/etcd')).status === 500;
      });
    } finally {
      plane.component('etcd').resume();
    }
    expect((await late).metadata.name).toBe('late');
  });

  test('an API of a server on this machine becomes part of it', async () => {
    const { certificate, key } = plane.serviceCertificate('gauges');
    const server = createTlsServer({ cert: certificate, key }, (request, response) => {
      response.setHeader('content-type', 'application/json');
      const list = { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: 'gauges.test/v1', resources: [] };
      response.end(
        JSON.stringify(request.url === '/apis/gauges.test/v1' ? list : { asked: request.headers['x-remote-user'] }),
      );
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as AddressInfo;
    try {
      await plane.registerApi({ group: 'gauges.test', version: 'v1', service: 'gauges', port });
      expect(await plane.api.get('/apis/gauges.test/v1/anything')).toEqual({ asked: 'admin' });
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  test('a crash of the one who started it ends it too', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'setpoint-plane-'));
    const script = `
      import { startControlPlane } from ${JSON.stringify(new URL('../controlplane/control-plane.ts', import.meta.url).href)};
      const plane = await startControlPlane({ flavour: 'api', directory: ${JSON.stringify(directory)} });
      console.log(JSON.stringify(Object.values(plane.pids())));
      process.kill(process.pid, 'SIGKILL');`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script]).catch((error: unknown) => {
      return error as { stdout: string };
    });
    const pids = JSON.parse(stdout) as number[];
    expect(pids).toHaveLength(2);
    await expectSoon('none is left', 10_000, async () => !pids.some(isAlive));
    rmSync(directory, { recursive: true });
  });
});

describe('what goes wrong is one line', () => {
  test('a port that is in use', async () => {
    const server = createServer();
    const [port = 0] = await serverPorts(1);
    await new Promise<void>((resolve) => {
      server.listen(port, '127.0.0.1', resolve);
    });
    try {
      await expect(startControlPlane({ flavour: 'api', port })).rejects.toThrow(
        `port ${port} of 127.0.0.1 is in use: give another one, or none for any that is free`,
      );
    } finally {
      server.close();
    }
  });

  test('a program that ends at once', async () => {
    const assets = mkdtempSync(join(tmpdir(), 'setpoint-assets-'));
    writeFileSync(join(assets, 'etcd'), '#!/bin/sh\necho "no space left on device" >&2\nexit 3\n');
    chmodSync(join(assets, 'etcd'), 0o755);
    vi.stubEnv('KUBEBUILDER_ASSETS', assets);
    const directory = join(assets, 'plane');
    mkdirSync(directory);
    try {
      await expect(startControlPlane({ flavour: 'api', directory })).rejects.toThrow(
        `etcd ended with code 3 before it was ready: no space left on device (log: ${join(directory, 'etcd.log')})`,
      );
    } finally {
      vi.unstubAllEnvs();
      rmSync(assets, { recursive: true });
    }
  });

  test('a flag that the API server does not know', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'setpoint-plane-'));
    await expect(
      startControlPlane({ flavour: 'api', directory, extraArgs: { 'kube-apiserver': ['--no-such-flag'] } }),
    ).rejects.toThrow(
      /^kube-apiserver ended with code 1 before it was ready: .*unknown flag: --no-such-flag.* \(log: .*\)$/,
    );
    rmSync(directory, { recursive: true });
  });
});
