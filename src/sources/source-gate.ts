// The way to one source: a deadline over all, a bounded number of requests at once, and a circuit breaker. A source in trouble
// holds only its own readers, each no longer than the deadline. Failures are absent readings; nothing throws.
import type { AbsenceReason } from '../api/reasons.ts';
import type { Clock } from '../base/clock.ts';
import { startDeadline, type Deadline } from '../base/deadline.ts';
import type { Random } from '../base/random.ts';
import { type Release, Slots } from '../base/slots.ts';
import type { AbsentReading } from '../decide/types.ts';
import { absent, isAbsent } from './absence.ts';
import { Breaker, type BreakerLimits, type Health } from './breaker.ts';

/** Learns of each request to a source. Must not throw. */
export interface SourceObserver {
  /** How long it took, why it gave nothing usable, if so, and whether the source as a whole works. */
  sourceRequest(source: string, durationMs: number, absence: AbsenceReason | undefined, health: Health): void;
  /** The administrator took it out of the configuration; called by its label, as above. */
  sourceRemoved?(source: string): void;
}

export interface GateOptions {
  /** As metrics and messages call the source. */
  readonly name: string;
  readonly timeoutMs: number;
  readonly maxConcurrent: number;
  readonly breaker?: Partial<BreakerLimits>;
}

export interface GatePorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: SourceObserver;
}

/** What a request gave, and what that says about the health of the source as a whole. */
export interface Attempt<Value> {
  readonly result: Value | AbsentReading;
  readonly health: Health;
}

/** Far more than there are distinct queries in a tick of a large cluster. */
const MAX_QUEUED = 5000;

export class SourceGate {
  readonly #options: GateOptions;
  readonly #ports: GatePorts;
  readonly #breaker: Breaker;
  readonly #slots: Slots;
  /** What was wrong last, for readers that are turned away. */
  #lastFault: AbsenceReason | undefined;
  #isRetired = false;

  constructor(options: GateOptions, ports: GatePorts) {
    this.#options = options;
    this.#ports = ports;
    this.#breaker = new Breaker(ports.clock, ports.random, options.breaker);
    this.#slots = new Slots(options.maxConcurrent, MAX_QUEUED);
  }

  get state(): Breaker['state'] {
    return this.#breaker.state;
  }

  /** The source is not in the configuration any more, or as another: what is under way ends as it does, and says nothing of it. */
  retire(): void {
    this.#isRetired = true;
  }

  /**
   * Runs one request. `work` gets a signal that aborts at the deadline or with the caller's; the reader does not wait for it any
   * longer then, but its slot is free only once it has settled. Waiting for a turn counts towards the deadline. `key` tells
   * requests apart; see Breaker.
   */
  async run<Value>(
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<Attempt<Value>>,
    key?: string,
  ): Promise<Value | AbsentReading> {
    // Before the queue: while the circuit is open nobody waits.
    if (!this.#breaker.wouldAdmit(key)) return this.#turnedAway();
    const deadline = startDeadline(this.#ports.clock, this.#options.timeoutMs, signal);
    try {
      const slot = await this.#slots.take(deadline.signal);
      if (slot === 'full') return absent('Timeout', 'too many reads of this source are waiting');
      if (slot === 'aborted') return this.#cutOff(deadline);
      if (deadline.remainingMs() === 0) {
        // Its turn came with the last tick of its time: a request now could only be cut off.
        slot();
        return this.#late();
      }
      return await this.#request(deadline, { slot, key }, work);
    } finally {
      deadline.dispose();
    }
  }

  async #request<Value>(
    deadline: Deadline,
    { slot, key }: { readonly slot: Release; readonly key: string | undefined },
    work: (signal: AbortSignal) => Promise<Attempt<Value>>,
  ): Promise<Value | AbsentReading> {
    // Again, after the queue: the circuit may have opened meanwhile.
    const pass = this.#breaker.admit(key);
    if (!pass) {
      slot();
      return this.#turnedAway();
    }
    const startedAt = this.#ports.clock.monotonic();
    let attempt: Attempt<Value> | undefined;
    try {
      const working = work(deadline.signal);
      working.then(slot, slot);
      attempt = await Promise.race([working, aborted(deadline.signal)]);
      // What comes of a request that was cut off is not what the source said.
      if (attempt === undefined || (deadline.signal.aborted && isAbsent(attempt.result))) {
        attempt = { result: this.#cutOff(deadline), health: deadline.expired ? 'bad' : 'unknown' };
      }
      return attempt.result;
    } finally {
      const absence = attempt === undefined || !isAbsent(attempt.result) ? undefined : attempt.result.reason;
      const health = attempt?.health ?? 'unknown';
      if (health === 'bad') this.#lastFault = absence;
      pass.report(health);
      const durationMs = this.#ports.clock.monotonic() - startedAt;
      if (!this.#isRetired) this.#ports.observer.sourceRequest(this.#options.name, durationMs, absence, health);
    }
  }

  #cutOff(deadline: Deadline): AbsentReading {
    return deadline.expired ? this.#late() : absent('Timeout', 'the read was called off');
  }

  #late(): AbsentReading {
    return absent('Timeout', `no complete answer within ${this.#options.timeoutMs} ms`);
  }

  #turnedAway(): AbsentReading {
    const last = this.#lastFault === undefined ? '' : ` (${this.#lastFault})`;
    return absent('CircuitOpen', `the source is left alone for a while after failures in a row${last}`);
  }
}

/** Resolves when the signal aborts. Only for signals that live no longer than a request. */
function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
