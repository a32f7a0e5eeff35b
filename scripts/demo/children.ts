// The demo's own processes: the controller and the load generator, each in a group of its own, so that Ctrl-C reaches only the demo.
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** Starts the controller; its logs go to a file. */
export function startController(options: {
  readonly args: readonly string[];
  readonly logFile: string;
  readonly environment: NodeJS.ProcessEnv;
}): ChildProcess {
  const child = spawn(process.execPath, ['src/main.ts', ...options.args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: options.environment,
    detached: true,
  });
  const log = createWriteStream(options.logFile);
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  return child;
}

/** Starts the load generator, which hands each of its lines to `onLine`. */
export function startLoad(plan: unknown, environment: NodeJS.ProcessEnv, onLine: (line: string) => void): ChildProcess {
  // autocannon sets timers in the past when the machine is busy, and Node would say so each time.
  const args = ['--disable-warning=TimeoutNegativeWarning', 'scripts/demo/load.ts', JSON.stringify(plan)];
  const child = spawn(process.execPath, args, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: environment,
    detached: true,
  });
  createInterface({ input: child.stdout }).on('line', onLine);
  return child;
}
