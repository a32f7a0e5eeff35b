// Metrics and rules for time-lines on the plant: the parts of a spec that the guards are about.
import type { ExternalMetric, PodsMetric, PrometheusMetric, ScalingRules, TargetSpec } from '../../src/api/spec.ts';
import type { Reading } from '../../src/decide/types.ts';
import { spec } from './targets.ts';

const COMMON = { maxAgeSeconds: 180, direction: 'Both' } as const;

/** One value against a target for the whole of it, such as a latency. */
export function externalValue(valueMilli: bigint): ExternalMetric {
  return { type: 'External', name: 'value', metricName: 'value', target: { type: 'Value', valueMilli }, ...COMMON };
}

/** One value against a target per replica, such as a queue's length. */
export function externalAverage(averageValueMilli: bigint): ExternalMetric {
  const target = { type: 'AverageValue', averageValueMilli } as const;
  return { type: 'External', name: 'queue', metricName: 'queue', target, ...COMMON };
}

/** As `externalAverage`, without stamps. */
export function prometheusAverage(averageValueMilli: bigint): PrometheusMetric {
  const target = { type: 'AverageValue', averageValueMilli } as const;
  return { type: 'Prometheus', name: 'rps', query: 'sum(rate(requests[1m]))', source: 'default', target, ...COMMON };
}

/** A custom metric per pod. */
export function podsAverage(averageValueMilli: bigint): PodsMetric {
  const target = { type: 'AverageValue', averageValueMilli } as const;
  return { type: 'Pods', name: 'rps', metricName: 'rps', target, ...COMMON };
}

/** `behavior` that hides nothing: growth may double every 15 s, shrinking waits only for its window. */
export function behavior(
  downWindowSeconds: number,
  up: Partial<ScalingRules> = {},
): NonNullable<TargetSpec['behavior']> {
  const percent = { type: 'Percent', value: 100, periodSeconds: 15 } as const;
  const pods = { type: 'Pods', value: 4, periodSeconds: 15 } as const;
  return {
    scaleUp: { stabilizationWindowSeconds: 0, selectPolicy: 'Max', policies: [percent, pods], ...up },
    scaleDown: { stabilizationWindowSeconds: downWindowSeconds, selectPolicy: 'Max', policies: [percent] },
  };
}

/** A spec for 1 to 40 replicas. */
export function plantSpec(changes: Partial<TargetSpec> = {}): TargetSpec {
  return spec({ maxReplicas: 40, ...changes });
}

/** The reading with another value; a reading per pod keeps its stamps and gets the value everywhere. */
export function withValue(reading: Reading, valueMilli: bigint): Reading {
  if (reading.kind === 'value') return { ...reading, valueMilli };
  if (reading.kind === 'absent') return reading;
  const samples = [...reading.samples].map(([name, sample]) => [name, { ...sample, valueMilli }] as const);
  return { kind: 'pods', samples: new Map(samples) };
}

export const UNREACHABLE: Reading = { kind: 'absent', reason: 'Unreachable', message: 'the source cannot be reached' };
