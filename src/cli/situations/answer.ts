// The printed shape of an outcome: what the situations file holds as `expected`, with the id.
import type { Metric } from '../../api/spec.ts';
import type { MetricStatus, ScaleEvent } from '../../decide/types.ts';
import type { Outcome } from './play.ts';
import { NOW, type Play } from './read.ts';

/** One answer, ready for JSON: thousandths above 2^53 as texts, times as ages in seconds. */
export function answerOf(given: Play, outcome: Outcome) {
  const { history, error } = outcome;
  return {
    id: given.id,
    replicas: outcome.replicas,
    rescaled: outcome.rescaled,
    desiredReplicasStatus: outcome.status.desiredReplicas,
    currentReplicasStatus: outcome.status.currentReplicas,
    statusWritten: outcome.statusWritten,
    conditions: outcome.status.conditions,
    events: outcome.events,
    recommendationsAfter:
      history.recommendations?.map(({ replicas, atMs }) => ({ replicas, ageSeconds: ageOf(atMs) })) ?? null,
    scaleEventsAfter: { up: history.scaleEvents.up.map(eventOf), down: history.scaleEvents.down.map(eventOf) },
    currentMetrics: outcome.status.currentMetrics.map((status, index) =>
      status === undefined ? null : metricOf(given.situation.spec.metrics[index], status),
    ),
    actionLabel: actionOf(outcome),
    errorLabel: error?.kind ?? 'none',
    error: error?.message ?? null,
  };
}

function ageOf(atMs: number): number {
  return (NOW - atMs) / 1000;
}

function eventOf({ change, atMs, outdated }: ScaleEvent) {
  const event = { change, ageSeconds: ageOf(atMs) };
  return outdated ? { ...event, outdated } : event;
}

function actionOf({ rescaled, decision }: Outcome): 'scale_up' | 'scale_down' | 'none' {
  if (!rescaled || decision === undefined) return 'none';
  return decision.desiredReplicas > decision.currentReplicas ? 'scale_up' : 'scale_down';
}

function metricOf(metric: Metric | undefined, status: MetricStatus) {
  const { averageUtilization, averageValueMilli, valueMilli } = status;
  return {
    ...identityOf(metric),
    current: {
      ...(averageUtilization === undefined ? {} : { averageUtilization }),
      ...(averageValueMilli === undefined ? {} : { averageValueMilli: numberOf(averageValueMilli) }),
      ...(valueMilli === undefined ? {} : { valueMilli: numberOf(valueMilli) }),
    },
  };
}

function identityOf(metric: Metric | undefined) {
  switch (metric?.type) {
    case 'Resource':
      return { type: metric.type, name: metric.resource };
    case 'ContainerResource':
      return { type: metric.type, name: metric.resource, container: metric.container };
    case 'Pods':
    case 'Object':
    case 'External':
      return { type: metric.type, name: metric.metricName };
    case 'Prometheus':
    case 'Unknown':
      return { type: metric.type, name: metric.name };
    case undefined:
    default:
      return {};
  }
}

function numberOf(milli: bigint): number | string {
  return milli > LARGEST || milli < -LARGEST ? String(milli) : Number(milli);
}

/** 2^53: the format writes larger numbers as texts. */
const LARGEST = 9_007_199_254_740_992n;
