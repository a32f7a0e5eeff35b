// The decision: one pure function from a situation to a size, its whole story, and the history to keep. What becomes of the
// write is for conclude.ts; reading and writing are not done here.
import { combine, type Combined } from './combine.ts';
import { condition, withCondition, withVerdict } from './conditions.ts';
import { scaleDownBlock } from './earliest.ts';
import { type HoldOutcome, trackHold, withoutDecision } from './guards/hold-time.ts';
import { storeRecommendation } from './history.ts';
import { recommend } from './recommend.ts';
import { shapeReplicas } from './shape.ts';
import { leaveOutOfBounds } from './stages/bounds.ts';
import { isDisabled } from './stages/disabled.ts';
import { downWindowMs, isExpiredIn } from './stages/stabilize.ts';
import type { Shape } from './stages/stage.ts';
import { describeProblem } from './wording.ts';
import type { Decision, DecisionEvent, History, Recommendation, SelectorProblem, Situation, Step } from './types.ts';

export interface Decided {
  readonly decision: Decision;
  /** The history to keep, before the outcome of a write is known; see conclude.ts. */
  readonly history: History;
}

/** Whether metrics are looked at in this situation at all: not when the target is disabled or outside its bounds. */
export function needsReadings(situation: Omit<Situation, 'readings'>): boolean {
  return situation.selectorProblem === undefined && !isDisabled(situation) && leaveOutOfBounds(situation) === undefined;
}

export function decide(situation: Situation): Decided {
  const history = firstSeen(situation);
  const base = baseDecision(situation);
  if (isDisabled(situation)) return { decision: disabled(base), history };
  const back = leaveOutOfBounds(situation);
  if (back !== undefined) return { decision: outOfBounds(base, back), history };
  if (situation.selectorProblem !== undefined) {
    const kept = situation.spec.guards === 'Enabled' ? withoutDecision(history, situation.now) : withoutHold(history);
    return { decision: withoutSelector(situation, base, situation.selectorProblem), history: kept };
  }
  return byMetrics(situation, base, history);
}

/**
 * A target seen for the first time starts from its current size, so that a restart does not shrink it at once.
 */
function firstSeen({ history, scale, now }: Situation): History {
  if (history.recommendations !== null) return history;
  return { ...history, recommendations: [{ replicas: scale.specReplicas, atMs: now }] };
}

function baseDecision({ scale, previous }: Situation): Decision {
  return {
    currentReplicas: scale.specReplicas,
    desiredReplicas: scale.specReplicas,
    rescale: false,
    rescaleReason: '',
    unclampedReplicas: undefined,
    proposals: [],
    winner: undefined,
    steps: [],
    earliestScaleDownAtMs: undefined,
    scaleDownBlockedBy: undefined,
    conditions: withCondition(
      previous.conditions,
      condition(
        'AbleToScale',
        'True',
        'SucceededGetScale',
        "the HPA controller was able to get the target's current scale",
      ),
    ),
    events: [],
    currentMetrics: [],
    statusDesiredReplicas: scale.specReplicas,
    error: undefined,
  };
}

function disabled(base: Decision): Decision {
  const message = 'scaling is disabled since the replica count of the target is zero';
  const step: Step = { stage: 'disabled', before: 0, after: 0, reason: 'ScalingDisabled', detail: message };
  return {
    ...base,
    steps: [step],
    conditions: withCondition(base.conditions, condition('ScalingActive', 'False', 'ScalingDisabled', message)),
  };
}

function outOfBounds(base: Decision, step: Step): Decision {
  const rescaleReason = step.reason === 'AboveMaxReplicas' ? ABOVE_MAX : BELOW_MIN;
  return { ...base, ...resized(base, step.after, rescaleReason), steps: [step] };
}

const ABOVE_MAX = 'Current number of replicas above Spec.MaxReplicas';
const BELOW_MIN = 'Current number of replicas below Spec.MinReplicas';

type Resized = Pick<Decision, 'desiredReplicas' | 'statusDesiredReplicas' | 'rescale' | 'rescaleReason'>;

function resized({ currentReplicas }: Decision, replicas: number, rescaleReason: string): Resized {
  const rescale = replicas !== currentReplicas;
  return { desiredReplicas: replicas, statusDesiredReplicas: replicas, rescale, rescaleReason };
}

/** Without knowing the pods there is nothing to decide by. */
function withoutSelector(situation: Situation, base: Decision, problem: SelectorProblem): Decision {
  const { reason, eventReason, message, event } = describeProblem(problem, situation.namespace);
  return {
    ...undecided(situation, base, event, [{ type: 'Warning', reason: eventReason, message: event }]),
    steps: [hold(situation, event)],
    conditions: withCondition(base.conditions, condition('ScalingActive', 'False', reason, message)),
  };
}

function hold({ scale }: Situation, detail: string): Step {
  const size = scale.specReplicas;
  return { stage: 'combine', before: size, after: size, reason: 'NoUsableMetric', detail };
}

/** No decision: the size stays, status keeps the old desired size, and the failure is told. */
function undecided(situation: Situation, base: Decision, error: string, events: readonly DecisionEvent[]): Decision {
  const message = `failed to compute desired number of replicas based on listed metrics for ${referenceOf(situation)}: ${error}`;
  return {
    ...base,
    events: [...events, { type: 'Warning', reason: 'FailedComputeMetricsReplicas', message: error }],
    statusDesiredReplicas: situation.previous.desiredReplicas ?? situation.scale.specReplicas,
    error: { kind: 'internal', message },
  };
}

/** The workload as the HPA names it in errors. */
export function referenceOf({ spec, namespace }: Pick<Situation, 'spec' | 'namespace'>): string {
  return `${spec.scaleTargetRef.kind}/${namespace}/${spec.scaleTargetRef.name}`;
}

function byMetrics(situation: Situation, base: Decision, history: History): Decided {
  const recommended = recommend(situation);
  const combined = combine(situation, recommended);
  const events = recommended.proposals.flatMap(({ failure }): DecisionEvent[] =>
    failure === undefined ? [] : [{ type: 'Warning', reason: failure.reason, message: failure.message }],
  );
  const measured: Decision = {
    ...base,
    proposals: recommended.proposals,
    steps: [combined.step],
    currentMetrics: recommended.proposals.map(({ status }) => status),
    events,
  };
  const hold = trackHoldOf(situation, combined.heldByGuard || combined.replicas === undefined);
  const kept: History = { ...withoutHold(history), metrics: recommended.memories, ...holdTime(hold.holdSinceMs) };
  if (combined.replicas === undefined) {
    const failure = combined.failure ?? NO_METRICS;
    return {
      decision: {
        ...undecided(situation, measured, failure.error, events),
        conditions: withCondition(
          base.conditions,
          condition('ScalingActive', 'False', failure.reason, failure.message),
        ),
      },
      history: kept,
    };
  }
  return shaped(situation, measured, kept, { combined, hold, replicas: combined.replicas });
}

/** A spec without any metric; the defaults give every target one. */
const NO_METRICS = {
  reason: 'InvalidMetricSourceType',
  message: 'the HPA was unable to compute the replica count: no metrics are specified',
  error: 'no metrics are specified',
} as const;

/** Without guards there are no holds, and one that was begun with them leaves nothing behind. */
function trackHoldOf(situation: Situation, held: boolean): HoldOutcome {
  const { spec, history, now } = situation;
  if (spec.guards === 'Disabled') return { holdSinceMs: undefined, storeCurrent: false, storeProposal: true };
  return trackHold(history.holdSinceMs, held, now, downWindowMs(situation));
}

/** The time is left out where nothing holds, so that plain histories stay plain. */
function holdTime(holdSinceMs: number | undefined): Pick<History, 'holdSinceMs'> {
  return holdSinceMs === undefined ? {} : { holdSinceMs };
}

function withoutHold({ recommendations, scaleEvents, metrics }: History): History {
  return { recommendations, scaleEvents, metrics };
}

interface Wanted {
  readonly combined: Combined;
  readonly hold: HoldOutcome;
  readonly replicas: number;
}

/** From the number the metrics ask for to the size, through windows, speed limits and bounds. */
function shaped(situation: Situation, base: Decision, history: History, wanted: Wanted): Decided {
  const { combined, hold, replicas } = wanted;
  const recommendations = startingRecommendations(situation, history, hold);
  const start: Shape = { replicas, steps: base.steps, recommendations };
  const shape = shapeReplicas(start, { situation, stores: hold.storeProposal });
  const block = scaleDownBlock(situation, shape.replicas, shape.recommendations);
  const winner = combined.winner === undefined ? undefined : situation.spec.metrics[combined.winner]?.name;
  const decision: Decision = {
    ...base,
    ...resized(base, shape.replicas, reasonText(situation, combined, shape)),
    unclampedReplicas: replicas,
    winner,
    steps: shape.steps,
    earliestScaleDownAtMs: block?.untilMs,
    scaleDownBlockedBy: block?.by,
    conditions: withVerdict(base.conditions, combined.winnerText, shape.steps),
    error: combined.failure === undefined ? undefined : { kind: 'internal', message: combined.failure.error },
  };
  return { decision, history: { ...history, recommendations: shape.recommendations } };
}

/** When a long hold ends, the current size is stored once, so that the first good sample does not shrink at once. */
function startingRecommendations(situation: Situation, history: History, hold: HoldOutcome): readonly Recommendation[] {
  const stored = history.recommendations ?? [];
  if (!hold.storeCurrent) return stored;
  const { scale, now } = situation;
  return storeRecommendation(stored, { replicas: scale.specReplicas, atMs: now }, isExpiredIn(situation));
}

/** The HPA words the reason before windows and limits had their say, so that it can be empty. */
function reasonText({ scale }: Situation, combined: Combined, shape: Shape): string {
  const replicas = combined.replicas ?? scale.specReplicas;
  if (replicas > scale.specReplicas) return `${combined.winnerText} above target`;
  if (replicas < scale.specReplicas) return 'All metrics below target';
  return shape.steps.some((step) => step.reason === 'ScaledToZeroWake') ? BELOW_MIN : '';
}
