// Setpoint as a contender: the built bundle as the image starts it, with its default flags, beside one ScaledTarget for each
// Deployment.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { ApiClient } from '../../test/controlplane/api-client.ts';
import { serverPorts } from '../../test/controlplane/ports.ts';
import type { Contender, Mark, RunningContender } from './contender.ts';
import { bucketsOf, sumOf } from './exposition.ts';
import { boundOf } from './figures.ts';
import { inParallel, type Target } from './world.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PERIOD_SECONDS = 15;

/**
 * @param specOf the spec of the autoscaler of a Deployment of that name.
 * @param flags of `run`, beside those that it needs here.
 */
export function setpoint(
  client: ApiClient,
  kubeconfig: string,
  specOf: (name: string) => object,
  flags: readonly string[] = [],
): Contender {
  const collection = (namespace: string) => `/apis/setpoint.dev/v1alpha1/namespaces/${namespace}/scaledtargets`;
  return {
    name: 'Setpoint',
    userAgent: /^setpoint\//,
    prepare: (targets) =>
      inParallel(targets, ({ namespace, name }) =>
        client.create(collection(namespace), {
          apiVersion: 'setpoint.dev/v1alpha1',
          kind: 'ScaledTarget',
          metadata: { name },
          spec: specOf(name),
        }),
      ),
    remove: (targets) =>
      inParallel(targets, ({ namespace, name }: Target) => client.remove(`${collection(namespace)}/${name}`)),
    async start() {
      const [port = 0] = await serverPorts(1);
      const args = [...imageArguments(), '--kubeconfig', kubeconfig, '--lease-namespace', 'kube-system'];
      const child = spawn(process.execPath, [...args, '--port', `${port}`, '--page-port=0', ...flags], {
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      return running(child, port);
    },
  };
}

/** What the image gives to Node: its flags, and the bundle, here the one just built. */
function imageArguments(): readonly string[] {
  const entrypoint = /^ENTRYPOINT (\[.*\])$/m.exec(readFileSync(resolve(ROOT, 'deploy/Dockerfile'), 'utf8'))?.[1];
  if (entrypoint === undefined) throw new Error('deploy/Dockerfile has no ENTRYPOINT as a list');
  const [, ...given] = JSON.parse(entrypoint) as string[];
  return given.map((part) => (part.startsWith('--') ? part : resolve(ROOT, 'dist', basename(part))));
}

function running(child: ChildProcess, port: number): RunningContender {
  if (child.pid === undefined) throw new Error(`cannot start ${process.execPath}`);
  return {
    pid: child.pid,
    async mark() {
      const answer = await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(10_000) });
      return { atMs: Date.now(), page: await answer.text() };
    },
    decisionsBetween: (before, after) => sumOf(after.page, DECISIONS) - sumOf(before.page, DECISIONS),
    intervalBetween(before, after) {
      const lag = (share: number) => boundOf(bucketsOf(before.page, LAG), bucketsOf(after.page, LAG), share);
      return {
        p50: PERIOD_SECONDS + lag(0.5),
        p99: PERIOD_SECONDS + lag(0.99),
        from: `at most: the period and the lag behind it, from ${LAG}`,
      };
    },
    async stop() {
      if (child.exitCode !== null) throw new Error(`Setpoint ended by itself with ${child.exitCode}`);
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  } satisfies RunningContender & { mark(): Promise<Mark> };
}

const DECISIONS = 'setpoint_decisions_total';
const LAG = 'setpoint_schedule_lag_seconds';
