// What a cycle says once it is known whether the size was written; and what it says when the scale could not be read at all.
// Pure: the writing itself is the controller's.
import type { Condition, PreviousStatus, TargetSpec } from '../api/spec.ts';
import { condition, withCondition } from './conditions.ts';
import { type Decided, referenceOf } from './decide.ts';
import { storeScaleEvent } from './history.ts';
import { canWakeFromZero } from './stages/disabled.ts';
import type { Decision, DecisionEvent, History, Situation, WriteOutcome } from './types.ts';

/** The final conditions and events of a decision that was to be written, and the history to keep. */
export function conclude(decided: Decided, outcome: WriteOutcome, situation: Situation): Decided {
  const { decision, history } = decided;
  switch (outcome.kind) {
    case 'written':
      return { decision: written(decision, situation), history: withScaleEvent(decision, situation, history) };
    case 'failed':
      return { decision: failed(decision, situation, outcome.message), history };
    case 'withheld':
    default:
      return { decision: withheld(decision, outcome.why), history };
  }
}

function written(decision: Decision, { spec }: Situation): Decision {
  const { desiredReplicas, currentReplicas, rescaleReason } = decision;
  const toZero =
    currentReplicas > 0 && desiredReplicas === 0 && spec.minReplicas === 0 && canWakeFromZero(spec.metrics);
  return {
    ...decision,
    conditions: [
      condition(
        'AbleToScale',
        'True',
        'SucceededRescale',
        `the HPA controller was able to update the target scale to ${desiredReplicas}`,
      ),
      toZero
        ? condition('ScaledToZero', 'True', 'ScaledToZero', 'the HPA controller scaled the workload to zero')
        : condition(
            'ScaledToZero',
            'False',
            'NotScaledToZero',
            'the HPA controller did not scale the workload to zero',
          ),
    ].reduce(withCondition, decision.conditions),
    events: [
      ...decision.events,
      {
        type: 'Normal',
        reason: 'SuccessfulRescale',
        message: `New size: ${desiredReplicas}; reason: ${rescaleReason}`,
      },
    ],
  };
}

function withScaleEvent(decision: Decision, { spec, now }: Situation, history: History): History {
  const change = { from: decision.currentReplicas, to: decision.desiredReplicas, atMs: now };
  return { ...history, scaleEvents: storeScaleEvent(history.scaleEvents, spec.behavior, change) };
}

function failed(decision: Decision, situation: Situation, error: string): Decision {
  const { desiredReplicas, rescaleReason } = decision;
  const message = `New size: ${desiredReplicas}; reason: ${rescaleReason}; error: ${error}`;
  return {
    ...decision,
    statusDesiredReplicas: situation.previous.desiredReplicas ?? decision.currentReplicas,
    conditions: withCondition(
      decision.conditions,
      condition(
        'AbleToScale',
        'False',
        'FailedUpdateScale',
        `the HPA controller was unable to update the target scale: ${error}`,
      ),
    ),
    events: [...decision.events, { type: 'Warning', reason: 'FailedRescale', message }],
    error: { kind: 'internal', message: `failed to rescale ${referenceOf(situation)}: ${error}` },
  };
}

/** Decided and shown, not written. A conflict has a condition of its own, which the controller sets. */
function withheld(decision: Decision, why: 'Recommend' | 'Conflict'): Decision {
  if (why === 'Conflict') return decision;
  const message = `mode is Recommend: ${decision.desiredReplicas} replicas are recommended and not written`;
  return {
    ...decision,
    conditions: withCondition(decision.conditions, condition('AbleToScale', 'True', 'Recommending', message)),
  };
}

/** Why the scale could not be read: the reference cannot be parsed, its kind is not known, or reading failed. */
export interface UnreadableScale {
  readonly what: 'apiVersion' | 'kind' | 'scale';
  readonly message: string;
}

/** What a cycle says that ended before a decision. */
export interface Unreadable {
  readonly conditions: readonly Condition[];
  readonly events: readonly DecisionEvent[];
  readonly error: NonNullable<Decision['error']>;
}

/** Conditions, event and error of a cycle whose scale could not be read; status keeps its other fields. */
export function scaleUnreadable(
  problem: UnreadableScale,
  target: { readonly spec: TargetSpec; readonly namespace: string; readonly previous: PreviousStatus },
): Unreadable {
  const text = `the HPA controller was unable to get the target's current scale: ${problem.message}`;
  return {
    conditions: withCondition(target.previous.conditions, condition('AbleToScale', 'False', 'FailedGetScale', text)),
    events: [{ type: 'Warning', reason: 'FailedGetScale', message: problem.message }],
    error: unreadableError(problem, target),
  };
}

function unreadableError(
  { what, message }: UnreadableScale,
  target: { readonly spec: TargetSpec; readonly namespace: string },
): NonNullable<Decision['error']> {
  switch (what) {
    case 'apiVersion':
      return { kind: 'spec', message: `invalid API version in scale target reference: ${message}` };
    case 'kind':
      return { kind: 'internal', message: `unable to determine resource for scale target reference: ${message}` };
    case 'scale':
    default:
      return { kind: 'internal', message: `failed to query scale subresource for ${referenceOf(target)}: ${message}` };
  }
}
