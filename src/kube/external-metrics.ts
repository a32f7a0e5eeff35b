// GETs external metrics of a namespace. What the answer means is sources/external.ts's.
import type { ExternalMetricRequest, ExternalMetricsClient } from '../sources/external.ts';
import type { KubeClient } from './client.ts';
import { resourcePath } from './paths.ts';

/** The source's own deadline is shorter in most cases; this bounds what it leaves behind. */
const TIMEOUT_MS = 10_000;
/** Some 200 bytes a series: 20,000 series behind one number. */
const MAX_BYTES = 4 * 1024 * 1024;

export class KubeExternalMetrics implements ExternalMetricsClient {
  readonly #client: Pick<KubeClient, 'list'>;

  constructor(client: Pick<KubeClient, 'list'>) {
    this.#client = client;
  }

  list({ namespace, metricName, metricSelector }: ExternalMetricRequest, signal: AbortSignal): Promise<unknown> {
    // Lower-case, as the HPA's client makes every resource in a path: adapters expect it.
    const resource = metricName.toLowerCase();
    const path = resourcePath({ group: 'external.metrics.k8s.io', version: 'v1beta1', namespace, resource });
    return this.#client.list(path, {
      signal,
      query: { labelSelector: metricSelector === '' ? undefined : metricSelector },
      timeoutMs: TIMEOUT_MS,
      maxBodyBytes: MAX_BYTES,
      aggregated: true,
      // The next tick asks again: repeats would keep other metrics of a slow adapter waiting.
      retry: false,
    });
  }
}
