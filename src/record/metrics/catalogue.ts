// Every metric Setpoint exposes, in one table: the registry and the reference page are made from it.
// Names that client-go and controller-runtime have are theirs, so that existing dashboards work.

export interface MetricDefinition {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  /** One sentence, with the unit. */
  readonly help: string;
  /** The question an operator answers with it. */
  readonly question: string;
  readonly buckets?: readonly number[];
  /** One series per ScaledTarget: left out with --metrics-per-target=false. */
  readonly perTarget?: true;
}

/** Those of client-go's work queue that a cycle can fall into: 10 µs to 10 s. */
const QUEUE_BUCKETS = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10];
const REQUEST_BUCKETS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** From a pod that is ready at once to an image pulled onto a new node. */
const LEAD_BUCKETS = [1, 2, 5, 10, 20, 30, 45, 60, 90, 120, 180, 300, 600];
/** From a punctual timer to a backlog of a minute. */
const LAG_BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60];

type Labels = readonly string[];

function counter(name: string, labels: Labels, help: string, question: string): MetricDefinition {
  return { name, type: 'counter', labels, help, question };
}

function gauge(name: string, labels: Labels, help: string, question: string): MetricDefinition {
  return { name, type: 'gauge', labels, help, question };
}

function histogram(
  name: string,
  labels: Labels,
  buckets: readonly number[],
  help: string,
  question: string,
): MetricDefinition {
  return { name, type: 'histogram', labels, buckets, help, question };
}

/** One series per ScaledTarget. */
function targetGauge(name: string, help: string, question: string): MetricDefinition {
  return { ...gauge(name, ['namespace', 'name'], help, question), perTarget: true };
}

/** One series per metric of a ScaledTarget. */
function metricGauge(name: string, help: string, question: string): MetricDefinition {
  return { ...gauge(name, ['namespace', 'name', 'metric'], help, question), perTarget: true };
}

/** By the name that the code counts under. */
export const METRICS = {
  queueDepth: gauge('workqueue_depth', ['name'], 'Keys waiting in the work queue.', 'Is the controller keeping up?'),
  queueAdds: counter('workqueue_adds_total', ['name'], 'Keys added to the work queue.', 'How much work arrives?'),
  queueWait: histogram(
    'workqueue_queue_duration_seconds',
    ['name'],
    QUEUE_BUCKETS,
    'Seconds a key waited in the queue.',
    'Are there too few workers?',
  ),
  queueWork: histogram(
    'workqueue_work_duration_seconds',
    ['name'],
    QUEUE_BUCKETS,
    'Seconds a cycle took.',
    'Are cycles slow?',
  ),
  queueRetries: counter(
    'workqueue_retries_total',
    ['name'],
    'Keys added again after a failure.',
    'Are cycles failing?',
  ),
  queueUnfinished: gauge(
    'workqueue_unfinished_work_seconds',
    ['name'],
    'Seconds of work in progress, summed over workers.',
    'Is a worker stuck?',
  ),
  queueLongest: gauge(
    'workqueue_longest_running_processor_seconds',
    ['name'],
    'Seconds the longest cycle has been running.',
    'Which is the longest hang?',
  ),
  reconciles: counter(
    'controller_runtime_reconcile_total',
    ['controller', 'result'],
    'Cycles by result.',
    'How many cycles end well?',
  ),
  reconcileTime: histogram(
    'controller_runtime_reconcile_time_seconds',
    ['controller'],
    REQUEST_BUCKETS,
    'Seconds per cycle.',
    'How long does a cycle take?',
  ),
  restRequests: counter(
    'rest_client_requests_total',
    ['code', 'method', 'host'],
    'Requests to the API server by answer.',
    'What does Setpoint cost the API server?',
  ),
  restDuration: histogram(
    'rest_client_request_duration_seconds',
    ['verb', 'host'],
    REQUEST_BUCKETS,
    'Seconds per request to the API server.',
    'Is the API server slow?',
  ),
  leader: gauge('leader_election_master_status', ['name'], '1 while this process leads, else 0.', 'Who leads?'),

  currentReplicas: targetGauge(
    'setpoint_target_current_replicas',
    'spec.replicas of the workload at the last decision.',
    'How large is it?',
  ),
  desiredReplicas: targetGauge('setpoint_target_desired_replicas', 'Replicas decided on.', 'How large should it be?'),
  unclampedReplicas: targetGauge(
    'setpoint_target_unclamped_replicas',
    'Replicas the metrics ask for, before windows, rates and bounds.',
    'What would it be without limits?',
  ),
  minReplicas: targetGauge('setpoint_target_min_replicas', 'Lower bound.', 'Is it at its lower bound?'),
  maxReplicas: targetGauge('setpoint_target_max_replicas', 'Upper bound.', 'Is it at its upper bound?'),
  readyReplicas: targetGauge(
    'setpoint_target_ready_replicas',
    'Pods whose Ready condition is True.',
    'How many serve?',
  ),
  metricValue: metricGauge(
    'setpoint_metric_value',
    'Value of the metric in base units; percent for utilization.',
    'What is the load?',
  ),
  metricTarget: metricGauge(
    'setpoint_metric_target',
    'Target of the metric in the unit of its value.',
    'What is the load meant to be?',
  ),
  metricRatio: metricGauge('setpoint_metric_ratio', 'Value over target; 1 is on target.', 'How far off target is it?'),
  metricProposal: metricGauge(
    'setpoint_metric_proposed_replicas',
    'Replicas this metric asks for.',
    'Which metric decides?',
  ),
  sampleAge: metricGauge(
    'setpoint_metric_sample_age_seconds',
    'Age of the newest sample at the decision, where the source says it.',
    'How old is what it decides on?',
  ),

  decisions: counter(
    'setpoint_decisions_total',
    ['action', 'reason'],
    'Decisions by action (scale_up, scale_down, none) and the reason of their last step.',
    'What does the fleet do, and why?',
  ),
  holds: counter(
    'setpoint_holds_total',
    ['reason'],
    'Proposals that a guard changed or held, by guard.',
    'Which guards act?',
  ),
  absences: counter(
    'setpoint_readings_absent_total',
    ['type', 'reason'],
    'Readings without a usable value, by metric type and reason.',
    'Which data is missing?',
  ),
  targets: gauge('setpoint_targets', [], 'ScaledTargets known.', 'How many targets are there?'),
  lag: histogram(
    'setpoint_schedule_lag_seconds',
    [],
    LAG_BUCKETS,
    'Seconds a decision began after its scheduled time.',
    'Are decisions late?',
  ),
  leadTime: histogram(
    'setpoint_scale_out_lead_time_seconds',
    [],
    LEAD_BUCKETS,
    'Seconds from the write of a larger size until as many pods were Ready.',
    'How long until new pods serve?',
  ),
  lastLeadTime: targetGauge(
    'setpoint_target_lead_time_seconds',
    'Lead time of the last scale-out.',
    'How long did it take here?',
  ),
  sourceTime: histogram(
    'setpoint_source_request_duration_seconds',
    ['source'],
    REQUEST_BUCKETS,
    'Seconds per request to a metric source.',
    'Is a source slow?',
  ),
  sourceErrors: counter(
    'setpoint_source_errors_total',
    ['source', 'reason'],
    'Requests to a metric source without a usable answer.',
    'Is a source down?',
  ),
  statusWrites: counter(
    'setpoint_status_writes_total',
    ['kind'],
    'Status writes: change (a decision, condition or error changed) or refresh (columns, under the budget).',
    'What does status cost?',
  ),
} as const satisfies Record<string, MetricDefinition>;
