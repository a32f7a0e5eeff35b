// When each target is decided: every target has its own period, and a phase that is a hash of what it reads first, so that
// targets sharing a read meet at the same moment and the rest is spread. Promises: slots are those of the wall clock, so a new
// leader keeps them; a jump of the wall clock makes no target wait longer than one and a half periods nor come twice within
// half of one; late cycles do not pile up. Who waits for the slot is delays.ts.
import type { Clock } from '../base/clock.ts';

/** A moment to decide at. */
export interface Due {
  /** On the monotonic clock. */
  readonly at: number;
  /** The same moment on the wall clock, in whole milliseconds: the name that shared reads meet under. */
  readonly tickMs: number;
}

/** Wall and monotonic clock may part by this much, by slewing, before it counts as a jump. */
const JUMP_MS = 1_000;

/** FNV-1a: 32 bits, the same in every process and version, so that a new leader keeps the phases of the old one. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash ^= text.charCodeAt(index);
    hash = Math.imul(hash, 0x01000193);
  }
  return hash >>> 0;
}

export class Schedule {
  readonly #clock: Clock;
  /** Wall time minus monotonic time. Fixed between jumps, so that sharers compute the same tick to the millisecond. */
  #origin: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#origin = Math.floor(clock.now() - clock.monotonic());
  }

  /** Now; see `at`. */
  immediately(): Due {
    return this.at(this.#clock.monotonic());
  }

  /** A moment out of turn. Its tick is in whole seconds, so that targets decided within one second share their reads too. */
  at(at: number): Due {
    return { at, tickMs: Math.floor((at + this.#offset()) / 1000) * 1000 };
  }

  /** The first moment after taking over: spread over `spreadMs`, sharers together. */
  first(phaseKey: string, spreadMs: number): Due {
    const offset = this.#offset();
    const delay = spreadMs > 0 ? hashOf(phaseKey) % spreadMs : 0;
    // On a grid of 50 ms, so that targets learned of one after the other still meet.
    const tickMs = Math.ceil((this.#clock.monotonic() + offset + delay) / 50) * 50;
    return { at: tickMs - offset, tickMs };
  }

  /**
   * The next slot of a target that was last begun at `startedAt` (monotonic): the first one in the future that lies at least
   * half a period after it. The phase is `hash mod period`, so that periods which divide each other meet.
   */
  next(phaseKey: string, periodMs: number, startedAt: number): Due {
    const offset = this.#offset();
    const earliest = Math.max(this.#clock.monotonic(), startedAt + periodMs / 2) + offset;
    const phase = hashOf(phaseKey) % periodMs;
    const tickMs = (Math.floor((earliest - phase) / periodMs) + 1) * periodMs + phase;
    return { at: tickMs - offset, tickMs };
  }

  #offset(): number {
    const origin = this.#clock.now() - this.#clock.monotonic();
    if (Math.abs(origin - this.#origin) > JUMP_MS) this.#origin = Math.floor(origin);
    return this.#origin;
  }
}
