// `npm run controlplane`: a real Kubernetes control plane on this machine until Ctrl-C. What it is made of is test/controlplane's.
import { once } from 'node:events';
import { resolve } from 'node:path';
import { keepProcessAlive } from '../../src/base/clock.ts';
import { messageOf } from '../../src/base/errors.ts';
import { type ControlPlane, startControlPlane } from '../../test/controlplane/control-plane.ts';
import type { ControlPlaneOptions } from '../../test/controlplane/options.ts';
import { HELP, parseArguments } from './arguments.ts';
import { serverRunningFrom } from './running.ts';

const DIRECTORY = '.cache/controlplane/main';
const WRONG_USE = 2;
const INTERRUPTED = 130;
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const complain = (error: unknown): void => void process.stderr.write(`controlplane: ${messageOf(error)}\n`);

function describe(plane: ControlPlane, seconds: number): void {
  print(`\nReady in ${seconds.toFixed(1)} s.

  export KUBECONFIG=${plane.kubeconfig}
  ${plane.kubectl} get nodes

API server  ${plane.url} (cluster-admin in the kubeconfig)
audit log   ${plane.auditLogPath}
logs        ${plane.directory}/*.log

Ctrl-C stops all of it.`);
}

/** Exit code. */
async function run(args: readonly string[]): Promise<number> {
  let options: ControlPlaneOptions | 'help';
  try {
    options = parseArguments(args);
  } catch (error) {
    complain(error);
    return WRONG_USE;
  }
  if (options === 'help') {
    print(HELP.trimEnd());
    return 0;
  }
  return startAndWait(options);
}

/** Exit code. */
async function startAndWait(options: ControlPlaneOptions): Promise<number> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
  const start = performance.now();
  const directory = resolve(DIRECTORY);
  const running = await serverRunningFrom(directory);
  if (running !== undefined) {
    throw new Error(
      `one runs already from ${DIRECTORY}, at ${running}: end it with Ctrl-C, or remove the folder if that is another program`,
    );
  }
  try {
    const plane = await startControlPlane({ ...options, directory, keep: true, log: print, signal: stop.signal });
    describe(plane, (performance.now() - start) / 1000);
    // Servers of its own this process has none.
    const letGo = keepProcessAlive();
    if (!stop.signal.aborted) await once(stop.signal, 'abort');
    letGo();
    print('\nStopping.');
    await plane.stop();
    return 0;
  } catch (error) {
    if (stop.signal.aborted) return INTERRUPTED;
    throw error;
  }
}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  complain(error);
  process.exitCode = 1;
}
