// Plays one situation: the whole cycle around a decision, with a scale, a status and errors as the situation says.
// The answer is what an observer would see afterwards; its printed shape is for answer.ts.
import type { Condition } from '../../api/spec.ts';
import { conclude, scaleUnreadable } from '../../decide/conclude.ts';
import { decide } from '../../decide/decide.ts';
import type { Decision, DecisionEvent, History, MetricStatus, WriteOutcome } from '../../decide/types.ts';
import type { Play } from './read.ts';

/** What one cycle left behind. */
export interface Outcome {
  readonly replicas: number;
  readonly rescaled: boolean;
  readonly status: ShownStatus;
  readonly statusWritten: boolean;
  readonly events: readonly DecisionEvent[];
  readonly history: History;
  readonly error: Decision['error'];
  /** Undefined when the scale could not be read. */
  readonly decision: Decision | undefined;
}

export interface ShownStatus {
  readonly currentReplicas: number;
  readonly desiredReplicas: number;
  readonly conditions: readonly Condition[];
  readonly currentMetrics: readonly (MetricStatus | undefined)[];
}

/** As many attempts as the HPA makes while a write answers Conflict. */
const MAX_ATTEMPTS = 5;

export function play(given: Play): Outcome {
  const { situation } = given;
  const { previous, scale } = situation;
  const before: ShownStatus = {
    currentReplicas: previous.currentReplicas ?? 0,
    desiredReplicas: previous.desiredReplicas ?? 0,
    conditions: previous.conditions,
    currentMetrics: [],
  };
  const problem = unreadable(given);
  if (problem !== undefined) {
    const said = scaleUnreadable(problem, situation);
    const after = { ...before, conditions: said.conditions };
    const base = { replicas: scale.specReplicas, rescaled: false, history: situation.history, decision: undefined };
    return withStatus(given, before, after, { ...base, events: said.events, error: said.error });
  }
  const decided = decide(situation);
  const outcome = decided.decision.rescale ? write(given) : undefined;
  const { decision, history } = outcome === undefined ? decided : conclude(decided, outcome, situation);
  const rescaled = outcome?.kind === 'written';
  const after: ShownStatus = {
    currentReplicas: decision.currentReplicas,
    desiredReplicas: decision.statusDesiredReplicas,
    conditions: decision.conditions,
    currentMetrics: decision.currentMetrics,
  };
  const replicas = rescaled ? decision.desiredReplicas : decision.currentReplicas;
  const { events, error } = decision;
  return withStatus(given, before, after, { replicas, rescaled, history, decision, events, error });
}

function unreadable({ situation, getScaleError }: Play): Parameters<typeof scaleUnreadable>[0] | undefined {
  const { apiVersion, kind } = situation.spec.scaleTargetRef;
  const parts = apiVersion.split('/');
  if (parts.length > 2) return { what: 'apiVersion', message: `unexpected GroupVersion string: ${apiVersion}` };
  if (kind !== 'Deployment') {
    return { what: 'kind', message: `no matches for kind ${JSON.stringify(kind)} in group "${parts[0]}"` };
  }
  return getScaleError === undefined ? undefined : { what: 'scale', message: getScaleError };
}

function write({ updateScaleError, updateScaleConflicts }: Play): WriteOutcome {
  if (updateScaleError !== undefined) return { kind: 'failed', message: updateScaleError };
  if (updateScaleConflicts < MAX_ATTEMPTS) return { kind: 'written' };
  const message = 'Operation cannot be fulfilled on deployments.apps "target": the object has been modified';
  return { kind: 'failed', message };
}

/** The status is written where it changed; a write that fails leaves the old one and an event. */
function withStatus(
  { updateStatusError }: Play,
  before: ShownStatus,
  after: ShownStatus,
  cycle: Omit<Outcome, 'status' | 'statusWritten'>,
): Outcome {
  const changed = cycle.rescaled || !isSame(before, after);
  if (!changed || updateStatusError === undefined) return { ...cycle, status: after, statusWritten: changed };
  const failedEvent: DecisionEvent = { type: 'Warning', reason: 'FailedUpdateStatus', message: updateStatusError };
  const events = [...cycle.events];
  // An undecided cycle writes its status before it tells why it is undecided.
  const undecided = events.at(-1)?.reason === 'FailedComputeMetricsReplicas';
  events.splice(undecided ? -1 : events.length, 0, failedEvent);
  const message = `failed to update status for hpa: ${updateStatusError}`;
  const error =
    undecided || cycle.events.some(({ reason }) => reason === 'FailedRescale' || reason === 'FailedGetScale')
      ? cycle.error
      : { kind: 'internal' as const, message };
  return { ...cycle, events, error, status: before, statusWritten: false };
}

function isSame(before: ShownStatus, after: ShownStatus): boolean {
  return (
    before.currentReplicas === after.currentReplicas &&
    before.desiredReplicas === after.desiredReplicas &&
    after.currentMetrics.length === 0 &&
    before.conditions.length === after.conditions.length &&
    before.conditions.every((old, index) => isSameCondition(old, after.conditions[index]))
  );
}

function isSameCondition(left: Condition, right: Condition | undefined): boolean {
  return (
    left.type === right?.type &&
    left.status === right.status &&
    left.reason === right.reason &&
    left.message === right.message
  );
}
