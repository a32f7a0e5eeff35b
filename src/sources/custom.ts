// Reads Pods and Object metrics from custom.metrics.k8s.io: one request for each distinct (namespace, object or pods, metric,
// selectors) and tick. Paths and versions are the client's (src/kube/custom-metrics.ts), bodies custom-metrics-response.ts's.
import type { ObjectMetric, PodsMetric } from '../api/spec.ts';
import type { Reading } from '../decide/types.ts';
import { absent, isAbsent } from './absence.ts';
import { objectReadingOf, type ObjectValue, parseMetricValues, podsReadingOf } from './custom-metrics-response.ts';
import { MetricsApi } from './metrics-api.ts';
import { BAD_SELECTOR, canonicalSelector, metricSelectorText } from './metric-selectors.ts';
import type { ReadContext } from './source.ts';
import type { GatePorts } from './source-gate.ts';

/** One read of the custom metrics API. Selectors are in string form; empty: everything. */
export interface CustomMetricRequest {
  readonly namespace: string;
  readonly metricName: string;
  readonly metricSelector: string;
  /** The pods that a selector finds, or one object of the namespace. */
  readonly of: { readonly podSelector: string } | ObjectMetric['describedObject'];
}

/** The decoded JSON body of an answer, unchecked; or what the cluster does not know, so that nothing could be asked. */
export type CustomMetricAnswer = { readonly body: unknown } | { readonly unknown: 'api' | 'version' | 'kind' };

/** GETs custom metrics. Implemented over the API server in src/kube/custom-metrics.ts. */
export interface CustomMetricsClient {
  /** One request per call, and none to the adapter that is not asked for. Rejects as PodMetricsClient does. */
  get(request: CustomMetricRequest, signal: AbortSignal): Promise<CustomMetricAnswer>;
}

const GROUP = 'custom.metrics.k8s.io';
const WORDS: Readonly<Record<number, string>> = {
  403: `HTTP 403: this controller may not get metrics of ${GROUP}`,
  404: 'HTTP 404: the custom metrics API has no such metric',
  500: 'HTTP 500: the custom metrics adapter cannot read this metric',
  503: 'HTTP 503: the custom metrics adapter is not available',
};

export class CustomSource {
  readonly #client: CustomMetricsClient;
  readonly #api: MetricsApi<readonly ObjectValue[]>;

  constructor(client: CustomMetricsClient, ports: GatePorts) {
    this.#client = client;
    // An adapter answers 500 for a metric whose own backend fails: the others are well.
    this.#api = new MetricsApi({ group: GROUP, words: WORDS, ofOneMetric: [500] }, ports);
  }

  async read(metric: PodsMetric | ObjectMetric, context: ReadContext, signal: AbortSignal): Promise<Reading> {
    const metricSelector = metricSelectorText(metric.selector);
    if (metricSelector === undefined) return BAD_SELECTOR;
    const { namespace, podNames } = context;
    const { metricName } = metric;
    const of = metric.type === 'Object' ? metric.describedObject : { podSelector: canonicalSelector(context.selector) };
    const request = { namespace, metricName, metricSelector, of };
    const values = await this.#api.read(JSON.stringify(request), context, signal, async (limited) => {
      const answer = await this.#client.get(request, limited);
      return 'body' in answer
        ? parseMetricValues(answer.body)
        : absent('NoSource', describeUnknown(answer.unknown, of));
    });
    if (isAbsent(values)) return values;
    return metric.type === 'Object' ? objectReadingOf(values) : podsReadingOf(values, namespace, new Set(podNames));
  }
}

/** In the HPA's words. */
function describeUnknown(what: 'api' | 'version' | 'kind', of: CustomMetricRequest['of']): string {
  if (what === 'api') return `no custom metrics API (${GROUP}) registered`;
  if (what === 'version') return 'no known available metric versions found';
  const { kind, apiVersion = '' } = 'kind' in of ? of : { kind: 'Pod' };
  return `unable to map kind to resource: no matches for kind ${JSON.stringify(kind)} in ${JSON.stringify(apiVersion)}`;
}
