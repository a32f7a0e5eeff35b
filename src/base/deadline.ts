// One signal for one call: it aborts when its time is up or when the caller's signal does, and leaves nothing behind.
// Long-lived signals are never handed to a call directly: their listeners would pile up.
import type { Clock } from './clock.ts';

export interface Deadline {
  readonly signal: AbortSignal;
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
  const cancelTimer = clock.setTimer(timeoutMs, () => {
    expired = !controller.signal.aborted;
    controller.abort(new Error(`no answer within ${timeoutMs} ms`));
  });
  const onParentAbort = () => controller.abort(parent.reason);
  if (parent.aborted) onParentAbort();
  else parent.addEventListener('abort', onParentAbort, { once: true });
  return {
    signal: controller.signal,
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

/** The promise, or the signal's reason as soon as it aborts; the work behind the promise goes on unheard. */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
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
