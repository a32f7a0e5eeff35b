// One number from the proposals of all metrics: the largest. A failed metric takes away the right to shrink, never the right
// to grow; with nothing left to go by there is no decision.
import type { ConditionReason, StepReason } from '../api/reasons.ts';
import { countOf } from './pods-rule.ts';
import type { Recommended } from './recommend.ts';
import type { Proposal, Situation, Step } from './types.ts';
import { describeFailure, describeMetric } from './wording.ts';

export interface Combined {
  /** Undefined: no decision is possible. */
  readonly replicas: number | undefined;
  /** Index of the metric that won. */
  readonly winner: number | undefined;
  /** The metric that won, in the HPA's words. */
  readonly winnerText: string;
  /** Set when any metric failed, whether or not a decision was possible. */
  readonly failure: { readonly reason: ConditionReason; readonly message: string; readonly error: string } | undefined;
  /** True when only guards keep the number from being lower: such a number is no recommendation. */
  readonly heldByGuard: boolean;
  readonly step: Step;
}

export function combine(situation: Situation, recommended: Recommended): Combined {
  const { spec, scale } = situation;
  const current = scale.specReplicas;
  const winner = largest(recommended.proposals);
  const replicas = winner === undefined ? 0 : Math.max(0, recommended.proposals[winner]?.replicas ?? 0);
  const failure = firstFailure(situation, recommended);
  const failed = countFailed(recommended);
  const undecided = failed >= spec.metrics.length || (failed > 0 && replicas < current);
  if (undecided) {
    const reason = failed >= spec.metrics.length ? 'NoUsableMetric' : 'MissingMetricHold';
    const detail =
      failure === undefined
        ? 'there is no metric to decide by'
        : `${failed} of ${countOf(spec.metrics.length, 'metric')} failed`;
    const step: Step = { stage: 'combine', before: current, after: current, reason, detail };
    return { replicas: undefined, winner: undefined, winnerText: '', failure, heldByGuard: false, step };
  }
  const metric = winner === undefined ? undefined : spec.metrics[winner];
  const proposal = winner === undefined ? undefined : recommended.proposals[winner];
  const step: Step = { stage: 'combine', before: current, after: replicas, ...reasonOf(proposal) };
  return {
    replicas,
    winner,
    winnerText: metric === undefined ? '' : describeMetric(metric),
    failure,
    heldByGuard: winner !== undefined && isHeldByGuard(recommended.proposals, replicas, current),
    step,
  };
}

/**
 * The first of the largest proposals; while all are zero, the last of them, as in the HPA. A metric that may only vote for
 * more and wants fewer abstains, so that the others can shrink the target; when nobody else votes, the size stays.
 */
function largest(proposals: readonly Proposal[]): number | undefined {
  const someoneElseVotes = proposals.some((proposal) => proposal.replicas !== undefined && !abstains(proposal));
  let best = 0;
  let winner: number | undefined;
  for (const [index, proposal] of proposals.entries()) {
    const { replicas } = proposal;
    if (replicas === undefined || (someoneElseVotes && abstains(proposal))) continue;
    if (best === 0 || replicas > best) {
      best = replicas;
      winner = index;
    }
  }
  return winner;
}

function abstains({ steps }: Proposal): boolean {
  return steps.at(-1)?.reason === 'DirectionUp';
}

/** Whether every proposal that reaches the current size was lifted to it by a hold. */
function isHeldByGuard(proposals: readonly Proposal[], replicas: number, current: number): boolean {
  if (replicas !== current) return false;
  const reaches = (proposal: Proposal) => proposal.replicas === replicas && !abstains(proposal);
  return proposals.some(reaches) && !proposals.some((proposal) => proposal.mayLower && reaches(proposal));
}

function firstFailure(situation: Situation, recommended: Recommended): Combined['failure'] {
  const { metrics } = situation.spec;
  const index = recommended.proposals.findIndex((proposal) => proposal.failure !== undefined);
  const failure = recommended.failures[index];
  const metric = metrics[index];
  if (failure === undefined || metric === undefined) return undefined;
  const failed = countFailed(recommended);
  return {
    reason: failure.reason,
    message: `the HPA was unable to compute the replica count: ${failure.message}`,
    error:
      `invalid metrics (${failed} invalid out of ${metrics.length}), first error is: ` +
      describeFailure(metric, failure.inContext),
  };
}

function countFailed({ proposals }: Recommended): number {
  return proposals.reduce((failed, { failure }) => (failure === undefined ? failed : failed + 1), 0);
}

/** The combined number is the winner's: its last step says why it is what it is. */
function reasonOf(proposal: Proposal | undefined): { readonly reason: StepReason; readonly detail: string } {
  const last = proposal?.steps.at(-1);
  return last === undefined
    ? { reason: 'NoUsableMetric', detail: 'no metric asked for a size' }
    : { reason: last.reason, detail: last.detail };
}
