// Reads what an earlier cycle, perhaps of another version, left in the status. The status is a note to ourselves that anyone with
// rights may have edited: what is implausible is as if it were absent.
import { asRecord, type JsonRecord, own, ownList, ownText, ownTimeMs, ownWhole } from './json-input.ts';
import { MAX_INT32, STATUS_LIMITS } from './limits.ts';
import { CONDITION_REASONS, CONDITION_TYPES } from './reasons.ts';
import type { Condition, PreviousStatus, TargetSpec } from './spec.ts';

/** Clocks of two leaders may differ by this much. */
const FUTURE_SLACK_MS = 60_000;
/** No period of a rate policy is longer: older events count for nothing. */
const MAX_PERIOD_MS = 1_800_000;

type Event = PreviousStatus['scaleEvents']['up'][number];

/**
 * The status of the last cycle. `nowMs` is the wall clock: times more than a minute after it are ignored, and scale events older
 * than any policy's period too; undefined switches both checks off.
 */
export function readPreviousStatus(
  status: unknown,
  spec: TargetSpec | undefined,
  nowMs: number | undefined,
): PreviousStatus {
  const record = asRecord(status);
  const currentReplicas = ownWhole(record, 'currentReplicas', 0, MAX_INT32);
  const desiredReplicas = plausibleDesired(record, currentReplicas, spec);
  const lastScaleTimeMs = notInFuture(ownTimeMs(record, 'lastScaleTime'), nowMs);
  const scaleEvents = asRecord(own(record, 'scaleEvents'));
  return {
    ...(currentReplicas === undefined ? {} : { currentReplicas }),
    ...(desiredReplicas === undefined ? {} : { desiredReplicas }),
    ...(lastScaleTimeMs === undefined ? {} : { lastScaleTimeMs }),
    conditions: readConditions(ownList(record, 'conditions')),
    scaleEvents: {
      up: readEvents(ownList(scaleEvents, 'up'), nowMs),
      down: readEvents(ownList(scaleEvents, 'down'), nowMs),
    },
  };
}

/** No decision goes above max, unless max was lowered since: then the size found is as high. */
function plausibleDesired(
  record: JsonRecord | undefined,
  currentReplicas: number | undefined,
  spec: TargetSpec | undefined,
): number | undefined {
  const desired = ownWhole(record, 'desiredReplicas', 0, MAX_INT32);
  if (desired === undefined || spec === undefined) return desired;
  return desired > Math.max(spec.maxReplicas, currentReplicas ?? 0) ? undefined : desired;
}

function notInFuture(atMs: number | undefined, nowMs: number | undefined): number | undefined {
  return atMs !== undefined && nowMs !== undefined && atMs > nowMs + FUTURE_SLACK_MS ? undefined : atMs;
}

function readConditions(list: readonly unknown[]): Condition[] {
  const conditions = new Map<string, Condition>();
  for (const item of list.slice(0, STATUS_LIMITS.conditions)) {
    const record = asRecord(item);
    const type = CONDITION_TYPES.find((known) => known === own(record, 'type'));
    const status = (['True', 'False', 'Unknown'] as const).find((known) => known === own(record, 'status'));
    const reason = CONDITION_REASONS.find((known) => known === own(record, 'reason'));
    if (type === undefined || status === undefined || reason === undefined || conditions.has(type)) continue;
    conditions.set(type, { type, status, reason, message: ownText(record, 'message') ?? '' });
  }
  return [...conditions.values()];
}

function readEvents(list: readonly unknown[], nowMs: number | undefined): Event[] {
  return list.slice(-STATUS_LIMITS.scaleEvents).flatMap((item) => {
    const record = asRecord(item);
    const change = ownWhole(record, 'change', 1, MAX_INT32);
    const atMs = notInFuture(ownTimeMs(record, 'time'), nowMs);
    if (change === undefined || atMs === undefined) return [];
    if (nowMs !== undefined && atMs < nowMs - MAX_PERIOD_MS) return [];
    return own(record, 'unconfirmed') === true ? [{ change, atMs, unconfirmed: true }] : [{ change, atMs }];
  });
}
