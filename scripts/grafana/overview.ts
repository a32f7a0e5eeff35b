// The dashboard of the fleet: who is at a bound or short, what holds whom, how much changes, and whether controller and sources are well.
import { dashboardOf, labelVariable } from './dashboard.ts';
import type { Dashboard } from './model.ts';
import { BAD_ABOVE_ZERO, graph, heading, type PlacedLater, stat, states, table } from './panels.ts';

const JOB = 'job=~"$job"';
/** Of targets in the chosen namespaces. */
const CHOSEN = `{${JOB}, namespace=~"$namespace"}`;
/** Old and new leader show the same target for a moment: one of them counts. */
const each = (metric: string): string => `max by (namespace, name) (${metric}${CHOSEN})`;
const inState = (state: string): string => `max(setpoint_targets_in_state{${JOB}, state="${state}"})`;
const rateBy = (labels: string, metric: string, matchers = JOB): string =>
  `sum by (${labels}) (rate(${metric}{${matchers}}[$__rate_interval]))`;
const quantile = (share: number, metric: string, labels = ''): string =>
  `histogram_quantile(${share}, sum by (le${labels}) (rate(${metric}_bucket{${JOB}}[$__rate_interval])))`;

const fleet: PlacedLater[] = [
  stat({ title: 'Targets', about: 'ScaledTargets that are looked after.', unit: 'short', width: 3 }, [
    `max(setpoint_targets{${JOB}})`,
    'targets',
  ]),
  stat({ title: 'At maxReplicas', about: 'Targets whose size is their upper bound.', unit: 'short', width: 3 }, [
    inState('at_max'),
    'at max',
  ]),
  stat(
    {
      title: 'Demand not met',
      about: 'Targets whose metrics ask for more than maxReplicas.',
      unit: 'short',
      width: 3,
    },
    [inState('unmet_demand'), 'unmet'],
    BAD_ABOVE_ZERO,
  ),
  stat({ title: 'At minReplicas', about: 'Targets whose size is their lower bound.', unit: 'short', width: 3 }, [
    inState('at_min'),
    'at min',
  ]),
  stat(
    {
      title: 'Held by a guard',
      about: 'Targets that a guard keeps from what their metrics ask for: the data is not good enough to shrink by.',
      unit: 'short',
      width: 3,
    },
    [inState('held_by_guard'), 'held'],
    BAD_ABOVE_ZERO,
  ),
  stat(
    { title: 'In conflict', about: 'Targets that somebody else scales, too.', unit: 'short', width: 3 },
    [inState('conflict'), 'conflict'],
    BAD_ABOVE_ZERO,
  ),
  stat(
    {
      title: 'Undecided',
      about: 'Targets whose last cycle came to no decision: the workload cannot be read, or the spec is wrong.',
      unit: 'short',
      width: 3,
    },
    [inState('undecided'), 'undecided'],
    BAD_ABOVE_ZERO,
  ),
  stat(
    { title: 'Leader', about: 'The process that leads now.', unit: 'none', width: 3 },
    [`leader_election_master_status{${JOB}} == 1`, '{{instance}}'],
    undefined,
    'name',
  ),
];

const targets: PlacedLater[] = [
  heading('Targets to look at'),
  table(
    {
      title: 'At their maximum',
      about:
        'Targets at their upper bound, with its size. A full target is no fault while its metrics ask for no more.',
      unit: 'short',
      width: 6,
    },
    `${each('setpoint_target_desired_replicas')} >= ${each('setpoint_target_max_replicas')}`,
    'replicas',
  ),
  table(
    {
      title: 'Short of',
      about: 'Replicas that the metrics ask for above maxReplicas.',
      unit: 'short',
      width: 6,
    },
    `topk(20, ${each('setpoint_target_unmet_replicas')} > 0)`,
    'replicas short',
  ),
  table(
    {
      title: 'Held, and why',
      about:
        'What now keeps a size from what its metrics ask for: a guard, a window, a speed limit, a bound, missing data.',
      unit: 'short',
      width: 6,
    },
    `max by (namespace, name, reason) (setpoint_target_held${CHOSEN})`,
    'held',
  ),
  table(
    {
      title: 'Cannot scale, or in conflict',
      about: 'AbleToScale or ScalingActive is False, or Conflict is True: kubectl describe tells the rest.',
      unit: 'short',
      width: 6,
    },
    `max by (namespace, name, condition) (setpoint_target_condition{${JOB}, namespace=~"$namespace", condition=~"AbleToScale|ScalingActive"} == 0 or setpoint_target_condition{${JOB}, namespace=~"$namespace", condition="Conflict"} == 1)`,
    'status',
  ),
  table(
    {
      title: 'Largest',
      about: 'The twenty largest targets, by the size decided on.',
      unit: 'short',
      width: 6,
    },
    `topk(20, ${each('setpoint_target_desired_replicas')})`,
    'replicas',
  ),
  table(
    {
      title: 'Most changes in the last hour',
      about: 'New sizes that were written, in both directions.',
      unit: 'short',
      width: 6,
    },
    `topk(20, round(sum by (namespace, name) (increase(setpoint_target_changes_total${CHOSEN}[1h]))) > 0)`,
    'changes',
  ),
  table(
    {
      title: 'Turned around in the last hour',
      about: 'Changes against the one before. Many of them are flapping: a longer window, or a wider tolerance, helps.',
      unit: 'short',
      width: 6,
    },
    `topk(20, round(sum by (namespace, name) (increase(setpoint_target_reversals_total${CHOSEN}[1h]))) > 0)`,
    'reversals',
  ),
  table(
    {
      title: 'Longest since a decision',
      about: 'How long ago a target was decided, in periods of its own: 1 is on time.',
      unit: 'short',
      width: 6,
    },
    `topk(20, (time() - ${each('setpoint_target_last_decision_timestamp_seconds')}) / ${each('setpoint_target_sync_period_seconds')})`,
    'periods',
  ),
];

const decisions: PlacedLater[] = [
  heading('Decisions'),
  graph(
    {
      title: 'Replicas',
      about: 'All targets together: sizes, what the metrics ask for, and the bounds.',
      unit: 'short',
      width: 8,
    },
    [
      [`sum(${each('setpoint_target_current_replicas')})`, 'current'],
      [`sum(${each('setpoint_target_unclamped_replicas')})`, 'asked for'],
      [`sum(${each('setpoint_target_min_replicas')})`, 'min'],
      [`sum(${each('setpoint_target_max_replicas')})`, 'max'],
    ],
    { style: 'stairs', dashed: ['min', 'max'] },
  ),
  graph(
    { title: 'Churn', about: 'New sizes per minute, by direction.', unit: 'opm', width: 8 },
    [
      [
        `60 * ${rateBy('direction', 'setpoint_target_changes_total', `${JOB}, namespace=~"$namespace"`)}`,
        '{{direction}}',
      ],
    ],
    { style: 'bars' },
  ),
  graph(
    {
      title: 'New sizes by what became of them',
      about: 'Written to /scale, failed, or withheld: mode Recommend, a conflict.',
      unit: 'ops',
      width: 8,
    },
    [[rateBy('outcome', 'setpoint_scale_writes_total'), '{{outcome}}']],
  ),
  graph(
    { title: 'Decisions by action', about: 'How often the fleet grows, shrinks, and stays.', unit: 'ops', width: 8 },
    [[rateBy('action', 'setpoint_decisions_total'), '{{action}}']],
    { style: 'stacked' },
  ),
  graph(
    { title: 'Decisions by reason', about: 'The reason of the last step of each decision.', unit: 'ops', width: 8 },
    [[rateBy('reason', 'setpoint_decisions_total'), '{{reason}}']],
    { style: 'stacked' },
  ),
  graph(
    { title: 'Guards at work', about: 'Proposals that a guard changed or held.', unit: 'ops', width: 8 },
    [[rateBy('reason', 'setpoint_holds_total'), '{{reason}}']],
    { style: 'stacked' },
  ),
];

const sources: PlacedLater[] = [
  heading('Metric sources'),
  states(
    {
      title: 'Up',
      about: 'Blue: the source answers. Red: it does not, and its metrics are missing.',
      unit: 'none',
      width: 6,
    },
    [`min by (source) (setpoint_source_up{${JOB}})`, '{{source}}'],
  ),
  graph({ title: 'Time of a request (p95)', about: 'How long a source takes to answer.', unit: 's', width: 6 }, [
    [quantile(0.95, 'setpoint_source_request_duration_seconds', ', source'), '{{source}}'],
  ]),
  graph(
    {
      title: 'Requests without an answer',
      about: 'What is wrong with a source, or with a query.',
      unit: 'reqps',
      width: 6,
    },
    [[rateBy('source, reason', 'setpoint_source_errors_total'), '{{source}} {{reason}}']],
  ),
  graph(
    {
      title: 'Readings that are absent',
      about: 'Metrics without a usable value: never taken for zero.',
      unit: 'ops',
      width: 6,
    },
    [[rateBy('type, reason', 'setpoint_readings_absent_total'), '{{type}} {{reason}}']],
  ),
];

const controller: PlacedLater[] = [
  heading('Controller'),
  graph({ title: 'Lag', about: 'How long after its time a decision begins.', unit: 's', width: 6 }, [
    [quantile(0.5, 'setpoint_schedule_lag_seconds'), 'p50'],
    [quantile(0.99, 'setpoint_schedule_lag_seconds'), 'p99'],
  ]),
  graph({ title: 'Time of a cycle', about: 'Reading, deciding, writing, recording.', unit: 's', width: 6 }, [
    [quantile(0.5, 'controller_runtime_reconcile_time_seconds'), 'p50'],
    [quantile(0.99, 'controller_runtime_reconcile_time_seconds'), 'p99'],
  ]),
  graph({ title: 'Cycles by result', about: 'A cycle that fails is tried again.', unit: 'ops', width: 6 }, [
    [rateBy('result', 'controller_runtime_reconcile_total'), '{{result}}'],
  ]),
  graph(
    {
      title: 'Lead time of scale-outs',
      about: 'From the write of a larger size until as many pods were Ready.',
      unit: 's',
      width: 6,
    },
    [
      [
        `histogram_quantile(0.5, sum by (le) (increase(setpoint_scale_out_lead_time_seconds_bucket{${JOB}}[1h])))`,
        'p50',
      ],
      [
        `histogram_quantile(0.95, sum by (le) (increase(setpoint_scale_out_lead_time_seconds_bucket{${JOB}}[1h])))`,
        'p95',
      ],
    ],
  ),
  graph(
    {
      title: 'Requests to the API server',
      about: 'By method and answer; 409 is a conflict that is read again.',
      unit: 'reqps',
      width: 6,
    },
    [[rateBy('method, code', 'rest_client_requests_total'), '{{method}} {{code}}']],
    { style: 'stacked' },
  ),
  graph({ title: 'Time of API requests (p99)', about: 'By verb, without watches.', unit: 's', width: 6 }, [
    [quantile(0.99, 'rest_client_request_duration_seconds', ', verb'), '{{verb}}'],
  ]),
  graph(
    {
      title: 'Status writes',
      about: 'change: something to tell; refresh: columns, under the budget; failed.',
      unit: 'wps',
      width: 6,
    },
    [[rateBy('kind', 'setpoint_status_writes_total'), '{{kind}}']],
  ),
  graph({ title: 'Work queue', about: 'Keys that wait, and the longest cycle under way.', unit: 'short', width: 6 }, [
    [`max(workqueue_depth{${JOB}, name="scaledtarget"})`, 'keys waiting'],
    [`max(workqueue_longest_running_processor_seconds{${JOB}, name="scaledtarget"})`, 'longest cycle, seconds'],
  ]),
  graph(
    { title: 'Who leads', about: '1 for the leader. Never two at once, and seldom none.', unit: 'none', width: 6 },
    [[`leader_election_master_status{${JOB}}`, '{{instance}}']],
    { style: 'stairs', max: 1 },
  ),
  graph(
    { title: 'Changes of the leader', about: 'As the Lease counts them.', unit: 'short', width: 6 },
    [[`max by (name) (setpoint_lease_transitions{${JOB}})`, '{{name}}']],
    { style: 'stairs' },
  ),
  graph({ title: 'CPU', about: 'Of each replica.', unit: 'percentunit', width: 4 }, [
    [`rate(process_cpu_seconds_total{${JOB}}[$__rate_interval])`, '{{instance}}'],
  ]),
  graph({ title: 'Memory', about: 'Resident, of each replica.', unit: 'bytes', width: 4 }, [
    [`process_resident_memory_bytes{${JOB}}`, '{{instance}}'],
  ]),
  graph({ title: 'Event loop (p99)', about: 'How late the event loop comes to what is due.', unit: 's', width: 4 }, [
    [`nodejs_eventloop_lag_p99_seconds{${JOB}}`, '{{instance}}'],
  ]),
];

export function overview(): Dashboard {
  return dashboardOf({
    uid: 'setpoint-overview',
    title: 'Setpoint / Overview',
    description:
      'All ScaledTargets: who is at a bound or short, what holds whom, how much changes, and whether controller and sources are well.',
    variables: [
      labelVariable('namespace', {
        label: 'Namespace',
        query: `label_values(setpoint_target_current_replicas{${JOB}}, namespace)`,
        many: true,
      }),
    ],
    panels: [...fleet, ...targets, ...decisions, ...sources, ...controller],
  });
}
