// From one metric's reading to the size the HPA's arithmetic asks for, with the value to show, or to the HPA's words for why
// there is none. Guards and directions are for recommend.ts.
import type { MetricFailure } from '../api/reasons.ts';
import type { Metric } from '../api/spec.ts';
import type { AverageOver } from './guards/types.ts';
import { integersOf, MAX_INT64, type Tolerance } from './numbers.ts';
import { groupPods, type WarmUp } from './pod-groups.ts';
import { applyPodsRule, type Computed, countedValues, NO_PODS, NO_SAMPLES, type PodsOutcome } from './pods-rule.ts';
import { requestsOf } from './requests.ts';
import type { MetricStatus, PodsReading, Reading, Situation, ValueReading } from './types.ts';
import { averageTarget, type PodsMeasure, type PodsTarget, utilizationTarget } from './utilization.ts';
import { applyAverageRule, applyValueRule } from './value-rule.ts';
import { describeAbsence } from './wording.ts';

export interface Failure {
  readonly reason: MetricFailure;
  /** For the event and the condition. */
  readonly message: string;
  /** For the error of the whole decision, which says more about where it happened. */
  readonly inContext: string;
}

export type Measured =
  | {
      readonly computed: Computed;
      readonly status: MetricStatus;
      readonly failure?: undefined;
    }
  | { readonly failure: Failure; readonly computed?: undefined; readonly status?: undefined };

/** What is asked of one metric. */
export interface Question {
  readonly situation: Situation;
  readonly tolerance: Tolerance;
  /** Which replica count an AverageValue of one value is judged by. */
  readonly averageOver: AverageOver;
}

export function measure(question: Question, metric: Metric, reading: Reading): Measured {
  switch (metric.type) {
    case 'Resource':
    case 'ContainerResource':
      return measureResource(question, metric, reading);
    case 'Pods':
      return measurePods(question, metric, reading);
    case 'Object':
    case 'External':
    case 'Prometheus':
      return measureValue(question, metric, reading);
    case 'Unknown':
    default:
      return fail('InvalidMetricSourceType', `unknown metric source type ${JSON.stringify(metric.typeName)}`);
  }
}

function fail(reason: MetricFailure, message: string, inContext = message): Measured {
  return { failure: { reason, message, inContext } };
}

type ResourceLike = Extract<Metric, { type: 'Resource' | 'ContainerResource' }>;

function measureResource(question: Question, metric: ResourceLike, reading: Reading): Measured {
  const { situation } = question;
  const reason = metric.type === 'Resource' ? 'FailedGetResourceMetric' : 'FailedGetContainerResourceMetric';
  const { averageValueMilli, averageUtilization } = metric.target;
  if (averageValueMilli === undefined && averageUtilization === undefined) {
    const message =
      'invalid resource metric source: neither an average utilization target nor an average value (usage) target was set';
    return fail(reason, message);
  }
  const sought = `failed to get ${metric.resource} ${averageValueMilli === undefined ? 'utilization' : 'usage'}`;
  const samples = podsReading(metric, reading, situation.namespace);
  if (typeof samples === 'string') return fail(reason, `${sought}: ${samples}`);
  const outcome = overPods(question, samples, metric.resource === 'cpu', () => {
    const integers = integersOf(situation.spec);
    if (averageValueMilli !== undefined) return averageTarget(averageValueMilli, integers);
    const container = metric.type === 'ContainerResource' ? metric.container : undefined;
    const requests = requestsOf(situation.pods, metric.resource, container, integers);
    if (requests.error !== undefined) return requests.error;
    return utilizationTarget(averageUtilization ?? 0, requests.byPod, integers);
  });
  if (outcome.error !== undefined) return fail(reason, `${sought}: ${outcome.error}`);
  return { computed: outcome.computed, status: podsStatus(metric.name, outcome.measure, samples) };
}

function measurePods(question: Question, metric: Extract<Metric, { type: 'Pods' }>, reading: Reading): Measured {
  const { situation } = question;
  const reason = 'FailedGetPodsMetric';
  const target = metric.target.averageValueMilli;
  if (target === undefined) return fail(reason, 'invalid pods metric source: no average value target was set');
  const samples = podsReading(metric, reading, situation.namespace);
  if (typeof samples === 'string') return fail(reason, samples);
  const outcome = overPods(question, samples, false, () => averageTarget(target, integersOf(situation.spec)));
  if (outcome.error !== undefined) return fail(reason, outcome.error);
  return { computed: outcome.computed, status: podsStatus(metric.name, outcome.measure, samples) };
}

function overPods(
  { situation, tolerance }: Question,
  reading: PodsReading,
  isCpu: boolean,
  targetOf: () => PodsTarget | string,
): PodsOutcome {
  const { pods, now } = situation;
  if (pods.length === 0) return { error: NO_PODS };
  const groups = groupPods({ pods, samples: reading.samples, isCpu, warmUp: warmUpOf(situation), now });
  const values = countedValues(reading.samples, groups);
  if (values.size === 0) return { error: NO_SAMPLES };
  const target = targetOf();
  if (typeof target === 'string') return { error: target };
  const input = {
    currentReplicas: situation.scale.specReplicas,
    samples: reading.samples,
    groups,
    target,
    tolerance,
  };
  return applyPodsRule(input, values);
}

type ValueLike = Extract<Metric, { type: 'Object' | 'External' | 'Prometheus' }>;

const VALUE_REASONS = {
  Object: 'FailedGetObjectMetric',
  External: 'FailedGetExternalMetric',
  Prometheus: 'FailedGetPrometheusMetric',
} as const satisfies Record<ValueLike['type'], MetricFailure>;

function measureValue(question: Question, metric: ValueLike, reading: Reading): Measured {
  const { situation, tolerance } = question;
  const reason = VALUE_REASONS[metric.type];
  const goal = goalOf(metric);
  if (goal === undefined) {
    const kind = metric.type === 'Prometheus' ? 'Prometheus' : metric.type.toLowerCase();
    return fail(reason, `invalid ${kind} metric source: neither a value target nor an average value target was set`);
  }
  const value = valueReading(metric, reading, situation.namespace);
  if (typeof value === 'string') return fail(reason, value, inContext(metric, goal.kind, value));
  if (goal.kind === 'average') return measureAverage(question, metric, value, goal.milli);
  const outcome = applyValueRule(value.valueMilli, goal.milli, tolerance, situation);
  if (outcome.error !== undefined) return fail(reason, outcome.error, inContext(metric, goal.kind, outcome.error));
  const status = { name: metric.name, valueMilli: value.valueMilli, ...sampleTime(value.atMs) };
  return { computed: outcome.computed, status };
}

interface Goal {
  readonly kind: 'value' | 'average';
  readonly milli: bigint;
}

/** An Object target goes by its type; the others take an average value first, whatever the type says. */
function goalOf(metric: ValueLike): Goal | undefined {
  const { type, averageValueMilli, valueMilli } = metric.target;
  const byType = metric.type === 'Object';
  if (averageValueMilli !== undefined && (!byType || type === 'AverageValue')) {
    return { kind: 'average', milli: averageValueMilli };
  }
  if (valueMilli !== undefined && (!byType || type === 'Value')) return { kind: 'value', milli: valueMilli };
  return undefined;
}

function inContext(metric: ValueLike, kind: Goal['kind'], message: string): string {
  switch (metric.type) {
    case 'Object':
      return kind === 'value' ? message : `failed to get ${metric.metricName} object metric: ${message}`;
    case 'External':
      return kind === 'value'
        ? `failed to get external metric ${metric.metricName}: ${message}`
        : `failed to get ${metric.metricName} external metric: ${message}`;
    case 'Prometheus':
    default:
      // Ours to word: it says already which metric it is.
      return message;
  }
}

/**
 * The HPA averages over status.replicas, so that a rollout's surge can become the new size (k/k#123296); the guard
 * SurgeIsNotSize asks for the wanted size instead. From zero the HPA's rule stands.
 */
function measureAverage(question: Question, metric: ValueLike, reading: ValueReading, targetMilli: bigint): Measured {
  const { spec, scale } = question.situation;
  const { specReplicas, statusReplicas } = scale;
  const replicas = question.averageOver === 'spec' && specReplicas !== 0 ? specReplicas : statusReplicas;
  const { computed, averageMilli } = applyAverageRule(reading.valueMilli, targetMilli, question.tolerance, replicas);
  // The HPA does not average a sum of External series that left the range of a 64-bit integer, and compares as doubles.
  const isCut = metric.type === 'External' && spec.guards === 'Disabled' && Number(reading.valueMilli) >= 2 ** 63;
  const averageValueMilli = isCut ? MAX_INT64 : averageMilli;
  return { computed, status: { name: metric.name, averageValueMilli, ...sampleTime(reading.atMs) } };
}

function podsReading(metric: Metric, reading: Reading, namespace: string): PodsReading | string {
  if (reading.kind === 'pods') return reading;
  return describeAbsence(metric, reading.kind === 'absent' ? reading : wrongKind, namespace);
}

function valueReading(metric: Metric, reading: Reading, namespace: string): ValueReading | string {
  if (reading.kind === 'value') return reading;
  return describeAbsence(metric, reading.kind === 'absent' ? reading : wrongKind, namespace);
}

/** A reading whose kind does not fit its metric is no reading. */
const wrongKind = {
  kind: 'absent',
  reason: 'BadShape',
  message: 'the source answered with another kind of reading than this metric takes',
} as const;

function podsStatus(name: string, measured: PodsMeasure, reading: PodsReading): MetricStatus {
  let newest: number | undefined;
  for (const { atMs } of reading.samples.values()) {
    if (atMs !== undefined && (newest === undefined || atMs > newest)) newest = atMs;
  }
  const utilization = measured.utilization === undefined ? {} : { averageUtilization: measured.utilization };
  return { name, ...utilization, averageValueMilli: measured.averageMilli, ...sampleTime(newest) };
}

function sampleTime(atMs: number | undefined): { readonly sampleAtMs?: number } {
  return atMs === undefined ? {} : { sampleAtMs: atMs };
}

/** The warm-up periods that apply to a target. */
export function warmUpOf({ spec, defaults }: Situation): WarmUp {
  const { cpuInitializationPeriodSeconds: cpu, initialReadinessDelaySeconds: delay } = spec.initialization;
  return {
    cpuInitializationMs: cpu === undefined ? defaults.cpuInitializationPeriodMs : cpu * 1000,
    initialReadinessDelayMs: delay === undefined ? defaults.initialReadinessDelayMs : delay * 1000,
  };
}
