// What is known of a target, from memory where it is decided and from its status elsewhere: one shape for both. A status may have
// been edited by anybody: what is not as it should be is as if it were absent.
import type { ScaledTarget } from '../api/spec.ts';
import { type DecisionRecord, decisionRecordSchema } from '../api/schema-decision.ts';
import { STATUS_LIMITS } from '../api/limits.ts';
import { whyUndecided } from './explain/why.ts';
import type { LastCycle } from './latest.ts';
import { fieldsOf } from './status.ts';
import { cut, timeText } from './wire.ts';

export interface KnownCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string | undefined;
}

/** A change of size, as status.history keeps it. */
export interface KnownChange {
  readonly time: string;
  readonly from: number;
  readonly to: number;
  readonly reason: string | undefined;
  readonly cycle: string | undefined;
}

export interface Known {
  /** The last decision; undefined before the first. */
  readonly record: DecisionRecord | undefined;
  /** Whether the last cycle made that decision: false where nothing could be decided since. */
  readonly isCurrent: boolean;
  /** When the last cycle was; undefined where only the status is known, which is written rarely. */
  readonly cycleAtMs: number | undefined;
  readonly conditions: readonly KnownCondition[];
  readonly lastScaleTime: string | undefined;
  /** The last changes, oldest first. */
  readonly history: readonly KnownChange[];
  /** What the columns say, or will when the status is written. */
  readonly summary: { readonly metrics: string | undefined; readonly why: string | undefined };
}

/** Of a target: `last` is what this process did, undefined where it has done nothing. */
export function knownOf(target: ScaledTarget, last: LastCycle | undefined): Known {
  const status = fieldsOf(target.rawStatus);
  const shown = conditionsOf(status['conditions']);
  const summary = fieldsOf(status['summary']);
  const record = last?.record ?? recordIn(target.rawStatus);
  return {
    record,
    isCurrent: last ? last.isDecided : record !== undefined && !shown.some(isUndecided),
    cycleAtMs: last?.atMs,
    conditions: last?.conditions.map((condition) => withTime(condition, shown)) ?? shown,
    lastScaleTime: last?.scaledAt ?? timeText(target.previous.lastScaleTimeMs),
    history: historyOf(status['history']),
    summary: {
      metrics: textOf(summary['metrics']),
      why:
        last && !last.isDecided
          ? cut(whyUndecided(target, last.conditions), STATUS_LIMITS.text)
          : textOf(summary['why']),
    },
  };
}

const UNDECIDED: readonly string[] = ['InvalidSpec', 'FailedGetScale', 'InvalidSelector', 'AmbiguousSelector'];
const isUndecided = ({ status, reason }: KnownCondition) => status === 'False' && UNDECIDED.includes(reason);

function withTime(condition: Omit<KnownCondition, 'lastTransitionTime'>, shown: readonly KnownCondition[]) {
  const { type, status, reason, message } = condition;
  const before = shown.find((one) => one.type === type && one.status === status);
  return { type, status, reason, message, lastTransitionTime: before?.lastTransitionTime };
}

function conditionsOf(value: unknown): KnownCondition[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, STATUS_LIMITS.conditions).flatMap((item) => {
    const fields = fieldsOf(item);
    const type = textOf(fields['type']);
    if (type === undefined) return [];
    return [
      {
        type,
        status: textOf(fields['status']) ?? 'Unknown',
        reason: textOf(fields['reason']) ?? '',
        message: textOf(fields['message']) ?? '',
        lastTransitionTime: timeIn(fields['lastTransitionTime']),
      },
    ];
  });
}

function historyOf(value: unknown): KnownChange[] {
  if (!Array.isArray(value)) return [];
  return value.slice(-STATUS_LIMITS.history).flatMap((item) => {
    const { time, from, to, reason, cycle } = fieldsOf(item);
    const at = timeIn(time);
    if (at === undefined || !isSize(from) || !isSize(to)) return [];
    return [{ time: at, from, to, reason: textOf(reason), cycle: textOf(cycle) }];
  });
}

/** Read once for each status. */
const records = new WeakMap<object, { readonly record: DecisionRecord | undefined }>();

/** The last decision that a status tells of. */
function recordIn(status: unknown): DecisionRecord | undefined {
  if (typeof status !== 'object' || status === null) return undefined;
  const read = records.get(status);
  if (read) return read.record;
  const record = decisionRecordSchema.safeParse(fieldsOf(status)['lastDecision']).data;
  records.set(status, { record });
  return record;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? cut(value, STATUS_LIMITS.conditionMessage) : undefined;
}

function timeIn(value: unknown): string | undefined {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? value : undefined;
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
