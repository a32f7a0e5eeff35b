// One sentence for every word of the closed vocabulary in reasons.ts: what it means to who reads it in a status, an event or a
// log. A word without a sentence is a type error. docs/reference/reasons.md is generated from this.
import type {
  AbsenceReason,
  ConditionReason,
  ConditionType,
  EventReason,
  GuardName,
  Stage,
  StepReason,
  Verdict,
  WriteOutcomeWord,
} from './reasons.ts';

type Texts<Word extends string> = Readonly<Record<Word, string>>;

export const CONDITION_TYPE_TEXTS: Texts<ConditionType> = {
  AbleToScale: 'Whether the size can be read and written, and whether a window holds it.',
  ScalingActive: 'Whether a size could be computed. False: nothing is decided, and the message says why.',
  ScalingLimited: 'Whether a bound or a speed limit kept the size from what the metrics ask for.',
  ScaledToZero: 'Whether Setpoint itself took the workload to zero, and may therefore wake it.',
  Conflict: 'Whether somebody else sets the size of the same workload.',
};

interface ConditionReasonText {
  readonly type: ConditionType;
  readonly text: string;
}

const able = (text: string): ConditionReasonText => ({ type: 'AbleToScale', text });
const active = (text: string): ConditionReasonText => ({ type: 'ScalingActive', text });
const limited = (text: string): ConditionReasonText => ({ type: 'ScalingLimited', text });
const zero = (text: string): ConditionReasonText => ({ type: 'ScaledToZero', text });
const conflict = (text: string): ConditionReasonText => ({ type: 'Conflict', text });

/** Each with the condition it is a reason of. */
export const CONDITION_REASON_TEXTS: Readonly<Record<ConditionReason, ConditionReasonText>> = {
  SucceededGetScale: able('The size was read; nothing more could be said of it in this cycle.'),
  ReadyForNewScale: able('Nothing holds the size: a new one can be written at any time.'),
  ScaleDownStabilized: able('The scale-down window keeps the highest recommendation of its time.'),
  ScaleUpStabilized: able('The scale-up window keeps the lowest recommendation of its time.'),
  SucceededRescale: able('A new size was written in this cycle.'),
  FailedGetScale: able(
    'The size could not be read: no such workload, no `/scale`, or no permission. Nothing is written.',
  ),
  FailedUpdateScale: able('The new size could not be written; it is decided again in the next cycle.'),
  Recommending: able('`mode: Recommend`: the size is decided and shown, and not written.'),
  ValidMetricFound: active('A size was computed; the message names the metric that won.'),
  ScalingDisabled: active(
    'The workload was set to 0 replicas by somebody else, which switches scaling off until it is raised.',
  ),
  InvalidSelector: active('The workload has no selector for its pods, or one that cannot be read.'),
  AmbiguousSelector: active(
    'Other HorizontalPodAutoscalers or ScaledTargets select the same pods, so that nobody could tell whose load is whose.',
  ),
  FailedGetResourceMetric: active('A Resource metric could not be read from metrics-server.'),
  FailedGetContainerResourceMetric: active('A ContainerResource metric could not be read from metrics-server.'),
  FailedGetPodsMetric: active('A Pods metric could not be read. There is no source for this type yet.'),
  FailedGetObjectMetric: active('An Object metric could not be read. There is no source for this type yet.'),
  FailedGetExternalMetric: active('An External metric could not be read. There is no source for this type yet.'),
  FailedGetPrometheusMetric: active('A Prometheus metric could not be read; the message gives the absence in words.'),
  InvalidMetricSourceType: active('A metric is of a type that this version does not know, or there is none.'),
  InvalidSpec: active(
    'The spec breaks a rule, such as one that is newer than the object; the message names the field.',
  ),
  DesiredWithinRange: limited('No bound and no speed limit was in the way.'),
  TooManyReplicas: limited('The metrics ask for more than `maxReplicas`.'),
  TooFewReplicas: limited('The metrics ask for fewer than `minReplicas`.'),
  ScaleUpLimit: limited('The scale-up policies allow no faster growth, or none.'),
  ScaleDownLimit: limited('The scale-down policies allow no faster decline, or none.'),
  ScaledToZero: zero('Setpoint scaled the workload to zero; it wakes when a metric asks for more.'),
  NotScaledToZero: zero('The last size that was written was above zero.'),
  HorizontalPodAutoscaler: conflict('An HPA scales the same workload: nothing is written until it is deleted.'),
  ScaledTarget: conflict('An older ScaledTarget scales the same workload: this one writes nothing.'),
  ForeignWriter: conflict(
    'Somebody keeps undoing the sizes written: until that stops, the size is raised and not lowered.',
  ),
  NoConflict: conflict('There was a conflict, and it is over.'),
};

export const EVENT_REASON_TEXTS: Texts<EventReason> = {
  SuccessfulRescale: 'A new size was written: from, to, the metric that won, its value and target.',
  SelectorRequired: 'The workload has no selector for its pods.',
  InvalidSelector: 'The selector of the workload cannot be read.',
  AmbiguousSelector: 'Several autoscalers select the same pods.',
  FailedGetScale: 'The size could not be read.',
  FailedGetResourceMetric: 'A Resource metric could not be read.',
  FailedGetContainerResourceMetric: 'A ContainerResource metric could not be read.',
  FailedGetPodsMetric: 'A Pods metric could not be read.',
  FailedGetObjectMetric: 'An Object metric could not be read.',
  FailedGetExternalMetric: 'An External metric could not be read.',
  FailedGetPrometheusMetric: 'A Prometheus metric could not be read.',
  InvalidMetricSourceType: 'A metric is of a type that this version does not know.',
  InvalidSpec: 'The spec breaks a rule: nothing is decided for this target.',
  FailedComputeMetricsReplicas: 'No size could be computed; the message holds the first failure in full.',
  FailedRescale: 'A new size was decided and could not be written.',
  FailedUpdateStatus: 'The status could not be written; the size is not affected.',
  Conflict: 'Somebody else scales the same workload.',
};

export const ABSENCE_TEXTS: Texts<AbsenceReason> = {
  NoSource: 'No source of that name or kind is configured.',
  Unreachable: 'The source could not be reached, or the connection broke.',
  Timeout: 'No complete answer came within the deadline.',
  ErrorAnswer: 'The source answered with an error.',
  TooLarge: 'The answer was longer than a metric answer may be.',
  BadShape: 'The answer was not what the protocol says: HTML, a redirect, broken JSON, a wrong shape.',
  Empty: 'The answer was well-formed and held no sample.',
  TooManySeries: 'One sample was needed and several came: aggregate in the query.',
  BadValue: 'The value was not a number, infinite, negative, or too large to count.',
  FutureSample: 'The sample is stamped more than 60 s in the future: a clock is wrong.',
  StaleSample: 'The sample is over five minutes old.',
  CircuitOpen: 'The source failed several times in a row and is left alone for some seconds.',
};

export const GUARD_TEXTS: Texts<GuardName> = {
  NoShrinkUnderLoad: 'A metric above its target never asks for fewer replicas, however few pods are ready.',
  StaleSample: 'An old sample may raise the size and not lower it; a very old one is missing.',
  VanishedLoad: 'A load that vanished from one moment to the next is believed after two newer samples and 60 s.',
  SameSample: 'One sample asks for growth once: beyond that a newer one is waited for.',
  SurgeIsNotSize: 'The extra pods of a rollout do not become the size.',
  PartialView:
    'What is not seen does not lower the size: pods without a sample or not in the list, an answer marked partial, a value of few ready pods.',
};

export const STAGE_TEXTS: Texts<Stage> = {
  disabled: 'A workload at 0 replicas is left alone, unless Setpoint took it there.',
  bounds: 'A size outside `minReplicas`..`maxReplicas` goes straight to the bound.',
  metric: 'What one metric asks for, and what its guards and its direction make of it.',
  combine: 'The largest proposal wins; a missing metric keeps the others from lowering the size.',
  activation: 'To and from zero.',
  stabilize: 'The windows: the highest recommendation on the way down, the lowest on the way up.',
  rate: 'The policies: so many pods or percent in a period.',
  limit: '`minReplicas` and `maxReplicas`, always last.',
};

export const STEP_TEXTS: Texts<StepReason> = {
  ScalingDisabled: 'The workload is at 0 replicas and is left there.',
  AboveMaxReplicas: 'The size was above `maxReplicas` and goes straight to it.',
  BelowMinReplicas: 'The size was below `minReplicas` and goes straight to it.',
  MetricProposal: 'What the metric asks for counts.',
  WithinTolerance: 'The value is close enough to the target to keep the size.',
  MissingMetricHold:
    'A metric, or pods of it, have no sample; with them the answer might be another, so the size stays.',
  NoUsableMetric: 'Not one metric could be read: the size stays.',
  DirectionUp: 'The metric may not vote for fewer (`direction: Up`).',
  DirectionDown: 'The metric may not vote for more (`direction: Down`).',
  ScaledToZeroWake: 'The workload was at zero and `minReplicas` is above it now.',
  ScaleDownStabilized: 'The scale-down window holds on to a higher recommendation.',
  ScaleUpStabilized: 'The scale-up window waits until the growth is confirmed.',
  ScaleUpLimit: 'The scale-up policies allow no more at once.',
  ScaleDownLimit: 'The scale-down policies allow no fewer at once.',
  ScaleUpDisabled: 'The scale-up policies are switched off (`selectPolicy: Disabled`).',
  ScaleDownDisabled: 'The scale-down policies are switched off (`selectPolicy: Disabled`).',
  TooManyReplicas: '`maxReplicas` limits the size.',
  TooFewReplicas: '`minReplicas` limits the size.',
  ...GUARD_TEXTS,
};

/** What is said of a metric in `lastDecision.metrics[].verdict`. */
export const VERDICT_TEXTS: Texts<Verdict> = {
  Winner: 'Its proposal was the largest: the size comes from it.',
  Outvoted: 'Another metric asked for more.',
  WithinTolerance: STEP_TEXTS.WithinTolerance,
  MissingMetricHold: STEP_TEXTS.MissingMetricHold,
  DirectionUp: STEP_TEXTS.DirectionUp,
  DirectionDown: STEP_TEXTS.DirectionDown,
  ...GUARD_TEXTS,
  FailedGetResourceMetric: EVENT_REASON_TEXTS.FailedGetResourceMetric,
  FailedGetContainerResourceMetric: EVENT_REASON_TEXTS.FailedGetContainerResourceMetric,
  FailedGetPodsMetric: EVENT_REASON_TEXTS.FailedGetPodsMetric,
  FailedGetObjectMetric: EVENT_REASON_TEXTS.FailedGetObjectMetric,
  FailedGetExternalMetric: EVENT_REASON_TEXTS.FailedGetExternalMetric,
  FailedGetPrometheusMetric: EVENT_REASON_TEXTS.FailedGetPrometheusMetric,
  InvalidMetricSourceType: EVENT_REASON_TEXTS.InvalidMetricSourceType,
};

/** What is said of the size in `lastDecision.outcome`. */
export const WRITE_OUTCOME_TEXTS: Texts<WriteOutcomeWord> = {
  Written: 'A new size was written to `/scale`.',
  Unchanged: 'The size decided on is the size it has: nothing was to be written.',
  Failed: 'The new size could not be written; it is decided again in the next cycle.',
  Recommend: 'Not written: `mode: Recommend`.',
  Conflict: 'Not written: somebody else sets the size of the same workload.',
};
