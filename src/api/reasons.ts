// The closed vocabulary of Setpoint: whatever a user sees as a type, a reason or a stage comes from these lists.
// Names that the HPA has are the HPA's, so that alerts and habits carry over.

/** Condition types of a ScaledTarget, the HPA's four first. */
export const CONDITION_TYPES = ['AbleToScale', 'ScalingActive', 'ScalingLimited', 'ScaledToZero', 'Conflict'] as const;
export type ConditionType = (typeof CONDITION_TYPES)[number];

/** Why a metric asks for nothing; the HPA's words for conditions and events. */
const METRIC_FAILURES = [
  'FailedGetResourceMetric',
  'FailedGetContainerResourceMetric',
  'FailedGetPodsMetric',
  'FailedGetObjectMetric',
  'FailedGetExternalMetric',
  'FailedGetPrometheusMetric',
  'InvalidMetricSourceType',
] as const;
export type MetricFailure = (typeof METRIC_FAILURES)[number];

/** Reasons of conditions: what each word here means is said in reason-texts.ts. */
export const CONDITION_REASONS = [
  // AbleToScale
  'SucceededGetScale',
  'ReadyForNewScale',
  'ScaleDownStabilized',
  'ScaleUpStabilized',
  'SucceededRescale',
  'FailedGetScale',
  'FailedUpdateScale',
  'Recommending',
  // ScalingActive
  'ValidMetricFound',
  'ScalingDisabled',
  'InvalidSelector',
  'AmbiguousSelector',
  ...METRIC_FAILURES,
  'InvalidSpec',
  // ScalingLimited
  'DesiredWithinRange',
  'TooManyReplicas',
  'TooFewReplicas',
  'ScaleUpLimit',
  'ScaleDownLimit',
  // ScaledToZero
  'ScaledToZero',
  'NotScaledToZero',
  // Conflict
  'HorizontalPodAutoscaler',
  'ScaledTarget',
  'ForeignWriter',
  'NoConflict',
] as const;
export type ConditionReason = (typeof CONDITION_REASONS)[number];

/** Reasons of Kubernetes events. */
export const EVENT_REASONS = [
  'SuccessfulRescale',
  'SelectorRequired',
  'InvalidSelector',
  'AmbiguousSelector',
  'FailedGetScale',
  ...METRIC_FAILURES,
  'InvalidSpec',
  'FailedComputeMetricsReplicas',
  'FailedRescale',
  'FailedUpdateStatus',
  'Conflict',
] as const;
export type EventReason = (typeof EVENT_REASONS)[number];

/** Why a reading is absent. Missing data is never zero: an absent reading may hold, never shrink. */
export const ABSENCE_REASONS = [
  /** No source of that name or kind exists here. */
  'NoSource',
  /** The source could not be reached, or the connection broke. */
  'Unreachable',
  /** No complete answer within the deadline. */
  'Timeout',
  /** The source answered with an error status, or an error document. */
  'ErrorAnswer',
  /** The answer was longer than a metric answer may be. */
  'TooLarge',
  /** The answer was not what the protocol says: HTML, a redirect, broken JSON, a wrong shape. */
  'BadShape',
  /** The answer was well-formed and held no sample. */
  'Empty',
  /** One sample was needed and several came. */
  'TooManySeries',
  /** NaN, an infinity, a negative value, or one outside what can be counted. */
  'BadValue',
  /** The sample is stamped more than 60 s in the future. */
  'FutureSample',
  /** The sample is too old to be of any use. */
  'StaleSample',
  /** The circuit breaker of the source is open after repeated failures. */
  'CircuitOpen',
] as const;
export type AbsenceReason = (typeof ABSENCE_REASONS)[number];

/** The guards, each with the reason it leaves in a step, a condition message and a counter. */
export const GUARDS = [
  'NoShrinkUnderLoad',
  'StaleSample',
  'VanishedLoad',
  'SameSample',
  'SurgeIsNotSize',
  'PartialView',
] as const;
export type GuardName = (typeof GUARDS)[number];

/** Stages of a decision in their order. */
export const STAGES = ['disabled', 'bounds', 'metric', 'combine', 'activation', 'stabilize', 'rate', 'limit'] as const;
export type Stage = (typeof STAGES)[number];

/** Why a step changed the number (or kept it against a proposal). */
export const STEP_REASONS = [
  'ScalingDisabled',
  'AboveMaxReplicas',
  'BelowMinReplicas',
  'MetricProposal',
  'WithinTolerance',
  'MissingMetricHold',
  'NoUsableMetric',
  'DirectionUp',
  'DirectionDown',
  'ScaledToZeroWake',
  'ScaleDownStabilized',
  'ScaleUpStabilized',
  'ScaleUpLimit',
  'ScaleDownLimit',
  'ScaleUpDisabled',
  'ScaleDownDisabled',
  'TooManyReplicas',
  'TooFewReplicas',
  ...GUARDS,
] as const;
export type StepReason = (typeof STEP_REASONS)[number];

/** What became of what a metric asked for: why it has no proposal, what changed or held it, else whether it won. */
export const VERDICTS = [
  'Winner',
  'Outvoted',
  'WithinTolerance',
  'MissingMetricHold',
  'DirectionUp',
  'DirectionDown',
  ...GUARDS,
  ...METRIC_FAILURES,
] as const;
export type Verdict = (typeof VERDICTS)[number];

/** What became of the size that was decided. */
export const WRITE_OUTCOMES = ['Written', 'Unchanged', 'Failed', 'Recommend', 'Conflict'] as const;
export type WriteOutcomeWord = (typeof WRITE_OUTCOMES)[number];
