// One live resource: a snapshot, then what changes after it, for as long as the page looks at it. A stream that breaks is taken up
// again where it broke; when the server cannot do that it says `resync`, and the snapshot is read anew. Events that come meanwhile are
// kept and applied after it.
import type { ControllerInfo, ServerEvent } from '../api-types.ts';
import { every, later, nowMs } from './browser.ts';
import { readJson } from './read-json.ts';

export type Connection = 'connecting' | 'live' | 'reconnecting' | 'lost';

export interface FeedStatus {
  readonly connection: Connection;
  /** Why it could not be read, in the server's words where it gave some. */
  readonly problem: { readonly status: number | undefined; readonly text: string } | undefined;
  /** When something was last heard; undefined before. */
  readonly heardMs: number | undefined;
}

export interface FeedOptions<Snapshot> {
  /** Both relative to the page. */
  readonly snapshotUrl: string;
  readonly eventsUrl: string;
  /** Names of the events that are listened to. */
  readonly events: readonly ServerEvent['event'][];
  onSnapshot(snapshot: Snapshot): void;
  onEvent(event: ServerEvent['event'], data: unknown): void;
  onStatus(status: FeedStatus): void;
}

/** Without a connection for so long, what is shown is called stale. */
export const LOST_AFTER_MS = 5_000;
/** Without a word for so long, the snapshot is read to see whether there is still somebody. */
const SILENCE_MS = 30_000;
const RETRY_MS = { first: 500, longest: 5_000 } as const;
export class Feed<Snapshot extends { readonly controller: ControllerInfo }> {
  readonly #options: FeedOptions<Snapshot>;
  readonly #stopLooking: () => void;
  #source: EventSource | undefined;
  #status: FeedStatus = { connection: 'connecting', problem: undefined, heardMs: undefined };
  #brokenSinceMs: number | undefined = undefined;
  #retryMs: number = RETRY_MS.first;
  #cancelRetry: () => void = () => undefined;
  #loading: AbortController | undefined;
  /** Events that came while the snapshot was on its way. */
  #waiting: [event: ServerEvent['event'], data: unknown][] = [];

  constructor(options: FeedOptions<Snapshot>) {
    this.#options = options;
    this.#stopLooking = every(1_000, () => this.#look());
    void this.#begin();
  }

  close(): void {
    this.#source?.close();
    this.#loading?.abort();
    this.#cancelRetry();
    this.#stopLooking();
  }

  /** Reads everything again. */
  reload(): void {
    void this.#load();
  }

  /** The snapshot, and the events after it. */
  async #begin(): Promise<void> {
    const outcome = await this.#load();
    if (outcome === 'aborted') return;
    if (outcome === 'failed') this.#tryAgain();
    else this.#open(outcome.controller.eventId);
  }

  #tryAgain(): void {
    this.#cancelRetry();
    this.#cancelRetry = later(this.#retryMs, () => void this.#begin());
    this.#retryMs = Math.min(RETRY_MS.longest, this.#retryMs * 2);
  }

  #open(eventId: string | undefined): void {
    const url = this.#options.eventsUrl;
    const after =
      eventId === undefined ? '' : `${url.includes('?') ? '&' : '?'}lastEventId=${encodeURIComponent(eventId)}`;
    const source = new EventSource(url + after);
    this.#source = source;
    source.addEventListener('open', () => {
      this.#retryMs = RETRY_MS.first;
      this.#brokenSinceMs = undefined;
      this.#set({ connection: 'live', problem: undefined, heardMs: nowMs() });
    });
    source.addEventListener('error', () => {
      this.#broken();
      // The browser itself tries again after a break; after a refusal it does not, and the snapshot tells why.
      if (source.readyState === EventSource.CLOSED) this.#tryAgain();
    });
    source.addEventListener('resync', () => this.reload());
    for (const event of this.#options.events) {
      source.addEventListener(event, ({ data }: MessageEvent<string>) => this.#heard(event, JSON.parse(data)));
    }
  }

  #heard(event: ServerEvent['event'], data: unknown): void {
    if (this.#loading) this.#waiting.push([event, data]);
    else {
      // Hundreds a second may come: that something was heard is told with the next change.
      this.#status = { ...this.#status, heardMs: nowMs() };
      this.#options.onEvent(event, data);
    }
  }

  async #load(): Promise<Snapshot | 'failed' | 'aborted'> {
    this.#loading?.abort();
    const loading = new AbortController();
    this.#loading = loading;
    const answer = await readJson(this.#options.snapshotUrl, loading.signal);
    if (loading.signal.aborted) return 'aborted';
    this.#loading = undefined;
    const waiting = this.#waiting.splice(0);
    if ('problem' in answer) {
      this.#set({ problem: answer.problem });
      if (answer.problem.status === undefined) this.#broken();
      return 'failed';
    }
    const snapshot = answer.value as Snapshot;
    this.#set({ problem: undefined, heardMs: nowMs() });
    this.#options.onSnapshot(snapshot);
    for (const [event, data] of waiting) this.#options.onEvent(event, data);
    return snapshot;
  }

  #broken(): void {
    this.#brokenSinceMs ??= nowMs();
    if (this.#status.connection !== 'lost') this.#set({ connection: 'reconnecting' });
  }

  #look(): void {
    const now = nowMs();
    if (this.#brokenSinceMs !== undefined && now - this.#brokenSinceMs > LOST_AFTER_MS) {
      this.#set({ connection: 'lost' });
    }
    const { heardMs, connection } = this.#status;
    const isSilent = connection === 'live' && now - (heardMs ?? now) > SILENCE_MS && !this.#loading;
    if (isSilent && document.visibilityState === 'visible') this.reload();
  }

  #set(change: Partial<FeedStatus>): void {
    this.#status = { ...this.#status, ...change };
    this.#options.onStatus(this.#status);
  }
}
