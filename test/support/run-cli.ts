// Runs commands in memory: arguments and standard input in, exit code and both outputs out.
import { Readable, Writable } from 'node:stream';
import type { Command } from '../../src/cli/command.ts';
import { runProgram } from '../../src/cli/program.ts';

export interface CliResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliInput {
  readonly stdin?: string | Uint8Array;
  readonly environment?: Record<string, string | undefined>;
  readonly signal?: AbortSignal;
}

function collector(): { stream: Writable; text: () => string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer | string, _encoding, done) {
      chunks.push(Buffer.from(chunk));
      done();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString('utf8') };
}

export async function runCli(
  commands: readonly Command[],
  args: readonly string[],
  input: CliInput = {},
): Promise<CliResult> {
  const stdout = collector();
  const stderr = collector();
  const exitCode = await runProgram({ version: '0.0.0-test', commands }, args, {
    stdin: Readable.from(input.stdin === undefined ? [] : [Buffer.from(input.stdin)]),
    stdout: stdout.stream,
    stderr: stderr.stream,
    environment: input.environment ?? {},
    signal: input.signal ?? new AbortController().signal,
  });
  return { exitCode, stdout: stdout.text(), stderr: stderr.text() };
}
