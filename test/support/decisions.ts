// Decisions for tests of what comes after one: a quiet one, changed where a test says so.
import type { Decision } from '../../src/decide/types.ts';

/** Three replicas stay three replicas: cpu is at its target. */
export function decision(changes: Partial<Decision> = {}): Decision {
  return {
    currentReplicas: 3,
    desiredReplicas: 3,
    rescale: false,
    rescaleReason: '',
    unclampedReplicas: 3,
    proposals: [
      {
        name: 'cpu',
        replicas: 3,
        rawReplicas: 3,
        ratio: 1,
        status: { name: 'cpu', averageUtilization: 60, averageValueMilli: 300n },
        mayLower: true,
        guards: [],
        steps: [],
        failure: undefined,
      },
    ],
    winner: 'cpu',
    steps: [],
    earliestScaleDownAtMs: undefined,
    scaleDownBlockedBy: undefined,
    conditions: [
      {
        type: 'AbleToScale',
        status: 'True',
        reason: 'ReadyForNewScale',
        message: 'recommended size matches current size',
      },
      { type: 'ScalingActive', status: 'True', reason: 'ValidMetricFound', message: 'a size from cpu' },
      { type: 'ScalingLimited', status: 'False', reason: 'DesiredWithinRange', message: 'within the range' },
    ],
    events: [],
    currentMetrics: [{ name: 'cpu', averageUtilization: 60, averageValueMilli: 300n }],
    statusDesiredReplicas: 3,
    error: undefined,
    ...changes,
  };
}
