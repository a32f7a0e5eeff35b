// A circuit breaker: after several failures in a row a source is left alone for a growing, jittered, bounded time, then one
// request tries it; which one is probe-turns.ts's. Knows nothing of requests; what counts as a failure is the caller's word.
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import { ProbeTurns } from './probe-turns.ts';

/** `bad`: the source itself is in trouble. `unknown`: nothing was learned, such as a cancelled request. */
export type Health = 'good' | 'bad' | 'unknown';

/** Leave to send one request. Report its outcome once. */
export interface Pass {
  report(health: Health): void;
}

export interface BreakerLimits {
  /** Failures in a row that open the circuit. */
  readonly failures: number;
  /** How long it stays open the first time, before jitter. */
  readonly openMs: number;
  /** No longer than this, however often it opens again. */
  readonly maxOpenMs: number;
}

/**
 * Three time-outs in a row hold even a single worker no longer than a sync period of 15 s; the pauses are short against it, so that
 * a source that comes back is found within two periods.
 */
const LIMITS: BreakerLimits = { failures: 3, openMs: 5000, maxOpenMs: 30_000 };

type State =
  | { readonly name: 'closed'; failures: number }
  | { readonly name: 'open'; readonly untilMonotonic: number }
  | { readonly name: 'probing' };

export class Breaker {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #limits: BreakerLimits;
  #state: State = { name: 'closed', failures: 0 };
  /** How often the circuit opened since it was last closed. */
  #openings = 0;
  readonly #turns = new ProbeTurns();

  constructor(clock: Clock, random: Random, limits: Partial<BreakerLimits> = {}) {
    this.#clock = clock;
    this.#random = random;
    this.#limits = { ...LIMITS, ...limits };
  }

  get state(): 'closed' | 'open' | 'probing' {
    return this.#state.name;
  }

  /**
   * Leave to send a request now; undefined while the circuit is open or another request tries it. `key` tells requests apart, so
   * that they take turns in trying.
   */
  admit(key = ''): Pass | undefined {
    if (!this.wouldAdmit(key)) return undefined;
    const state = this.#state;
    if (state.name === 'closed') return this.#pass(state);
    this.#turns.take(key);
    const probing: State = { name: 'probing' };
    this.#state = probing;
    return this.#pass(probing);
  }

  /** Whether a request would be let through now; takes no probe. Who is not gets its turn later. */
  wouldAdmit(key = ''): boolean {
    const state = this.#state;
    if (state.name === 'closed') return true;
    const now = this.#clock.monotonic();
    const mayTry = state.name === 'open' && now >= state.untilMonotonic && this.#turns.mayTry(key, now);
    if (!mayTry) this.#turns.refuse(key);
    return mayTry;
  }

  /** An outcome counts only while the state is still the one in which its request was let through. */
  #pass(admittedIn: State): Pass {
    let reported = false;
    return {
      report: (health) => {
        if (reported || this.#state !== admittedIn) return;
        reported = true;
        if (admittedIn.name === 'closed') this.#afterRequest(admittedIn, health);
        else this.#afterProbe(health);
      },
    };
  }

  #afterRequest(state: { failures: number }, health: Health): void {
    if (health === 'good') state.failures = 0;
    if (health !== 'bad') return;
    state.failures++;
    if (state.failures >= this.#limits.failures) this.#open();
  }

  #afterProbe(health: Health): void {
    if (health === 'bad') {
      this.#open();
      return;
    }
    if (health === 'good') {
      this.#openings = 0;
      this.#turns.clear();
      this.#state = { name: 'closed', failures: 0 };
      return;
    }
    // The probe was called off: the next one may try at once.
    this.#state = { name: 'open', untilMonotonic: this.#clock.monotonic() };
  }

  #open(): void {
    const fullMs = Math.min(this.#limits.openMs * 2 ** this.#openings, this.#limits.maxOpenMs);
    this.#openings++;
    // Half fixed, half drawn: controllers that opened together do not try together.
    const openMs = fullMs / 2 + (fullMs / 2) * this.#random();
    this.#state = { name: 'open', untilMonotonic: this.#clock.monotonic() + openMs };
  }
}
