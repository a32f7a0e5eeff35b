// Every metric Setpoint exposes for the controller and its fleet, in one table; those of each target are in target-catalogue.ts.
// Names that client-go and controller-runtime have are theirs, so that existing dashboards work.
import { counter, gauge, histogram, type MetricDefinition } from './definition.ts';

/** Those of client-go's work queue that a cycle can fall into: 10 µs to 10 s. */
const QUEUE_BUCKETS = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10];
const REQUEST_BUCKETS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** From a pod that is ready at once to an image pulled onto a new node. */
const LEAD_BUCKETS = [1, 2, 5, 10, 20, 30, 45, 60, 90, 120, 180, 300, 600];
/** From a punctual timer to a backlog of a minute. */
const LAG_BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60];

/** By the name that the code counts under. */
export const METRICS = {
  queueDepth: gauge('workqueue_depth', ['name'], 'keys', [
    'Keys waiting in the work queue.',
    'Is the controller keeping up?',
  ]),
  queueAdds: counter('workqueue_adds_total', ['name'], 'keys', [
    'Keys added to the work queue.',
    'How much work arrives?',
  ]),
  queueWait: histogram('workqueue_queue_duration_seconds', ['name'], QUEUE_BUCKETS, [
    'How long a key waited in the queue.',
    'Are there too few workers?',
  ]),
  queueWork: histogram('workqueue_work_duration_seconds', ['name'], QUEUE_BUCKETS, [
    'How long a cycle took.',
    'Are cycles slow?',
  ]),
  queueRetries: counter('workqueue_retries_total', ['name'], 'keys', [
    'Keys added again after a failure.',
    'Are cycles failing?',
  ]),
  queueUnfinished: gauge('workqueue_unfinished_work_seconds', ['name'], 'seconds', [
    'How long the work in progress has taken, summed over workers.',
    'Is a worker stuck?',
  ]),
  queueLongest: gauge('workqueue_longest_running_processor_seconds', ['name'], 'seconds', [
    'How long the longest cycle has been running.',
    'Which is the longest hang?',
  ]),
  reconciles: counter('controller_runtime_reconcile_total', ['controller', 'result'], 'cycles', [
    'Cycles by result.',
    'How many cycles end well?',
  ]),
  reconcileTime: histogram('controller_runtime_reconcile_time_seconds', ['controller'], REQUEST_BUCKETS, [
    'How long a cycle took.',
    'How long does a cycle take?',
  ]),
  restRequests: counter('rest_client_requests_total', ['code', 'method', 'host'], 'requests', [
    'Requests to the API server by answer.',
    'What does Setpoint cost the API server?',
  ]),
  restDuration: histogram('rest_client_request_duration_seconds', ['verb', 'host'], REQUEST_BUCKETS, [
    'How long a request to the API server took.',
    'Is the API server slow?',
  ]),
  leader: gauge('leader_election_master_status', ['name'], '0 or 1', [
    '1 while this process leads, else 0.',
    'Who leads?',
  ]),
  leaseTransitions: gauge('setpoint_lease_transitions', ['name'], 'changes of the leader', [
    'How often the Lease has changed its holder, as this process saw it last.',
    'Does the leadership change hands too often?',
  ]),

  targets: gauge('setpoint_targets', [], 'targets', [
    'ScaledTargets that this process has worked on and that are still there: those of the leader.',
    'How many targets are there?',
  ]),
  targetsInState: gauge('setpoint_targets_in_state', ['state'], 'targets', [
    'Targets that are now at_max, at_min, with unmet_demand, held_by_guard, in conflict, or undecided. One may be in several.',
    'How is the fleet, without a series for each target?',
  ]),
  decisions: counter('setpoint_decisions_total', ['action', 'reason'], 'decisions', [
    'Decisions by action (scale_up, scale_down, none) and the reason of their last step.',
    'What does the fleet do, and why?',
  ]),
  holds: counter('setpoint_holds_total', ['reason'], 'proposals', [
    'Proposals that a guard changed or held, by guard.',
    'Which guards act?',
  ]),
  absences: counter('setpoint_readings_absent_total', ['type', 'reason'], 'readings', [
    'Readings without a usable value, by metric type and reason.',
    'Which data is missing?',
  ]),
  scaleWrites: counter('setpoint_scale_writes_total', ['outcome'], 'decisions', [
    'New sizes by what became of them: Written, Failed, or not sent because of Recommend or a Conflict.',
    'Do new sizes reach the workloads?',
  ]),
  statusWrites: counter('setpoint_status_writes_total', ['kind'], 'writes', [
    'Status writes: change (a decision, condition or error changed), refresh (columns, under the budget) or failed.',
    'What does status cost?',
  ]),
  lag: histogram('setpoint_schedule_lag_seconds', [], LAG_BUCKETS, [
    'How long after its scheduled time a decision began.',
    'Are decisions late?',
  ]),
  leadTime: histogram('setpoint_scale_out_lead_time_seconds', [], LEAD_BUCKETS, [
    'From the write of a larger size until as many pods were Ready.',
    'How long until new pods serve?',
  ]),
  sourceUp: gauge('setpoint_source_up', ['source'], '0 or 1', [
    '1 when the source answered the last request that was sent to it, 0 when the source itself failed; none before the first.',
    'Is a source down?',
  ]),
  sourceTime: histogram('setpoint_source_request_duration_seconds', ['source'], REQUEST_BUCKETS, [
    'How long a request to a metric source took.',
    'Is a source slow?',
  ]),
  sourceErrors: counter('setpoint_source_errors_total', ['source', 'reason'], 'requests', [
    'Requests to a metric source without a usable answer.',
    'What is wrong with a source, or with a query?',
  ]),
} as const satisfies Record<string, MetricDefinition>;

export type MetricKey = keyof typeof METRICS;
