// Keeps a target's memory on the wall clock of now: when that clock is set forward or back, everything remembered moves with it,
// so that windows, rates and holds go on for the time that really passed. Which sample is the newest begins anew: whether the
// clocks of the sources were set too is not known.
import type { History, MetricMemory } from '../decide/types.ts';
import type { TargetMemory } from './memory.ts';

/** Below this the clock was slewed, which windows of seconds do not notice. */
const JUMP_MS = 1_000;

/** To be called before a memory is used. `wallMs` and `monotonicMs` are the two clocks at the same moment. */
export function followClock(memory: TargetMemory, wallMs: number, monotonicMs: number): void {
  const origin = wallMs - monotonicMs;
  const jumpMs = memory.clockOrigin === undefined ? 0 : origin - memory.clockOrigin;
  if (memory.clockOrigin !== undefined && Math.abs(jumpMs) <= JUMP_MS) return;
  memory.clockOrigin = origin;
  if (jumpMs === 0) return;
  memory.history = shiftHistory(memory.history, jumpMs);
  if (memory.openWrite) memory.openWrite = { ...memory.openWrite, atMs: memory.openWrite.atMs + jumpMs };
  const { pending } = memory.leadTime;
  if (pending) memory.leadTime = { ...memory.leadTime, pending: { ...pending, atMs: pending.atMs + jumpMs } };
  const recommendation = memory.withheld?.recommendation;
  if (recommendation) memory.withheld = { recommendation: { ...recommendation, atMs: recommendation.atMs + jumpMs } };
  memory.undoneAtMs = memory.undoneAtMs.map((atMs) => atMs + jumpMs);
}

/** The history as if everything in it had happened `byMs` later. */
export function shiftHistory(history: History, byMs: number): History {
  const later = <T extends { readonly atMs: number }>(entry: T): T => ({ ...entry, atMs: entry.atMs + byMs });
  const { recommendations, scaleEvents, metrics, holdSinceMs } = history;
  return {
    recommendations: recommendations && recommendations.map(later),
    scaleEvents: { up: scaleEvents.up.map(later), down: scaleEvents.down.map(later) },
    metrics: Object.fromEntries(Object.entries(metrics).map(([name, metric]) => [name, shiftMetric(metric, byMs)])),
    ...(holdSinceMs !== undefined && { holdSinceMs: holdSinceMs + byMs }),
  };
}

function shiftMetric(metric: MetricMemory, byMs: number): MetricMemory {
  const { subject, peaks, fall, partialSinceMs, absentSinceMs, unseen } = metric;
  return {
    subject,
    ...(peaks && { peaks: peaks.map((peak) => ({ ...peak, atMs: peak.atMs + byMs })) }),
    ...(fall && { fall: { ...fall, sinceMs: fall.sinceMs + byMs } }),
    ...(partialSinceMs !== undefined && { partialSinceMs: partialSinceMs + byMs }),
    ...(absentSinceMs !== undefined && { absentSinceMs: absentSinceMs + byMs }),
    ...(unseen && {
      unseen: new Map([...unseen].map(([name, pod]) => [name, { ...pod, sinceMs: pod.sinceMs + byMs }])),
    }),
  };
}
