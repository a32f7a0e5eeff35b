// What was decided lately, in memory: of each target every change of size and the last holds, oldest first. Cycles that tell the
// same story are one entry with a count. Bounded in bytes over all targets: the oldest holds go first, then the oldest changes.
// After a restart the last ten changes are in status.history.
import type { DecisionRecord } from '../api/schema-decision.ts';
import type { CycleObserver, CycleReport } from './cycle-report.ts';

export interface JournalEntry {
  /** `change`: a new size was written. `hold`: all else. */
  readonly kind: 'change' | 'hold';
  /** Of the last cycle that told this story. */
  readonly record: DecisionRecord;
  /** When it was told first, RFC 3339. */
  readonly since: string;
  /** How many cycles in a row told it. */
  readonly cycles: number;
}

export interface JournalOptions {
  /** Estimated size of all entries together. */
  readonly maxBytes: number;
  /** Holds kept of a target. */
  readonly maxHolds: number;
}

interface Kept {
  entry: JournalEntry;
  readonly key: string;
  readonly bytes: number;
  /** What tells this story from the next one. */
  readonly story: string;
}

/** Characters of a text take up to two bytes, and an object its fields. */
const BYTES_PER_CHARACTER = 2;

export class Journal implements CycleObserver {
  readonly #options: JournalOptions;
  readonly #targets = new Map<string, Kept[]>();
  /** All entries in the order of their coming, by kind. */
  readonly #order = { hold: new Set<Kept>(), change: new Set<Kept>() };
  #bytes = 0;

  constructor(options: JournalOptions) {
    this.#options = options;
  }

  /** Estimated bytes of what is kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What is kept of the target `namespace/name`, oldest first. */
  entries(key: string): readonly JournalEntry[] {
    return (this.#targets.get(key) ?? []).map(({ entry }) => entry);
  }

  finished({ target: { key }, record }: CycleReport): void {
    if (!record) return;
    const kind = record.outcome === 'Written' ? 'change' : 'hold';
    const kept = this.#targets.get(key) ?? [];
    const last = kept.at(-1);
    const story = storyOf(record);
    if (kind === 'hold' && last?.story === story) {
      last.entry = { ...last.entry, record, cycles: last.entry.cycles + 1 };
      return;
    }
    const bytes = BYTES_PER_CHARACTER * (JSON.stringify(record).length + story.length);
    const added: Kept = { entry: { kind, record, since: record.time, cycles: 1 }, key, bytes, story };
    this.#targets.set(key, [...kept, added]);
    this.#order[kind].add(added);
    this.#bytes += bytes;
    this.#trim(key);
  }

  forgotten(namespace: string, name: string): void {
    for (const kept of this.#targets.get(`${namespace}/${name}`) ?? []) this.#drop(kept);
  }

  #trim(key: string): void {
    const holds = (this.#targets.get(key) ?? []).filter(({ entry }) => entry.kind === 'hold');
    for (const kept of holds.slice(0, Math.max(0, holds.length - this.#options.maxHolds))) this.#drop(kept);
    for (const order of [this.#order.hold, this.#order.change]) {
      for (const oldest of order) {
        if (this.#bytes <= this.#options.maxBytes) return;
        this.#drop(oldest);
      }
    }
  }

  #drop(kept: Kept): void {
    this.#order[kept.entry.kind].delete(kept);
    this.#bytes -= kept.bytes;
    const rest = (this.#targets.get(kept.key) ?? []).filter((one) => one !== kept);
    if (rest.length === 0) this.#targets.delete(kept.key);
    else this.#targets.set(kept.key, rest);
  }
}

/** Sizes and words, without the numbers behind them. */
function storyOf({
  currentReplicas,
  desiredReplicas,
  winner,
  metrics,
  steps,
  outcome,
  scaleDownBlockedBy,
}: DecisionRecord) {
  return [
    currentReplicas,
    desiredReplicas,
    winner,
    ...(metrics ?? []).map(({ name, verdict }) => `${name}=${verdict}`),
    ...(steps ?? []).map(({ stage, reason, after }) => `${stage}:${reason}:${after}`),
    outcome,
    scaleDownBlockedBy,
  ].join('|');
}
