// Time as a port: everything that waits or stamps takes a Clock, so that tests step time instead of sleeping.
// The wall clock stamps what others read; the monotonic clock measures how long ago something was.

/** Cancels a timer; calling it twice or after the timer fired does nothing. */
export type CancelTimer = () => void;

export interface Clock {
  /** Wall-clock time in milliseconds since the epoch. May jump. */
  now(): number;
  /** Milliseconds on a clock that never goes backwards; its origin means nothing. */
  monotonic(): number;
  /** Calls `callback` once, `delayMs` from now (0 or less: on the next turn of the event loop). Does not keep the process alive. */
  setTimer(delayMs: number, callback: () => void): CancelTimer;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer(delayMs, callback) {
    // Node turns delays above 2^31-1 ms into 1 ms.
    const timer = setTimeout(callback, Math.min(Math.max(0, delayMs), 2_147_483_647));
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** Keeps the process alive until it is called off: timers do not, and between two attempts of a call there may be nothing else. */
export function keepProcessAlive(): CancelTimer {
  const timer = setInterval(() => undefined, 60_000);
  return () => clearInterval(timer);
}

/** Resolves after `delayMs`, or rejects with the signal's reason as soon as it is aborted. */
export function sleep(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const onAbort = () => {
      cancel();
      reject(signal.reason as Error);
    };
    const cancel = clock.setTimer(delayMs, () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
