// The dashboard of one target: its load against its target, its sizes with the bounds, and what held or changed them.
import { dashboardOf, labelVariable } from './dashboard.ts';
import type { Annotation, Dashboard } from './model.ts';
import { BAD_ABOVE_ZERO, DATASOURCE, graph, heading, type PlacedLater, stat, states, table } from './panels.ts';

const JOB = 'job=~"$job"';
const ONE = `{${JOB}, namespace="$namespace", name="$name"}`;
const METRIC = `{${JOB}, namespace="$namespace", name="$name", metric=~"$metric"}`;
/** Old and new leader show the same target for a moment: one of them counts. */
const own = (metric: string): string => `max(${metric}${ONE})`;
const by = (label: string, metric: string): string => `max by (${label}) (${metric}${ONE})`;

const now: PlacedLater[] = [
  stat({ title: 'Current', about: 'spec.replicas of the workload.', unit: 'short', width: 3 }, [
    own('setpoint_target_current_replicas'),
    'current',
  ]),
  stat({ title: 'Decided', about: 'The size decided on.', unit: 'short', width: 3 }, [
    own('setpoint_target_desired_replicas'),
    'desired',
  ]),
  stat(
    {
      title: 'Asked for',
      about: 'What the metrics ask for, before windows, rates and bounds.',
      unit: 'short',
      width: 3,
    },
    [own('setpoint_target_unclamped_replicas'), 'asked for'],
  ),
  stat({ title: 'Ready', about: 'Pods whose Ready condition is True.', unit: 'short', width: 3 }, [
    own('setpoint_target_ready_replicas'),
    'ready',
  ]),
  stat(
    { title: 'Short of', about: 'Replicas that the metrics ask for above maxReplicas.', unit: 'short', width: 3 },
    [own('setpoint_target_unmet_replicas'), 'short of'],
    BAD_ABOVE_ZERO,
  ),
  stat({ title: 'Last decision', about: 'How long ago it was decided.', unit: 's', width: 3 }, [
    `time() - ${own('setpoint_target_last_decision_timestamp_seconds')}`,
    'ago',
  ]),
  stat({ title: 'Decided every', about: 'Its period.', unit: 's', width: 3 }, [
    own('setpoint_target_sync_period_seconds'),
    'period',
  ]),
  stat(
    {
      title: 'Lead time',
      about: 'Of the last scale-out: from the write until as many pods were Ready. None before the first.',
      unit: 's',
      width: 3,
    },
    [own('setpoint_target_lead_time_seconds'), 'lead time'],
  ),
];

const story: PlacedLater[] = [
  graph(
    {
      title: 'Size',
      about: 'The size, what the metrics ask for, what was decided, and how many pods serve, between the bounds.',
      unit: 'short',
      width: 24,
    },
    [
      [own('setpoint_target_current_replicas'), 'current'],
      [own('setpoint_target_desired_replicas'), 'decided'],
      [own('setpoint_target_unclamped_replicas'), 'asked for'],
      [own('setpoint_target_ready_replicas'), 'ready'],
      [own('setpoint_target_min_replicas'), 'min'],
      [own('setpoint_target_max_replicas'), 'max'],
    ],
    { style: 'stairs', dashed: ['min', 'max'] },
  ),
  states(
    {
      title: 'Held, and why',
      about:
        'What keeps the size from what the metrics ask for: a guard, a window, a speed limit, a bound, missing data.',
      unit: 'none',
      width: 12,
    },
    [by('reason', 'setpoint_target_held'), '{{reason}}'],
  ),
  states(
    {
      title: 'Conditions',
      about: 'Blue: True. Grey: False, which is good for Conflict and ScalingLimited.',
      unit: 'none',
      width: 12,
    },
    [by('condition', 'setpoint_target_condition'), '{{condition}}'],
    'text',
  ),
];

const metrics: PlacedLater[] = [
  heading('Metrics'),
  {
    ...graph(
      {
        title: 'Load against target: $metric',
        about: 'The value of the metric and what it is compared with. A gap means that it could not be read.',
        unit: 'short',
        width: 24,
      },
      [
        [`max by (metric) (setpoint_metric_value${METRIC})`, '{{metric}}'],
        [`max by (metric) (setpoint_metric_target${METRIC})`, '{{metric}} target'],
      ],
    ),
    repeat: 'metric',
    repeatDirection: 'h',
    maxPerRow: 2,
  },
  graph(
    {
      title: 'Value over target',
      about: '1 is on target; above it the metric asks for more.',
      unit: 'percentunit',
      width: 8,
    },
    [[`max by (metric) (setpoint_metric_ratio${METRIC})`, '{{metric}}']],
  ),
  graph(
    { title: 'What each metric asks for', about: 'The largest of them counts.', unit: 'short', width: 8 },
    [[`max by (metric) (setpoint_metric_proposed_replicas${METRIC})`, '{{metric}}']],
    { style: 'stairs' },
  ),
  graph(
    {
      title: 'Age of the newest sample',
      about: 'How old the data was that it was decided on. None where the source does not say.',
      unit: 's',
      width: 8,
    },
    [[`max by (metric) (setpoint_metric_sample_age_seconds${METRIC})`, '{{metric}}']],
  ),
];

const changes: PlacedLater[] = [
  heading('Changes'),
  graph(
    { title: 'Changes of size', about: 'New sizes that were written, by direction.', unit: 'short', width: 8 },
    [[`sum by (direction) (increase(setpoint_target_changes_total${ONE}[$__rate_interval]))`, '{{direction}}']],
    { style: 'bars' },
  ),
  graph(
    {
      title: 'Turned around in an hour',
      about: 'Changes against the one before: many of them are flapping.',
      unit: 'short',
      width: 8,
    },
    [[`sum(increase(setpoint_target_reversals_total${ONE}[1h]))`, 'reversals']],
  ),
  graph(
    {
      title: 'Lead time of scale-outs',
      about: 'Of the last scale-out, from the write until as many pods were Ready.',
      unit: 's',
      width: 8,
    },
    [[own('setpoint_target_lead_time_seconds'), 'lead time']],
    { style: 'stairs' },
  ),
  table(
    { title: 'Changes in the last hour', about: 'By direction.', unit: 'short', width: 12 },
    `round(sum by (namespace, name, direction) (increase(setpoint_target_changes_total${ONE}[1h])))`,
    'changes',
  ),
  table(
    { title: 'Held now by', about: 'Each reason is explained in docs/reference/reasons.md.', unit: 'short', width: 12 },
    `max by (namespace, name, reason) (setpoint_target_held${ONE})`,
    'held',
  ),
];

/** A mark at each change of size. */
const marks: Annotation = {
  name: 'Changes of size',
  datasource: DATASOURCE,
  enable: true,
  hide: false,
  iconColor: 'blue',
  expr: `sum by (direction) (increase(setpoint_target_changes_total${ONE}[1m])) > 0`,
  step: '60s',
  titleFormat: 'scaled {{direction}}',
  textFormat: 'A new size was written.',
  useValueForTime: false,
};

export function target(): Dashboard {
  return dashboardOf({
    uid: 'setpoint-target',
    title: 'Setpoint / Target',
    description:
      'One ScaledTarget: its load against its target, its sizes with the bounds, and what held or changed them.',
    variables: [
      labelVariable('namespace', {
        label: 'Namespace',
        query: `label_values(setpoint_target_current_replicas{${JOB}}, namespace)`,
        many: false,
      }),
      labelVariable('name', {
        label: 'ScaledTarget',
        query: `label_values(setpoint_target_current_replicas{${JOB}, namespace="$namespace"}, name)`,
        many: false,
      }),
      labelVariable('metric', {
        label: 'Metric',
        query: `label_values(setpoint_metric_target${ONE}, metric)`,
        many: true,
      }),
    ],
    annotations: [marks],
    panels: [...now, ...story, ...metrics, ...changes],
  });
}
