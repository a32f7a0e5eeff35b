// The last cycle of each target, as little of it as a reader needs: the record, which the journal holds too, and the conditions.
import type { Condition } from '../api/spec.ts';
import type { DecisionRecord } from '../api/schema-decision.ts';
import type { CycleObserver, CycleReport } from './cycle-report.ts';

export interface LastCycle {
  /** Of the last decision; undefined before the first. */
  readonly record: DecisionRecord | undefined;
  /** Whether the last cycle made that decision: false where nothing could be decided since. */
  readonly isDecided: boolean;
  readonly conditions: readonly Condition[];
  /** Why the last cycle counts as failed. */
  readonly error: string | undefined;
  /** When it began, in milliseconds since the epoch. */
  readonly atMs: number;
  /** When a new size was last written by this process, RFC 3339. */
  readonly scaledAt: string | undefined;
}

export class LatestCycles implements CycleObserver {
  readonly #cycles = new Map<string, { -readonly [Field in keyof LastCycle]: LastCycle[Field] }>();

  /** Undefined when there was none. */
  of(key: string): LastCycle | undefined {
    return this.#cycles.get(key);
  }

  concluded({ target: { key }, record, conditions, error, atMs }: CycleReport): void {
    let last = this.#cycles.get(key);
    if (!last) {
      last = { record: undefined, isDecided: false, conditions, error: undefined, atMs, scaledAt: undefined };
      this.#cycles.set(key, last);
    }
    if (record) last.record = record;
    if (record?.outcome === 'Written') last.scaledAt = record.time;
    last.isDecided = record !== undefined;
    last.conditions = conditions;
    last.error = error?.message;
    last.atMs = atMs;
  }

  forgotten(namespace: string, name: string): void {
    this.#cycles.delete(`${namespace}/${name}`);
  }
}
