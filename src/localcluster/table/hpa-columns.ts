// The TARGETS column of a HorizontalPodAutoscaler: current against target, per metric.

import { asArray, asObject, asString, asText, type JsonObject } from '../json-values.ts';
import type { KubeObject } from '../objects.ts';

const shown = 2;

export function hpaMetricsText(hpa: KubeObject): string {
  const metrics = asArray(asObject(hpa.spec).metrics).map(asObject);
  if (metrics.length === 0) return '<none>';
  const current = asArray(asObject(hpa.status).currentMetrics).map(asObject);
  const texts = metrics.map((metric, index) => metricText(metric, current[index] ?? {}));
  return texts.slice(0, shown).join(', ') + (texts.length > shown ? ` + ${texts.length - shown} more...` : '');
}

function metricText(metric: JsonObject, current: JsonObject): string {
  const member = asString(metric.type).replace(/^./, (first) => first.toLowerCase());
  const source = asObject(metric[member]);
  const target = asObject(source.target);
  const now = asObject(asObject(current[member]).current);
  if (target.averageUtilization !== undefined) {
    return `${asString(source.name)}: ${now.averageUtilization === undefined ? '<unknown>' : `${asText(now.averageUtilization)}%`}/${asText(target.averageUtilization)}%`;
  }
  const isAverage = target.averageValue !== undefined;
  const wanted = isAverage ? target.averageValue : target.value;
  const value = asString(isAverage ? now.averageValue : now.value) || '<unknown>';
  const prefix = asString(source.name) === '' ? '' : `${asString(source.name)}: `;
  return `${prefix}${value}/${asString(wanted)}${isAverage && !['resource', 'containerResource', 'pods'].includes(member) ? ' (avg)' : ''}`;
}
