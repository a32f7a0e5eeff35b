// Reads External metrics from external.metrics.k8s.io: one request for each distinct (namespace, metric, selector) and tick. The path
// is the client's (src/kube/external-metrics.ts), the body external-metrics-response.ts's.
import type { ExternalMetric } from '../api/spec.ts';
import type { Reading, ValueReading } from '../decide/types.ts';
import { parseExternalMetric } from './external-metrics-response.ts';
import { BAD_SELECTOR, metricSelectorText } from './metric-selectors.ts';
import { MetricsApi } from './metrics-api.ts';
import type { ReadContext } from './source.ts';
import type { GatePorts } from './source-gate.ts';

export interface ExternalMetricRequest {
  readonly namespace: string;
  readonly metricName: string;
  /** In string form; empty: every series. */
  readonly metricSelector: string;
}

/** GETs external metrics. Implemented over the API server in src/kube/external-metrics.ts. */
export interface ExternalMetricsClient {
  /** The decoded JSON body, unchecked (an `ExternalMetricValueList`). One request per call; rejects as PodMetricsClient does. */
  list(request: ExternalMetricRequest, signal: AbortSignal): Promise<unknown>;
}

const GROUP = 'external.metrics.k8s.io';
const WORDS: Readonly<Record<number, string>> = {
  403: `HTTP 403: this controller may not list metrics of ${GROUP}`,
  404: 'HTTP 404: the cluster has no external metrics API, or that has no such metric',
  500: 'HTTP 500: the external metrics adapter cannot read this metric',
  503: 'HTTP 503: the external metrics adapter is not available',
};

export class ExternalSource {
  readonly #client: ExternalMetricsClient;
  readonly #api: MetricsApi<ValueReading>;

  constructor(client: ExternalMetricsClient, ports: GatePorts) {
    this.#client = client;
    // An adapter answers 500 for a metric whose own backend fails: the others are well.
    this.#api = new MetricsApi({ group: GROUP, words: WORDS, ofOneMetric: [500] }, ports);
  }

  async read(metric: ExternalMetric, context: ReadContext, signal: AbortSignal): Promise<Reading> {
    const metricSelector = metricSelectorText(metric.selector);
    if (metricSelector === undefined) return BAD_SELECTOR;
    const request = { namespace: context.namespace, metricName: metric.metricName, metricSelector };
    return this.#api.read(JSON.stringify(request), context, signal, async (limited) =>
      parseExternalMetric(await this.#client.list(request, limited)),
    );
  }
}
