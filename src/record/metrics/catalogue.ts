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

/** client-go's buckets of the work queue: 10 ns to 10 s. */
const QUEUE_BUCKETS = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10];
const REQUEST_BUCKETS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** From a pod that is ready at once to an image pulled onto a new node. */
const LEAD_BUCKETS = [1, 2, 5, 10, 20, 30, 45, 60, 90, 120, 180, 300, 600];
const TARGET = ['namespace', 'name'] as const;
const METRIC = ['namespace', 'name', 'metric'] as const;

function define<const T extends Record<string, MetricDefinition>>(table: T): T {
  return table;
}

// biome-ignore format: one metric a line reads as the table it is
export const METRICS = define({
  queueDepth: { name: 'workqueue_depth', type: 'gauge', labels: ['name'], help: 'Keys waiting in the work queue.', question: 'Is the controller keeping up?' },
  queueAdds: { name: 'workqueue_adds_total', type: 'counter', labels: ['name'], help: 'Keys added to the work queue.', question: 'How much work arrives?' },
  queueWait: { name: 'workqueue_queue_duration_seconds', type: 'histogram', labels: ['name'], buckets: QUEUE_BUCKETS, help: 'Seconds a key waited in the queue.', question: 'Are there too few workers?' },
  queueWork: { name: 'workqueue_work_duration_seconds', type: 'histogram', labels: ['name'], buckets: QUEUE_BUCKETS, help: 'Seconds a cycle took.', question: 'Are cycles slow?' },
  queueRetries: { name: 'workqueue_retries_total', type: 'counter', labels: ['name'], help: 'Keys added again after a failure.', question: 'Are cycles failing?' },
  queueUnfinished: { name: 'workqueue_unfinished_work_seconds', type: 'gauge', labels: ['name'], help: 'Seconds of work in progress, summed over workers.', question: 'Is a worker stuck?' },
  queueLongest: { name: 'workqueue_longest_running_processor_seconds', type: 'gauge', labels: ['name'], help: 'Seconds the longest cycle has been running.', question: 'Which is the longest hang?' },
  reconciles: { name: 'controller_runtime_reconcile_total', type: 'counter', labels: ['controller', 'result'], help: 'Cycles by result.', question: 'How many cycles end well?' },
  reconcileTime: { name: 'controller_runtime_reconcile_time_seconds', type: 'histogram', labels: ['controller'], buckets: REQUEST_BUCKETS, help: 'Seconds per cycle.', question: 'How long does a cycle take?' },
  restRequests: { name: 'rest_client_requests_total', type: 'counter', labels: ['code', 'method', 'host'], help: 'Requests to the API server by answer.', question: 'What does Setpoint cost the API server?' },
  restDuration: { name: 'rest_client_request_duration_seconds', type: 'histogram', labels: ['verb', 'host'], buckets: REQUEST_BUCKETS, help: 'Seconds per request to the API server.', question: 'Is the API server slow?' },
  leader: { name: 'leader_election_master_status', type: 'gauge', labels: ['name'], help: '1 while this process leads, else 0.', question: 'Who leads?' },

  currentReplicas: { name: 'setpoint_target_current_replicas', type: 'gauge', labels: TARGET, perTarget: true, help: 'spec.replicas of the workload at the last decision.', question: 'How large is it?' },
  desiredReplicas: { name: 'setpoint_target_desired_replicas', type: 'gauge', labels: TARGET, perTarget: true, help: 'Replicas decided on.', question: 'How large should it be?' },
  unclampedReplicas: { name: 'setpoint_target_unclamped_replicas', type: 'gauge', labels: TARGET, perTarget: true, help: 'Replicas the metrics ask for, before windows, rates and bounds.', question: 'What would it be without limits?' },
  minReplicas: { name: 'setpoint_target_min_replicas', type: 'gauge', labels: TARGET, perTarget: true, help: 'Lower bound.', question: 'Is it at its lower bound?' },
  maxReplicas: { name: 'setpoint_target_max_replicas', type: 'gauge', labels: TARGET, perTarget: true, help: 'Upper bound.', question: 'Is it at its upper bound?' },
  readyReplicas: { name: 'setpoint_target_ready_replicas', type: 'gauge', labels: TARGET, perTarget: true, help: 'Pods whose Ready condition is True.', question: 'How many serve?' },
  metricValue: { name: 'setpoint_metric_value', type: 'gauge', labels: METRIC, perTarget: true, help: 'Value of the metric in base units; percent for utilization.', question: 'What is the load?' },
  metricTarget: { name: 'setpoint_metric_target', type: 'gauge', labels: METRIC, perTarget: true, help: 'Target of the metric in the unit of its value.', question: 'What is the load meant to be?' },
  metricRatio: { name: 'setpoint_metric_ratio', type: 'gauge', labels: METRIC, perTarget: true, help: 'Value over target; 1 is on target.', question: 'How far off target is it?' },
  metricProposal: { name: 'setpoint_metric_proposed_replicas', type: 'gauge', labels: METRIC, perTarget: true, help: 'Replicas this metric asks for.', question: 'Which metric decides?' },
  sampleAge: { name: 'setpoint_metric_sample_age_seconds', type: 'gauge', labels: METRIC, perTarget: true, help: 'Age of the newest sample at the decision, where the source says it.', question: 'How old is what it decides on?' },

  decisions: { name: 'setpoint_decisions_total', type: 'counter', labels: ['action', 'reason'], help: 'Decisions by action (scale_up, scale_down, none) and the reason of their last step.', question: 'What does the fleet do, and why?' },
  holds: { name: 'setpoint_holds_total', type: 'counter', labels: ['reason'], help: 'Proposals that a guard changed or held, by guard.', question: 'Which guards act?' },
  absences: { name: 'setpoint_readings_absent_total', type: 'counter', labels: ['type', 'reason'], help: 'Readings without a usable value, by metric type and reason.', question: 'Which data is missing?' },
  targets: { name: 'setpoint_targets', type: 'gauge', labels: [], help: 'ScaledTargets known.', question: 'How many targets are there?' },
  lag: { name: 'setpoint_schedule_lag_seconds', type: 'histogram', labels: [], buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60], help: 'Seconds a decision began after its scheduled time.', question: 'Are decisions late?' },
  leadTime: { name: 'setpoint_scale_out_lead_time_seconds', type: 'histogram', labels: [], buckets: LEAD_BUCKETS, help: 'Seconds from the write of a larger size until as many pods were Ready.', question: 'How long until new pods serve?' },
  lastLeadTime: { name: 'setpoint_target_lead_time_seconds', type: 'gauge', labels: TARGET, perTarget: true, help: 'Lead time of the last scale-out.', question: 'How long did it take here?' },
  sourceTime: { name: 'setpoint_source_request_duration_seconds', type: 'histogram', labels: ['source'], buckets: REQUEST_BUCKETS, help: 'Seconds per request to a metric source.', question: 'Is a source slow?' },
  sourceErrors: { name: 'setpoint_source_errors_total', type: 'counter', labels: ['source', 'reason'], help: 'Requests to a metric source without a usable answer.', question: 'Is a source down?' },
  statusWrites: { name: 'setpoint_status_writes_total', type: 'counter', labels: ['kind'], help: 'Status writes: change (a decision, condition or error changed) or refresh (columns, under the budget).', question: 'What does status cost?' },
});
