// GETs custom metrics where the HPA's client would: the version by discovery, an object's resource by its group and kind. What the
// answer means is sources/custom.ts's.
import type { Clock } from '../base/clock.ts';
import type { CustomMetricAnswer, CustomMetricRequest, CustomMetricsClient } from '../sources/custom.ts';
import type { KubeClient } from './client.ts';
import { Discovery } from './discovery.ts';
import { type ResourcePath, resourcePath } from './paths.ts';

const GROUP = 'custom.metrics.k8s.io';
/** Versions whose answers are understood. */
const VERSIONS: readonly string[] = ['v1beta2', 'v1beta1'];
/** The source's own deadline is shorter in most cases; this bounds what it leaves behind. */
const TIMEOUT_MS = 10_000;
/** Some 300 bytes a pod: more than 50,000 pods behind one selector. */
const MAX_BYTES = 16 * 1024 * 1024;

type Place = Pick<ResourcePath, 'resource' | 'name' | 'subresource'>;

export class KubeCustomMetrics implements CustomMetricsClient {
  readonly #client: Pick<KubeClient, 'get'>;
  readonly #discovery: Discovery;

  constructor(options: { readonly client: Pick<KubeClient, 'get'>; readonly clock: Clock }) {
    this.#client = options.client;
    this.#discovery = new Discovery(options);
  }

  async get(request: CustomMetricRequest, signal: AbortSignal): Promise<CustomMetricAnswer> {
    const { namespace, metricName, metricSelector, of } = request;
    const served = await this.#discovery.versionsOf(GROUP, signal);
    if (served.length === 0) return { unknown: 'api' };
    const version = served.find((one) => VERSIONS.includes(one));
    if (version === undefined) return { unknown: 'version' };
    const isPods = 'podSelector' in of;
    const place = isPods ? podsPlace(metricName) : await this.#objectPlace(of, metricName, signal);
    if (place === undefined) return { unknown: 'kind' };
    const body = await this.#client.get(resourcePath({ group: GROUP, version, namespace, ...place }), {
      signal,
      query: {
        labelSelector: isPods && of.podSelector !== '' ? of.podSelector : undefined,
        metricLabelSelector: metricSelector === '' ? undefined : metricSelector,
      },
      timeoutMs: TIMEOUT_MS,
      maxBodyBytes: MAX_BYTES,
      aggregated: true,
      // The next tick asks again: repeats would keep other metrics of a slow adapter waiting.
      retry: false,
    });
    return { body };
  }

  /** Undefined when the cluster knows no such kind. */
  async #objectPlace(
    { apiVersion = '', kind, name }: Exclude<CustomMetricRequest['of'], { podSelector: string }>,
    metricName: string,
    signal: AbortSignal,
  ): Promise<Place | undefined> {
    const slash = apiVersion.indexOf('/');
    const group = slash < 0 ? '' : apiVersion.slice(0, slash);
    // The namespace itself, whatever name is given: a reference does not lead out of it.
    if (kind === 'Namespace' && group === '') return { resource: 'metrics', name: metricName };
    const found = await this.#discovery.find(group, apiVersion.slice(slash + 1), kind, signal);
    if (!found) return undefined;
    const resource = group === '' ? found.resource : `${found.resource}.${group}`;
    return { resource, name, subresource: metricName };
  }
}

/** All pods: the selector narrows them down. */
function podsPlace(metricName: string): Place {
  return { resource: 'pods', name: '*', subresource: metricName };
}
