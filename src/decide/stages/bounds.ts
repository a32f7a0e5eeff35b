// A size outside the bounds goes straight to the bound: no metrics, no windows, no policies.
import type { Situation, Step } from '../types.ts';

/** The step back into the bounds, or undefined when the size is within them (or zero, which disabled.ts judges). */
export function leaveOutOfBounds({ spec, scale }: Omit<Situation, 'readings'>): Step | undefined {
  const before = scale.specReplicas;
  if (before > spec.maxReplicas) {
    const after = spec.maxReplicas;
    return { stage: 'bounds', before, after, reason: 'AboveMaxReplicas', detail: `maxReplicas is ${after}` };
  }
  const after = Math.min(spec.minReplicas, spec.maxReplicas);
  if (before !== 0 && before < after) {
    return { stage: 'bounds', before, after, reason: 'BelowMinReplicas', detail: `minReplicas is ${after}` };
  }
  return undefined;
}
