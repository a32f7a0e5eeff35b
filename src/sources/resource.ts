// Reads Resource and ContainerResource metrics from pod metrics: one list per namespace and tick, shared by all its targets.
// How the list is fetched is the client's (src/kube/pod-metrics.ts); what its body means is pod-metrics-response.ts.
import type { ContainerResourceMetric, ResourceMetric } from '../api/spec.ts';
import { ApiStatusError, SetpointError } from '../base/errors.ts';
import type { AbsentReading, Reading } from '../decide/types.ts';
import { absent, isAbsent } from './absence.ts';
import { type NamespaceUsage, parsePodMetrics, samplesOf } from './pod-metrics-response.ts';
import { SharedReads } from './shared.ts';
import type { ReadContext } from './source.ts';
import { type Attempt, type GatePorts, SourceGate } from './source-gate.ts';

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

/** A list of ten thousand pods takes a second or two; a server that needs longer is in trouble. */
const TIMEOUT_MS = 10_000;
/** Requests of different namespaces at once. */
const MAX_CONCURRENT = 16;
/** The HPA's words before what went wrong. */
const PREFIX = 'unable to fetch metrics from resource metrics API: ';

export class ResourceSource {
  readonly #client: PodMetricsClient;
  readonly #gate: SourceGate;
  readonly #shared: SharedReads<NamespaceUsage | AbsentReading>;

  constructor(client: PodMetricsClient, ports: GatePorts) {
    this.#client = client;
    this.#gate = new SourceGate(
      { name: 'metrics.k8s.io', timeoutMs: TIMEOUT_MS, maxConcurrent: MAX_CONCURRENT },
      ports,
    );
    this.#shared = new SharedReads(ports.clock);
  }

  /** Samples of the context's pods. */
  async read(
    metric: ResourceMetric | ContainerResourceMetric,
    context: ReadContext,
    signal: AbortSignal,
  ): Promise<Reading> {
    const { namespace, tickMs } = context;
    const usage = await this.#shared.read(namespace, tickMs, signal, (shared) =>
      this.#gate.run(shared, (limited) => this.#list(namespace, limited)),
    );
    if (usage === undefined) return absent('Timeout', `${PREFIX}the read was called off`);
    if (isAbsent(usage)) return absent(usage.reason, `${PREFIX}${usage.message}`);
    const container = metric.type === 'ContainerResource' ? metric.container : undefined;
    const samples = samplesOf(usage, context.podNames, metric.resource, container);
    return isAbsent(samples) ? samples : Object.freeze({ kind: 'pods', samples });
  }

  async #list(namespace: string, signal: AbortSignal): Promise<Attempt<NamespaceUsage>> {
    try {
      return { result: parsePodMetrics(await this.#client.list(namespace, signal), namespace), health: 'good' };
    } catch (error) {
      return failureOf(error);
    }
  }
}

/** What an error of the API client means, in our own words; a bug of ours is one too, and must not stop other targets. */
function failureOf(error: unknown): Attempt<never> {
  if (error instanceof ApiStatusError) return statusFailure(error.status);
  const code = error instanceof SetpointError ? error.code : undefined;
  if (code === 'Deadline') return { result: absent('Timeout', 'no complete answer in time'), health: 'bad' };
  if (code === 'BadAnswer') return { result: absent('BadShape', 'the answer is not valid JSON'), health: 'good' };
  if (code === 'Cancelled') return { result: absent('Timeout', 'the read was called off'), health: 'unknown' };
  return { result: absent('Unreachable', 'the API server could not be reached'), health: 'bad' };
}

const STATUS_WORDS: Readonly<Record<number, string>> = {
  403: 'HTTP 403: this controller may not list pods of metrics.k8s.io',
  404: 'HTTP 404: the cluster has no metrics API, install metrics-server',
  503: 'HTTP 503: the metrics server is not available',
};

function statusFailure(status: number): Attempt<never> {
  const isServerError = status >= 500 || status === 429;
  return {
    result: absent('ErrorAnswer', STATUS_WORDS[status] ?? `HTTP ${status}`),
    health: isServerError ? 'bad' : 'good',
  };
}
