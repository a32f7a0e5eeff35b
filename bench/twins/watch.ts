// Drives all twins through the stairs, and keeps the time-line of each.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Change, LOOK_SECONDS, type PairTimeLines } from './compare.ts';
import { nameOf, type Pair, PAIRS, type Twin, TWIN_NAMES } from './pairs.ts';
import { EVERY_TWIN, type Plant } from './plant.ts';
import { FIRST_LOAD, LEAD_SECONDS, type Stair } from './stairs.ts';

export interface Run {
  /** Of the load, which is the zero of all seconds; ISO 8601. */
  readonly startedAt: string;
  readonly pairs: readonly { readonly pair: Pair; readonly lines: PairTimeLines }[];
  /** Between two looks, one a second where the machine has the time. */
  readonly longestGapSeconds: number;
}

/** Returns after the last stair. `say` hears of each stair and of each change of a size. */
export async function watchTwins(plant: Plant, stairs: readonly Stair[], say: (line: string) => void): Promise<Run> {
  const watch = new Watch(plant, say);
  await watch.until(0, FIRST_LOAD);
  for (const [index, { load, toSeconds }] of stairs.entries()) {
    say(`${clock(watch.now())} stair ${index + 1} of ${stairs.length}: load for ${load} pods`);
    await watch.until(toSeconds, load);
  }
  return watch.run();
}

class Watch {
  readonly #plant: Plant;
  readonly #say: (line: string) => void;
  /** Of the load, on the clock of `performance`. */
  readonly #startMs = performance.now() + LEAD_SECONDS * 1000;
  readonly #startedAt = new Date(Date.now() + LEAD_SECONDS * 1000).toISOString();
  readonly #lines = new Map<string, Change[]>();
  #lookedAt = -LEAD_SECONDS;
  #longestGapSeconds = 0;

  constructor(plant: Plant, say: (line: string) => void) {
    this.#plant = plant;
    this.#say = say;
  }

  /** Seconds since the start of the load. */
  now(): number {
    return (performance.now() - this.#startMs) / 1000;
  }

  async until(seconds: number, load: number): Promise<void> {
    this.#plant.load = load;
    while (this.now() < seconds) {
      const next = this.now() + LOOK_SECONDS;
      await this.#look();
      await sleep(Math.max(0, Math.min(next, seconds) - this.now()) * 1000);
    }
  }

  run(): Run {
    const of = (pair: Pair, twin: Twin) => this.#lines.get(nameOf(pair, twin)) ?? [];
    return {
      startedAt: this.#startedAt,
      pairs: PAIRS.map((pair) => ({ pair, lines: { hpa: of(pair, 'hpa'), setpoint: of(pair, 'setpoint') } })),
      longestGapSeconds: this.#longestGapSeconds,
    };
  }

  async #look(): Promise<void> {
    const seconds = this.now();
    this.#longestGapSeconds = Math.max(this.#longestGapSeconds, seconds - this.#lookedAt);
    this.#lookedAt = seconds;
    const sizes = await this.#plant.look();
    for (const { pair, twin } of EVERY_TWIN) {
      const name = nameOf(pair, twin);
      const size = sizes.get(name);
      if (size === undefined) throw new Error(`the Deployment ${name} is gone`);
      const line = this.#lines.get(name) ?? [];
      const last = line.at(-1);
      if (last?.size === size) continue;
      this.#lines.set(name, [...line, { seconds, size }]);
      if (last) this.#say(`${clock(seconds)}   ${pair.name}: ${TWIN_NAMES[twin]} ${last.size} → ${size}`);
    }
  }
}

function clock(seconds: number): string {
  const whole = Math.floor(Math.max(0, seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
