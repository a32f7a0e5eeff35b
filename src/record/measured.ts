// What was measured against what, as plain numbers for metrics and charts.
import type { MetricTarget } from '../api/spec.ts';
import type { MetricStatus } from '../decide/types.ts';

/** Value and target in the same unit: percent where the target is a utilization, else base units. */
export interface MetricMeasured {
  readonly value: number;
  readonly target: number;
}

/** Undefined where the value is not in the unit of the target. */
export function valueAndTarget(status: MetricStatus, target: MetricTarget): MetricMeasured | undefined {
  if (target.averageUtilization !== undefined && status.averageUtilization !== undefined) {
    return { value: status.averageUtilization, target: target.averageUtilization };
  }
  if (target.averageValueMilli !== undefined && status.averageValueMilli !== undefined) {
    return { value: Number(status.averageValueMilli) / 1000, target: Number(target.averageValueMilli) / 1000 };
  }
  if (target.valueMilli !== undefined && status.valueMilli !== undefined) {
    return { value: Number(status.valueMilli) / 1000, target: Number(target.valueMilli) / 1000 };
  }
  return undefined;
}
