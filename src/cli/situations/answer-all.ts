// Situations in, decisions out, one line each. Reads a stream of any length and holds a chunk of it at a time.
import { messageOf } from '../../base/errors.ts';
import { type Io, USAGE_ERROR } from '../command.ts';
import { answerOf } from './answer.ts';
import { FieldError } from './fields.ts';
import { linesOf } from './lines.ts';
import { Player } from './play.ts';
import { type Play, readLine } from './read.ts';
import { outcomeSentences } from './sentences.ts';

export interface DecideOptions {
  /** A file, plain or gzip; `-` for standard input. */
  readonly situations: string;
  /** Print the steps in sentences instead of JSON. */
  readonly explain: boolean;
}

/** Answers every situation in order. Resolves with the exit code: 0, 1 when reading failed, 2 when a line was bad. */
export async function answerAll(io: Pick<Io, 'stdin' | 'stdout' | 'stderr'>, options: DecideOptions): Promise<number> {
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
  const sentences = outcomeSentences(given, outcome).map((sentence) => `  ${sentence}\n`);
  return { ok: true, text: `${given.id}\n${sentences.join('')}` };
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
