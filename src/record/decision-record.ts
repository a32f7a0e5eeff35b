// A decision and what became of it as one record, the same in status, journal, API, logs, `explain` and the simulator.
// Keeps to the bounds of its schema whatever it is given.
import { MAX_INT32 } from '../api/limits.ts';
import type { Metric } from '../api/spec.ts';
import { type Verdict, VERDICTS, type WriteOutcomeWord } from '../api/reasons.ts';
import { RECORD_LIMITS } from '../api/limits.ts';
import type { DecidedMetric, DecisionRecord } from '../api/schema-decision.ts';
import type { Counted, Decision, Proposal, Step, WriteOutcome } from '../decide/types.ts';
import { targetText, valueText } from './metric-text.ts';
import { cut, secondsText, timeText } from './wire.ts';

/** What a record is made of. */
export interface Decided {
  readonly decision: Decision;
  /** The metrics of the spec, for what values and targets look like. */
  readonly metrics: readonly Metric[];
  readonly outcome: WriteOutcome | { readonly kind: 'none' };
  readonly error: { readonly message: string } | undefined;
  /** Undefined where there are no cycles, as for a situation from a file. */
  readonly cycle: { readonly id: string; readonly epoch: number } | undefined;
  readonly readyPods: number | undefined;
  readonly leadTimeMs: number | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The record of a decision. */
export function recordOf(decided: Decided): DecisionRecord {
  const { decision, metrics, cycle, error, now } = decided;
  const earliestScaleDown = timeText(decision.earliestScaleDownAtMs);
  const outcome = outcomeWord(decided.outcome);
  const failure = decided.outcome.kind === 'failed' ? decided.outcome.message : error?.message;
  return {
    time: secondsText(now),
    ...(cycle && { cycle: cut(cycle.id, RECORD_LIMITS.cycle), epoch: cycle.epoch }),
    currentReplicas: decision.currentReplicas,
    desiredReplicas: decision.desiredReplicas,
    ...(decision.unclampedReplicas !== undefined && { unclampedReplicas: decision.unclampedReplicas }),
    ...(decided.readyPods !== undefined && { readyReplicas: decided.readyPods }),
    ...(decision.winner !== undefined && { winner: decision.winner }),
    metrics: decision.proposals.slice(0, RECORD_LIMITS.metrics).map((proposal) =>
      decidedMetric(
        proposal,
        metrics.find(({ name }) => name === proposal.name),
        { winner: decision.winner, now },
      ),
    ),
    steps: decision.steps.slice(0, RECORD_LIMITS.steps).map(({ stage, before, after, reason, detail }) => ({
      stage,
      before,
      after,
      reason,
      ...(detail !== '' && { detail: cut(detail, RECORD_LIMITS.text) }),
    })),
    outcome,
    ...(failure !== undefined && { error: cut(failure, RECORD_LIMITS.text) }),
    ...(earliestScaleDown !== undefined && { earliestScaleDown }),
    ...(decision.scaleDownBlockedBy !== undefined && { scaleDownBlockedBy: decision.scaleDownBlockedBy }),
    ...(decided.leadTimeMs !== undefined && { leadTimeSeconds: Math.round(decided.leadTimeMs / 1000) }),
  };
}

/** What became of the size, in one word. */
export function outcomeWord(outcome: Decided['outcome']): WriteOutcomeWord {
  switch (outcome.kind) {
    case 'written':
      return 'Written';
    case 'failed':
      return 'Failed';
    case 'withheld':
      return outcome.why;
    case 'none':
    default:
      return 'Unchanged';
  }
}

function decidedMetric(
  proposal: Proposal,
  metric: Metric | undefined,
  { winner, now }: { readonly winner: string | undefined; readonly now: number },
): DecidedMetric {
  const value = metric && valueText(metric, proposal.status);
  const target = metric && targetText(metric);
  const sampleAtMs = proposal.status?.sampleAtMs;
  const sampleTime = timeText(sampleAtMs);
  const detail = metricDetail(proposal);
  return {
    name: proposal.name,
    ...(value !== undefined && { value }),
    ...(target !== undefined && { target }),
    ...(sampleTime !== undefined && { sampleTime, ageSeconds: ageSeconds(sampleAtMs, now) }),
    ...(proposal.ratio !== undefined && { ratio: String(Number(proposal.ratio.toPrecision(6))) }),
    ...countedFields(proposal.counted),
    ...(proposal.replicas !== undefined && { proposal: proposal.replicas }),
    ...(proposal.rawReplicas !== undefined &&
      proposal.rawReplicas !== proposal.replicas && { rawProposal: proposal.rawReplicas }),
    verdict: verdictOf(proposal, winner),
    ...(detail !== '' && { detail: cut(detail, RECORD_LIMITS.text) }),
  };
}

function countedFields(counted: Counted | undefined): Pick<DecidedMetric, 'over' | 'missing' | 'unready'> {
  if (!counted) return {};
  const { over, missing, unready } = counted;
  return { over, ...(missing > 0 && { missing }), ...(unready > 0 && { unready }) };
}

/** What one metric says of its own number, or why it has none. */
function metricDetail({ failure, steps }: Proposal): string {
  return failure?.message ?? steps.map(detailOf).join('; ');
}

function detailOf({ reason, detail }: Step): string {
  return reason === 'WithinTolerance' ? `${detail}, within the tolerance` : detail;
}

/** A sample from the future has no age yet; one without a time is two thousand years old, more seconds than the schema counts. */
function ageSeconds(sampleAtMs: number | undefined, now: number): number {
  return Math.min(MAX_INT32, Math.max(0, Math.floor((now - (sampleAtMs ?? now)) / 1000)));
}

/** A failure, else the guard that acted, else what its own rules said, else whether it won. */
function verdictOf(proposal: Proposal, winner: string | undefined): Verdict {
  if (proposal.failure) return proposal.failure.reason;
  const guard = proposal.guards.at(-1);
  if (guard) return guard;
  const last = proposal.steps.at(-1)?.reason;
  if (last !== undefined && isVerdict(last)) return last;
  return proposal.name === winner ? 'Winner' : 'Outvoted';
}

function isVerdict(word: string): word is Verdict {
  return VERDICT_WORDS.has(word);
}

const VERDICT_WORDS: ReadonlySet<string> = new Set(VERDICTS);
