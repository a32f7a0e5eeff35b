// The conditions of one cycle, in the HPA's words: a type appears where it was first set and keeps its place.
import type { ConditionReason, ConditionType, StepReason } from '../api/reasons.ts';
import type { Condition } from '../api/spec.ts';
import type { Step } from './types.ts';

/** The list itself where it says so already. */
export function withCondition(conditions: readonly Condition[], condition: Condition): readonly Condition[] {
  const known = conditions.find(({ type }) => type === condition.type);
  if (!known) return [...conditions, condition];
  if (isSameCondition(known, condition)) return conditions;
  return conditions.map((old) => (old.type === condition.type ? condition : old));
}

export function isSameCondition(a: Condition, b: Condition): boolean {
  return a.type === b.type && a.status === b.status && a.reason === b.reason && a.message === b.message;
}

export function condition(
  type: ConditionType,
  status: 'True' | 'False',
  reason: ConditionReason,
  message: string,
): Condition {
  return { type, status, reason, message };
}

/** Whether the workload is at zero because the autoscaler put it there. */
export function isScaledToZero(conditions: readonly Condition[]): boolean {
  return conditions.some(({ type, status }) => type === 'ScaledToZero' && status === 'True');
}

/** What a decision by metrics says: that it could decide, whether a window held the size, whether a limit did. */
export function withVerdict(
  before: readonly Condition[],
  winnerText: string,
  steps: readonly Step[],
): readonly Condition[] {
  const active = condition(
    'ScalingActive',
    'True',
    'ValidMetricFound',
    `the HPA was able to successfully calculate a replica count from ${winnerText}`,
  );
  return [active, ableToScale(steps), scalingLimited(steps)].reduce(withCondition, before);
}

function ableToScale(steps: readonly Step[]): Condition {
  const reason = steps.find((step) => step.stage === 'stabilize')?.reason;
  if (reason === 'ScaleDownStabilized') {
    const message = 'recent recommendations were higher than current one, applying the highest recent recommendation';
    return condition('AbleToScale', 'True', 'ScaleDownStabilized', message);
  }
  if (reason === 'ScaleUpStabilized') {
    const message = 'recent recommendations were lower than current one, applying the lowest recent recommendation';
    return condition('AbleToScale', 'True', 'ScaleUpStabilized', message);
  }
  return condition('AbleToScale', 'True', 'ReadyForNewScale', 'recommended size matches current size');
}

const TOO_FAST_UP = 'the desired replica count is increasing faster than the maximum scale rate';
const TOO_FAST_DOWN = 'the desired replica count is decreasing faster than the maximum scale rate';
const LIMITS: Partial<Readonly<Record<StepReason, readonly [ConditionReason, message: string]>>> = {
  ScaleUpLimit: ['ScaleUpLimit', TOO_FAST_UP],
  ScaleUpDisabled: ['ScaleUpLimit', TOO_FAST_UP],
  ScaleDownLimit: ['ScaleDownLimit', TOO_FAST_DOWN],
  ScaleDownDisabled: ['ScaleDownLimit', TOO_FAST_DOWN],
  TooManyReplicas: ['TooManyReplicas', 'the desired replica count is more than the maximum replica count'],
  TooFewReplicas: ['TooFewReplicas', 'the desired replica count is less than the minimum replica count'],
};

/** The first limit that acted gives the reason; a wake from zero counts as none. */
function scalingLimited(steps: readonly Step[]): Condition {
  for (const { reason } of steps) {
    const limit = LIMITS[reason];
    if (limit !== undefined) return condition('ScalingLimited', 'True', limit[0], limit[1]);
  }
  const message = 'the desired count is within the acceptable range';
  return condition('ScalingLimited', 'False', 'DesiredWithinRange', message);
}
