// metrics.k8s.io/v1beta1: the samples of a PodMetricsProvider in the shapes of the metrics server.

import type { PodMetrics, PodMetricsProvider } from '../objects.ts';
import { ApiStatusError, notFound, unknownPath } from '../status.ts';
import type { Exchange } from './exchange.ts';
import { parseLabelSelector } from './selectors.ts';

const podMetricsName = { group: 'metrics.k8s.io', plural: 'podmetrics', kind: 'PodMetrics' };

/** The answer to a request below /apis/metrics.k8s.io/v1beta1. Throws 404 for other resources, 503 without a provider. */
export function answerPodMetrics(exchange: Exchange, provider: PodMetricsProvider | undefined): unknown {
  const { info, query } = exchange;
  if (info.version !== 'v1beta1' || info.resource !== 'pods' || info.subresource !== '') throw unknownPath();
  if (info.verb !== 'get' && info.verb !== 'list')
    throw new ApiStatusError(
      405,
      'MethodNotAllowed',
      `${info.verb} is not supported on resources of kind "pods.metrics.k8s.io"`,
    );
  if (provider === undefined)
    throw new ApiStatusError(
      503,
      'ServiceUnavailable',
      'the server is currently unable to handle the request (get pods.metrics.k8s.io)',
    );
  const samples = provider.podMetrics(info.namespace === '' ? undefined : info.namespace);
  if (info.verb === 'get') {
    const sample = samples.find((it) => it.name === info.name);
    if (sample === undefined) throw notFound(podMetricsName, `${info.namespace}/${info.name}`);
    return { kind: 'PodMetrics', apiVersion: 'metrics.k8s.io/v1beta1', ...body(sample) };
  }
  const matches = parseLabelSelector(query.get('labelSelector') ?? '');
  const items = samples.filter((it) => matches(it.labels) && (info.name === '' || it.name === info.name)).map(body);
  return { kind: 'PodMetricsList', apiVersion: 'metrics.k8s.io/v1beta1', metadata: {}, items };
}

function body(sample: PodMetrics): object {
  const { name, namespace, labels, timestamp, window, containers } = sample;
  return { metadata: { name, namespace, creationTimestamp: timestamp, labels }, timestamp, window, containers };
}
