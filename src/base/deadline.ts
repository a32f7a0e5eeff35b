// One signal for one call: it aborts when its time is up or when the caller's signal does, and leaves nothing behind.
// Long-lived signals are never handed to a call directly: their listeners would pile up.
import type { Clock } from './clock.ts';

export interface Deadline {
  readonly signal: AbortSignal;
  /** Resolves when the signal aborts: for many who wait on one deadline, a listener each would be a long list to walk. */
  readonly aborted: Promise<void>;
  /** True when the time ran out before the caller's signal aborted. */
  readonly expired: boolean;
  /** Milliseconds left; 0 when none. */
  remainingMs(): number;
  /** Takes the timer and the listener away. Call it always. */
  dispose(): void;
}

/** Starts a deadline of `timeoutMs` below the caller's signal. */
export function startDeadline(clock: Clock, timeoutMs: number, parent: AbortSignal): Deadline {
  const controller = new AbortController();
  const endsAt = clock.monotonic() + timeoutMs;
  let expired = false;
  let aborted: Promise<void> | undefined;
  const cancelTimer = clock.setTimer(timeoutMs, () => {
    expired = !controller.signal.aborted;
    controller.abort(new Error(`no answer within ${timeoutMs} ms`));
  });
  const onParentAbort = () => controller.abort(parent.reason);
  if (parent.aborted) onParentAbort();
  else parent.addEventListener('abort', onParentAbort, { once: true });
  return {
    signal: controller.signal,
    get aborted() {
      aborted ??= abortOf(controller.signal);
      return aborted;
    },
    get expired() {
      return expired;
    },
    remainingMs: () => Math.max(0, endsAt - clock.monotonic()),
    dispose() {
      cancelTimer();
      parent.removeEventListener('abort', onParentAbort);
    },
  };
}

function abortOf(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/**
 * Deadlines of one length for many who begin together: whoever asks within `graceMs` of the first shares its deadline, and so has
 * up to that much less time. Gone when the last of them has disposed of it.
 */
export class SharedDeadlines {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #graceMs: number;
  #current:
    | { readonly deadline: Deadline; readonly parent: AbortSignal; readonly until: number; users: number }
    | undefined;

  constructor(clock: Clock, timeoutMs: number, graceMs: number) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#graceMs = graceMs;
  }

  /** A deadline below the caller's signal. To be disposed of once. */
  start(parent: AbortSignal): Deadline {
    const now = this.#clock.monotonic();
    let shared = this.#current;
    if (!shared || shared.parent !== parent || now > shared.until || shared.deadline.signal.aborted) {
      const deadline = startDeadline(this.#clock, this.#timeoutMs, parent);
      shared = { deadline, parent, until: now + this.#graceMs, users: 0 };
      this.#current = shared;
    }
    shared.users += 1;
    return new Share(shared.deadline, () => this.#leave(shared));
  }

  #leave(shared: { readonly deadline: Deadline; users: number }): void {
    shared.users -= 1;
    if (shared.users > 0) return;
    shared.deadline.dispose();
    if (this.#current === shared) this.#current = undefined;
  }
}

/** One user's part of a shared deadline. */
class Share implements Deadline {
  readonly signal: AbortSignal;
  readonly #deadline: Deadline;
  readonly #leave: () => void;

  constructor(deadline: Deadline, leave: () => void) {
    this.signal = deadline.signal;
    this.#deadline = deadline;
    this.#leave = leave;
  }

  get aborted(): Promise<void> {
    return this.#deadline.aborted;
  }

  get expired(): boolean {
    return this.#deadline.expired;
  }

  remainingMs(): number {
    return this.#deadline.remainingMs();
  }

  dispose(): void {
    this.#leave();
  }
}

/** The promise, or the signal's reason as soon as it aborts; the work behind the promise goes on unheard. */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  // Whoever does not wait for it any more does not hear of its failure, and nobody else has to.
  promise.catch(() => undefined);
  signal.throwIfAborted();
  let onAbort = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
