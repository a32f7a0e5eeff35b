// The bundle as the image runs it: starts quickly, stays small, needs nothing but itself and Node, neither root nor a place to write.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '../../scripts/demo/free-port.ts';
import { type ControllerStage, controllerStage } from '../support/controllers.ts';

const DIST = join(import.meta.dirname, '../../dist');
/** Nobody, as the image has it. */
const USER = 65_532;

let stage: ControllerStage;
let folder: string;

beforeEach(async () => {
  stage = await controllerStage();
  folder = await mkdtemp(join(tmpdir(), 'setpoint-bundle-'));
});
afterEach(async () => {
  await stage.close();
  await chmod(join(folder, 'app'), 0o755).catch(() => undefined);
  await rm(folder, { recursive: true, force: true });
});

/** Copies the bundle alone into a read-only folder, and starts it there as nobody with an empty environment. */
async function startAlone() {
  const app = join(folder, 'app');
  await mkdir(app);
  for (const file of ['controller.js', 'package.json']) await copyFile(join(DIST, file), join(app, file));
  await writeFile(join(folder, 'kubeconfig'), stage.cluster.kubeconfig());
  for (const file of ['app/controller.js', 'app/package.json', 'kubeconfig']) await chmod(join(folder, file), 0o444);
  await chmod(app, 0o555);
  await chmod(folder, 0o755);
  const port = await freePort();
  const asNobody = process.getuid?.() === 0 ? { uid: USER, gid: USER } : {};
  const began = performance.now();
  const child = spawn(
    process.execPath,
    [
      join(app, 'controller.js'),
      `--kubeconfig=${join(folder, 'kubeconfig')}`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
    ],
    { cwd: app, env: {}, stdio: ['ignore', 'pipe', 'pipe'], ...asNobody },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
    });
  }
  return { child, port, began, output: () => output };
}

async function untilReady(port: number, began: number): Promise<number> {
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.ok) return performance.now() - began;
    if (performance.now() - began > 15_000) throw new Error('not ready within 15 s');
    await wait(5);
  }
}

async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

describe('the bundle', () => {
  it('runs as nobody in a read-only folder with nothing else, soon ready and small, and ends cleanly', async () => {
    const { child, port, began, output } = await startAlone();
    const readyMs = await untilReady(port, began);
    // Long enough for the first renewals and for start-up garbage to be gone.
    await wait(10_000);
    const megabytes = await residentMegabytes(child.pid ?? 0);
    process.stderr.write(`ready after ${readyMs.toFixed(0)} ms, ${megabytes.toFixed(0)} MB resident without targets\n`);
    child.kill('SIGTERM');
    const [code] = (await once(child, 'exit')) as [number];
    expect(code, output()).toBe(0);
    expect(output()).toContain('became leader');
    // On a machine that does nothing else it is a quarter of a second; this bound only catches what went wrong.
    expect(readyMs).toBeLessThan(1500);
    expect(megabytes).toBeLessThan(110);
  });
});
