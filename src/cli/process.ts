// The one place where commands meet the process: standard streams, signals, exit code.
import { keepProcessAlive } from '../base/clock.ts';
import { VERSION } from '../base/version.ts';
import { environment } from '../options.ts';
import type { Command, Io } from './command.ts';
import { runProgram } from './program.ts';

/** Runs a command line to its end and resolves with the exit code; a second signal ends the process at once. */
export async function runProcess(commands: readonly Command[], args: readonly string[]): Promise<number> {
  const controller = new AbortController();
  const interrupt = () => {
    controller.abort();
    // Whoever reads it would wait on for its end. Where nobody does, as in the controller, the error is nobody's.
    process.stdin.once('error', () => {});
    process.stdin.destroy(new Error('interrupted'));
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupt);
  // A reader that went away (`| head`) is no fault of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    controller.abort();
  });
  const io: Io = {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    environment: environment(),
    signal: controller.signal,
  };
  const letGo = keepProcessAlive();
  try {
    return await runProgram({ version: VERSION, commands }, args, io);
  } finally {
    letGo();
  }
}
