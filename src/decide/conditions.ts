// The list of conditions through one cycle: a type appears where it was first set and keeps its place. Pure.
import type { ConditionReason, ConditionType } from '../api/reasons.ts';
import type { Condition } from '../api/spec.ts';

export function withCondition(conditions: readonly Condition[], condition: Condition): Condition[] {
  const known = conditions.some(({ type }) => type === condition.type);
  return known ? conditions.map((old) => (old.type === condition.type ? condition : old)) : [...conditions, condition];
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
