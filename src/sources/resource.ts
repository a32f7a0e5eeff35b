// Reads Resource and ContainerResource metrics from pod metrics: one list per namespace and tick, shared by all its targets.
// How the list is fetched is the client's (src/kube/pod-metrics.ts); what its bytes mean is pod-metrics-response.ts.

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
