// What may still be made of readings while the pods are not followed: which of them serve, and which are new, is then not known.
// Measurements per pod and totals over pods are absent; averages over replicas need no pods, and may raise, not lower.
import type { Metric } from '../api/spec.ts';
import type { Reading } from '../decide/types.ts';

export function besideStalePods(metrics: readonly Metric[], readings: readonly Reading[]): readonly Reading[] {
  return readings.map((reading, index) => {
    if (reading.kind === 'absent') return reading;
    const isAverage = metrics[index]?.target.averageValueMilli !== undefined;
    return reading.kind === 'value' && isAverage ? { ...reading, partial: true } : UNKNOWN_PODS;
  });
}

const UNKNOWN_PODS: Reading = {
  kind: 'absent',
  reason: 'Unreachable',
  message: 'the API server does not show the pods: what it showed last is too old to decide by',
};
