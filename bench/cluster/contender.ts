// What the bench needs of a contender; the two are setpoint.ts and hpa.ts.
import type { AuditEntry } from '../../test/controlplane/audit.ts';
import type { Period } from './figures.ts';
import type { Target } from './world.ts';

/** Seconds between the decisions of a target. */
export interface Interval {
  readonly p50: number;
  readonly p99: number;
  /** How it was found out. */
  readonly from: string;
}

/** A reading of what a contender says of itself, to be compared with a later one. */
export interface Mark {
  readonly atMs: number;
  readonly page: string;
}

export interface RunningContender {
  readonly pid: number;
  /** Asks the contender for its own metrics. */
  mark(): Promise<Mark>;
  /** Decisions between two marks. */
  decisionsBetween(before: Mark, after: Mark): number;
  /** Of the requests in between, where the contender's own metrics do not say. */
  intervalBetween(before: Mark, after: Mark, requests: readonly AuditEntry[]): Interval;
  stop(): Promise<void>;
}

export interface Contender {
  readonly name: string;
  /** Of its requests in the audit log. */
  readonly userAgent: RegExp;
  /** Makes its objects, one for each target. */
  prepare(targets: readonly Target[]): Promise<void>;
  start(): Promise<RunningContender>;
  /** Removes its objects. */
  remove(targets: readonly Target[]): Promise<void>;
}

export function periodOf(before: Mark, after: Mark): Period {
  return { fromMs: before.atMs, toMs: after.atMs };
}
