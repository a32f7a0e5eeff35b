// ScaledTargets for tests: a valid one, changed where a test says so.
import type { Metric, ScaledTarget, TargetSpec } from '../../src/api/spec.ts';

export const CPU: Metric = {
  type: 'Resource',
  name: 'cpu',
  resource: 'cpu',
  target: { type: 'Utilization', averageUtilization: 60 },
  maxAgeSeconds: 180,
  direction: 'Both',
};

/** A Prometheus metric with 100 per replica as its target. */
export function prometheus(query: string, source = 'default'): Metric {
  return {
    type: 'Prometheus',
    name: 'rps',
    query,
    source,
    target: { type: 'AverageValue', averageValueMilli: 100_000n },
    maxAgeSeconds: 180,
    direction: 'Both',
  };
}

export function spec(changes: Partial<TargetSpec> = {}): TargetSpec {
  return {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
    minReplicas: 1,
    maxReplicas: 10,
    metrics: [CPU],
    mode: 'Scale',
    guards: 'Enabled',
    initialization: {},
    ...changes,
  };
}

/** ScaledTarget shop/web on Deployment web, 1 to 10 replicas, cpu at 60 %. */
export function target(changes: Partial<ScaledTarget> = {}): ScaledTarget {
  const namespace = changes.namespace ?? 'shop';
  const name = changes.name ?? 'web';
  return {
    key: `${namespace}/${name}`,
    namespace,
    name,
    uid: `uid-of-${name}`,
    generation: 1,
    resourceVersion: '10',
    createdAtMs: Date.UTC(2026, 0, 1),
    deleting: false,
    spec: spec(),
    faults: [],
    previous: { conditions: [], scaleEvents: { up: [], down: [] } },
    rawStatus: undefined,
    ...changes,
  };
}
