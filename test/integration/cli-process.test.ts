// The command line as a process of its own: what tests in memory cannot see, since their process lives on anyway.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { kubeconfigText } from '../../src/localcluster/api/kubeconfig.ts';

const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname;

let folder: string;
let child: ChildProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'setpoint-process-'));
});
afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

/** Of a cluster that does not answer. */
function kubeconfig(): string {
  const path = join(folder, 'config');
  writeFileSync(path, kubeconfigText({ url: 'http://127.0.0.1:1', token: 'unused' }));
  return path;
}

test('a cluster that does not answer is told, and the process waits for its last attempt', async () => {
  child = spawn(process.execPath, [MAIN, 'convert', '--from-cluster', '--kubeconfig', kubeconfig()]);
  const [stderr, [exitCode]] = await Promise.all([errorsOf(child), once(child, 'exit')]);
  expect(stderr).toMatch(/^setpoint convert: .* cannot be read: no answer from the API server at 127\.0\.0\.1:1 .*\n$/);
  expect(exitCode).toBe(1);
});

test.each([
  ['convert -f -', /^setpoint convert: standard input cannot be read: interrupted\n$/],
  ['decide --situations -', /^setpoint decide: --situations: - cannot be read[^:]*: interrupted\n$/],
])('Ctrl-C ends setpoint %s while it waits for input', async (command, said) => {
  child = spawn(process.execPath, [MAIN, ...command.split(' ')]);
  const errors = errorsOf(child);
  // Empty lines, more than a pipe holds: once they are gone, somebody reads.
  await new Promise((resolve) => child?.stdin?.write('\n'.repeat(4 << 20), resolve));
  child.kill('SIGINT');
  const [exitCode] = (await once(child, 'exit')) as [number | null];
  expect(await errors).toMatch(said);
  expect(exitCode).toBe(1);
});

test.each(['SIGINT', 'SIGTERM'] as const)('%s ends the controller cleanly, which reads no input', async (signal) => {
  const args = ['run', '--kubeconfig', kubeconfig(), '--port=0', '--page-port=0', '--bind-address=127.0.0.1'];
  // As in a container: standard input is /dev/null.
  child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const errors = errorsOf(child);
  await once(child.stdout!, 'data');
  child.kill(signal);
  const [exitCode] = (await once(child, 'exit')) as [number | null];
  expect(await errors).toBe('');
  expect(exitCode).toBe(0);
});

function errorsOf({ stderr }: ChildProcess): Promise<string> {
  if (stderr === null) throw new Error('the errors of the process go elsewhere');
  return text(stderr);
}
