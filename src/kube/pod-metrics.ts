// GETs pod metrics of a namespace from metrics.k8s.io. What the answer means is sources/resource.ts's.
import type { PodMetricsClient } from '../sources/resource.ts';
import type { KubeClient } from './client.ts';
import { resourcePath } from './paths.ts';

/** The source's own deadline is shorter in most cases; this bounds what it leaves behind. */
const TIMEOUT_MS = 10_000;
/** About 366 bytes a pod: more than 80,000 pods in one namespace. */
const MAX_BYTES = 32 * 1024 * 1024;

export class KubePodMetrics implements PodMetricsClient {
  readonly #client: KubeClient;

  constructor(client: KubeClient) {
    this.#client = client;
  }

  list(namespace: string, signal: AbortSignal): Promise<unknown> {
    const path = resourcePath({ group: 'metrics.k8s.io', version: 'v1beta1', resource: 'pods', namespace });
    return this.#client.list(path, { signal, timeoutMs: TIMEOUT_MS, maxBodyBytes: MAX_BYTES, aggregated: true });
  }
}
