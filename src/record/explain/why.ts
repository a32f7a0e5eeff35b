// A decision in one short line: the metric that decided, the change, and the last thing that limited it.
import type { StepReason } from '../../api/reasons.ts';
import type { DecidedMetric, DecisionRecord } from '../../api/schema-decision.ts';
import { phraseOf } from './words.ts';

/** One short line for a column, an event, a row of the page. */
export function whyOfRecord(record: DecisionRecord): string {
  const { currentReplicas, desiredReplicas } = record;
  const change =
    currentReplicas === desiredReplicas ? `stays at ${currentReplicas}` : `${currentReplicas} → ${desiredReplicas}`;
  const { subject, limit } = causeOf(record);
  const told = limit === '' ? change : `${change}, ${limit}`;
  return subject === '' ? told : `${subject}: ${told}`;
}

/**
 * The condition that stands against deciding at all. One of another type keeps what was true before: whether the spec is valid tells
 * which counts.
 */
export function stopOf<Shown extends { readonly status: string; readonly reason: string }>(
  { spec }: { readonly spec: unknown },
  conditions: readonly Shown[],
): Shown | undefined {
  const stop = spec === undefined ? 'InvalidSpec' : 'FailedGetScale';
  return conditions.find(({ status, reason }) => status === 'False' && reason === stop);
}

/** Of a cycle that decided nothing: what stands against it. Empty when no condition says so. */
export function whyUndecided(
  target: { readonly spec: unknown },
  conditions: readonly { readonly status: string; readonly reason: string; readonly message: string }[],
): string {
  const stop = stopOf(target, conditions);
  return stop ? `${stop.reason}: ${stop.message}` : '';
}

/** What a size comes from: the metric with its share of the target, and what limited or held it. Either may be empty. */
export interface Cause {
  readonly subject: string;
  readonly limit: string;
}

export function causeOf(record: DecisionRecord): Cause {
  const metrics = record.metrics ?? [];
  const last = record.steps?.at(-1);
  if (last === undefined) return { subject: '', limit: '' };
  if (last.stage === 'disabled' || last.stage === 'bounds') return { subject: '', limit: phraseOf(last.reason) };
  const winner = metrics.find(({ name }) => name === record.winner);
  if (winner === undefined) {
    const failed = metrics.find(isFailed);
    return { subject: '', limit: failed?.detail ?? last.detail ?? phraseOf(last.reason) };
  }
  const limit = last.stage === 'combine' ? ownLimit(last.reason, winner) : shortOf(last.reason, record);
  return { subject: shareOf(winner), limit };
}

/** Whether a metric asked for nothing because it failed. */
export function isFailed({ verdict, proposal }: DecidedMetric): boolean {
  return proposal === undefined && (verdict.startsWith('Failed') || verdict === 'InvalidMetricSourceType');
}

const SHORT: Partial<Readonly<Record<StepReason, string>>> = {
  ScaleUpLimit: 'limited by the scale-up rate',
  ScaleDownLimit: 'limited by the scale-down rate',
  TooManyReplicas: 'limited by maxReplicas',
  TooFewReplicas: 'limited by minReplicas',
};

/** A window that let a part of the change through held nothing, as it seems to who reads `12 → 7`: it stopped it there. */
function shortOf(reason: StepReason, { currentReplicas, desiredReplicas }: DecisionRecord): string {
  const stopped = currentReplicas === desiredReplicas ? 'held by' : 'no further within';
  if (reason === 'ScaleDownStabilized') return `${stopped} the scale-down window`;
  if (reason === 'ScaleUpStabilized') return `${stopped} the scale-up window`;
  return SHORT[reason] ?? phraseOf(reason);
}

/** What the metric itself says about its number, when it is more than a proposal. */
function ownLimit(reason: StepReason, winner: DecidedMetric): string {
  if (reason === 'MetricProposal') return '';
  if (reason === 'WithinTolerance') return 'within tolerance';
  // The other metrics are there: it is pods of this one that have no sample, in a storm those that were just started.
  if (reason === 'MissingMetricHold')
    return `pods without a sample may ${Number(winner.ratio ?? 0) > 1 ? 'be enough' : 'need the size'}`;
  return phraseOf(reason);
}

function shareOf({ name, ratio, value, target }: DecidedMetric): string {
  const share = Number(ratio ?? Number.NaN);
  // From zero there is nothing to divide by.
  if (!Number.isFinite(share)) return value === undefined || target === undefined ? name : `${name} ${value}/${target}`;
  return share >= 10
    ? `${name} ${Math.round(share * 1000) / 1000} times its target`
    : `${name} ${Math.round(share * 100)}% of target`;
}
