// Records Kubernetes events without ever blocking or throwing: merges repeats, does not repeat a warning every sync,
// keeps each object to a rate. How an event is written to the API server is the EventApi's, in kube/events.ts.
import { type Clock, sleep } from '../base/clock.ts';
import { startDeadline } from '../base/deadline.ts';
import { ApiStatusError, isConflict, isNotFound, messageOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import type { ScaledTarget } from '../api/spec.ts';
import type { DecisionEvent } from '../decide/types.ts';

/** One event object. Repeats of the same story raise `count` and move `lastAtMs`; name and first time stay. */
export interface EventRecord {
  /** Namespace of the event and of the object it is about. */
  readonly namespace: string;
  /** Name of the event object; unique, a DNS subdomain. */
  readonly name: string;
  readonly regarding: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion: string;
  };
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  /** At most 1024 characters, as the API server takes it. */
  readonly message: string;
  readonly count: number;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
}

/** Where events are written to. Both reject with a SetpointError. */
export interface EventApi {
  create(event: EventRecord, signal: AbortSignal): Promise<void>;
  /** Stores message, count and last time of an event created before. Rejects with ApiStatusError 404 when it has expired. */
  update(event: EventRecord, signal: AbortSignal): Promise<void>;
}

/** After this long a repeated warning is shown again, with its count. */
const REPEAT_WARNING_MS = 10 * 60_000;
/** A warning whose numbers changed is shown again after this long. */
const CHANGED_WARNING_MS = 60_000;
/** API servers drop events after an hour by default; a story this old begins anew. */
const STORY_ENDS_MS = 50 * 60_000;
/** Of one object: this many at once, then one a minute. */
const OBJECT_BURST = 25;
const OBJECT_REFILL_MS = 60_000;
const MAX_OBJECTS = 20_000;
const MAX_STORIES_PER_OBJECT = 16;
const MAX_WAITING = 1_000;
const MAX_MESSAGE = 1_024;
const ATTEMPTS = 3;
const POST_TIMEOUT_MS = 10_000;

export interface EventRecorderOptions {
  readonly api: EventApi;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Of the objects that events are about. */
  readonly apiVersion: string;
  readonly kind: string;
}

/** Repeats of one event of one object. */
interface Story {
  record: EventRecord;
  /** Whether the API server has the event. */
  created: boolean;
  /** Message as last handed to the API server, and when. */
  shown: string;
  shownAtMs: number;
}

interface Subject {
  tokens: number;
  refilledAtMs: number;
  usedAtMs: number;
  /** By {@link storyOf}. */
  readonly stories: Map<string, Story>;
}

export class EventRecorder {
  readonly #options: EventRecorderOptions;
  /** By uid, the one heard of longest ago first. */
  readonly #subjects = new Map<string, Subject>();
  /** Stories to be posted, in order; each once, with what it holds by then. */
  readonly #waiting = new Set<Story>();
  readonly #stopped = new AbortController();
  #posting: Promise<void> | undefined;
  #dropped = 0;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
  }

  /** Events that were dropped because too many waited, or because the API server would not take them. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Objects remembered, for tests and metrics. */
  get objects(): number {
    return this.#subjects.size;
  }

  /** Takes note of an event. Never throws, never waits. */
  record(target: ScaledTarget, event: DecisionEvent): void {
    if (this.#stopped.signal.aborted) return;
    const now = this.#options.clock.now();
    const message = shorten(event.message);
    const subject = this.#subjectOf(target.uid, now);
    const key = storyOf(event, message);
    const known = subject.stories.get(key);
    const story = known && now - known.record.firstAtMs < STORY_ENDS_MS ? known : undefined;
    if (story) {
      story.record = { ...story.record, message, count: story.record.count + 1, lastAtMs: now };
      if (!this.#isDue(story, now)) return;
    }
    if (!takeToken(subject, now)) return;
    const next = story ?? this.#begin(target, event, message, now);
    next.shown = message;
    next.shownAtMs = now;
    // Set again, so that the order of the map is the order of use.
    subject.stories.delete(key);
    subject.stories.set(key, next);
    dropOldest(subject.stories, MAX_STORIES_PER_OBJECT);
    this.#post(next);
  }

  /** Posts what waits, for at most `graceMs`; then no more. */
  async stop(graceMs: number): Promise<void> {
    if (this.#posting) {
      await new Promise<void>((resolve) => {
        const cancel = this.#options.clock.setTimer(graceMs, resolve);
        void this.#posting?.then(cancel).then(resolve);
      });
    }
    this.#stopped.abort(new Error('shutting down'));
  }

  #isDue(story: Story, now: number): boolean {
    if (story.record.type === 'Normal') return true;
    const pause = story.record.message === story.shown ? REPEAT_WARNING_MS : CHANGED_WARNING_MS;
    return now - story.shownAtMs >= pause;
  }

  #begin(target: ScaledTarget, event: DecisionEvent, message: string, now: number): Story {
    const { apiVersion, kind } = this.#options;
    const { namespace, name, uid, resourceVersion } = target;
    const record: EventRecord = {
      namespace,
      name: this.#nameOf(name, now),
      regarding: { apiVersion, kind, namespace, name, uid, resourceVersion },
      type: event.type,
      reason: event.reason,
      message,
      count: 1,
      firstAtMs: now,
      lastAtMs: now,
    };
    return { record, created: false, shown: message, shownAtMs: now };
  }

  /** A DNS subdomain that no other event has: the object's name, the time, and chance. */
  #nameOf(name: string, now: number): string {
    const stem = name.slice(0, 200).replace(/[^a-z0-9]+$/, '') || 'event';
    const chance = Math.floor(this.#options.random() * 2 ** 32).toString(16);
    return `${stem}.${now.toString(16)}${chance.padStart(8, '0')}`;
  }

  #subjectOf(uid: string, now: number): Subject {
    const known = this.#subjects.get(uid);
    const subject = known ?? { tokens: OBJECT_BURST, refilledAtMs: now, usedAtMs: now, stories: new Map() };
    subject.usedAtMs = now;
    this.#subjects.delete(uid);
    this.#subjects.set(uid, subject);
    dropOldest(this.#subjects, MAX_OBJECTS);
    // Whoever has been quiet for so long has no story to go on with and all its tokens back: there is nothing to remember.
    for (const [quiet, { usedAtMs }] of this.#subjects) {
      if (now - usedAtMs <= STORY_ENDS_MS) break;
      this.#subjects.delete(quiet);
    }
    return subject;
  }

  #post(story: Story): void {
    if (this.#waiting.size >= MAX_WAITING && !this.#waiting.has(story)) {
      this.#dropped += 1;
      return;
    }
    this.#waiting.add(story);
    this.#posting ??= this.#drain();
  }

  async #drain(): Promise<void> {
    // Off the caller's stack: recording must not run the client's code.
    await Promise.resolve();
    for (const story of this.#waiting) {
      this.#waiting.delete(story);
      if (this.#stopped.signal.aborted) break;
      await this.#deliver(story);
    }
    this.#waiting.clear();
    this.#posting = undefined;
  }

  async #deliver(story: Story): Promise<void> {
    const { clock, logger } = this.#options;
    for (let attempt = 1; ; attempt++) {
      const deadline = startDeadline(clock, POST_TIMEOUT_MS, this.#stopped.signal);
      try {
        await this.#send(story, deadline.signal);
        return;
      } catch (error) {
        if (attempt >= ATTEMPTS || !isTransient(error)) {
          this.#dropped += 1;
          const { namespace, name } = story.record.regarding;
          logger.warn('event dropped', { namespace, name, reason: story.record.reason, error: messageOf(error) });
          return;
        }
      } finally {
        deadline.dispose();
      }
      const wait = sleep(clock, 1_000 * attempt, this.#stopped.signal);
      if (
        !(await wait.then(
          () => true,
          () => false,
        ))
      )
        return;
    }
  }

  async #send(story: Story, signal: AbortSignal): Promise<void> {
    const { api, clock } = this.#options;
    if (story.created) {
      try {
        await api.update(story.record, signal);
        return;
      } catch (error) {
        if (!isNotFound(error)) throw error;
        // The API server forgot it: a new object goes on with the count.
        const { regarding } = story.record;
        story.record = { ...story.record, name: this.#nameOf(regarding.name, clock.now()) };
      }
    }
    try {
      await api.create(story.record, signal);
    } catch (error) {
      // Names are unique: it is ours, made by an attempt whose answer was lost.
      if (!isConflict(error)) throw error;
    }
    story.created = true;
  }
}

/** Where metrics come from, and then what is wrong with it: refused now, left alone a while later, and still one outage. */
const FAULT_OF_A_SOURCE = /(unable to fetch metrics from [^:]+): .*$/s;

/**
 * What makes two events one: a warning goes on when only its numbers change, or what is wrong with one source; a rescale is its
 * numbers, and merged with another it would tell of one change twice and of the other not at all.
 */
function storyOf({ type, reason }: DecisionEvent, message: string): string {
  if (type !== 'Warning') return `${type}/${reason}/${message}`;
  return `${type}/${reason}/${message.replace(FAULT_OF_A_SOURCE, '$1').replace(/\d+/g, '#')}`;
}

function takeToken(subject: Subject, now: number): boolean {
  const refilled = Math.max(0, now - subject.refilledAtMs) / OBJECT_REFILL_MS;
  subject.tokens = Math.min(OBJECT_BURST, subject.tokens + refilled);
  subject.refilledAtMs = now;
  if (subject.tokens < 1) return false;
  subject.tokens -= 1;
  return true;
}

function dropOldest(map: Map<string, unknown>, limit: number): void {
  if (map.size <= limit) return;
  const oldest = map.keys().next();
  if (!oldest.done) map.delete(oldest.value);
}

/** The namespace is going, the event is malformed, or writing is forbidden: the same answer would come again. */
function isTransient(error: unknown): boolean {
  return !(error instanceof ApiStatusError) || error.status === 429 || error.status >= 500;
}

function shorten(message: string): string {
  return message.length <= MAX_MESSAGE ? message : `${message.slice(0, MAX_MESSAGE - 3)}...`;
}
