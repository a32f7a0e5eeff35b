// One started command in a process group of its own, registered with the reaper for as long as any of the group may live.
import { spawn } from 'node:child_process';
import type { LogRing } from './log-ring.ts';
import type { Reaper } from './reaper.ts';

export interface Exit {
  /** 128 + signal number for a killed process, as shells and Kubernetes count. */
  exitCode: number;
  signal?: number;
  /** The command could not be started at all. */
  startError?: string;
}

export interface ProcessGroup {
  /** The leader's pid, which is the group's id; undefined when it could not be started. */
  pid: number | undefined;
  exited: Promise<Exit>;
  /** Signals the whole group. */
  signal(name: 'SIGTERM' | 'SIGKILL'): void;
}

export interface GroupOptions {
  argv: readonly string[];
  env: Record<string, string>;
  cwd: string;
  log: LogRing;
  reaper: Reaper;
}

const SIGNAL_NUMBERS: Record<string, number> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
};

/** Starts the command; a command that cannot be started has `exited` resolve with `startError`. */
export function startGroup({ argv, env, cwd, log, reaper }: GroupOptions): ProcessGroup {
  const [program = '', ...args] = argv;
  const child = spawn(program, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const { pid } = child;
  if (pid !== undefined) reaper.add(pid);
  for (const [stream, source] of [
    ['stdout', child.stdout],
    ['stderr', child.stderr],
  ] as const) {
    source.setEncoding('utf8');
    source.on('data', (text: string) => log.write(stream, text));
    source.on('end', () => log.end(stream));
  }
  const exited = new Promise<Exit>((resolve) => {
    child.once('error', (error) => {
      if (pid === undefined) resolve({ exitCode: 128, startError: error.message });
    });
    child.once('exit', (code, signalName) => {
      // As in a container, what the first process leaves behind ends with it.
      if (pid !== undefined) {
        signalGroup(pid, 'SIGKILL');
        reaper.delete(pid);
      }
      const signal = signalName === null ? undefined : (SIGNAL_NUMBERS[signalName] ?? 0);
      resolve(signal === undefined ? { exitCode: code ?? 0 } : { exitCode: 128 + signal, signal });
    });
  });
  return {
    pid,
    exited,
    signal(name) {
      if (pid !== undefined && child.exitCode === null && child.signalCode === null) signalGroup(pid, name);
    },
  };
}

function signalGroup(pid: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(-pid, name);
  } catch (error) {
    // ESRCH: nobody is left. EPERM: on macOS, only zombies are left.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}
