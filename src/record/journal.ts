// What was decided lately, in memory: of each target every change of size and the last holds, oldest first. Cycles that tell the
// same story are one entry with a count. Bounded in bytes over all targets: the oldest holds go first, then the oldest changes;
// the newest entry of each target stays, or its next cycle, which tells the same, would be news. After a restart the last ten changes
// are in status.history.
import type { DecidedMetric, DecisionRecord } from '../api/schema-decision.ts';
import type { CycleObserver, CycleReport } from './cycle-report.ts';
import { isSameList, isSameStep } from './same-list.ts';

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
  readonly key: string;
  readonly kind: JournalEntry['kind'];
  readonly since: string;
  cycles: number;
  /** The newest of a target as it is, to be compared with; the older ones as text, which takes a third of the memory. */
  record: DecisionRecord | string;
  bytes: number;
}

/** Of an entry and its places in lists, beside its text. */
const ENTRY_BYTES = 160;
/** With one of these a text takes two bytes for each character. */
const WIDE = /[\u0100-\uffff]/;

export class Journal implements CycleObserver {
  readonly #options: JournalOptions;
  readonly #targets = new Map<string, Kept[]>();
  /** All but the newest of each target, by kind, that which was the newest longest ago first: what may be dropped. */
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
    return (this.#targets.get(key) ?? []).map(entryOf);
  }

  /** The last of them. */
  newest(key: string): JournalEntry | undefined {
    const kept = this.#targets.get(key)?.at(-1);
    return kept && entryOf(kept);
  }

  concluded({ target: { key }, record }: CycleReport): void {
    if (!record) return;
    const kind = record.outcome === 'Written' ? 'change' : 'hold';
    const kept = this.#targets.get(key);
    const last = kept?.at(-1);
    if (last && kind === 'hold' && typeof last.record === 'object' && isSameStory(last.record, record)) {
      last.record = record;
      last.cycles += 1;
      return;
    }
    if (last && typeof last.record === 'object') this.#fold(last, JSON.stringify(last.record));
    const added: Kept = { key, kind, since: record.time, cycles: 1, record, bytes: bytesOf(JSON.stringify(record)) };
    if (kept) kept.push(added);
    else this.#targets.set(key, [added]);
    this.#bytes += added.bytes;
    this.#trim(key);
  }

  forgotten(namespace: string, name: string): void {
    for (const kept of this.#targets.get(`${namespace}/${name}`) ?? []) this.#drop(kept);
  }

  /** It is not the newest any more. What was told last may be longer than what was told first. */
  #fold(kept: Kept, text: string): void {
    const bytes = bytesOf(text);
    this.#bytes += bytes - kept.bytes;
    kept.bytes = bytes;
    kept.record = text;
    this.#order[kept.kind].add(kept);
  }

  #trim(key: string): void {
    const holds = (this.#targets.get(key) ?? []).filter(({ kind }) => kind === 'hold');
    for (const kept of holds.slice(0, Math.max(0, holds.length - this.#options.maxHolds))) this.#drop(kept);
    for (const order of [this.#order.hold, this.#order.change]) {
      for (const oldest of order) {
        if (this.#bytes <= this.#options.maxBytes) return;
        this.#drop(oldest);
      }
    }
  }

  #drop(kept: Kept): void {
    this.#order[kept.kind].delete(kept);
    this.#bytes -= kept.bytes;
    const rest = (this.#targets.get(kept.key) ?? []).filter((one) => one !== kept);
    if (rest.length === 0) this.#targets.delete(kept.key);
    else this.#targets.set(kept.key, rest);
  }
}

function entryOf({ kind, record, since, cycles }: Kept): JournalEntry {
  return { kind, record: typeof record === 'string' ? (JSON.parse(record) as DecisionRecord) : record, since, cycles };
}

function bytesOf(text: string): number {
  return ENTRY_BYTES + text.length * (WIDE.test(text) ? 2 : 1);
}

/** The same sizes and words, whatever the numbers behind them. Compared in place: this runs in every cycle. */
function isSameStory(a: DecisionRecord, b: DecisionRecord): boolean {
  return (
    a.currentReplicas === b.currentReplicas &&
    a.desiredReplicas === b.desiredReplicas &&
    a.winner === b.winner &&
    a.outcome === b.outcome &&
    a.scaleDownBlockedBy === b.scaleDownBlockedBy &&
    isSameList(a.metrics, b.metrics, isSameMetric) &&
    isSameList(a.steps, b.steps, isSameStep)
  );
}

function isSameMetric(a: DecidedMetric, b: DecidedMetric): boolean {
  return a.name === b.name && a.verdict === b.verdict;
}
