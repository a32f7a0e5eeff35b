// The last lines a container wrote, with the time of each, for `kubectl logs`. Older lines are dropped.

const MOST_LINES = 2_000;
/** A line longer than this is cut: a ring of such lines stays under a few megabytes. */
const LONGEST_LINE = 16_384;

export interface LogLine {
  /** Milliseconds since the epoch. */
  at: number;
  text: string;
}

export interface LogOptions {
  tailLines?: number;
  sinceMs?: number;
}

export class LogRing {
  readonly #now: () => number;
  #lines: LogLine[] = [];
  readonly #partial = new Map<string, string>();
  readonly #listeners = new Set<(line: LogLine) => void>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Takes in output as it comes; `stream` keeps the unfinished lines of stdout and stderr apart. */
  write(stream: string, text: string): void {
    const parts = `${this.#partial.get(stream) ?? ''}${text}`.split('\n');
    const rest = parts.pop() ?? '';
    for (const part of parts) this.#add(part);
    if (rest.length > LONGEST_LINE) this.#add(rest);
    this.#partial.set(stream, rest.length > LONGEST_LINE ? '' : rest);
  }

  /** The stream has ended: an unfinished line counts as one. */
  end(stream: string): void {
    const rest = this.#partial.get(stream) ?? '';
    this.#partial.delete(stream);
    if (rest !== '') this.#add(rest);
  }

  lines(options: LogOptions = {}): LogLine[] {
    const since = options.sinceMs ?? Number.NEGATIVE_INFINITY;
    const lines = this.#lines.filter((line) => line.at >= since);
    return options.tailLines === undefined ? lines : lines.slice(Math.max(0, lines.length - options.tailLines));
  }

  /** Calls `listener` for each line from now on; returns the stop function. */
  follow(listener: (line: LogLine) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  #add(text: string): void {
    const line = { at: this.#now(), text: text.slice(0, LONGEST_LINE) };
    this.#lines.push(line);
    // Dropped in large steps, so that a busy container does not move the array for every line.
    if (this.#lines.length > 2 * MOST_LINES) this.#lines = this.#lines.slice(-MOST_LINES);
    for (const listener of this.#listeners) listener(line);
  }
}
