// Turns what the schema accepted into the types of the decision: quantities as thousandths, a name for every metric.
// Judges nothing: the schema did.
import { parseQuantityMilliClamped, toleranceOf } from '../base/quantity.ts';
import { DEFAULTS } from './defaults.ts';
import { type JsonRecord, ownText } from './json-input.ts';
import { assignNames } from './metric-names.ts';
import type { SpecInput } from './schema.ts';
import type { BehaviorInput } from './schema-behavior.ts';
import { type MetricInput, metricSchema } from './schema-metrics.ts';
import type { LabelSelector, Metric, MetricTarget, ScalingRules, TargetSpec } from './spec.ts';

/** A metric that was understood, or the raw one of a type that this version does not know. */
export type MetricEntry = { readonly known: MetricInput } | { readonly unknown: JsonRecord };

/** `entries` are all metrics in the order of the spec, those that the schema did not judge included. */
export function toTargetSpec(input: SpecInput, entries: readonly MetricEntry[]): TargetSpec {
  const { scaleTargetRef: ref, behavior, initialization = {}, syncPeriodSeconds } = input;
  return {
    // The schema lets only a ReplicationController go without: it is in the core group.
    scaleTargetRef: { apiVersion: ref.apiVersion || 'v1', kind: ref.kind, name: ref.name },
    minReplicas: input.minReplicas,
    maxReplicas: input.maxReplicas,
    metrics: entries.length === 0 ? defaultMetrics() : toMetrics(entries),
    ...(behavior === undefined ? {} : { behavior: toBehavior(behavior) }),
    ...(syncPeriodSeconds === undefined ? {} : { syncPeriodSeconds }),
    mode: input.mode,
    guards: input.guards,
    // Absent members are absent in the result too: nulls were dropped before the schema looked.
    initialization: initialization as TargetSpec['initialization'],
  };
}

/** An empty list means the same as none. The schema fills in the second case, this the first. */
function defaultMetrics(): readonly Metric[] {
  return toMetrics(DEFAULTS.metrics.map((metric) => ({ known: metricSchema.parse(metric) })));
}

function toMetrics(entries: readonly MetricEntry[]): readonly Metric[] {
  const names = assignNames(
    entries.map((entry) =>
      'known' in entry
        ? { given: entry.known.name, derived: deriveName(entry.known) }
        : { given: ownText(entry.unknown, 'name'), derived: ownText(entry.unknown, 'type') ?? 'unknown' },
    ),
  );
  return entries.map((entry, index) => {
    const name = names[index] ?? '';
    return 'known' in entry ? toMetric(entry.known, name) : toUnknownMetric(entry.unknown, name);
  });
}

/** Short, readable, and of different metrics mostly different: `cpu`, `app/cpu`, `pods/requests`, `prometheus`. */
function deriveName(metric: MetricInput): string {
  if (metric.resource) return metric.resource.name;
  if (metric.containerResource) return `${metric.containerResource.container}/${metric.containerResource.name}`;
  if (metric.pods) return `pods/${metric.pods.metric.name}`;
  if (metric.object) return `${metric.object.describedObject.kind.toLowerCase()}/${metric.object.metric.name}`;
  return metric.external ? `external/${metric.external.metric.name}` : 'prometheus';
}

function toUnknownMetric(metric: JsonRecord, name: string): Metric {
  const { maxAgeSeconds, direction } = DEFAULTS.metric;
  const typeName = ownText(metric, 'type') ?? '';
  return { type: 'Unknown', typeName, name, target: { type: '' }, maxAgeSeconds, direction };
}

function toMetric(input: MetricInput, name: string): Metric {
  const { maxAgeSeconds, direction } = input;
  const base = { name, maxAgeSeconds, direction };
  if (input.resource) {
    return { ...base, type: 'Resource', resource: input.resource.name, target: toTarget(input.resource.target) };
  }
  if (input.containerResource) {
    const { name: resource, container, target } = input.containerResource;
    return { ...base, type: 'ContainerResource', resource, container, target: toTarget(target) };
  }
  if (input.pods) return { ...base, type: 'Pods', ...toIdentified(input.pods) };
  if (input.object) {
    const describedObject = input.object.describedObject as { apiVersion?: string; kind: string; name: string };
    return { ...base, type: 'Object', ...toIdentified(input.object), describedObject };
  }
  if (input.external) return { ...base, type: 'External', ...toIdentified(input.external) };
  return toPrometheus(input, base);
}

function toPrometheus(input: MetricInput, base: Pick<Metric, 'name' | 'maxAgeSeconds' | 'direction'>): Metric {
  // The rule that ties type and struct together leaves no other case.
  if (!input.prometheus) return { ...base, type: 'Unknown', typeName: input.type, target: { type: '' } };
  const { query, source, timestampQuery, target } = input.prometheus;
  return {
    ...base,
    type: 'Prometheus',
    query,
    source,
    ...(timestampQuery === undefined ? {} : { timestampQuery }),
    target: toTarget(target),
  };
}

type IdentifiedInput = NonNullable<MetricInput['pods' | 'object' | 'external']>;

function toIdentified({ metric, target }: IdentifiedInput): {
  readonly metricName: string;
  readonly selector?: LabelSelector;
  readonly target: MetricTarget;
} {
  return {
    metricName: metric.name,
    ...(metric.selector === undefined ? {} : { selector: metric.selector as LabelSelector }),
    target: toTarget(target),
  };
}

type TargetInput = NonNullable<MetricInput['resource']>['target'];

function toTarget({ type, averageUtilization, averageValue, value }: TargetInput): MetricTarget {
  const averageValueMilli = toMilli(averageValue);
  const valueMilli = toMilli(value);
  return {
    type,
    ...(averageUtilization === undefined ? {} : { averageUtilization }),
    ...(averageValueMilli === undefined ? {} : { averageValueMilli }),
    ...(valueMilli === undefined ? {} : { valueMilli }),
  };
}

function toMilli(quantity: number | string | undefined): bigint | undefined {
  return quantity === undefined ? undefined : parseQuantityMilliClamped(String(quantity));
}

function toBehavior({ scaleUp, scaleDown }: BehaviorInput): NonNullable<TargetSpec['behavior']> {
  return { scaleUp: toRules(scaleUp), scaleDown: toRules(scaleDown) };
}

function toRules(input: BehaviorInput['scaleUp' | 'scaleDown']): ScalingRules {
  const { stabilizationWindowSeconds, selectPolicy, policies } = input;
  const tolerance = input.tolerance === undefined ? undefined : toleranceOf(String(input.tolerance));
  return {
    ...(stabilizationWindowSeconds === undefined ? {} : { stabilizationWindowSeconds }),
    selectPolicy,
    policies,
    ...(tolerance === undefined ? {} : { tolerance }),
  };
}
