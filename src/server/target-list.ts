// The list of all targets as one body: written in turns, so that thousands of rows do not hold up decisions, and kept for a little
// while, so that many readers cost no more than a few.
import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ScaledTarget } from '../api/spec.ts';
import type { Clock } from '../base/clock.ts';
import type { Scope } from './access.ts';
import { type Body, bodyOf } from './body.ts';
import type { Feed } from './feed.ts';
import type { Views } from './views.ts';

/** Of one turn of the event loop. */
const TURN_MS = 8;
/** A list is kept ten times as long as it took to make: at most a tenth of the time goes into lists. */
const KEPT_FACTOR = 10;
const MAX_KEPT = 16;

interface Kept {
  readonly body: Promise<Body>;
  untilMs: number;
}

export class TargetLists {
  readonly #views: Views;
  readonly #feed: Pick<Feed, 'eventId'>;
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept>();

  constructor(views: Views, feed: Pick<Feed, 'eventId'>, clock: Clock) {
    this.#views = views;
    this.#feed = feed;
    this.#clock = clock;
  }

  /** The rows that the scope allows, by namespace and name. */
  async get(scope: Scope): Promise<Body> {
    const kept = this.#kept.get(scope.id);
    if (kept && kept.untilMs > this.#clock.monotonic()) return kept.body;
    const startedAt = this.#clock.monotonic();
    const made: Kept = { body: this.#make(scope), untilMs: Number.POSITIVE_INFINITY };
    this.#kept.delete(scope.id);
    this.#kept.set(scope.id, made);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MAX_KEPT) break;
      this.#kept.delete(oldest);
    }
    try {
      return await made.body;
    } finally {
      const now = this.#clock.monotonic();
      made.untilMs = now + KEPT_FACTOR * (now - startedAt);
      this.#clock.setTimer(made.untilMs - now, () => {
        if (this.#kept.get(scope.id) === made) this.#kept.delete(scope.id);
      });
    }
  }

  async #make(scope: Scope): Promise<Body> {
    // Before the rows: what changes while they are written is told again.
    const eventId = this.#feed.eventId();
    const targets = [...this.#views.all()].filter(({ namespace }) => scope.allows(namespace));
    targets.sort((a, b) => compare(a.namespace, b.namespace) || compare(a.name, b.name));
    const controller = { ...this.#views.info(), eventId };
    // The time and the newest event alone are no news.
    const tag = createHash('sha256').update(`${controller.source} ${controller.leader}`);
    const parts = [Buffer.from(`{"controller":${JSON.stringify(controller)},"targets":[`)];
    for await (const text of this.#inTurns(targets)) {
      const part = Buffer.from(text);
      tag.update(part);
      parts.push(part);
    }
    parts.push(Buffer.from(']}'));
    return bodyOf(Buffer.concat(parts), { type: 'application/json', cache: 'no-cache', tagOf: tag });
  }

  /** The rows with commas between them, so many as can be written in a turn. */
  async *#inTurns(targets: readonly ScaledTarget[]): AsyncIterable<string> {
    let text = '';
    let turnAt = this.#clock.monotonic();
    for (const [index, target] of targets.entries()) {
      text += `${index === 0 ? '' : ','}${JSON.stringify(this.#views.row(target))}`;
      if (this.#clock.monotonic() - turnAt < TURN_MS) continue;
      yield text;
      text = '';
      await nextTurn();
      turnAt = this.#clock.monotonic();
    }
    yield text;
  }
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
