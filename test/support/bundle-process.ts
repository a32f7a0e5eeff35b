// The bundle as the image runs it: a copy alone in a read-only folder, as nobody with an empty environment, beside a local cluster.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { serverPorts } from '../controlplane/ports.ts';
import { type ControllerStage, controllerStage } from './controllers.ts';

export const DIST = join(import.meta.dirname, '../../dist');
/** Nobody, as the image has it. */
const USER = 65_532;

export interface StartedBundle {
  readonly child: ChildProcess;
  readonly port: number;
  readonly readyMs: number;
  readonly output: () => string;
}

export class BundleStage {
  readonly cluster: ControllerStage['cluster'];
  readonly folder: string;
  readonly controller: string;
  readonly #stage: ControllerStage;
  readonly #children: ChildProcess[] = [];

  private constructor(stage: ControllerStage, folder: string) {
    this.#stage = stage;
    this.cluster = stage.cluster;
    this.folder = folder;
    this.controller = join(folder, 'app/controller.js');
  }

  static async open(): Promise<BundleStage> {
    const stage = await controllerStage();
    const folder = await mkdtemp(join(tmpdir(), 'setpoint-bundle-'));
    const app = join(folder, 'app');
    await mkdir(app);
    for (const file of ['controller.js', 'package.json']) await copyFile(join(DIST, file), join(app, file));
    await writeFile(join(folder, 'kubeconfig'), stage.cluster.kubeconfig());
    for (const file of ['app/controller.js', 'app/package.json', 'kubeconfig']) await chmod(join(folder, file), 0o444);
    await chmod(app, 0o555);
    await chmod(folder, 0o755);
    return new BundleStage(stage, folder);
  }

  async close(): Promise<void> {
    for (const child of this.#children)
      if (child.exitCode === null && child.signalCode === null) await endBundle(child, 'SIGKILL');
    await this.#stage.close();
    await chmod(join(this.folder, 'app'), 0o755);
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Starts the copy; resolves when it is ready. */
  async start(...args: string[]): Promise<StartedBundle> {
    const { folder, controller } = this;
    const [port = 0] = await serverPorts(1);
    const command = [controller, `--port=${port}`, '--page-port=0', '--bind-address=127.0.0.1', ...args];
    if (!args.some((arg) => arg.startsWith('--kubeconfig'))) command.push(`--kubeconfig=${join(folder, 'kubeconfig')}`);
    const asNobody = process.getuid?.() === 0 ? { uid: USER, gid: USER } : {};
    const began = performance.now();
    const child = spawn(process.execPath, command, {
      cwd: join(folder, 'app'),
      env: {},
      stdio: ['ignore', 'pipe', 'pipe'],
      ...asNobody,
    });
    this.#children.push(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString('utf8');
      });
    }
    for (;;) {
      const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
      await answer?.body?.cancel();
      if (answer?.ok) break;
      if (performance.now() - began > 15_000) throw new Error(`not ready within 15 s: ${output}`);
      await wait(2);
    }
    return { child, port, readyMs: performance.now() - began, output: () => output };
  }
}

/** Resolves with the exit code; null: the signal ended it. */
export async function endBundle(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const exit = once(child, 'exit');
  child.kill(signal);
  return ((await exit) as [number | null])[0];
}
