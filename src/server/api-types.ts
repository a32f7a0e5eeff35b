// What the controller answers under /api/v1, read-only: the page and `setpoint explain` read it. Times are RFC 3339 unless they end
// in `Ms`, which are milliseconds since the epoch.
import type { DecisionRecord } from '../api/schema-decision.ts';
import type { Alarm } from '../record/alarms.ts';
import type { JournalEntry } from '../record/journal.ts';
import type { TimelinePoint } from '../record/timeline.ts';

/** `GET /api/v1/targets` */
export interface TargetList {
  readonly controller: ControllerInfo;
  readonly targets: readonly TargetRow[];
}

export interface ControllerInfo {
  readonly version: string;
  /** `leader`: from memory, as it is decided. `status`: this process stands by, and tells what the statuses say. */
  readonly source: 'leader' | 'status';
  readonly nowMs: number;
  /** Who holds the Lease, where that is known. */
  readonly leader: string | undefined;
  /** In answers to a GET: events from here on miss nothing, `/api/v1/events?lastEventId=ID`. */
  readonly eventId?: string;
}

/** One line of the overview. */
export interface TargetRow {
  readonly namespace: string;
  readonly name: string;
  /** Such as `Deployment/web`. */
  readonly workload: string;
  readonly mode: 'Scale' | 'Recommend';
  readonly current: number | undefined;
  readonly desired: number | undefined;
  readonly unclamped: number | undefined;
  readonly ready: number | undefined;
  readonly min: number | undefined;
  readonly max: number | undefined;
  /** Such as `cpu: 73%/60%`. */
  readonly metrics: string;
  /** Of the metric that decided: value over target. */
  readonly ratio: number | undefined;
  readonly why: string;
  /** What an operator should look at first, in one sentence each; the gravest first. */
  readonly alarms: readonly Alarm[];
  readonly lastScaleTime: string | undefined;
  readonly decidedAt: string | undefined;
  /** Recent sizes, oldest first: for a small picture. */
  readonly sizes: readonly number[];
}

export type { Alarm } from '../record/alarms.ts';

/** `GET /api/v1/targets/NAMESPACE/NAME` */
export interface TargetDetail {
  readonly controller: ControllerInfo;
  readonly row: TargetRow;
  /** The last decision; undefined before the first. */
  readonly record: DecisionRecord | undefined;
  /** In plain sentences. */
  readonly sentences: readonly string[];
  readonly conditions: readonly ConditionView[];
  /** Changes and holds, oldest first. */
  readonly journal: readonly JournalView[];
  readonly timeline: readonly TimelinePoint[];
  /** What counts where `behavior` sets none: how far a value may be from its target, as a fraction. */
  readonly defaultTolerance: number;
  /** How far back the windows look. */
  readonly windows: { readonly upSeconds: number; readonly downSeconds: number } | undefined;
}

export interface ConditionView {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string | undefined;
}

/** An entry with its story in sentences. */
export interface JournalView extends JournalEntry {
  readonly why: string;
  readonly sentences: readonly string[];
}

/**
 * `GET /api/v1/events`, server-sent events. `target` after each decision: a row; with `?namespace=N&name=M` only of that target, and
 * then `detail` instead: what is new of it. `gone`: an object was deleted. `resync`: events were left out, or another process
 * decides now: read everything again. Several news of one target within a fifth of a second are told as the newest.
 */
export type ServerEvent =
  | { readonly event: 'target'; readonly data: TargetRow }
  | { readonly event: 'detail'; readonly data: TargetUpdate }
  | { readonly event: 'gone'; readonly data: { readonly namespace: string; readonly name: string } }
  | { readonly event: 'resync'; readonly data: Record<string, never> };

/** What is new of one target after a decision. */
export interface TargetUpdate extends Omit<TargetDetail, 'journal' | 'timeline'> {
  /** The newest entry: in place of the last one when it has the same `since`, else after it. */
  readonly entry: JournalView | undefined;
  readonly point: TimelinePoint | undefined;
}
