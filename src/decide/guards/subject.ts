// What a metric measures and what it is compared with, as text: by these a memory is known to belong to the metric at hand.
// The name is not enough, since a user may give another query the same name.
import type { LabelSelector, Metric } from '../../api/spec.ts';

export function subjectOf(metric: Metric): string {
  return JSON.stringify(partsOf(metric));
}

export function targetOf({ target }: Metric): string {
  return `${target.type} ${target.averageUtilization} ${target.averageValueMilli} ${target.valueMilli}`;
}

function partsOf(metric: Metric): readonly (string | undefined | LabelSelector)[] {
  switch (metric.type) {
    case 'Resource':
      return [metric.type, metric.resource];
    case 'ContainerResource':
      return [metric.type, metric.resource, metric.container];
    case 'Pods':
    case 'External':
      return [metric.type, metric.metricName, metric.selector];
    case 'Object': {
      const { apiVersion, kind, name } = metric.describedObject;
      return [metric.type, metric.metricName, metric.selector, apiVersion, kind, name];
    }
    case 'Prometheus':
      return [metric.type, metric.source, metric.query, metric.timestampQuery];
    default:
      return [metric.type, metric.typeName];
  }
}
