// The HPA's words for metrics, conditions and failures, so that alerts and habits carry over. No decision is made here.
import type { LabelSelector, Metric } from '../api/spec.ts';
import type { AbsentReading, SelectorProblem } from './types.ts';

/** How an event or a condition calls the metric a size was computed from. */
export function describeMetric(metric: Metric): string {
  switch (metric.type) {
    case 'Resource':
      return `${metric.resource} resource${metric.target.averageValueMilli === undefined ? PERCENT : ''}`;
    case 'ContainerResource':
      // The HPA calls an average of one container by the resource alone.
      return metric.target.averageValueMilli === undefined
        ? `${metric.resource} container resource${PERCENT}`
        : `${metric.resource} resource`;
    case 'Pods':
      return `pods metric ${metric.metricName}`;
    case 'Object':
      return metric.target.type === 'Value'
        ? `${metric.describedObject.kind} metric ${metric.metricName}`
        : `external metric ${metric.metricName}(${goSelector(metric.selector)})`;
    case 'External':
      return `external metric ${metric.metricName}(${goSelector(metric.selector)})`;
    case 'Prometheus':
      return `Prometheus metric ${metric.name}`;
    case 'Unknown':
    default:
      return `${metric.typeName} metric ${metric.name}`;
  }
}

/** Resource targets: an average value wins over a utilization. */
const PERCENT = ' utilization (percentage of request)';

/** A selector as the HPA prints it. */
export function goSelector(selector: LabelSelector | undefined): string {
  if (selector === undefined) return 'nil';
  const labels = Object.entries(selector.matchLabels ?? {})
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, value]) => `${key}: ${value},`)
    .join('');
  const expressions = (selector.matchExpressions ?? [])
    .map(
      ({ key, operator, values }) =>
        `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${(values ?? []).join(' ')}],},`,
    )
    .join('');
  const map = selector.matchLabels === undefined ? 'map[string]string{}' : `map[string]string{${labels}}`;
  return `&LabelSelector{MatchLabels:${map},MatchExpressions:[]LabelSelectorRequirement{${expressions}},}`;
}

/** Why a metric has no reading, in the words the HPA's clients use for it. */
export function describeAbsence(metric: Metric, absent: AbsentReading, namespace: string): string {
  switch (metric.type) {
    case 'Resource':
    case 'ContainerResource':
      return `unable to get metrics for resource ${metric.resource}: ${fromApi('resource metrics API', absent)}`;
    case 'Pods':
      return `unable to get metric ${metric.metricName}: ${fromApi('custom metrics API', absent)}`;
    case 'Object':
      return (
        `unable to get metric ${metric.metricName}: ${metric.describedObject.kind} on ${namespace} ` +
        // Here no answer is one answer too few, and the source says so in the HPA's words.
        `${metric.describedObject.name}/unable to fetch metrics from custom metrics API: ${absent.message}`
      );
    case 'External':
      return (
        `unable to get external metric ${namespace}/${metric.metricName}/${goSelector(metric.selector)}: ` +
        fromApi('external metrics API', absent)
      );
    case 'Prometheus':
      return `unable to get Prometheus metric ${metric.name}: ${fromApi(`source ${metric.source}`, absent)}`;
    case 'Unknown':
    default:
      return absent.message;
  }
}

function fromApi(api: string, absent: AbsentReading): string {
  return absent.reason === 'Empty'
    ? `no metrics returned from ${api}`
    : `unable to fetch metrics from ${api}: ${absent.message}`;
}

/** How many series were found where one was needed, and such: names a source in the message of the whole decision. */
export function describeFailure(metric: Metric, message: string): string {
  switch (metric.type) {
    case 'Resource':
      return `failed to get ${metric.resource} resource metric value: ${message}`;
    case 'ContainerResource':
      return `failed to get ${metric.container} container metric value: ${message}`;
    case 'Pods':
      return `failed to get pods metric value: ${message}`;
    case 'Object':
      return `failed to get object metric value: ${message}`;
    case 'External':
      return `failed to get ${metric.metricName} external metric value: ${message}`;
    case 'Prometheus':
      return `failed to get ${metric.name} Prometheus metric value: ${message}`;
    case 'Unknown':
    default:
      return message;
  }
}

/** Why the pods cannot be told apart: for the condition, and for the event and the error. */
export function describeProblem(problem: SelectorProblem, namespace: string) {
  switch (problem.kind) {
    case 'missing':
      return {
        reason: 'InvalidSelector',
        eventReason: 'SelectorRequired',
        message: "the HPA target's scale is missing a selector",
        event: 'selector is required',
      } as const;
    case 'unparsable': {
      const message = `couldn't convert selector into a corresponding internal selector object: ${problem.message}`;
      return { reason: 'InvalidSelector', eventReason: 'InvalidSelector', message, event: message } as const;
    }
    case 'ambiguous':
    default: {
      const rivals = problem.rivals.map((name) => `${namespace}/${name}`).join(' ');
      const message = `pods by selector ${problem.selector} are controlled by multiple HPAs: [${rivals}]`;
      return { reason: 'AmbiguousSelector', eventReason: 'AmbiguousSelector', message, event: message } as const;
    }
  }
}
