// The controller: brings each target's key to a worker when its time has come, and asks the reconciler to work on it.
// Promises: one cycle per target at a time; a changed spec is decided at once, our own status writes wake nobody; after taking
// over all targets are decided within three seconds; a target that fails, hangs or is slow delays no other one.
// What a cycle does is reconcile.ts; when the next one is due is schedule.ts.
import type { ScaledTarget } from '../api/spec.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { MetricReader } from '../sources/source.ts';
import { Backoff } from './backoff.ts';
import type { CycleEnd } from './cycle-end.ts';
import { Delays } from './delays.ts';
import type { Owners } from './owners.ts';
import type { Targets } from './ports.ts';
import { type QueueObserver, WorkQueue } from './queue.ts';
import type { Reconciler } from './reconcile.ts';
import { type Due, Schedule } from './schedule.ts';
import { type Away, Workers } from './workers.ts';

export interface ControllerOptions {
  readonly targets: Targets;
  readonly reconciler: Pick<Reconciler, 'cycle'>;
  /** Names the read that targets are decided together for. */
  readonly reader: Pick<MetricReader, 'sharedKey'>;
  readonly owners: Owners;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Cycles at work at once; those that wait for metrics do not count. */
  readonly workers: number;
  /** Period of a target that sets none, in milliseconds. */
  readonly syncPeriodMs: number;
  readonly queueObserver?: QueueObserver;
}

/** The first decisions of a new leader are spread over this long: all within 3 s, with a second for the work. */
const TAKE_OVER_MS = 2_000;
/** After an answer that would come again, and has, the next try comes no sooner. */
const LATE_MS = 60_000;
/** The first such answer is asked about sooner: an API server that has just started refuses everybody until it has read the roles. */
const ASK_AGAIN_MS = 5_000;
const BACKOFF_BASE_MS = 1_000;

/** What is known of a key between its cycles. */
interface Entry {
  readonly uid: string;
  readonly generation: number;
  readonly deleting: boolean;
  due: Due;
  /** Whether the last cycle ended with an answer that would come again. */
  late: boolean;
}

export class Controller {
  readonly #options: ControllerOptions;
  readonly #schedule: Schedule;
  readonly #queue: WorkQueue;
  readonly #delays: Delays;
  readonly #workers: Workers;
  readonly #backoff: Backoff;
  readonly #entries = new Map<string, Entry>();
  readonly #stopping = new AbortController();
  #leadership: AbortSignal | undefined;

  constructor(options: ControllerOptions) {
    const { clock, workers, syncPeriodMs } = options;
    this.#options = options;
    this.#schedule = new Schedule(clock);
    this.#queue = new WorkQueue(clock, options.queueObserver);
    this.#workers = new Workers(clock, this.#queue, workers, (key, away) => this.#turn(key, away));
    this.#backoff = new Backoff({ baseMs: BACKOFF_BASE_MS, maxMs: syncPeriodMs });
    this.#delays = new Delays(clock, (key) => {
      this.#queue.add(key);
      this.#workers.pump();
    });
  }

  /** Decides all targets of the store, spread over two seconds, then each in its own period. `leadership` aborts when it is lost. */
  start(leadership: AbortSignal): void {
    this.#leadership = leadership;
    leadership.addEventListener('abort', () => this.#stopping.abort(leadership.reason), { once: true });
    for (const target of this.#options.targets.all()) {
      this.#options.owners.note(target);
      this.#enter(target, this.#schedule.first(this.#phaseKey(target), TAKE_OVER_MS));
    }
  }

  /**
   * To be called for each change of a ScaledTarget in the store, with its key. Only a new object, a new generation, a deletion
   * or the end of one is a reason to work; before `start` and after `stop` nothing is.
   */
  targetChanged(key: string): void {
    if (!this.#leadership || this.#stopping.signal.aborted) return;
    const target = this.#options.targets.get(key);
    const entry = this.#entries.get(key);
    if (!target) {
      if (entry) this.#now(key);
      return;
    }
    const known =
      entry?.uid === target.uid && entry.generation === target.generation && entry.deleting === target.deleting;
    if (known) return;
    this.#backoff.forget(key);
    this.#enter(target, this.#schedule.immediately());
    this.#now(key);
  }

  /** Stops handing out keys, ends reads under way, and resolves when writes under way have ended. */
  async stop(): Promise<void> {
    this.#delays.stop();
    const drained = this.#queue.shutDown();
    this.#stopping.abort(new Error('the controller is stopping'));
    await drained;
  }

  /** Seconds of work under way, for the workqueue metrics. */
  unfinished(): { readonly totalSeconds: number; readonly longestSeconds: number } {
    return this.#queue.unfinished();
  }

  /** Targets under its care. */
  get size(): number {
    return this.#entries.size;
  }

  #enter(target: ScaledTarget, due: Due): void {
    const { uid, generation, deleting, key } = target;
    this.#entries.set(key, { uid, generation, deleting, due, late: false });
    this.#delays.replace(key, due.at);
  }

  #now(key: string): void {
    this.#delays.remove(key);
    this.#queue.add(key);
    this.#workers.pump();
  }

  async #turn(key: string, away: Away): Promise<void> {
    const { clock, reconciler, logger } = this.#options;
    const startedAt = clock.monotonic();
    const entry = this.#entries.get(key);
    const due = entry?.due ?? this.#schedule.immediately();
    const signal = this.#leadership ?? this.#stopping.signal;
    const request = {
      key,
      tickMs: due.tickMs,
      lagMs: Math.max(0, startedAt - due.at),
      signal,
      stopping: this.#stopping.signal,
      away,
    };
    let end: CycleEnd;
    try {
      end = await reconciler.cycle(request);
    } catch (error) {
      // The reconciler promises not to throw; a broken promise must not take the key out of the schedule.
      logger.error('cycle failed', { target: key, error: String(error) });
      end = { kind: 'waiting', retry: 'period' };
    }
    // A change that came during the cycle has a moment of its own, and the key runs again at once.
    if (this.#entries.get(key) === entry) this.#plan(key, end, startedAt);
  }

  /** When the key comes next. */
  #plan(key: string, end: CycleEnd, startedAt: number): void {
    const target = this.#options.targets.get(key);
    if (end.kind === 'gone' || !target) {
      this.#backoff.forget(key);
      this.#delays.remove(key);
      // A target that is still there, being deleted, stays known: nothing wakes it until it is gone.
      if (!target) this.#entries.delete(key);
      return;
    }
    const entry = this.#entries.get(key);
    if (!entry) return;
    const slot = this.#schedule.next(this.#phaseKey(target), this.#periodMs(target), startedAt);
    const wasLate = entry.late;
    entry.late = end.kind !== 'done' && end.retry === 'late';
    entry.due = entry.late
      ? this.#late(slot, startedAt + (wasLate ? LATE_MS : ASK_AGAIN_MS))
      : this.#dueAfter(key, end, slot);
    this.#delays.replace(key, entry.due.at);
  }

  #dueAfter(key: string, end: CycleEnd, slot: Due): Due {
    if (end.kind === 'done' || end.kind === 'gone' || end.retry === 'period') {
      this.#backoff.forget(key);
      return slot;
    }
    this.#queue.noteRetry();
    const asked = end.kind === 'error' ? (end.afterMs ?? 0) : 0;
    const at = this.#options.clock.monotonic() + Math.max(this.#backoff.next(key), asked);
    // The regular slot comes first, unless the API server asked for patience beyond it.
    return at >= slot.at && asked === 0 ? slot : this.#schedule.at(at);
  }

  /** The slot, or the time when that is later. */
  #late(slot: Due, at: number): Due {
    this.#queue.noteRetry();
    return slot.at >= at ? slot : this.#schedule.at(at);
  }

  #periodMs({ spec }: ScaledTarget): number {
    return spec?.syncPeriodSeconds === undefined ? this.#options.syncPeriodMs : spec.syncPeriodSeconds * 1000;
  }

  #phaseKey({ spec, namespace, key }: ScaledTarget): string {
    const first = spec?.metrics[0];
    return first ? this.#options.reader.sharedKey(first, namespace) : key;
  }
}
