// A file that is read again when it changes, as Secrets and ConfigMaps mounted into a pod do. Looks at most every few seconds,
// and when told to; no watcher that could miss the swap of a symbolic link.
import { readFile, stat } from 'node:fs/promises';
import type { Clock } from '../base/clock.ts';
import { SetpointError } from '../base/errors.ts';

/** A mounted Secret follows its object only after about a minute: looking more often gains nothing. */
const CHECK_EVERY_MS = 5000;

export interface FileContent {
  readonly bytes: Buffer;
  /** Grows with each change. */
  readonly version: number;
}

export class WatchedFile {
  readonly path: string;
  readonly #maxBytes: number;
  readonly #clock: Clock;
  #content: FileContent | undefined;
  /** Time, size and inode of what was read last. */
  #print = '';
  #checkedAt = Number.NEGATIVE_INFINITY;
  #checking: Promise<FileContent> | undefined;

  constructor(path: string, maxBytes: number, clock: Clock) {
    this.path = path;
    this.#maxBytes = maxBytes;
    this.#clock = clock;
  }

  /**
   * The content, not older than a few seconds. Rejects with an `InvalidOptions` when the file cannot be read or is too long; what
   * was read before stays known to `last`.
   */
  async read(): Promise<FileContent> {
    const isFresh = this.#clock.monotonic() - this.#checkedAt < CHECK_EVERY_MS;
    return isFresh && this.#content !== undefined ? this.#content : this.refresh();
  }

  /** Looks now, whatever was read before. */
  async refresh(): Promise<FileContent> {
    this.#checking ??= this.#check().finally(() => {
      this.#checking = undefined;
    });
    return this.#checking;
  }

  /** What was read last without a fault, however old; undefined when nothing ever was. */
  get last(): FileContent | undefined {
    return this.#content;
  }

  async #check(): Promise<FileContent> {
    this.#checkedAt = this.#clock.monotonic();
    try {
      return await this.#readIfChanged();
    } catch (error) {
      if (error instanceof SetpointError) throw error;
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
      throw this.#fault(`cannot be read (${code}): check the path and that this process may read it`, error);
    }
  }

  async #readIfChanged(): Promise<FileContent> {
    const state = await stat(this.path);
    // A device or a pipe could be endless.
    if (!state.isFile()) throw this.#fault('is not a file: give the path of one');
    if (state.size > this.#maxBytes) {
      throw this.#fault(`has ${state.size} bytes: at most ${this.#maxBytes} are read`);
    }
    const before = this.#content;
    const print = `${state.mtimeMs} ${state.size} ${state.ino}`;
    if (before !== undefined && print === this.#print) return before;
    const bytes = await readFile(this.path);
    this.#print = print;
    if (before?.bytes.equals(bytes)) return before;
    this.#content = { bytes, version: (before?.version ?? 0) + 1 };
    return this.#content;
  }

  #fault(what: string, cause?: unknown): SetpointError {
    return new SetpointError('InvalidOptions', `${this.path} ${what}`, { cause });
  }
}
