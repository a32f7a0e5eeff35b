// The pairs of a run: two Deployments of the same kind, one with an HPA, one with a ScaledTarget of the same spec and `guards: Disabled`.

/** Where the twins' usage is told: by kwok to metrics-server, or by an adapter of custom.metrics.k8s.io. */
export type Metric = 'cpu' | 'requests';

export interface Pair {
  readonly name: string;
  readonly title: string;
  readonly metric: Metric;
  readonly behavior?: object;
}

export type Twin = 'hpa' | 'setpoint';
export const TWINS: readonly Twin[] = ['hpa', 'setpoint'];
export const TWIN_NAMES: Readonly<Record<Twin, string>> = { hpa: 'HPA', setpoint: 'Setpoint' };

export interface MetricFacts {
  /** What a pod uses that is on its target: thousandths of a core, or requests per second. */
  readonly perPod: number;
  /** How old a sample gets before the next: metrics-server's least, and the period of our own look at the pods. */
  readonly resolutionSeconds: number;
  /** Such as `1.8 cores`. */
  readonly text: (load: number) => string;
}

/** Of a pod, in thousandths of a core; its target is half of it. */
export const REQUEST_MILLI = 1000;

export const METRICS: Readonly<Record<Metric, MetricFacts>> = {
  cpu: {
    perPod: REQUEST_MILLI / 2,
    resolutionSeconds: 10,
    text: (load) => `${((load * REQUEST_MILLI) / 2000).toFixed(1)} cores`,
  },
  requests: { perPod: 100, resolutionSeconds: 1, text: (load) => `${Math.round(load * 100)} requests/s` },
};

export const REQUESTS_METRIC = 'requests_per_second';

/** Of a target, in seconds; both controllers have it as their default. */
export const PERIOD_SECONDS = 15;

/**
 * No window and no period of a policy is a multiple of the period of decisions: whether a recommendation of just that age counts would
 * be a matter of milliseconds. For pairs without `behavior` the flag of both controllers.
 */
export const DOWNSCALE_STABILIZATION = '50s';

export const PAIRS: readonly Pair[] = [
  { name: 'cpu', title: 'CPU from metrics-server, 50 % of the request', metric: 'cpu' },
  { name: 'requests', title: 'requests from a custom metrics adapter, 100 per second and pod', metric: 'requests' },
  {
    name: 'behavior',
    title: 'CPU with `behavior`: two pods in 40 s at most, a window of 20 s on the way down',
    metric: 'cpu',
    behavior: {
      scaleUp: { stabilizationWindowSeconds: 0, policies: [{ type: 'Pods', value: 2, periodSeconds: 40 }] },
      scaleDown: { stabilizationWindowSeconds: 20, policies: [{ type: 'Pods', value: 2, periodSeconds: 40 }] },
    },
  },
];

/** Name of the Deployment and of its autoscaler. */
export function nameOf(pair: Pair, twin: Twin): string {
  return `${pair.name}-${twin}`;
}

/** Of the autoscaler of that twin. */
export function autoscalerSpec(pair: Pair, twin: Twin): object {
  const { perPod } = METRICS[pair.metric];
  const metric =
    pair.metric === 'cpu'
      ? {
          type: 'Resource',
          resource: {
            name: 'cpu',
            target: { type: 'Utilization', averageUtilization: (perPod / REQUEST_MILLI) * 100 },
          },
        }
      : {
          type: 'Pods',
          pods: { metric: { name: REQUESTS_METRIC }, target: { type: 'AverageValue', averageValue: `${perPod}` } },
        };
  return {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: nameOf(pair, twin) },
    minReplicas: 1,
    maxReplicas: 10,
    metrics: [metric],
    ...(pair.behavior && { behavior: pair.behavior }),
    ...(twin === 'setpoint' && { guards: 'Disabled' }),
  };
}
