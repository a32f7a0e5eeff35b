// Reads Resource and ContainerResource metrics from pod metrics: one list per namespace and tick, shared by all its targets.
// How the list is fetched is the client's (src/kube/pod-metrics.ts); what its body means is pod-metrics-response.ts.
import type { ContainerResourceMetric, ResourceMetric } from '../api/spec.ts';
import type { AbsentReading, Reading } from '../decide/types.ts';
import { isAbsent } from './absence.ts';
import { MetricsApi } from './metrics-api.ts';
import { type NamespaceUsage, parsePodMetrics, samplesOf } from './pod-metrics-response.ts';
import type { ReadContext } from './source.ts';
import type { GatePorts } from './source-gate.ts';

/** GETs pod metrics. Implemented over the API server in src/kube/pod-metrics.ts. */
export interface PodMetricsClient {
  /**
   * The decoded JSON body of GET /apis/metrics.k8s.io/v1beta1/namespaces/{namespace}/pods, unchecked and untouched (a
   * `PodMetricsList`; broken items are sorted out here, one by one). One request per call: no cache, no retry beyond what the
   * API client does for every read. Rejects with an ApiStatusError (404: no metrics API, 403, 429, 5xx) or a SetpointError
   * `Network`, `Deadline`, `BadAnswer` or `Cancelled`; always soon after `signal` aborts.
   */
  list(namespace: string, signal: AbortSignal): Promise<unknown>;
}

const WORDS: Readonly<Record<number, string>> = {
  403: 'HTTP 403: this controller may not list pods of metrics.k8s.io',
  404: 'HTTP 404: the cluster has no metrics API, install metrics-server',
  503: 'HTTP 503: the metrics server is not available',
};

export class ResourceSource {
  readonly #client: PodMetricsClient;
  readonly #api: MetricsApi<NamespaceUsage>;

  constructor(client: PodMetricsClient, ports: GatePorts) {
    this.#client = client;
    this.#api = new MetricsApi({ group: 'metrics.k8s.io', words: WORDS }, ports);
  }

  /** Samples of the context's pods. */
  read(metric: ResourceMetric | ContainerResourceMetric, context: ReadContext, signal: AbortSignal): Promise<Reading> {
    const { namespace, podNames } = context;
    const list = async (limited: AbortSignal) =>
      parsePodMetrics(await this.#client.list(namespace, limited), namespace);
    return this.#api.read(namespace, context, signal, list).then((usage) => readingOf(metric, usage, podNames));
  }
}

function readingOf(
  metric: ResourceMetric | ContainerResourceMetric,
  usage: NamespaceUsage | AbsentReading,
  podNames: Iterable<string>,
): Reading {
  const container = metric.type === 'ContainerResource' ? metric.container : undefined;
  const samples = samplesOf(usage, podNames, metric.resource, container);
  return isAbsent(samples) ? samples : Object.freeze({ kind: 'pods', samples });
}
