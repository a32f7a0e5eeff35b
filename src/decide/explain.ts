// A decision in plain sentences: what each metric asked for, what changed the number and why, the result, and what holds a
// smaller size back. Words only; nothing is decided here.
import type { StepReason } from '../api/reasons.ts';
import { countOf, show } from './pods-rule.ts';
import type { Decision, Proposal, Step } from './types.ts';

/** The story of a decision, one sentence each, in the order it happened. */
export function explain(decision: Decision): string[] {
  return [
    ...decision.proposals.map((proposal) => explainProposal(proposal, decision.currentReplicas)),
    ...decision.steps.map((step) => explainStep(step, decision)),
    explainResult(decision),
    ...explainWait(decision),
  ];
}

function explainProposal(proposal: Proposal, current: number): string {
  if (proposal.replicas === undefined) {
    return `${proposal.name} has no usable reading: ${proposal.failure?.message ?? 'nothing was read'}.`;
  }
  const asked = `${proposal.name} asks for ${countOf(proposal.replicas, 'replica')}`;
  const why = proposal.steps.map(detailOf).join('; ');
  const held =
    proposal.rawReplicas === proposal.replicas ? '' : ` (${proposal.rawReplicas} before guards and direction)`;
  const change = proposal.replicas === current ? ', the size it has' : '';
  return `${asked}${change}${held}: ${why}.`;
}

/** What one metric says of its own number, or why it has none. */
export function metricDetail({ failure, steps }: Proposal): string {
  return failure?.message ?? steps.map(detailOf).join('; ');
}

function detailOf({ reason, detail }: Step): string {
  return reason === 'WithinTolerance' ? `${detail}, within the tolerance` : detail;
}

const PHRASES: Readonly<Record<StepReason, string>> = {
  ScalingDisabled: 'scaling is switched off',
  AboveMaxReplicas: 'the size is above maxReplicas and goes straight to it',
  BelowMinReplicas: 'the size is below minReplicas and goes straight to it',
  MetricProposal: 'what the metric asks for counts',
  WithinTolerance: 'the load is close enough to the target to keep the size',
  MissingMetricHold: 'missing data holds the size',
  NoUsableMetric: 'there is no usable metric',
  DirectionUp: 'the metric may not vote for fewer',
  DirectionDown: 'the metric may not vote for more',
  ScaledToZeroWake: 'the workload wakes from zero',
  ScaleDownStabilized: 'the stabilization window holds on to a recent recommendation',
  ScaleUpStabilized: 'the stabilization window waits for the scale-up to be confirmed',
  ScaleUpLimit: 'the scale-up rate limits the change',
  ScaleDownLimit: 'the scale-down rate limits the change',
  ScaleUpDisabled: 'scaling up is disabled',
  ScaleDownDisabled: 'scaling down is disabled',
  TooManyReplicas: 'the bound maxReplicas limits the size',
  TooFewReplicas: 'the bound minReplicas limits the size',
  NoShrinkUnderLoad: 'the guard NoShrinkUnderLoad holds the size',
  StaleSample: 'the guard StaleSample does not trust the sample',
  VanishedLoad: 'the guard VanishedLoad does not believe that the load is gone yet',
  SameSample: 'the guard SameSample waits for a newer sample',
  SurgeIsNotSize: 'the guard SurgeIsNotSize does not count the pods of a rollout',
  PartialView: 'the guard PartialView sees too few of the pods',
};

function explainStep(step: Step, decision: Decision): string {
  const change = step.before === step.after ? `stays at ${step.after}` : `${step.before} → ${step.after}`;
  if (step.stage !== 'combine' || decision.winner === undefined) {
    return `${capital(PHRASES[step.reason])}: ${change} (${step.detail}).`;
  }
  const whose = decision.proposals.length === 1 ? 'The proposal' : 'The largest proposal';
  return `${whose}, of ${decision.winner}, counts: ${change}.`;
}

function explainResult({ currentReplicas, desiredReplicas, rescale, error }: Decision): string {
  if (rescale) return `Result: from ${countOf(currentReplicas, 'replica')} to ${countOf(desiredReplicas, 'replica')}.`;
  const failed = error === undefined ? '' : `, with an error: ${error.message}`;
  return `Result: ${countOf(currentReplicas, 'replica')}, no change${failed}.`;
}

function explainWait({ earliestScaleDownAtMs }: Decision): string[] {
  if (earliestScaleDownAtMs === undefined) return [];
  return [`A smaller size can come at ${timeOf(earliestScaleDownAtMs)} at the earliest.`];
}

/** One short line for a column: the metric that won, the change, and the last thing that limited it. */
export function whyOf(decision: Decision): string {
  const last = decision.steps.at(-1);
  const change =
    decision.currentReplicas === decision.desiredReplicas
      ? `stays at ${decision.currentReplicas}`
      : `${decision.currentReplicas} → ${decision.desiredReplicas}`;
  if (last === undefined) return change;
  if (last.stage === 'disabled' || last.stage === 'bounds') return `${change}, ${PHRASES[last.reason]}`;
  const winner = decision.proposals.find(({ name }) => name === decision.winner);
  if (winner === undefined) {
    const failed = decision.proposals.find(({ failure }) => failure !== undefined);
    return `${change}, ${failed?.failure?.message ?? last.detail}`;
  }
  const limit = last.stage === 'combine' ? limitOf(winner) : `, ${shortOf(last.reason, decision)}`;
  return `${shareOf(winner)}: ${change}${limit}`;
}

const SHORT: Partial<Readonly<Record<StepReason, string>>> = {
  ScaleUpLimit: 'limited by the scale-up rate',
  ScaleDownLimit: 'limited by the scale-down rate',
  TooManyReplicas: 'limited by maxReplicas',
  TooFewReplicas: 'limited by minReplicas',
};

/** A window that let a part of the change through held nothing, as it seems to who reads `12 → 7`: it stopped it there. */
function shortOf(reason: StepReason, { currentReplicas, desiredReplicas }: Decision): string {
  const stopped = currentReplicas === desiredReplicas ? 'held by' : 'no further within';
  if (reason === 'ScaleDownStabilized') return `${stopped} the scale-down window`;
  if (reason === 'ScaleUpStabilized') return `${stopped} the scale-up window`;
  return SHORT[reason] ?? PHRASES[reason];
}

/** What the metric itself says about its number, when it is more than a proposal. */
function limitOf(winner: Proposal): string {
  const last = winner.steps.at(-1);
  if (last === undefined || last.reason === 'MetricProposal') return '';
  if (last.reason === 'WithinTolerance') return ', within tolerance';
  // The other metrics are there: it is pods of this one that have no sample, in a storm those that were just started.
  if (last.reason === 'MissingMetricHold')
    return `, pods without a sample may ${(winner.ratio ?? 0) > 1 ? 'be enough' : 'need the size'}`;
  return `, ${PHRASES[last.reason]}`;
}

function shareOf({ name, ratio }: Proposal): string {
  if (ratio === undefined || !Number.isFinite(ratio)) return name;
  return ratio >= 10 ? `${name} ${show(ratio)} times its target` : `${name} ${Math.round(ratio * 100)}% of target`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** RFC 3339, or a plain number where the clock is beyond what a date can say. */
function timeOf(atMs: number): string {
  return Math.abs(atMs) <= 8.64e15 ? new Date(atMs).toISOString() : `${atMs} ms`;
}
