// The live feed: tells its streams which targets are new, a few times a second, the newest state of each. A stream that does not
// read costs one number: it is told `resync` in place of what was left out, and is cut after a while. Without streams and readers of
// lists nothing is remembered.
import type { CancelTimer, Clock } from '../base/clock.ts';
import type { CycleObserver, CycleReport } from '../record/cycle-report.ts';
import type { Scope } from './access.ts';
import { Changes } from './changes.ts';
import type { Views } from './views.ts';

/** Where events go. */
export interface Sink {
  /** False: no more until it is said to be ready again. */
  write(content: string | Uint8Array): boolean;
  end(): void;
  /** Without waiting for what was written. */
  cut(): void;
}

export interface StreamOptions {
  readonly sink: Sink;
  /** Whose targets may be told. */
  readonly scope: Pick<Scope, 'id' | 'allows'>;
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
/** Chunks kept for the streams that stand where another stood. */
const MAX_KEPT_CHUNKS = 200;
/** Milliseconds until a browser connects again. */
const RETRY_MS = 2000;

interface Chunk {
  readonly bytes: Uint8Array;
  /** The last change in it. */
  readonly told: number;
}

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
  /** What was written since the last flush, by its number, negative in detail: most streams are told the same. */
  readonly #events = new Map<number, string>();
  readonly #chunks = new Map<string, Chunk>();
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

  concluded({ target: { key } }: CycleReport): void {
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
    this.#tell(follower);
    return {
      ready: () => {
        follower.stuckSinceMs = undefined;
        this.#tell(follower);
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
    this.#events.clear();
    this.#chunks.clear();
  }

  #tellAll(): void {
    this.#flush = undefined;
    this.#events.clear();
    this.#chunks.clear();
    for (const follower of this.#followers) this.#tell(follower);
  }

  /** All that is new, until the sink has enough. */
  #tell(follower: Follower): void {
    while (follower.stuckSinceMs === undefined && follower.told !== this.#changes.last) {
      const { bytes, told } = this.#chunkFor(follower);
      follower.told = told;
      if (bytes.length > 0) this.#write(follower, bytes);
    }
  }

  #chunkFor({ told, only, scope }: Follower): Chunk {
    const { last } = this.#changes;
    // What came in between is not in the newest state of one target: its journal is to be read again.
    const isBehind = only !== undefined && this.#changes.reaches(told) && this.#changes.count(only, told) > 1;
    if (isBehind || !this.#changes.reaches(told)) {
      return { bytes: Buffer.from(this.#text(last, 'event: resync\ndata: {}')), told: last };
    }
    const place = `${told} ${only === undefined ? `of ${scope.id}` : only}`;
    let chunk = this.#chunks.get(place);
    if (!chunk) {
      chunk = only === undefined ? this.#rowsAfter(told, scope) : this.#detailAfter(told, only);
      if (this.#chunks.size >= MAX_KEPT_CHUNKS) this.#chunks.clear();
      this.#chunks.set(place, chunk);
    }
    return chunk;
  }

  #rowsAfter(before: number, scope: Pick<Scope, 'allows'>): Chunk {
    let text = '';
    for (const { key, number } of this.#changes.since(before)) {
      if (scope.allows(key.slice(0, key.indexOf('/')))) text += this.#text(number, this.#eventOf(number, key));
      if (text.length >= MAX_CHUNK) return { bytes: Buffer.from(text), told: number };
    }
    return { bytes: Buffer.from(text), told: this.#changes.last };
  }

  #detailAfter(before: number, only: string): Chunk {
    let text = '';
    for (const { key, number } of this.#changes.since(before)) {
      if (key === only) text += this.#text(number, this.#eventOf(-number, key));
    }
    return { bytes: Buffer.from(text), told: this.#changes.last };
  }

  #eventOf(name: number, key: string): string {
    let event = this.#events.get(name);
    if (event === undefined) {
      event = this.#writeEvent(key, name < 0);
      this.#events.set(name, event);
    }
    return event;
  }

  #writeEvent(key: string, inDetail: boolean): string {
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

  #text(number: number, event: string): string {
    return `id: ${this.#idOf(number)}\n${event}\n\n`;
  }

  #write(follower: Follower, content: string | Uint8Array): void {
    if (!follower.sink.write(content)) follower.stuckSinceMs ??= this.#options.clock.monotonic();
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
