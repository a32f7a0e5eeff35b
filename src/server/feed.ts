// The live feed: tells its streams which targets are new, a few times a second, the newest state of each. A stream that does not
// read costs one number: it is told `resync` in place of what was left out, and is cut after a while. Without streams and readers of
// lists nothing is remembered.
import type { CancelTimer, Clock } from '../base/clock.ts';
import type { CycleObserver, CycleReport } from '../record/cycle-report.ts';
import { Changes } from './changes.ts';
import type { Views } from './views.ts';

/** Where events go. */
export interface Sink {
  /** False: no more until it is said to be ready again. */
  write(text: string): boolean;
  end(): void;
  /** Without waiting for what was written. */
  cut(): void;
}

export interface StreamOptions {
  readonly sink: Sink;
  /** Whose targets may be told. */
  readonly allows: (namespace: string) => boolean;
  /** `namespace/name`: of this target alone, in detail. */
  readonly only: string | undefined;
  /** As the client gave it. */
  readonly lastEventId: string | undefined;
  /** It ends then, to be asked for again: what its reader may see was checked when it began. */
  readonly endsAfterMs: number | undefined;
}

export interface Stream {
  /** The sink takes more. */
  ready(): void;
  /** The other side is gone. */
  closed(): void;
}

export interface FeedOptions {
  readonly views: Pick<Views, 'find' | 'row' | 'update'>;
  readonly clock: Clock;
  /** Tells this feed's event ids from those of another process. */
  readonly id: string;
  readonly maxStreams: number;
  /** Changes that are kept for those who are behind. */
  readonly maxChanges?: number;
}

/** A decision is to be seen within a second. */
const FLUSH_MS = 200;
const HEARTBEAT_MS = 15_000;
/** A stream that takes nothing for so long is cut. */
const STUCK_MS = 30_000;
/** How long a stream may be away, or a list be read before its stream begins, without anything lost. */
const LINGER_MS = 60_000;
const MAX_CHANGES = 8192;
/** Characters given to a sink at once: what a stream that stops reading holds back in memory. */
const MAX_CHUNK = 16_384;
/** Milliseconds until a browser connects again. */
const RETRY_MS = 2000;

interface Follower extends StreamOptions {
  /** The last change that was told. */
  told: number;
  stuckSinceMs: number | undefined;
  readonly endsAtMs: number;
}

export class Feed implements CycleObserver {
  readonly #options: FeedOptions;
  readonly #changes: Changes;
  readonly #followers = new Set<Follower>();
  #isClosed = false;
  #isBlind = true;
  #lingersUntilMs = Number.NEGATIVE_INFINITY;
  #flush: CancelTimer | undefined;
  #heartbeat: CancelTimer | undefined;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#changes = new Changes(options.maxChanges ?? MAX_CHANGES);
  }

  get streams(): number {
    return this.#followers.size;
  }

  finished({ target: { key } }: CycleReport): void {
    this.touch(key);
  }

  forgotten(namespace: string, name: string): void {
    this.touch(`${namespace}/${name}`);
  }

  /** Something is new of this target. */
  touch(key: string): void {
    if (this.#isBlind) return;
    if (this.#followers.size === 0 && this.#options.clock.monotonic() > this.#lingersUntilMs) {
      this.#isBlind = true;
      return;
    }
    this.#changes.add(key);
    this.#flushSoon();
  }

  /** Everything may be another: this process leads now. */
  resync(): void {
    if (this.#isBlind) return;
    this.#changes.skip();
    this.#flushSoon();
  }

  /** Id of the newest event: a stream that begins with it misses nothing that comes after this call. */
  eventId(): string {
    this.#watch();
    return this.#idOf(this.#changes.last);
  }

  /** Begins a stream; undefined when there are too many, or the process ends. */
  open(options: StreamOptions): Stream | undefined {
    const { clock, maxStreams } = this.#options;
    if (this.#isClosed || this.#followers.size >= maxStreams) return undefined;
    this.#watch();
    const follower: Follower = {
      ...options,
      told: this.#numberOf(options.lastEventId),
      stuckSinceMs: undefined,
      endsAtMs: clock.monotonic() + (options.endsAfterMs ?? Number.POSITIVE_INFINITY),
    };
    this.#followers.add(follower);
    this.#heartbeat ??= clock.setTimer(HEARTBEAT_MS, () => this.#beat());
    this.#write(follower, `retry: ${RETRY_MS}\nid: ${this.#idOf(Math.max(0, follower.told))}\n\n`);
    this.#tell(follower, new Map());
    return {
      ready: () => {
        follower.stuckSinceMs = undefined;
        this.#tell(follower, new Map());
      },
      closed: () => this.#leave(follower),
    };
  }

  /** Ends every stream at once; no other begins. */
  close(): void {
    this.#isClosed = true;
    for (const follower of this.#followers) {
      this.#leave(follower);
      follower.sink.end();
    }
  }

  /** From now on changes are remembered; whoever was there before has missed some. */
  #watch(): void {
    this.#lingersUntilMs = this.#options.clock.monotonic() + LINGER_MS;
    if (!this.#isBlind) return;
    this.#isBlind = false;
    this.#changes.skip();
  }

  #flushSoon(): void {
    if (this.#followers.size === 0) return;
    this.#flush ??= this.#options.clock.setTimer(FLUSH_MS, () => this.#tellAll());
  }

  #leave(follower: Follower): void {
    if (!this.#followers.delete(follower)) return;
    this.#lingersUntilMs = this.#options.clock.monotonic() + LINGER_MS;
    if (this.#followers.size > 0) return;
    this.#flush?.();
    this.#heartbeat?.();
    this.#flush = undefined;
    this.#heartbeat = undefined;
  }

  #tellAll(): void {
    this.#flush = undefined;
    // What is the same for several is written out once.
    const written = new Map<string, string>();
    for (const follower of this.#followers) this.#tell(follower, written);
  }

  /** All that is new, until the sink has enough. */
  #tell(follower: Follower, written: Map<string, string>): void {
    while (follower.stuckSinceMs === undefined && follower.told !== this.#changes.last) {
      const text = this.#changes.reaches(follower.told)
        ? this.#nextChunk(follower, written)
        : this.#event(follower, this.#changes.last, 'event: resync\ndata: {}');
      if (text !== '') this.#write(follower, text);
    }
  }

  #nextChunk(follower: Follower, written: Map<string, string>): string {
    let text = '';
    if (follower.only !== undefined && this.#changes.count(follower.only, follower.told) > 1) {
      // What came in between is not in the newest state: its journal is to be read again.
      return this.#event(follower, this.#changes.last, 'event: resync\ndata: {}');
    }
    for (const { key, number } of this.#changes.since(follower.told)) {
      if (this.#isFor(follower, key)) {
        const name = `${follower.only === undefined ? 'target' : 'detail'} ${key}`;
        const event = written.get(name) ?? this.#eventOf(key, follower.only !== undefined);
        written.set(name, event);
        text += this.#event(follower, number, event);
      }
      if (text.length >= MAX_CHUNK) return text;
    }
    follower.told = this.#changes.last;
    return text;
  }

  #isFor({ only, allows }: Follower, key: string): boolean {
    return only === undefined ? allows(key.slice(0, key.indexOf('/'))) : key === only;
  }

  #eventOf(key: string, inDetail: boolean): string {
    const { views } = this.#options;
    const target = views.find(key);
    if (!target) {
      const slash = key.indexOf('/');
      const gone = { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
      return `event: gone\ndata: ${JSON.stringify(gone)}`;
    }
    // JSON has no line breaks of its own: one line of data.
    if (inDetail) return `event: detail\ndata: ${JSON.stringify(views.update(target))}`;
    return `event: target\ndata: ${JSON.stringify(views.row(target))}`;
  }

  #event(follower: Follower, number: number, event: string): string {
    follower.told = number;
    return `id: ${this.#idOf(number)}\n${event}\n\n`;
  }

  #write(follower: Follower, text: string): void {
    if (!follower.sink.write(text)) follower.stuckSinceMs ??= this.#options.clock.monotonic();
  }

  /** Comments keep proxies from closing a quiet stream, and find sockets that are dead. */
  #beat(): void {
    const now = this.#options.clock.monotonic();
    for (const follower of this.#followers) {
      if (follower.stuckSinceMs !== undefined && now - follower.stuckSinceMs >= STUCK_MS) {
        this.#leave(follower);
        follower.sink.cut();
      } else if (now >= follower.endsAtMs) {
        this.#leave(follower);
        follower.sink.end();
      } else if (follower.stuckSinceMs === undefined) {
        this.#write(follower, ':\n\n');
      }
    }
    this.#heartbeat =
      this.#followers.size > 0 ? this.#options.clock.setTimer(HEARTBEAT_MS, () => this.#beat()) : undefined;
  }

  #idOf(number: number): string {
    return `${this.#options.id}-${number}`;
  }

  /** The change that an event id names; one that is not reached where it is of another process; the newest where there is none. */
  #numberOf(lastEventId: string | undefined): number {
    if (lastEventId === undefined || lastEventId === '') return this.#changes.last;
    const [, id, number] = /^(.*)-([0-9]{1,15})$/.exec(lastEventId) ?? [];
    return id === this.#options.id ? Number(number) : -1;
  }
}
