// One process's view of a shared clock: frozen, as by SIGSTOP, its timers wait while time goes on, and fire when it wakes.
import type { CancelTimer, Clock } from '../../src/base/clock.ts';

export class PausableClock implements Clock {
  readonly #clock: Clock;
  #isPaused = false;
  #late: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  now(): number {
    return this.#clock.now();
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  setTimer(delayMs: number, callback: () => void): CancelTimer {
    let isCancelled = false;
    const cancel = this.#clock.setTimer(delayMs, () =>
      this.whenAwake(() => {
        if (!isCancelled) callback();
      }),
    );
    return () => {
      isCancelled = true;
      cancel();
    };
  }

  /** Runs now, or when the process wakes, in order. */
  whenAwake(callback: () => void): void {
    if (this.#isPaused) this.#late.push(callback);
    else callback();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    for (const callback of this.#late.splice(0)) callback();
  }
}
