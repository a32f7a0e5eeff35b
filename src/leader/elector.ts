// Leader election on one Lease, by client-go's rules: expiry is judged by how long this process has seen no change, never by a
// clock in the record. Stricter in two things: a leadership counts from the SENDING of its last renewal, and writes pass a gate
// that closes before anyone else may lead. A lost leadership is not sought again: the process ends.
import { type CancelTimer, type Clock, sleep } from '../base/clock.ts';
import { startDeadline } from '../base/deadline.ts';
import { isConflict, messageOf, SetpointError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import { LeaseGate, type Moment, momentOf, writeTimes } from './gate.ts';
import { claimedRecord, isSameRecord } from './lease-record.ts';
import type { LeaseRecord, LeaseStore, StoredLease } from './lease-store.ts';
import { JITTER_FACTOR, type LeaseTimes, leaseTimeFaults } from './lease-times.ts';
import { releaseLease } from './release.ts';

/** A leader that has not renewed for this much longer than the lease is stuck: its event loop, or its elector. */
const STUCK_AFTER_MS = 5000;

export interface ElectorOptions extends LeaseTimes {
  readonly store: LeaseStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Unique to this process; two of the same name would take each other for themselves. */
  readonly identity: string;
  /** Told when this process begins to lead and when it ceases to. */
  readonly onLeading?: (isLeading: boolean) => void;
  /** Told how often the Lease has changed its holder, each time it is read or written as another record. */
  readonly onTransitions?: (transitions: number) => void;
}

type State = 'idle' | 'candidate' | 'leading' | 'lost' | 'stopped';

export class Elector {
  /** What writes must pass. */
  readonly gate: LeaseGate;
  /** Resolves when a leadership was lost other than by `stop`; the process must end then. Never rejects. */
  readonly lost: Promise<SetpointError>;
  readonly #options: ElectorOptions;
  readonly #stop = new AbortController();
  readonly #resolveLost: (error: SetpointError) => void;
  #state: State = 'idle';
  #renewing: Promise<void> | undefined;
  #observed: (StoredLease & { readonly at: number }) | undefined;
  /** When the last successful renewal was sent. */
  #renewedAt: Moment | undefined;
  /** A write was sent and its answer is not known: it may have made this process the holder. */
  #isWriteOpen = false;
  #wake: () => void = () => {};
  #failure: string | undefined;

  /** Throws `InvalidOptions` when the durations do not fit together. */
  constructor(options: ElectorOptions) {
    const faults = leaseTimeFaults(options);
    if (faults.length > 0) throw new SetpointError('InvalidOptions', faults.join('; '));
    this.#options = options;
    this.gate = new LeaseGate({ clock: options.clock, openForMs: writeTimes(options.renewDeadlineMs).openForMs });
    const lost = Promise.withResolvers<SetpointError>();
    this.lost = lost.promise;
    this.#resolveLost = lost.resolve;
  }

  get isLeading(): boolean {
    return this.#state === 'leading';
  }

  /** Who leads as far as this process has seen; empty when nobody does. */
  get leader(): string {
    return this.#observed?.record.holderIdentity ?? '';
  }

  /** Why the Lease could not be read or written at the last attempt; undefined while it can. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** False when this process should lead and has not renewed for longer than anybody would wait. */
  get isHealthy(): boolean {
    if (this.#state !== 'leading' || !this.#renewedAt) return true;
    const { clock, leaseDurationMs } = this.#options;
    return clock.monotonic() - this.#renewedAt.monotonicMs <= leaseDurationMs + STUCK_AFTER_MS;
  }

  /**
   * Stands for election; resolves when this process leads and keeps renewing from then on. Rejects with `Cancelled` when it is
   * stopped first. Call once.
   */
  async acquire(): Promise<void> {
    if (this.#state !== 'idle') throw new SetpointError('LeaseLost', 'an elector stands for election once');
    this.#state = 'candidate';
    const watching = new AbortController();
    this.#options.store.watch?.(() => this.#wake(), AbortSignal.any([watching.signal, this.#stop.signal]));
    try {
      while (!(await this.#tryToAcquire())) await this.#waitToTry();
    } catch (error) {
      throw new SetpointError('Cancelled', 'the election was stopped', { cause: error });
    } finally {
      watching.abort(new SetpointError('Cancelled', 'the election is over'));
    }
    this.#state = 'leading';
    this.#options.logger.info('became leader', { identity: this.#options.identity, epoch: this.gate.epoch });
    this.#options.onLeading?.(true);
    this.#renewing = this.#keepRenewing();
  }

  /**
   * Ends candidacy or leadership. A leader gives the lease back, so that the next one need not wait for it: call this after all
   * work that the lease guards has ended. Resolves also when giving back fails; the lease then runs out by itself.
   */
  async stop(): Promise<void> {
    if (this.#state === 'lost' || this.#state === 'stopped') return;
    const wasLeading = this.#state === 'leading';
    this.#state = 'stopped';
    this.gate.close();
    this.#stop.abort(new SetpointError('Cancelled', 'the election was stopped'));
    await this.#renewing;
    if (wasLeading) this.#options.onLeading?.(false);
    if (wasLeading || this.#isWriteOpen) await this.#release();
  }

  async #tryToAcquire(): Promise<boolean> {
    this.#stop.signal.throwIfAborted();
    const { renewDeadlineMs } = this.#options;
    try {
      const isMine = await this.#attempt(renewDeadlineMs);
      this.#failure = undefined;
      return isMine;
    } catch (error) {
      this.#stop.signal.throwIfAborted();
      this.#tellFailure(error);
      return false;
    }
  }

  /** Until the next change of the Lease, its expiry, or the retry period with jitter, whichever is first. */
  async #waitToTry(): Promise<void> {
    const { clock, random, retryPeriodMs } = this.#options;
    const retryMs = retryPeriodMs * (1 + random() * JITTER_FACTOR);
    const waitMs = Math.min(retryMs, this.#untilExpiryMs() ?? retryMs);
    await new Promise<void>((resolve, reject) => {
      const { signal } = this.#stop;
      let cancelTimer: CancelTimer = () => {};
      const done = () => {
        this.#wake = () => {};
        cancelTimer();
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      const onAbort = () => {
        done();
        reject(signal.reason as Error);
      };
      if (signal.aborted) return onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      cancelTimer = clock.setTimer(waitMs, done);
      this.#wake = done;
    });
  }

  /** Milliseconds until a held lease may be taken; undefined when it is not held by another, or may be taken already. */
  #untilExpiryMs(): number | undefined {
    if (!this.#observed || this.#observed.record.holderIdentity === '') return undefined;
    const leftMs = this.#observed.at + this.#durationOf(this.#observed.record) - this.#options.clock.monotonic();
    return leftMs > 0 ? leftMs : undefined;
  }

  /** As the holder wrote it; a record without a duration is given ours. */
  #durationOf(record: LeaseRecord): number {
    return record.leaseDurationSeconds > 0 ? record.leaseDurationSeconds * 1000 : this.#options.leaseDurationMs;
  }

  /** True when this process holds the lease after it. Rejects when the store could not be read or written. */
  async #attempt(timeoutMs: number): Promise<boolean> {
    const deadline = startDeadline(this.#options.clock, timeoutMs, this.#stop.signal);
    try {
      if (this.#state === 'leading' && this.#observed && (await this.#renewFast(this.#observed, deadline.signal)))
        return true;
      return await this.#readAndTake(deadline.signal);
    } finally {
      deadline.dispose();
    }
  }

  /** Writes on what was last seen, without a read; false when that did not work, for whatever reason. */
  async #renewFast(seen: StoredLease, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#write(seen, signal);
      return true;
    } catch (error) {
      if (signal.aborted) throw error;
      this.#options.logger.debug('lease not renewed at once', { error: messageOf(error) });
      return false;
    }
  }

  async #readAndTake(signal: AbortSignal): Promise<boolean> {
    const { store, clock, identity } = this.#options;
    const found = await store.get(signal);
    if (found && !isSameRecord(found.record, this.#observed?.record)) {
      this.#observe(found, clock.monotonic());
    } else if (found && this.#observed) {
      this.#observed = { ...found, at: this.#observed.at };
    }
    // A Lease that was deleted under a living leader still counts for as long as that leader may believe in it.
    const holder = this.leader;
    if (holder !== '' && holder !== identity && this.#untilExpiryMs() !== undefined) return false;
    try {
      await this.#write(found, signal);
      return true;
    } catch (error) {
      // Someone else was faster: what they wrote is seen at the next attempt.
      if (isConflict(error)) return false;
      throw error;
    }
  }

  /** Writes this process into the Lease, over `seen` or as a new one. */
  async #write(seen: StoredLease | undefined, signal: AbortSignal): Promise<void> {
    const { store, clock, identity, leaseDurationMs } = this.#options;
    const sentAt = momentOf(clock);
    const record = claimedRecord(seen?.record, { identity, leaseDurationMs, atMs: sentAt.wallMs });
    this.#isWriteOpen = true;
    const sent = seen ? store.update(record, seen.resourceVersion, signal) : store.create(record, signal);
    const stored = await sent.catch((error: unknown) => {
      this.#isWriteOpen &&= !isConflict(error);
      throw error;
    });
    signal.throwIfAborted();
    this.#isWriteOpen = false;
    this.#observe({ record, resourceVersion: stored.resourceVersion }, clock.monotonic());
    this.#renewedAt = sentAt;
    this.gate.renewed(sentAt, record.leaseTransitions);
  }

  #observe(lease: StoredLease, at: number): void {
    const before = this.#observed?.record.holderIdentity;
    const { holderIdentity } = lease.record;
    this.#observed = { ...lease, at };
    this.#options.onTransitions?.(lease.record.leaseTransitions);
    if (holderIdentity !== before && holderIdentity !== this.#options.identity) {
      this.#options.logger.info('new leader', { leader: holderIdentity });
    }
  }

  async #keepRenewing(): Promise<void> {
    const { clock, retryPeriodMs } = this.#options;
    while (!this.#stop.signal.aborted) {
      try {
        await sleep(clock, Math.min(retryPeriodMs, Math.max(0, this.#leftMs())), this.#stop.signal);
        // Before anything is sent: a process that was frozen wakes here.
        if (this.#leftMs() <= 0) return this.#lose('the lease could not be renewed in time');
        if (await this.#attempt(this.#leftMs())) this.#failure = undefined;
        else if (this.leader !== this.#options.identity)
          return this.#lose(`the lease was taken by ${this.leader || 'nobody'}`);
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        this.#tellFailure(error);
      }
    }
  }

  /** Until the renew deadline, by the monotonic clock: a wall clock set forward closes the gate but costs no leadership. */
  #leftMs(): number {
    const { clock, renewDeadlineMs } = this.#options;
    return renewDeadlineMs - (clock.monotonic() - (this.#renewedAt?.monotonicMs ?? Number.NEGATIVE_INFINITY));
  }

  #lose(message: string): void {
    this.gate.close();
    this.#state = 'lost';
    this.#options.logger.error('leadership lost', { error: message });
    this.#options.onLeading?.(false);
    this.#resolveLost(new SetpointError('LeaseLost', `leadership lost: ${message}`));
  }

  async #release(): Promise<void> {
    const { store, clock, logger, identity, renewDeadlineMs, retryPeriodMs } = this.#options;
    await releaseLease({ store, clock, logger, identity, timeoutMs: renewDeadlineMs, retryMs: retryPeriodMs / 10 });
  }

  #tellFailure(error: unknown): void {
    const fields = { error: messageOf(error) };
    if (this.#failure !== undefined) this.#options.logger.debug('lease still not reached', fields);
    else this.#options.logger.warn('lease not reached', fields);
    this.#failure = fields.error;
  }
}
