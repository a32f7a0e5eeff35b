// SurgeIsNotSize: the extra pods of a rollout are not wanted replicas. The HPA averages one value (the AverageValue of Object, External
// and Prometheus metrics) over status.replicas, and where that is within the tolerance keeps status.replicas as the size: a surge
// becomes the size, or hides an overload behind pods that are about to go. Here such an average is taken over spec.replicas.
// Promises nothing from zero, where the HPA's rule stands, and changes nothing while both counts are the same.
import type { Reading, ScaleState } from '../types.ts';

/** Whether judging by spec.replicas can give another answer than the HPA's. */
export function differsBySurge(reading: Reading, { specReplicas, statusReplicas }: ScaleState): boolean {
  return reading.kind === 'value' && specReplicas !== 0 && specReplicas !== statusReplicas;
}

export function describeSurge({ specReplicas, statusReplicas }: ScaleState): string {
  return `the average is taken over the ${specReplicas} replicas wanted, not over the ${statusReplicas} that there are`;
}
