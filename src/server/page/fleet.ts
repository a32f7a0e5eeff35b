// All targets as the page knows them: the list, then every row as it is decided. Told to whoever listens a few times a second at
// most, however many targets are decided.
import type { ControllerInfo, TargetList, TargetRow } from '../api-types.ts';
import { every, later, nowMs } from './browser.ts';
import { Feed, type FeedStatus } from './feed.ts';
import { readJson } from './read-json.ts';
import { keyOf } from './rows.ts';

/** Faster than that nobody reads. */
const TELL_MS = 200;
/** The list of thousands of targets is megabytes. */
const GLANCE_MS = 20_000;
const LIST = 'api/v1/targets';

export interface FleetView {
  readonly rows: ReadonlyMap<string, TargetRow>;
  readonly controller: ControllerInfo | undefined;
  /** What to add to this computer's clock for the controller's. */
  readonly clockOffsetMs: number;
  readonly status: FeedStatus;
  /** Counts up with every change of a row. */
  readonly version: number;
}

const UNHEARD: FeedStatus = { connection: 'connecting', problem: undefined, heardMs: undefined };

export class Fleet {
  readonly #listeners = new Set<() => void>();
  #rows = new Map<string, TargetRow>();
  #view: FleetView = { rows: this.#rows, controller: undefined, clockOffsetMs: 0, status: UNHEARD, version: 0 };
  #feed: Feed<TargetList> | undefined;
  #changed = false;
  #toldMs = 0;

  /** As of the last telling. */
  get view(): FleetView {
    return this.#view;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Follows all targets until the answer is called; what is known stays known. */
  follow(): () => void {
    const feed = new Feed<TargetList>({
      snapshotUrl: LIST,
      eventsUrl: 'api/v1/events',
      events: ['target', 'gone'],
      onSnapshot: (list) => this.#take(list),
      onEvent: (event, data) => this.#apply(event, data as TargetRow),
      onStatus: (status) => this.#tell({ status }),
    });
    this.#feed = feed;
    return () => {
      feed.close();
      if (this.#feed === feed) this.#tell({ status: UNHEARD });
    };
  }

  /** Reads the list now and then, for the counts, while one target is followed. */
  glance(): () => void {
    const reading = new AbortController();
    const look = async (): Promise<void> => {
      const answer = await readJson(LIST, reading.signal);
      if ('value' in answer && !reading.signal.aborted) this.#take(answer.value as TargetList);
    };
    if (!this.#view.controller) void look();
    const stop = every(GLANCE_MS, () => void look());
    return () => {
      stop();
      reading.abort();
    };
  }

  #take({ controller, targets }: TargetList): void {
    this.#rows = new Map(targets.map((row) => [keyOf(row), row]));
    this.#tell({ rows: this.#rows, controller, clockOffsetMs: controller.nowMs - nowMs() });
  }

  #apply(event: string, row: TargetRow): void {
    const key = keyOf(row);
    if (event === 'gone') this.#rows.delete(key);
    else if (!isOlder(row, this.#rows.get(key))) this.#rows.set(key, row);
    if (this.#changed) return;
    this.#changed = true;
    // At once after a quiet time.
    later(Math.max(0, this.#toldMs + TELL_MS - nowMs()), () => this.#tell({}));
  }

  #tell(change: Partial<FleetView>): void {
    this.#changed = false;
    this.#toldMs = nowMs();
    this.#view = { ...this.#view, ...change, version: this.#view.version + 1 };
    for (const listener of this.#listeners) listener();
  }
}

/** Whether a row tells of an earlier decision than what is known. */
function isOlder(row: TargetRow, known: TargetRow | undefined): boolean {
  return row.decidedAt !== undefined && known?.decidedAt !== undefined && row.decidedAt < known.decidedAt;
}
