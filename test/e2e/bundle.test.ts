// The bundle as the image runs it: stays small, needs nothing but itself and Node, neither root nor a place to write; and what the
// bundling left out of the dependencies is not missed.
import { type ChildProcess, spawnSync } from 'node:child_process';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { BundleStage, DIST, endBundle } from '../support/bundle-process.ts';
import { deployment, scaledTarget } from '../support/local-api.ts';
import { until } from '../support/process-cluster.ts';
import { json, ScriptedServer } from '../support/scripted-server.ts';

const SETTLED_MS = 60_000;

let stage: BundleStage;

beforeEach(async () => {
  stage = await BundleStage.open();
});
afterEach(() => stage.close());

async function residentMegabytes({ pid }: ChildProcess): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

describe('the bundle', () => {
  it('runs as nobody in a read-only folder with nothing else, stays under 110 MB, and ends cleanly', async () => {
    const { child, output } = await stage.start();
    // Long enough for many renewals, for a sweep of every cache, and for start-up garbage to be gone.
    await wait(SETTLED_MS);
    const megabytes = await residentMegabytes(child);
    process.stderr.write(`${megabytes.toFixed(0)} MB resident without targets after a minute\n`);
    expect(await endBundle(child, 'SIGTERM'), output()).toBe(0);
    expect(output()).toContain('became leader');
    expect(megabytes).toBeLessThan(110);
  });

  it('takes credentials from a plugin, asks Prometheus, scales and serves metrics', async () => {
    const prometheus = await ScriptedServer.start((_, response) => {
      const result = [{ metric: {}, value: [Date.now() / 1000, '400'] }];
      json(response, 200, { status: 'success', data: { resultType: 'vector', result } });
    });
    try {
      const { cluster } = stage;
      cluster.store.create('deployments.apps', deployment('web', 2));
      const query = {
        type: 'Prometheus',
        prometheus: { query: 'sum(rate(x[1m]))', target: { type: 'AverageValue', averageValue: '100' } },
      };
      cluster.store.create('scaledtargets.setpoint.dev', scaledTarget('web', 'web', { metrics: [query] }));
      const { child, port, output } = await stage.start(
        `--kubeconfig=${await kubeconfigWithPlugin()}`,
        `--prometheus-url=${prometheus.url}`,
      );
      const size = () =>
        (cluster.store.get('deployments.apps', 'shop', 'web')!['spec'] as { replicas: number }).replicas;
      await until(() => size() === 4, `the size follows the query: ${output()}`, 15_000);
      const shown = async () => {
        const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
        return /^setpoint_target_desired_replicas\{[^}]*name="web"[^}]*\} 4$/m.test(await answer.text());
      };
      await until(shown, 'the metrics show the size', 15_000);
      const writes = cluster.audit.entries({ verb: 'update', subresource: 'scale' });
      expect(writes.map(({ user }) => user)).toEqual(['from-the-plugin']);
      expect(await endBundle(child, 'SIGTERM'), output()).toBe(0);
    } finally {
      await prometheus.close();
    }
  });

  it('is written in ASCII: one character beyond it, and the engine keeps two bytes of each', async () => {
    const bytes = await readFile(join(DIST, 'controller.js'));
    expect(bytes.findIndex((byte) => byte > 0x7f)).toBe(-1);
  });

  it('says in one line each what is wrong with its options, and ends with 2', () => {
    const { status, stderr } = spawnSync(process.execPath, [stage.controller, '--port=x', '--workers=0'], {
      env: {},
      encoding: 'utf8',
    });
    expect(status).toBe(2);
    expect(stderr.trim().split('\n')).toEqual([
      expect.stringContaining('--port'),
      expect.stringContaining('--workers'),
    ]);
  });
});

/** A kubeconfig whose user gets its token by running a program, as those of cloud providers do. */
async function kubeconfigWithPlugin(): Promise<string> {
  const token = 'token-of-the-plugin';
  stage.cluster.apiServer.addUser(token, { user: 'from-the-plugin', groups: ['system:masters'] });
  const apiVersion = 'client.authentication.k8s.io/v1';
  const credential = JSON.stringify({ apiVersion, kind: 'ExecCredential', status: { token } });
  const config = parse(stage.cluster.kubeconfig()) as { users: { name: string; user: unknown }[] };
  const exec = { apiVersion, command: '/bin/echo', args: [credential], interactiveMode: 'Never' };
  config.users = config.users.map(({ name }) => ({ name, user: { exec } }));
  const path = join(stage.folder, 'kubeconfig-with-plugin');
  await writeFile(path, stringify(config));
  await chmod(path, 0o444);
  return path;
}
