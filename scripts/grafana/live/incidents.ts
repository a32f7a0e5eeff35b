// Targets beside those of the demo that get into every kind of trouble the dashboards and alerts speak of, each within a minute: one that is
// stuck at its maximum, one that flaps, one whose load vanishes, one whose source is down, one beside an HPA, one without a workload.
import type { Manifest } from '../../demo/manifests.ts';

/** Of the source that is configured and never answers. */
export const BROKEN_SOURCE = 'broken';

/** Seconds that the load of the flapping target stays high, then low. */
const SWING_SECONDS = 15;
const AT_ONCE = {
  scaleUp: { stabilizationWindowSeconds: 0, policies: [{ type: 'Pods', value: 20, periodSeconds: 1 }] },
  scaleDown: { stabilizationWindowSeconds: 0, policies: [{ type: 'Pods', value: 20, periodSeconds: 1 }] },
};

interface Incident {
  readonly name: string;
  readonly query: string;
  readonly source?: string;
  readonly maxReplicas?: number;
  readonly workload?: false;
}

/** @param startedAtSeconds Unix time from which the load that vanishes is counted. */
export function incidents(startedAtSeconds: number): Manifest[] {
  const vanishAt = Math.round(startedAtSeconds) + 45;
  const all: Incident[] = [
    { name: 'stuck', query: 'vector(50)', maxReplicas: 2 },
    { name: 'flapping', query: `2 + 2 * (floor(vector(time() / ${SWING_SECONDS})) % 2)`, maxReplicas: 6 },
    { name: 'vanished', query: `vector(6 - 5.9 * (time() > bool ${vanishAt}))`, maxReplicas: 8 },
    { name: 'blind', query: 'vector(3)', source: BROKEN_SOURCE },
    { name: 'rivalled', query: 'vector(3)' },
    { name: 'lost', query: 'vector(1)', workload: false },
  ];
  return [...all.flatMap(manifestsOf), rival('rivalled')];
}

function manifestsOf({ name, query, source = 'default', maxReplicas = 4, workload }: Incident): Manifest[] {
  const labels = { app: name };
  const container = { name: 'idle', image: 'idle', resources: { requests: { cpu: '10m' } } };
  const deployment: Manifest = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { terminationGracePeriodSeconds: 1, containers: [container] } },
    },
  };
  const target: Manifest = {
    apiVersion: 'setpoint.dev/v1alpha1',
    kind: 'ScaledTarget',
    metadata: { name },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      minReplicas: 1,
      maxReplicas,
      syncPeriodSeconds: 2,
      metrics: [
        {
          type: 'Prometheus',
          name: 'load',
          prometheus: { query, source, target: { type: 'AverageValue', averageValue: '1' } },
        },
      ],
      behavior: AT_ONCE,
    },
  };
  return workload === false ? [target] : [deployment, target];
}

function rival(name: string): Manifest {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name },
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name }, maxReplicas: 3 },
  };
}
