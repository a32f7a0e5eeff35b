// The sentence of a rescale event: old and new size, the metric that won and its value against its target, around the HPA's
// own wording, which alerts and scripts look for.
import type { TargetSpec } from '../api/spec.ts';
import type { Decision, DecisionEvent } from '../decide/types.ts';
import { targetText, UNKNOWN, valueText } from './metric-text.ts';

/** The event with the whole story in its message; events of other reasons are returned as they are. */
export function tellRescale(event: DecisionEvent, decision: Decision, spec: TargetSpec): DecisionEvent {
  if (event.reason !== 'SuccessfulRescale' && event.reason !== 'FailedRescale') return event;
  const { currentReplicas, desiredReplicas } = decision;
  const verb = event.reason === 'SuccessfulRescale' ? 'Scaled' : 'Could not scale';
  return {
    ...event,
    message: `${verb} from ${currentReplicas} to ${desiredReplicas}${winnerText(decision, spec)}. ${event.message}`,
  };
}

function winnerText(decision: Decision, spec: TargetSpec): string {
  const index = spec.metrics.findIndex((metric) => metric.name === decision.winner);
  const metric = spec.metrics[index];
  if (!metric) return '';
  const value = valueText(metric, decision.currentMetrics[index]);
  return `: ${metric.name} is ${value ?? UNKNOWN}, target ${targetText(metric) ?? UNKNOWN}`;
}
