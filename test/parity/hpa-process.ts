// The HPA program as a running process: lines in, answers out, in order. How it is built is for hpa-program.ts.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { HpaProgram } from './hpa-program.ts';

interface Batch {
  readonly wanted: number;
  readonly answers: string[];
  readonly resolve: (answers: readonly string[]) => void;
  readonly reject: (error: Error) => void;
}

export class HpaProcess {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting: Batch[] = [];
  readonly #exited: Promise<unknown>;
  #complaints = '';
  #closing = false;

  /** `coverageFile` is written when the process is closed. */
  constructor({ path }: HpaProgram, coverageFile: string) {
    const args = ['-test.run=^TestAnswers$', '-test.timeout=0', `-test.coverprofile=${coverageFile}`];
    this.#child = spawn(path, args);
    this.#exited = once(this.#child, 'exit').then(() => this.#ended());
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#complaints = (this.#complaints + text).slice(-2000);
    });
    // A broken pipe is told by the exit, with what the program said.
    this.#child.stdin.on('error', () => this.#ended());
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#take(line));
  }

  /** The answers to some lines. Rejects when the program ends before. */
  answers(lines: readonly string[]): Promise<readonly string[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ wanted: lines.length, answers: [], resolve, reject });
      this.#child.stdin.write(lines.map((line) => `${line}\n`).join(''));
    });
  }

  /** Ends the process once all is answered; then the coverage is written. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#child.stdin.end();
    await this.#exited;
    if (this.#child.exitCode !== 0) throw this.#failure();
  }

  #take(line: string): void {
    const batch = this.#waiting[0];
    // What a test says at its end is no answer.
    if (batch === undefined || !line.startsWith('{')) return;
    batch.answers.push(line);
    if (batch.answers.length < batch.wanted) return;
    this.#waiting.shift();
    batch.resolve(batch.answers);
  }

  #ended(): void {
    if (this.#closing && this.#waiting.length === 0) return;
    for (const batch of this.#waiting.splice(0)) batch.reject(this.#failure());
  }

  #failure(): Error {
    return new Error(`the HPA program ended with ${this.#child.exitCode}: ${this.#complaints.trim()}`);
  }
}

/** A situation with its answer, as a line of a situations file. Throws when the program could not answer it. */
export function answered(line: string, answer: string): string {
  const { id } = JSON.parse(line) as { id: string };
  const head = `{"id":${JSON.stringify(id)},`;
  if (!answer.startsWith(head)) throw new Error(`asked about ${id}, the HPA program answered ${answer.slice(0, 200)}`);
  const rest = answer.slice(head.length);
  if (rest.startsWith('"fault"')) throw new NoAnswer(`${id}: ${rest}`);
  return `${line.slice(0, -1)},${rest}`;
}

/** The HPA has no answer: the situation is one that the API server refuses. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}
