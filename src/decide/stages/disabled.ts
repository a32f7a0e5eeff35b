// A workload at zero is switched off, unless it was this autoscaler that put it there.
import type { Metric } from '../../api/spec.ts';
import { isScaledToZero } from '../conditions.ts';
import type { Situation } from '../types.ts';

/** True when the size is zero by somebody else's hand: then nothing is read, decided or written. */
export function isDisabled({ spec, scale, previous }: Omit<Situation, 'readings'>): boolean {
  if (scale.specReplicas !== 0) return false;
  return !(isScaledToZero(previous.conditions) && (spec.minReplicas !== 0 || canWakeFromZero(spec.metrics)));
}

/** Only metrics that exist without any pod can bring a workload back from zero. */
export function canWakeFromZero(metrics: readonly Metric[]): boolean {
  return metrics.some(({ type }) => type === 'Object' || type === 'External' || type === 'Prometheus');
}
