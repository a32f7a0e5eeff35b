// Between the served and the stored version of an object. Custom kinds have no conversion beyond apiVersion (strategy None).

import { asArray, asObject, isObject, type JsonObject } from '../json-values.ts';
import type { KubeObject } from '../objects.ts';
import { apiVersionOf, type ResourceDefinition } from './definition.ts';

export function toStored(definition: ResourceDefinition, object: KubeObject): KubeObject {
  if (definition.storedApiVersion === apiVersionOf(definition)) return object;
  if (definition.group === 'autoscaling') return hpaToV2(object);
  if (definition.group === 'events.k8s.io') return eventToCore(object);
  return { ...object, apiVersion: definition.storedApiVersion };
}

export function toServed(definition: ResourceDefinition, object: KubeObject): KubeObject {
  const served = apiVersionOf(definition);
  if (definition.key === 'events' && definition.group === '')
    return { ...object, firstTimestamp: null, lastTimestamp: null, eventTime: null, ...withoutNulls(object) };
  if (object.apiVersion === served) return object;
  if (definition.group === 'autoscaling') return hpaToV1(object);
  if (definition.group === 'events.k8s.io') return eventFromCore(object);
  return { ...object, apiVersion: served };
}

/** What v1 cannot say is kept in this annotation, as the real server does. */
const metricsAnnotation = 'autoscaling.alpha.kubernetes.io/metrics';

function hpaToV2(object: KubeObject): KubeObject {
  const { targetCPUUtilizationPercentage: percentage, ...spec } = asObject(object.spec);
  const annotations = { ...object.metadata.annotations };
  const kept = annotations[metricsAnnotation];
  delete annotations[metricsAnnotation];
  const metrics: unknown[] = kept === undefined ? [] : asArray(JSON.parse(kept));
  if (percentage !== undefined) metrics.unshift(cpuMetric(percentage));
  return {
    ...object,
    apiVersion: 'autoscaling/v2',
    metadata: { ...object.metadata, annotations },
    spec: { ...spec, ...(metrics.length === 0 ? {} : { metrics }) },
  };
}

function cpuMetric(averageUtilization: unknown): JsonObject {
  return { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } } };
}

function isCpuUtilization(metric: unknown): boolean {
  const resource = asObject(asObject(metric).resource);
  return resource.name === 'cpu' && asObject(resource.target).averageUtilization !== undefined;
}

function hpaToV1(object: KubeObject): KubeObject {
  const { metrics, behavior: _, ...spec } = asObject(object.spec);
  const cpu = asArray(metrics).find(isCpuUtilization);
  const others = asArray(metrics).filter((metric) => metric !== cpu);
  const utilization = asObject(asObject(asObject(cpu).resource).target).averageUtilization;
  const { currentReplicas, desiredReplicas, lastScaleTime, observedGeneration } = asObject(object.status);
  const annotations = {
    ...object.metadata.annotations,
    ...(others.length === 0 ? {} : { [metricsAnnotation]: JSON.stringify(others) }),
  };
  return {
    ...object,
    apiVersion: 'autoscaling/v1',
    metadata: { ...object.metadata, annotations },
    spec: { ...spec, ...(cpu === undefined ? {} : { targetCPUUtilizationPercentage: utilization }) },
    status: {
      currentReplicas: currentReplicas ?? 0,
      desiredReplicas: desiredReplicas ?? 0,
      ...(lastScaleTime === undefined ? {} : { lastScaleTime }),
      ...(observedGeneration === undefined ? {} : { observedGeneration }),
    },
  };
}

const renamed: readonly [string, string][] = [
  ['note', 'message'],
  ['regarding', 'involvedObject'],
  ['reportingController', 'reportingComponent'],
  ['deprecatedCount', 'count'],
  ['deprecatedFirstTimestamp', 'firstTimestamp'],
  ['deprecatedLastTimestamp', 'lastTimestamp'],
  ['deprecatedSource', 'source'],
];

function rename(object: KubeObject, names: readonly [string, string][], apiVersion: string): KubeObject {
  const result: KubeObject = { ...object, apiVersion };
  for (const [from, to] of names) {
    if (!(from in object)) continue;
    delete result[from];
    result[to] = object[from];
  }
  return result;
}

function eventToCore(object: KubeObject): KubeObject {
  return withoutNulls(rename(object, renamed, 'v1'));
}

function withoutNulls(object: KubeObject): KubeObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null)) as KubeObject;
}

function eventFromCore(object: KubeObject): KubeObject {
  const back = renamed.map(([events, core]): [string, string] => [core, events]);
  const event = rename(object, back, 'events.k8s.io/v1');
  // eventTime is required in this version; a core event has none, which the server shows as null.
  event.eventTime ??= null;
  return isObject(event) ? event : object;
}
