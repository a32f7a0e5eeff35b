// The demo as a process of its own, and what it started.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');
/** Of the demos of one test file alone, and handed on to all that they start: other clusters on this machine are not looked at. */
export const TEMPORARY = mkdtempSync(join(tmpdir(), 'setpoint-demo-test-'));

export function removeTemporary(): Promise<void> {
  return rm(TEMPORARY, { recursive: true, force: true });
}

export interface Demo {
  readonly child: ChildProcess;
  output(): string;
  readonly ended: Promise<number | string>;
}

export function startDemo(args: readonly string[], environment: NodeJS.ProcessEnv = process.env): Demo {
  const child = spawn(process.execPath, ['scripts/demo/main.ts', ...args], {
    cwd: ROOT,
    env: { ...environment, TMPDIR: TEMPORARY },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
    });
  }
  return {
    child,
    output: () => text,
    ended: once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string),
  };
}

/** Processes that a demo started. */
export async function leftBehind(): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const [environment, command] = await Promise.all(
      ['environ', 'cmdline'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')),
    );
    if (environment?.includes(`TMPDIR=${TEMPORARY}\0`)) found.push(`${pid} ${command?.replaceAll('\0', ' ')}`);
  }
  return found;
}
