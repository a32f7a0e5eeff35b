// Lets writes begin only while this process is surely the leader until they have ended: open for a while after the moment the
// last successful renewal was SENT, closed after it, whether or not anybody noticed. Who leads is the elector's business.
import type { Clock } from '../base/clock.ts';
import { SetpointError } from '../base/errors.ts';

/** The longest a write may take, when the renew deadline leaves room for it. */
const MAX_WRITE_TIMEOUT_MS = 3000;
const MAX_MARGIN_MS = 1000;

/** A moment on both clocks. */
export interface Moment {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

export function momentOf(clock: Clock): Moment {
  return { monotonicMs: clock.monotonic(), wallMs: clock.now() };
}

/**
 * Milliseconds since a moment by the clock that says more: the monotonic one may stand still while the machine sleeps, and a
 * wall clock set back says less than it should.
 */
export function elapsedSince(clock: Clock, moment: Moment): number {
  return Math.max(clock.monotonic() - moment.monotonicMs, clock.now() - moment.wallMs);
}

/**
 * How long a write may take, and how long after a renewal one may begin: a write that begins in time and takes all of its own
 * ends a margin before the renew deadline. With the default deadline of 10 s: 3 s, and 6 s.
 */
export function writeTimes(renewDeadlineMs: number): { readonly writeTimeoutMs: number; readonly openForMs: number } {
  const writeTimeoutMs = Math.min(MAX_WRITE_TIMEOUT_MS, renewDeadlineMs * 0.3);
  const marginMs = Math.min(MAX_MARGIN_MS, renewDeadlineMs * 0.1);
  return { writeTimeoutMs, openForMs: renewDeadlineMs - writeTimeoutMs - marginMs };
}

export class LeaseGate {
  readonly #clock: Clock;
  readonly #openForMs: number;
  #renewed: { readonly sentAt: Moment; readonly epoch: number } | undefined;
  #lastEpoch = 0;

  constructor(options: { readonly clock: Clock; readonly openForMs: number }) {
    this.#clock = options.clock;
    this.#openForMs = options.openForMs;
  }

  /** Counts the leaderships of this Lease; of the last one that this process held. */
  get epoch(): number {
    return this.#lastEpoch;
  }

  get isOpen(): boolean {
    return this.#renewed !== undefined && elapsedSince(this.#clock, this.#renewed.sentAt) < this.#openForMs;
  }

  /** Throws `NotLeader` or `GateClosed` when a write begun now could still be under way when another process leads. */
  check(): void {
    if (this.#renewed === undefined)
      throw new SetpointError('NotLeader', 'nothing is written: this process does not lead');
    if (this.isOpen) return;
    const elapsedMs = Math.round(elapsedSince(this.#clock, this.#renewed.sentAt));
    throw new SetpointError('GateClosed', `nothing is written: the lease was last renewed ${elapsedMs} ms ago`);
  }

  /** The lease was renewed by a request sent at this moment. */
  renewed(sentAt: Moment, epoch: number): void {
    this.#renewed = { sentAt, epoch };
    this.#lastEpoch = epoch;
  }

  /** For good, until the next renewal. */
  close(): void {
    this.#renewed = undefined;
  }
}

/** For a controller that runs alone, without election: always open. */
export const openGate = { epoch: 0, check: (): void => undefined } as const;
