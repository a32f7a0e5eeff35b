// Nothing outlives the one that started it, not even when that one is killed: a shell waits for the end of its input, which the system
// closes with the owner, and kills what is then still on the list.
import { spawn } from 'node:child_process';

const SCRIPT = 'pids=; while read -r line; do pids=$line; done; [ -z "$pids" ] || kill -KILL $pids 2>/dev/null';

export interface Guard {
  /** Replaces the list. */
  watch(pids: readonly number[]): void;
  /** Lets the guard go; whoever is on the list dies. */
  close(): Promise<void>;
}

export function startGuard(): Guard {
  const shell = spawn('/bin/sh', ['-c', SCRIPT], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  const ended = new Promise<void>((resolve) => {
    shell.once('exit', () => resolve());
    shell.once('error', () => resolve());
  });
  return {
    watch: (pids) => void shell.stdin.write(`${pids.join(' ')}\n`),
    close: () => {
      shell.stdin.end();
      return ended;
    },
  };
}
