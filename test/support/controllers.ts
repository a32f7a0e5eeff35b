// Controllers as processes, from the bundle, on a cluster with simulated pods; each with a user of its own, so that the audit log
// tells who wrote what.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type LocalCluster, startLocalCluster } from '../../src/localcluster/cluster.ts';

const ROOT = join(import.meta.dirname, '../..');

export interface ControllerProcess {
  /** Its user in the audit log. */
  readonly user: string;
  readonly child: ChildProcess;
  /** Its log so far, one object a line. */
  logs(): readonly Record<string, unknown>[];
  /** Resolves with the exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

export interface ControllerStage {
  readonly cluster: LocalCluster;
  readonly folder: string;
  start(user: string, args?: readonly string[]): Promise<ControllerProcess>;
  /** Writes of one user, in order. */
  writes(user: string): {
    readonly verb: string;
    readonly resource: string;
    readonly subresource: string;
    readonly name: string;
    readonly time: number;
  }[];
  close(): Promise<void>;
}

const WRITES = new Set(['create', 'update', 'patch', 'delete']);

/** A cluster with the CRD and the namespace `shop`, in which controllers can be started. */
export async function controllerStage(): Promise<ControllerStage> {
  const cluster = await startLocalCluster({
    runPods: 'simulated',
    apiServer: { namespaces: ['shop', 'setpoint-system'] },
  });
  cluster.store.create(
    'customresourcedefinitions.apiextensions.k8s.io',
    parse(readFileSync(join(ROOT, 'crds/scaledtargets.yaml'), 'utf8')),
  );
  const folder = await mkdtemp(join(tmpdir(), 'setpoint-controllers-'));
  const started: ControllerProcess[] = [];
  return {
    cluster,
    folder,
    async start(user, args = []) {
      const token = `token-of-${user}`;
      cluster.apiServer.addUser(token, { user, groups: ['system:masters'] });
      const kubeconfig = join(folder, `kubeconfig-${user}`);
      await writeFile(kubeconfig, cluster.kubeconfig(token));
      const controller = startController(user, [`--kubeconfig=${kubeconfig}`, ...args]);
      started.push(controller);
      return controller;
    },
    writes: (user) =>
      cluster.audit.entries().filter((entry) => entry.user === user && WRITES.has(entry.verb) && entry.code < 400),
    async close() {
      for (const { child, ended } of started) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        child.kill('SIGKILL');
        await ended;
      }
      await cluster.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Starts the bundle on any free port. Unset, the environment is this process's own. */
export function startController(
  user: string,
  args: readonly string[],
  env?: Readonly<Record<string, string>>,
): ControllerProcess {
  const bundle = join(ROOT, 'dist/controller.js');
  const child = spawn(process.execPath, [bundle, '--port=0', '--page-port=0', '--bind-address=127.0.0.1', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    ...(env && { env }),
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString('utf8');
  });
  return {
    user,
    child,
    logs: () => text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Record<string, unknown>])),
    ended: once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string),
  };
}
