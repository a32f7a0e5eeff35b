// Every metric that has a series for each target, or for each metric of it: left out with --metrics-per-target=false.
// Labels are names of objects and words of closed lists, nothing else.
import type { MetricDefinition } from './definition.ts';
import { counter, gauge } from './definition.ts';

const TARGET = ['namespace', 'name'] as const;
const METRIC = [...TARGET, 'metric'] as const;

/** By the name that the code shows them under. */
export const TARGET_METRICS = {
  currentReplicas: gauge('setpoint_target_current_replicas', TARGET, 'replicas', [
    'spec.replicas of the workload at the last decision.',
    'How large is it?',
  ]),
  desiredReplicas: gauge('setpoint_target_desired_replicas', TARGET, 'replicas', [
    'Replicas decided on.',
    'How large should it be?',
  ]),
  unclampedReplicas: gauge('setpoint_target_unclamped_replicas', TARGET, 'replicas', [
    'Replicas the metrics ask for, before windows, rates and bounds.',
    'What would it be without limits?',
  ]),
  minReplicas: gauge('setpoint_target_min_replicas', TARGET, 'replicas', ['Lower bound.', 'Is it at its lower bound?']),
  maxReplicas: gauge('setpoint_target_max_replicas', TARGET, 'replicas', ['Upper bound.', 'Is it at its upper bound?']),
  unmetReplicas: gauge('setpoint_target_unmet_replicas', TARGET, 'replicas', [
    'Replicas the metrics ask for above maxReplicas; 0 when it has room.',
    'How much is it short of?',
  ]),
  readyReplicas: gauge('setpoint_target_ready_replicas', TARGET, 'replicas', [
    'Pods whose Ready condition is True.',
    'How many serve?',
  ]),
  lastLeadTime: gauge('setpoint_target_lead_time_seconds', TARGET, 'seconds', [
    'Lead time of the last scale-out.',
    'How long did it take here?',
  ]),
  lastDecision: gauge('setpoint_target_last_decision_timestamp_seconds', TARGET, 'Unix time', [
    'When it was last decided; none before the first decision.',
    'Is it still looked after?',
  ]),
  syncPeriod: gauge('setpoint_target_sync_period_seconds', TARGET, 'seconds', [
    'How often it is to be decided.',
    'How old may its last decision be?',
  ]),
  held: gauge('setpoint_target_held', [...TARGET, 'reason'], '1', [
    '1 for each guard and each reason of a step that now keeps the size from what the metrics ask for; none while nothing does.',
    'What holds it, and why?',
  ]),
  condition: gauge('setpoint_target_condition', [...TARGET, 'condition'], '0 or 1', [
    'Conditions of its status: 1 for True, 0 for False; none while Unknown or never set.',
    'Can it scale, is it limited, is there a conflict?',
  ]),
  changes: counter('setpoint_target_changes_total', [...TARGET, 'direction'], 'changes', [
    'New sizes that were written, by direction (up, down).',
    'How often does it change?',
  ]),
  reversals: counter('setpoint_target_reversals_total', TARGET, 'changes', [
    'New sizes in the other direction than the one before.',
    'Does it flap?',
  ]),
  metricValue: gauge('setpoint_metric_value', METRIC, 'of the metric', [
    'Value of the metric in base units; percent for utilization.',
    'What is the load?',
  ]),
  metricTarget: gauge('setpoint_metric_target', METRIC, 'of the metric', [
    'Target of the metric in the unit of its value.',
    'What is the load meant to be?',
  ]),
  metricRatio: gauge('setpoint_metric_ratio', METRIC, 'ratio', [
    'Value over target; 1 is on target.',
    'How far off target is it?',
  ]),
  metricProposal: gauge('setpoint_metric_proposed_replicas', METRIC, 'replicas', [
    'Replicas this metric asks for.',
    'Which metric decides?',
  ]),
  sampleAge: gauge('setpoint_metric_sample_age_seconds', METRIC, 'seconds', [
    'Age of the newest sample at the decision, where the source says it.',
    'How old is what it decides on?',
  ]),
} as const satisfies Record<string, MetricDefinition>;

export type TargetMetricKey = keyof typeof TARGET_METRICS;
