// Keeps a store equal to a collection of the API server: paged list, then a watch that resumes where it ended. Survives every
// error, never goes back in time, and lists anew rather than guess. Events only change the store; what they mean is read there.
import { type CancelTimer, type Clock, sleep } from '../base/clock.ts';
import { untilAborted } from '../base/deadline.ts';
import { ApiStatusError, isForbidden, isGone, messageOf, SetpointError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import { statusError } from './answers.ts';
import { differences, takeSnapshot } from './consistency.ts';
import { type ListFrom, type ListWatch, listAll } from './list-watch.ts';
import { identityOf, type RawObject } from './raw-object.ts';
import { isOlder, newest } from './resource-version.ts';
import { RetryDelay } from './retry-delay.ts';
import type { Store, Stored } from './store.ts';
import { readFrames, type WatchEvent } from './watch-frames.ts';

/** Bookmarks come about once a minute, so a stream that is silent for longer is dead, whatever TCP says. */
const IDLE_MS = 100_000;
/** A stream given up for its silence is resumed first; when that fails for another quarter of it, listing is next. */
const RESUME_FACTOR = 1.25;
const SERVER_TIMEOUT_MIN_S = 300;
const SERVER_TIMEOUT_SPREAD_S = 300;
/** A watch that ends sooner, without an event, counts as a failure: resuming at once would be a storm. */
const SHORT_WATCH_MS = 1000;
const CONSISTENCY_EVERY_MS = 600_000;
/** Time for the watch to deliver what a consistency list already shows. */
const CONSISTENCY_GRACE_MS = 5000;
/** So many lists in a row that are older than what was seen mean that the server's history was restored from a backup. */
const OLD_LISTS_ACCEPTED_AFTER = 5;
/**
 * A refusal is meant when it lasts: an API server that has just started refuses everybody, for a tenth of a second or a few, until it
 * has read the roles.
 */
export const REFUSAL_IS_MEANT_AFTER_MS = 5000;

export interface ReflectorOptions<T extends Stored> {
  /** For logs, such as `pods` or `pods in shop`. */
  readonly name: string;
  readonly source: ListWatch;
  readonly store: Store<T>;
  /** Cuts an object down to what is needed. Total: it reads what it can and never throws. */
  readonly trim: (object: RawObject) => T;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /**
   * Told of each failure, and for how long every attempt has ended with the same HTTP status: 0 for the first, and for what has none.
   * A number answers how long to wait in ms, instead of the usual back-off.
   */
  readonly onFailure?: (error: SetpointError, sameMs: number) => number | undefined;
  /** Silence after which a watch is given up. Default 100 s. */
  readonly idleMs?: number;
  /** Default 10 min, with jitter. */
  readonly consistencyEveryMs?: number;
}

/** How often what happened, since start. */
export interface ReflectorCounts {
  readonly lists: number;
  readonly watches: number;
  readonly failures: number;
  /** Objects that the consistency check found different. */
  readonly repairs: number;
}

export class Reflector<T extends Stored> {
  readonly #options: ReflectorOptions<T>;
  readonly #delay: RetryDelay;
  readonly #stop = new AbortController();
  readonly #counts = { lists: 0, watches: 0, failures: 0, repairs: 0 };
  #running: Promise<void> | undefined;
  readonly #whenSynced: Promise<void>;
  #resolveSynced: () => void = () => {};
  #isSynced = false;
  /** The newest version seen; where the next watch starts. Undefined: list first. */
  #version: string | undefined;
  /** Lists must not be older than this. */
  #floor: string | undefined;
  #oldLists = 0;
  /** Failures since the last event, or since the last list if it was lists that failed. */
  #failuresInRow = 0;
  /** The last failure was one of watching: a list that works does not end it. */
  #watchFails = false;
  #failure: { readonly error: SetpointError; readonly since: number } | undefined;
  /** Of the failures since another status, or a success. */
  #alike: { readonly status: number; readonly since: number } | undefined;
  #contactAt: number;
  /** Breaks the watch that is open. */
  #breakWatch: ((reason: Error) => void) | undefined;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#delay = new RetryDelay(options.clock, options.random);
    this.#contactAt = options.clock.monotonic();
    this.#whenSynced = new Promise((resolve) => {
      this.#resolveSynced = resolve;
    });
  }

  /** Whether the first list is in the store. */
  get synced(): boolean {
    return this.#isSynced;
  }

  get counts(): ReflectorCounts {
    return this.#counts;
  }

  /** Milliseconds since the API server was last heard of for this collection; since creation when never. */
  get silentMs(): number {
    return this.#options.clock.monotonic() - this.#contactAt;
  }

  /** Why it is not being followed just now; undefined while all is well. */
  get failure(): SetpointError | undefined {
    return this.#failure?.error;
  }

  /** Milliseconds for which it has not been followed; 0 while all is well. */
  get failingMs(): number {
    return this.#failure ? this.#options.clock.monotonic() - this.#failure.since : 0;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves when the first list is in the store; rejects with the signal's reason when it aborts first. */
  async waitForSync(signal: AbortSignal): Promise<void> {
    await untilAborted(this.#whenSynced, signal);
  }

  /** Ends everything; resolves when no request, stream or timer of it is left. */
  async stop(): Promise<void> {
    this.#stop.abort(new SetpointError('Cancelled', 'the watch was stopped'));
    await this.#running;
  }

  async #run(): Promise<void> {
    const stopped = this.#stop.signal;
    const checking = this.#checkNowAndThen();
    while (!stopped.aborted) {
      try {
        if (this.#version === undefined) await this.#list();
        await this.#watch();
      } catch (error) {
        await this.#failed(error);
      }
    }
    await checking;
  }

  async #failed(error: unknown): Promise<void> {
    const { logger, name, clock, onFailure } = this.#options;
    if (this.#stop.signal.aborted) return;
    this.#counts.failures++;
    const known =
      error instanceof SetpointError ? error : new SetpointError('Network', 'the watch broke', { cause: error });
    if (this.#mustList(known)) this.#version = undefined;
    this.#failuresInRow++;
    this.#failure = { error: known, since: this.#failure?.since ?? clock.monotonic() };
    // Streams break every day and are resumed: worth a warning is only what does not heal at once.
    const isNews = this.#failuresInRow === (this.#isSynced ? 2 : 1);
    logger[isNews ? 'warn' : 'debug']('watch failed', { resource: name, error: messageOf(known) });
    try {
      await sleep(clock, onFailure?.(known, this.#sameMs(known)) ?? this.#delay.next(), this.#stop.signal);
    } catch (reason) {
      // Stopped while waiting: the loop sees it and ends.
      logger.debug('watch stopped', { resource: name, reason: messageOf(reason) });
    }
  }

  #sameMs(error: SetpointError): number {
    if (!(error instanceof ApiStatusError)) {
      this.#alike = undefined;
      return 0;
    }
    const now = this.#options.clock.monotonic();
    if (this.#alike?.status !== error.status) this.#alike = { status: error.status, since: now };
    return now - this.#alike.since;
  }

  /**
   * After gone, and frames that cannot be read, what was missed is not known. Where watching is forbidden, or could not be taken
   * up again after a silence, lists may work all the same.
   */
  #mustList(error: SetpointError): boolean {
    if (isGone(error) || isForbidden(error) || error.code === 'BadAnswer') return true;
    return this.silentMs > (this.#options.idleMs ?? IDLE_MS) * RESUME_FACTOR;
  }

  async #list(): Promise<void> {
    const { source, store, logger, name } = this.#options;
    this.#counts.lists++;
    const items: T[] = [];
    const onItem = (object: RawObject) => {
      const item = this.#trim(object);
      if (item) items.push(item);
    };
    const version = await this.#listNotOlder((from) => {
      items.length = 0;
      return listAll(source, { ...from, signal: this.#stop.signal }, onItem);
    });
    this.#stop.signal.throwIfAborted();
    const news = store.replace(items);
    this.#version = version;
    this.#floor = version;
    this.#heard();
    logger.debug('watch listed', { resource: name, objects: items.length, news });
    if (!this.#watchFails) this.#recovered();
    this.#isSynced = true;
    this.#resolveSynced();
  }

  /** The version of a list that is not older than what was seen. */
  async #listNotOlder(list: (from: ListFrom) => Promise<string>): Promise<string> {
    let version: string;
    try {
      version = await list({ notOlderThan: this.#floor });
    } catch (error) {
      // A server that cannot tell, or does not have, that version yet: ask for the newest there is.
      if (this.#floor === undefined || !isVersionRefused(error)) throw error;
      version = await list({});
    }
    if (this.#floor === undefined || !isOlder(version, this.#floor)) {
      this.#oldLists = 0;
      return version;
    }
    this.#oldLists++;
    if (this.#oldLists < OLD_LISTS_ACCEPTED_AFTER) {
      throw new SetpointError('BadAnswer', `the list is older (${version}) than what was seen before (${this.#floor})`);
    }
    this.#options.logger.warn('history went back for good', {
      resource: this.#options.name,
      version,
      before: this.#floor,
    });
    this.#oldLists = 0;
    return version;
  }

  async #watch(): Promise<void> {
    const { source, clock, random, idleMs, name } = this.#options;
    const broken = new AbortController();
    const timer = new IdleTimer(clock, idleMs ?? IDLE_MS, () =>
      this.#breakWatch?.(new SetpointError('Deadline', `the watch of ${name} was silent for too long`)),
    );
    this.#breakWatch = (reason) => broken.abort(reason);
    const startedAt = clock.monotonic();
    this.#counts.watches++;
    let events = 0;
    try {
      const query = {
        watch: true,
        allowWatchBookmarks: true,
        resourceVersion: this.#version,
        timeoutSeconds: Math.floor(SERVER_TIMEOUT_MIN_S + random() * SERVER_TIMEOUT_SPREAD_S),
      };
      this.#watchFails = true;
      const chunks = await source.watch(query, AbortSignal.any([this.#stop.signal, broken.signal]));
      this.#heard();
      this.#failure = undefined;
      this.#alike = undefined;
      const onBytes = () => {
        this.#heard();
        timer.restart();
      };
      for await (const event of readFrames(chunks, { onBytes })) {
        this.#apply(event);
        events++;
        this.#recovered();
      }
    } catch (error) {
      throw broken.signal.aborted && !this.#stop.signal.aborted ? broken.signal.reason : error;
    } finally {
      timer.cancel();
      this.#breakWatch = undefined;
    }
    // A stream may end quietly because it was broken off, too.
    if (broken.signal.aborted) throw broken.signal.reason as Error;
    if (events === 0 && clock.monotonic() - startedAt < SHORT_WATCH_MS) {
      throw new SetpointError('Network', 'the watch ended as soon as it began');
    }
  }

  #apply(event: WatchEvent): void {
    if (event.type === 'ERROR') throw statusError(event.object);
    const { name, namespace, resourceVersion } = identityOf(event.object);
    if (resourceVersion === '' || (event.type !== 'BOOKMARK' && name === '')) {
      throw new SetpointError('BadAnswer', 'a watch event names no object or no version');
    }
    if (this.#version !== undefined && isOlder(resourceVersion, this.#version)) {
      throw new SetpointError(
        'BadAnswer',
        `a watch event is older (${resourceVersion}) than one before (${this.#version})`,
      );
    }
    if (event.type === 'DELETED') {
      this.#options.store.remove(namespace, name);
    } else if (event.type !== 'BOOKMARK') {
      const item = this.#trim(event.object);
      if (item) this.#options.store.put(item);
    }
    this.#version = newest(resourceVersion, this.#version ?? resourceVersion);
    this.#floor = this.#version;
  }

  #trim(object: RawObject): T | undefined {
    try {
      return this.#options.trim(object);
    } catch (error) {
      const { namespace, name } = identityOf(object);
      this.#options.logger.error('object left out: it cannot be read', {
        resource: this.#options.name,
        namespace,
        name,
        error,
      });
      return undefined;
    }
  }

  #recovered(): void {
    if (this.#failuresInRow > 1) this.#options.logger.info('watch is back', { resource: this.#options.name });
    this.#failuresInRow = 0;
    this.#watchFails = false;
    this.#failure = undefined;
    this.#alike = undefined;
  }

  #heard(): void {
    this.#contactAt = this.#options.clock.monotonic();
  }

  async #checkNowAndThen(): Promise<void> {
    const { clock, random, logger, name, consistencyEveryMs } = this.#options;
    const stopped = this.#stop.signal;
    while (!stopped.aborted) {
      try {
        await sleep(clock, (consistencyEveryMs ?? CONSISTENCY_EVERY_MS) * (0.9 + random() * 0.2), stopped);
        if (this.#version !== undefined) await this.#check();
      } catch (error) {
        if (!stopped.aborted) logger.debug('consistency check failed', { resource: name, error: messageOf(error) });
      }
    }
  }

  async #check(): Promise<void> {
    const { source, store, clock, logger, name } = this.#options;
    const snapshot = await takeSnapshot(source, this.#stop.signal);
    await sleep(clock, CONSISTENCY_GRACE_MS, this.#stop.signal);
    // A list in between has repaired whatever there was.
    if (this.#version === undefined) return;
    const keys = differences(snapshot, store);
    if (keys.length === 0) return;
    this.#counts.repairs += keys.length;
    logger.warn('watch missed changes', { resource: name, objects: keys.length, first: keys[0] });
    this.#version = undefined;
    this.#breakWatch?.(new SetpointError('BadAnswer', 'the consistency check found differences'));
  }
}

/** A timer that starts again with each sign of life. */
class IdleTimer {
  readonly #start: () => CancelTimer;
  #cancel: CancelTimer;

  constructor(clock: Clock, ms: number, onIdle: () => void) {
    this.#start = () => clock.setTimer(ms, onIdle);
    this.#cancel = this.#start();
  }

  restart(): void {
    this.#cancel();
    this.#cancel = this.#start();
  }

  cancel(): void {
    this.#cancel();
  }
}

/** Answers to a version that is too old to know, or too new to have. */
function isVersionRefused(error: unknown): boolean {
  const status = (error as { status?: unknown }).status;
  return isGone(error) || status === 400 || status === 504;
}
