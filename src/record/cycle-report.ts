// What the controller says of each cycle to whoever shows or counts it: metrics, logs, the journal.
import type { Condition, ScaledTarget } from '../api/spec.ts';
import type { DecisionRecord } from '../api/schema-decision.ts';
import type { Decision, Reading, Situation, WriteOutcome } from '../decide/types.ts';

export interface CycleReport {
  /** As in record, logs and spans. */
  readonly cycle: string;
  readonly target: ScaledTarget;
  /** Undefined when the cycle ended before a decision (a bad spec, an unreadable scale). */
  readonly decision: Decision | undefined;
  /** Of that decision; undefined with it. */
  readonly record: DecisionRecord | undefined;
  /** What was decided on; undefined with the decision. */
  readonly situation?: Situation | undefined;
  /** All of the target, as its status is to show them. */
  readonly conditions: readonly Condition[];
  /** `none`: nothing was to be written. */
  readonly outcome: WriteOutcome | { readonly kind: 'none' };
  /** One per metric of the spec, in its order; empty when none was looked at. */
  readonly readings: readonly Reading[];
  /** Pods of the target whose Ready condition is True; undefined when the pods could not be told apart. */
  readonly readyPods: number | undefined;
  /** When the cycle began, in milliseconds since the epoch. */
  readonly atMs: number;
  /** How late the cycle began, against its schedule. */
  readonly lagMs: number;
  /** Set when a scale-out came to its end in this cycle: from the write to as many ready pods. */
  readonly leadTimeMs?: number | undefined;
  /** Why the cycle counts as failed. */
  readonly error: { readonly message: string } | undefined;
}

export interface CycleObserver {
  /** What a cycle decided and wrote, or why it could not: before its status is written, which a slow API server may delay. */
  concluded(report: CycleReport): void;
  /** The cycle is over, its status included. */
  ended?(durationMs: number): void;
  /** The object is gone: its series go too. */
  forgotten(namespace: string, name: string): void;
}
