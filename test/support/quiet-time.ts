// Fake time over real HTTP: moves a fake clock from timer to timer, each time only when no request is under way, so that a
// deadline fires only where a test makes a server hang, and ten periods of a controller pass in a second or two.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { FakeClock } from './fake-clock.ts';

/** Turns of the event loop without a request before it counts as quiet: an answer leads to the next request within one or two. */
const QUIET_TURNS = 6;

export class QuietTime {
  readonly #clock: FakeClock;
  readonly #underWay = new Set<unknown>();
  readonly #begin = (message: unknown) => {
    const { request } = message as { request: { path: string } };
    // Watches never end.
    if (!/[?&]watch=/.test(request.path)) this.#underWay.add(request);
  };
  readonly #end = (message: unknown) => {
    this.#underWay.delete((message as { request: unknown }).request);
  };

  constructor(clock: FakeClock) {
    this.#clock = clock;
    subscribe('undici:request:create', this.#begin);
    subscribe('undici:request:trailers', this.#end);
    subscribe('undici:request:error', this.#end);
  }

  /** Counts something else as a request under way until the returned function is called. */
  hold(): () => void {
    const held = Symbol('held');
    this.#underWay.add(held);
    return () => this.#underWay.delete(held);
  }

  /** Moves time, letting all that it sets off end before it moves on. */
  async advance(byMs: number): Promise<void> {
    const until = this.#clock.monotonic() + byMs;
    await this.quiet();
    for (;;) {
      const left = until - this.#clock.monotonic();
      const next = this.#clock.nextTimerInMs;
      await this.#clock.advance(next === undefined ? left : Math.min(left, next));
      await this.quiet();
      if (this.#clock.monotonic() >= until && (this.#clock.nextTimerInMs ?? 1) > 0) return;
    }
  }

  /** Moves time by small steps until the condition holds; throws after `withinMs`. */
  async until(what: string, holds: () => boolean, withinMs: number): Promise<void> {
    for (let waited = 0; !holds(); waited += 100) {
      if (waited > withinMs) throw new Error(`${what}: not within ${withinMs} ms`);
      await this.advance(100);
    }
  }

  /** Resolves when no request is under way and none follows. */
  async quiet(): Promise<void> {
    for (let turns = 0; turns < QUIET_TURNS; turns++) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (this.#underWay.size > 0) turns = -1;
    }
  }

  dispose(): void {
    unsubscribe('undici:request:create', this.#begin);
    unsubscribe('undici:request:trailers', this.#end);
    unsubscribe('undici:request:error', this.#end);
  }
}
