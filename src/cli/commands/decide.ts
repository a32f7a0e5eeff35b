// `setpoint decide`: situations in, decisions out, one line each. Reads a stream of any length and holds one line at a time.
import { createReadStream } from 'node:fs';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { messageOf } from '../../base/errors.ts';
import { explain } from '../../decide/explain.ts';
import { type Command, type Io, USAGE_ERROR } from '../command.ts';
import { answerOf } from '../situations/answer.ts';
import { Player } from '../situations/play.ts';
import { FieldError } from '../situations/fields.ts';
import { type Play, readLine } from '../situations/read.ts';

export interface DecideOptions {
  /** A file, plain or gzip; `-` for standard input. */
  readonly situations: string;
  /** Print the steps in sentences instead of JSON. */
  readonly explain: boolean;
}

export const decideCommand: Command = {
  name: 'decide',
  summary: 'decide recorded situations, without a cluster',
  description:
    'Reads situations, one JSON object a line, plays a whole cycle of the controller for each with guards Disabled, and ' +
    'prints what it does: the size, conditions, events, kept history and status. With --explain it says why, in sentences.',
  flags: [
    {
      flags: '--situations <file>',
      meaning: 'file of situations, plain or gzip; - reads standard input',
      required: true,
    },
    { flags: '--explain', meaning: 'print the steps of each decision in sentences; off by default' },
  ],
  examples: [
    'setpoint decide --situations situations.jsonl.gz > answers.jsonl',
    'zcat situations.jsonl.gz | grep basic-00012 | setpoint decide --situations - --explain',
  ],
  exitCodes: [
    [1, 'the file cannot be read to its end'],
    [2, 'at least one line is no situation; the others are answered'],
  ],
  run: (io, flags) => runDecide(io, { situations: String(flags.situations), explain: flags.explain === true }),
};

/** Answers every situation in order. Resolves with the exit code: 0, 1 when reading failed, 2 when a line was bad. */
export async function runDecide(io: Pick<Io, 'stdin' | 'stdout' | 'stderr'>, options: DecideOptions): Promise<number> {
  const printer = new Printer(io.stdout);
  const player = new Player();
  let exitCode = 0;
  let number = 0;
  try {
    for await (const lines of linesOf(io, options.situations)) {
      for (const line of lines) {
        number += 1;
        if (line.trim() === '') continue;
        const answer = await answerLine(line, player, options.explain);
        if (answer.ok) printer.add(answer.text);
        else {
          exitCode = USAGE_ERROR;
          io.stderr.write(`setpoint decide: line ${number}: ${answer.fault}\n`);
        }
      }
      await printer.flush();
    }
  } catch (error) {
    const where = number === 0 ? 'cannot be read' : `cannot be read after line ${number}`;
    io.stderr.write(`setpoint decide: --situations: ${options.situations} ${where}: ${messageOf(error)}\n`);
    exitCode = 1;
  }
  await printer.flush();
  return exitCode;
}

type LineAnswer = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly fault: string };

async function answerLine(line: string, player: Player, explained: boolean): Promise<LineAnswer> {
  let given: Play;
  try {
    given = readLine(line);
  } catch (error) {
    if (error instanceof FieldError || error instanceof SyntaxError) return { ok: false, fault: error.message };
    throw error;
  }
  const outcome = await player.play(given);
  if (!explained) return { ok: true, text: `${JSON.stringify(answerOf(given, outcome))}\n` };
  const sentences = outcome.decision === undefined ? [outcome.error?.message ?? ''] : explain(outcome.decision);
  return { ok: true, text: `${given.id}\n${sentences.map((sentence) => `  ${sentence}\n`).join('')}` };
}

/** Large enough that turns of the event loop cost nothing beside the lines in one chunk. */
const CHUNK_BYTES = 1 << 20;

/** The lines of a file or of standard input, in batches as they come; unzipped where the first bytes say gzip. */
async function* linesOf(io: Pick<Io, 'stdin'>, path: string): AsyncGenerator<readonly string[]> {
  const source = path === '-' ? io.stdin : createReadStream(path, { highWaterMark: 1 << 18 });
  const plain = new PassThrough();
  const unzipped = unzip(source, plain);
  // The failure is told by the loop below, which the same error ends.
  unzipped.catch((error: unknown) => plain.destroy(error instanceof Error ? error : new Error(messageOf(error))));
  plain.setEncoding('utf8');
  let rest = '';
  for await (const chunk of plain) {
    const lines = `${rest}${String(chunk)}`.split('\n');
    rest = lines.pop() ?? '';
    yield lines;
  }
  if (rest !== '') yield [rest];
  await unzipped;
}

async function unzip(source: NodeJS.ReadableStream, plain: PassThrough): Promise<void> {
  const chunks = source[Symbol.asyncIterator]();
  const first = await chunks.next();
  const head = first.done === true ? Buffer.alloc(0) : bytesOf(first.value);
  const rest = async function* (): AsyncGenerator<Buffer> {
    yield head;
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield bytesOf(next.value);
  };
  if (head[0] === 0x1f && head[1] === 0x8b) await pipeline(rest, createGunzip({ chunkSize: CHUNK_BYTES }), plain);
  else await pipeline(rest, plain);
}

/** Buffers as they are: copies of a whole file take time. */
function bytesOf(chunk: string | Buffer): Buffer {
  return typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
}

/** Collects output and waits for a slow reader: one write per answer would cost more than the decision. */
class Printer {
  readonly #stream: NodeJS.WritableStream;
  #pending = '';

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream;
  }

  add(text: string): void {
    this.#pending += text;
  }

  async flush(): Promise<void> {
    if (this.#pending === '') return;
    const text = this.#pending;
    this.#pending = '';
    await new Promise<void>((resolve, reject) => {
      this.#stream.write(text, (error) => (error ? reject(error) : resolve()));
    });
  }
}
