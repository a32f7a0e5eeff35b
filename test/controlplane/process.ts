// One program of the control plane as a process of its own process group: started until it answers, stopped, killed, frozen and thawed.
// Which flags it gets is components.ts's.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Reaper } from '../../src/localcluster/kubelet/reaper.ts';
import type { ProgramName } from './versions.ts';

export interface ProcessSpec {
  readonly name: ProgramName;
  readonly program: string;
  readonly args: readonly string[];
  /** Added to this process's own. */
  readonly environment: Readonly<Record<string, string>>;
  /** Both outputs are appended. */
  readonly logFile: string;
  /** Whether it serves; a rejection counts as no. */
  readonly isReady: () => Promise<boolean>;
}

const READY_TIMEOUT_MS = 60_000;
const PROBE_PERIOD_MS = 50;
const STOP_TIMEOUT_MS = 10_000;

export class ManagedProcess {
  readonly spec: ProcessSpec;
  readonly #reaper: Reaper;
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();

  /** @param reaper ends it should this process die. */
  constructor(spec: ProcessSpec, reaper: Reaper) {
    this.spec = spec;
    this.#reaper = reaper;
  }

  /** Undefined while it does not run. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Returns once it serves. @throws Error with one line: how it ended, the last line of its log, where the log is. */
  async start(): Promise<void> {
    const child = this.#spawn();
    let failure: string | undefined;
    child.once('error', (error) => {
      failure = `cannot be started: ${error.message}`;
    });
    child.once('exit', (code, signal) => {
      failure ??= `ended with ${signal ?? `code ${code}`} before it was ready: ${lastLine(this.spec.logFile)}`;
    });
    const deadline = performance.now() + READY_TIMEOUT_MS;
    while (!(await this.spec.isReady().catch(() => false)) || failure !== undefined) {
      if (performance.now() > deadline) {
        failure = `does not answer after ${READY_TIMEOUT_MS / 1000} s: ${lastLine(this.spec.logFile)}`;
      }
      if (failure !== undefined) throw new Error(`${this.spec.name} ${failure} (log: ${this.spec.logFile})`);
      await sleep(PROBE_PERIOD_MS);
    }
  }

  #spawn(): ChildProcess {
    if (this.#child !== undefined) throw new Error(`${this.spec.name} runs already, as process ${this.pid}`);
    const log = openSync(this.spec.logFile, 'a');
    const child = spawn(this.spec.program, this.spec.args, {
      stdio: ['ignore', log, log],
      detached: true,
      env: { ...process.env, ...this.spec.environment },
    });
    const { pid } = child;
    closeSync(log);
    this.#child = child;
    this.#ended = new Promise((resolve) => {
      const end = () => {
        if (this.#child === child) this.#child = undefined;
        if (pid !== undefined) this.#reaper.delete(pid);
        resolve();
      };
      child.once('exit', end);
      child.once('error', end);
    });
    if (pid !== undefined) this.#reaper.add(pid);
    return child;
  }

  /** SIGTERM, and SIGKILL to one that takes more than ten seconds. Nothing when it does not run. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    child.kill('SIGCONT');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await this.#ended;
    clearTimeout(timer);
  }

  /** SIGKILL: as a crash. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#ended;
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** SIGSTOP: connections stay open and nothing answers. */
  pause(): void {
    this.#signal('SIGSTOP');
  }

  resume(): void {
    this.#signal('SIGCONT');
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#child?.kill(signal) !== true) throw new Error(`${this.spec.name} does not run: ${signal} reaches nobody`);
  }
}

function lastLine(file: string): string {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  // Cobra prints the flags after the error.
  const error = lines.findLast((line) => /^(Error:|F\d{4} )|"?level"?[:=]"?(fatal|error)|command failed/.test(line));
  return plainText(error ?? lines.at(-1) ?? '').slice(0, 400) || 'it said nothing';
}

/** Some log in JSON. */
function plainText(line: string): string {
  if (!line.startsWith('{')) return line;
  try {
    const { msg, err, error } = JSON.parse(line) as Readonly<Record<string, unknown>>;
    return [msg, err ?? error].filter((part) => typeof part === 'string').join(': ');
  } catch {
    // Cut off in the middle.
    return line;
  }
}
