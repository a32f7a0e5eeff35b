// The status of a ScaledTarget after a cycle: a pure function of what the status was, what was decided and what became of it.
// Keeps to the schema's bounds whatever it is given. Whether it is worth a write is status-diff.ts, who writes it is not said here.
import type { Condition, Metric, ScaledTarget } from '../api/spec.ts';
import type { ConditionStatus, CurrentMetricStatus, ScaledTargetStatus } from '../api/schema-status.ts';
import { STATUS_LIMITS } from '../api/limits.ts';
import { formatMilli } from '../base/quantity.ts';
import type { DecisionRecord } from '../api/schema-decision.ts';
import type { Decision, History, MetricStatus, ScaleEvent } from '../decide/types.ts';
import { metricsText } from './metric-text.ts';
import { cut, secondsText, timeText } from './wire.ts';

type MutableSelector = NonNullable<NonNullable<CurrentMetricStatus['external']>['metric']['selector']>;

/** A change of size that was written, as the history tells of it. */
export type SizeChange = NonNullable<ScaledTargetStatus['history']>[number];

/** Rate policies look back half an hour at most. */
const SCALE_EVENTS_KEPT_MS = 1_800_000;
/** An event later than this was stamped by a clock that was wrong. */
const SCALE_EVENTS_AHEAD_MS = 60_000;

/** What happened in a cycle, as far as status tells of it. */
export interface CycleStory {
  readonly target: ScaledTarget;
  /** Undefined: nothing was decided (a bad spec, an unreadable scale); what the last decision said stays. */
  readonly decision: Decision | undefined;
  /** Of that decision; undefined with it. */
  readonly record: DecisionRecord | undefined;
  /** All conditions, after the outcome of the write is known. */
  readonly conditions: readonly Condition[];
  readonly scaleEvents: History['scaleEvents'];
  /** Whether a new size was written. */
  readonly rescaled: boolean;
  /** Why this size, in short. */
  readonly why: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The status to follow `previous`, which is what the API server shows, of whatever shape. */
export function nextStatus(previous: unknown, story: CycleStory): ScaledTargetStatus {
  const before = fieldsOf(previous);
  const { target, decision, now } = story;
  const currentReplicas = decision?.currentReplicas ?? target.previous.currentReplicas;
  const desiredReplicas = decision?.statusDesiredReplicas ?? target.previous.desiredReplicas;
  const lastScaleTime = story.rescaled ? secondsText(now) : timeText(target.previous.lastScaleTimeMs);
  const currentMetrics = decision ? currentMetricsOf(target, decision) : before['currentMetrics'];
  const lastDecision = story.record ?? before['lastDecision'];
  return {
    observedGeneration: target.generation,
    ...(currentReplicas !== undefined && { currentReplicas }),
    ...(desiredReplicas !== undefined && { desiredReplicas }),
    ...(lastScaleTime !== undefined && { lastScaleTime }),
    ...(isFilledList(currentMetrics) && { currentMetrics: currentMetrics as CurrentMetricStatus[] }),
    conditions: story.conditions.map((condition) => conditionOf(condition, before['conditions'], story)),
    ...(lastDecision !== undefined && lastDecision !== null && { lastDecision: lastDecision as DecisionRecord }),
    scaleEvents: {
      up: keptEvents(story.scaleEvents.up, now),
      down: keptEvents(story.scaleEvents.down, now),
    },
    ...historyOf(before['history'], story),
    summary: summaryOf(before['summary'], story),
  };
}

function conditionOf(condition: Condition, before: unknown, { target, now }: CycleStory): ConditionStatus {
  return {
    type: condition.type,
    status: condition.status,
    observedGeneration: target.generation,
    lastTransitionTime: transitionTime(condition, before) ?? secondsText(now),
    reason: condition.reason,
    message: cut(condition.message, STATUS_LIMITS.conditionMessage),
  };
}

/** When the condition took this status, if the status of before says so and is to be believed. */
function transitionTime(condition: Condition, before: unknown): string | undefined {
  if (!Array.isArray(before)) return undefined;
  for (const candidate of before) {
    const { type, status, lastTransitionTime } = fieldsOf(candidate);
    if (type !== condition.type) continue;
    if (status !== condition.status || typeof lastTransitionTime !== 'string') return undefined;
    return Number.isNaN(Date.parse(lastTransitionTime)) ? undefined : lastTransitionTime;
  }
  return undefined;
}

function historyOf(
  before: unknown,
  { decision, record, rescaled, why, now }: CycleStory,
): Pick<ScaledTargetStatus, 'history'> {
  const history = (Array.isArray(before) ? before : []) as SizeChange[];
  if (!rescaled || !decision) return history.length === 0 ? {} : { history: history.slice(-STATUS_LIMITS.history) };
  return { history: withChange(history, changeOf(decision, { cycle: record?.cycle, why, now })) };
}

/** How the history tells of a decision whose size was written in the cycle that began at `now`. */
export function changeOf(
  { currentReplicas: from, desiredReplicas: to }: Pick<Decision, 'currentReplicas' | 'desiredReplicas'>,
  { cycle, why, now }: { readonly cycle: string | undefined; readonly why: string; readonly now: number },
): SizeChange {
  return {
    time: secondsText(now),
    from,
    to,
    ...(why !== '' && { reason: cut(why, STATUS_LIMITS.text) }),
    ...(cycle !== undefined && { cycle }),
  };
}

/** A history, of whatever shape, with one more change at its end. */
export function withChange(history: unknown, change: SizeChange): SizeChange[] {
  const before = (Array.isArray(history) ? history : []) as SizeChange[];
  return [...before, change].slice(-STATUS_LIMITS.history);
}

function summaryOf(before: unknown, { target, decision, why }: CycleStory) {
  const { spec } = target;
  const shown = fieldsOf(before);
  const kept = (field: string) => (typeof shown[field] === 'string' ? { [field]: shown[field] } : {});
  return {
    ...(spec
      ? { target: cut(`${spec.scaleTargetRef.kind}/${spec.scaleTargetRef.name}`, STATUS_LIMITS.text) }
      : kept('target')),
    ...(spec && decision
      ? { metrics: cut(metricsText(spec.metrics, decision.currentMetrics), STATUS_LIMITS.text) }
      : kept('metrics')),
    why: cut(why, STATUS_LIMITS.text),
  };
}

function currentMetricsOf({ spec }: ScaledTarget, { currentMetrics }: Decision): CurrentMetricStatus[] {
  return currentMetrics.slice(0, STATUS_LIMITS.metrics).map((status, index) => {
    const metric = spec?.metrics[index];
    if (!metric || !status) return { type: '', ...(metric && { name: metric.name }) };
    const sampleTime = timeText(status.sampleAtMs);
    return {
      type: metric.type,
      name: metric.name,
      ...(sampleTime !== undefined && { sampleTime }),
      ...shapeOf(metric, status),
    };
  });
}

/** The metric in the HPA's shape for its type. */
function shapeOf(metric: Metric, status: MetricStatus): Omit<CurrentMetricStatus, 'type'> {
  const current = {
    ...(status.averageUtilization !== undefined && { averageUtilization: status.averageUtilization }),
    ...(status.averageValueMilli !== undefined && { averageValue: formatMilli(status.averageValueMilli) }),
    ...(status.valueMilli !== undefined && { value: formatMilli(status.valueMilli) }),
  };
  switch (metric.type) {
    case 'Resource':
      return { resource: { name: metric.resource, current } };
    case 'ContainerResource':
      return { containerResource: { name: metric.resource, container: metric.container, current } };
    case 'Pods':
      return { pods: { metric: identifierOf(metric), current } };
    case 'Object':
      return { object: { metric: identifierOf(metric), current, describedObject: metric.describedObject } };
    case 'External':
      return { external: { metric: identifierOf(metric), current } };
    case 'Prometheus':
      return { prometheus: { source: metric.source, current } };
    case 'Unknown':
    default:
      return {};
  }
}

function identifierOf({ metricName, selector }: Extract<Metric, { metricName: string }>) {
  // The spec's selector is read-only, the wire type is not: it is written out, never changed.
  return { name: metricName, ...(selector && { selector: selector as MutableSelector }) };
}

function keptEvents(events: readonly ScaleEvent[], now: number) {
  const kept = events.filter(
    ({ outdated, atMs }) => !outdated && now - atMs <= SCALE_EVENTS_KEPT_MS && atMs - now <= SCALE_EVENTS_AHEAD_MS,
  );
  // Milliseconds count here: a rate policy compares ages with whole seconds.
  return kept.slice(-STATUS_LIMITS.scaleEvents).map(({ change, atMs, unconfirmed }) => ({
    change,
    time: new Date(atMs).toISOString(),
    ...(unconfirmed && { unconfirmed }),
  }));
}

function isFilledList(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

/** The fields of an object read without trust; none when it is no object. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

/** The items of a list read without trust; none when it is no list. */
export function listOf(value: unknown): Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}
