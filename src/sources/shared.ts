// One request for all who ask for the same thing at the same tick, whether it is under way or finished, good or bad.
// What is asked for, and how long it may take, is the source's.
import type { Clock } from '../base/clock.ts';
import type { SpanOrigin } from '../base/tracing.ts';
import type { ReadContext } from './source.ts';

interface Entry<Value> {
  readonly key: string;
  readonly tickMs: number;
  /** Wall clock at the start of the request: the data are no older. */
  readonly startedAtMs: number;
  readonly expiresAtMonotonic: number;
  readonly answer: Promise<Value>;
  readonly cancel: AbortController;
  /** The read that asked first, when it is recorded. */
  readonly askedBy: SpanOrigin | undefined;
  readonly parties: Map<AbortSignal, Party<Value>>;
  waiting: number;
  settled: boolean;
}

/** Those who wait under one signal: a hundred targets that are decided together have one listener, not a list of a hundred. */
interface Party<Value> {
  /** Undefined when the signal aborts first. */
  readonly answer: Promise<Value | undefined>;
  readonly leave: () => void;
  waiting: number;
}

export interface SharedReadLimits {
  /** How far two ticks may be apart to share. */
  readonly slackMs: number;
  /** How long a finished answer is kept for latecomers of its tick. */
  readonly retainMs: number;
  /** Answers kept at the same time; beyond it the oldest go. */
  readonly maxEntries: number;
}

/** The shortest period is one second, so two periods of one target never share; latecomers are behind by far less than 10 s. */
const LIMITS: SharedReadLimits = { slackMs: 900, retainMs: 10_000, maxEntries: 10_000 };

/**
 * Shares reads by key and tick. A read at tick T joins another one of the same key with tick U when U is T, or when the other
 * began at or after T and U is at most `slackMs` from T: either way the asker gets nothing older than what it would have got by
 * asking on time. A failure is an answer like any other, so one tick never asks twice.
 */
export class SharedReads<Value> {
  readonly #clock: Clock;
  readonly #limits: SharedReadLimits;
  readonly #byKey = new Map<string, Entry<Value>[]>();
  /** In order of start; a set so that the oldest is found and taken out at once. */
  readonly #entries = new Set<Entry<Value>>();

  constructor(clock: Clock, limits: Partial<SharedReadLimits> = {}) {
    this.#clock = clock;
    this.#limits = { ...LIMITS, ...limits };
  }

  /** Answers kept or under way, for tests and metrics. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * The shared answer; undefined when the caller's signal aborts first. `request` runs once per key and tick, unless all who waited have given
   * up, under a signal that aborts only then; a rejection is shared too. The span of who joins says so, and points to
   * the span of who asked first.
   */
  read(
    key: string,
    { tickMs, span }: Pick<ReadContext, 'tickMs' | 'span'>,
    signal: AbortSignal,
    request: (signal: AbortSignal) => Promise<Value>,
  ): Promise<Value | undefined> {
    if (signal.aborted) return Promise.resolve(undefined);
    this.#dropOld();
    const known = this.#find(key, tickMs);
    const entry = known ?? this.#start(key, tickMs, request, span?.origin);
    if (known && span) {
      span.set({ 'setpoint.read.shared': true });
      if (known.askedBy) span.link(known.askedBy);
    }
    return entry.settled ? entry.answer : this.#wait(entry, signal);
  }

  async #wait(entry: Entry<Value>, signal: AbortSignal): Promise<Value | undefined> {
    const party = entry.parties.get(signal) ?? join(entry, signal);
    party.waiting++;
    entry.waiting++;
    try {
      return await party.answer;
    } finally {
      party.waiting--;
      if (party.waiting === 0) {
        signal.removeEventListener('abort', party.leave);
        entry.parties.delete(signal);
      }
      entry.waiting--;
      if (entry.waiting === 0 && !entry.settled) entry.cancel.abort(new Error('nobody waits for this read any more'));
    }
  }

  #find(key: string, tickMs: number): Entry<Value> | undefined {
    return this.#byKey.get(key)?.find(
      (entry) =>
        // One that everybody gave up on has nothing to tell.
        !entry.cancel.signal.aborted &&
        (entry.tickMs === tickMs ||
          (entry.startedAtMs >= tickMs && Math.abs(entry.tickMs - tickMs) <= this.#limits.slackMs)),
    );
  }

  #start(
    key: string,
    tickMs: number,
    request: (signal: AbortSignal) => Promise<Value>,
    askedBy: SpanOrigin | undefined,
  ): Entry<Value> {
    const cancel = new AbortController();
    const entry: Entry<Value> = {
      key,
      tickMs,
      startedAtMs: this.#clock.now(),
      expiresAtMonotonic: this.#clock.monotonic() + this.#limits.retainMs,
      answer: request(cancel.signal),
      cancel,
      askedBy,
      parties: new Map(),
      waiting: 0,
      settled: false,
    };
    const settle = () => {
      entry.settled = true;
    };
    entry.answer.then(settle, settle);
    this.#entries.add(entry);
    const same = this.#byKey.get(key);
    // The newest first: it is the one most askers look for.
    if (same) same.unshift(entry);
    else this.#byKey.set(key, [entry]);
    return entry;
  }

  /** Drops what is past its time, oldest first; what is under way stays, so that its tick asks once however long it takes. */
  #dropOld(): void {
    const now = this.#clock.monotonic();
    for (const entry of this.#entries) {
      const isOver = entry.expiresAtMonotonic <= now;
      if (!isOver && this.#entries.size < this.#limits.maxEntries) return;
      if (entry.settled || this.#entries.size >= this.#limits.maxEntries) this.#drop(entry);
    }
  }

  #drop(entry: Entry<Value>): void {
    this.#entries.delete(entry);
    const rest = this.#byKey.get(entry.key)?.filter((other) => other !== entry) ?? [];
    if (rest.length === 0) this.#byKey.delete(entry.key);
    else this.#byKey.set(entry.key, rest);
  }
}

function join<Value>(entry: Entry<Value>, signal: AbortSignal): Party<Value> {
  const left = Promise.withResolvers<undefined>();
  const leave = () => left.resolve(undefined);
  signal.addEventListener('abort', leave, { once: true });
  const party = { answer: Promise.race([entry.answer, left.promise]), leave, waiting: 0 };
  entry.parties.set(signal, party);
  return party;
}
