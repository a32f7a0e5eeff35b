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
      const { mtimeMs, size, ino } = await stat(this.path);
      const print = `${mtimeMs} ${size} ${ino}`;
      if (this.#content !== undefined && print === this.#print) return this.#content;
      if (size > this.#maxBytes) throw this.#fault(`has ${size} bytes: at most ${this.#maxBytes} are read`);
      const bytes = await readFile(this.path);
      const isSame = this.#content?.bytes.equals(bytes) ?? false;
      if (this.#content === undefined || !isSame) {
        this.#content = { bytes, version: (this.#content?.version ?? 0) + 1 };
      }
      this.#print = print;
      return this.#content;
    } catch (error) {
      if (error instanceof SetpointError) throw error;
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
      throw this.#fault(`cannot be read (${code}): check the path and that this process may read it`, error);
    }
  }

  #fault(what: string, cause?: unknown): SetpointError {
    return new SetpointError('InvalidOptions', `${this.path} ${what}`, { cause });
  }
}
