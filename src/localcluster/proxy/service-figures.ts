// What a Service's proxy counts: requests by code, those under way, and how long they took. Also as Prometheus text.

/** Upper bounds of the latency buckets in seconds. */
const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Cumulative since the Service was first seen. */
export interface ServiceFigures {
  namespace: string;
  service: string;
  requests: number;
  /** Requests answered with 500 or above, by a pod or for want of one. */
  errors: number;
  /** By HTTP code; 499: the client went away first. */
  byCode: Record<string, number>;
  inFlight: number;
  readyPods: number;
  latencySumSeconds: number;
  /** Requests that took at most `le` seconds; the last `le` is Infinity. */
  latencyBuckets: { le: number; count: number }[];
}

export class ServiceCounter {
  readonly #namespace: string;
  readonly #service: string;
  readonly #byCode = new Map<number, number>();
  readonly #buckets = [...BOUNDS, Number.POSITIVE_INFINITY].map(() => 0);
  #sumSeconds = 0;
  inFlight = 0;
  readyPods = 0;

  constructor(namespace: string, service: string) {
    this.#namespace = namespace;
    this.#service = service;
  }

  /** A request has been answered (or given up) with this code. */
  count(code: number, seconds: number): void {
    this.#byCode.set(code, (this.#byCode.get(code) ?? 0) + 1);
    this.#sumSeconds += seconds;
    const index = BOUNDS.findIndex((bound) => seconds <= bound);
    const bucket = index === -1 ? BOUNDS.length : index;
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1;
  }

  figures(): ServiceFigures {
    const codes = [...this.#byCode].sort(([a], [b]) => a - b);
    const total = (entries: typeof codes) => entries.reduce((sum, [, count]) => sum + count, 0);
    let below = 0;
    const latencyBuckets = this.#buckets.map((count, index) => {
      below += count;
      return { le: BOUNDS[index] ?? Number.POSITIVE_INFINITY, count: below };
    });
    return {
      namespace: this.#namespace,
      service: this.#service,
      requests: total(codes),
      errors: total(codes.filter(([code]) => code >= 500)),
      byCode: Object.fromEntries(codes),
      inFlight: this.inFlight,
      readyPods: this.readyPods,
      latencySumSeconds: this.#sumSeconds,
      latencyBuckets,
    };
  }
}

/**
 * The latency in seconds under which the fraction `q` of the requests between two readings stayed, interpolated within its bucket
 * as Prometheus does; undefined when there were none.
 */
export function latencyQuantile(
  before: ServiceFigures | undefined,
  after: ServiceFigures,
  q: number,
): number | undefined {
  const counts = after.latencyBuckets.map(({ le, count }, index) => ({
    le,
    count: count - (before?.latencyBuckets[index]?.count ?? 0),
  }));
  const wanted = q * (counts.at(-1)?.count ?? 0);
  if (wanted <= 0) return undefined;
  let lower = { le: 0, count: 0 };
  for (const bucket of counts) {
    if (bucket.count >= wanted) {
      if (!Number.isFinite(bucket.le)) return lower.le;
      const within = (wanted - lower.count) / (bucket.count - lower.count);
      return lower.le + within * (bucket.le - lower.le);
    }
    lower = bucket;
  }
  return undefined;
}

/** The text that a Prometheus scrapes. */
export function prometheusText(services: readonly ServiceFigures[]): string {
  const labels = ({ namespace, service }: ServiceFigures) => `namespace="${namespace}",service="${service}"`;
  const family = (name: string, type: string, help: string, lines: readonly string[]) => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...lines,
  ];
  const each = (line: (figures: ServiceFigures, labels: string) => string | string[]) =>
    services.flatMap((figures) => line(figures, labels(figures)));
  return [
    ...family(
      'http_requests_total',
      'counter',
      'Requests to a Service by the code they were answered with.',
      // A series that is there from the start has a rate from the start.
      each(({ byCode }, text) =>
        Object.entries({ '200': 0, ...byCode }).map(
          ([code, count]) => `http_requests_total{${text},code="${code}"} ${count}`,
        ),
      ),
    ),
    ...family(
      'http_request_duration_seconds',
      'histogram',
      'Time from the arrival of a request to the end of its answer.',
      each(({ latencyBuckets, latencySumSeconds, requests }, text) => [
        ...latencyBuckets.map(
          ({ le, count }) =>
            `http_request_duration_seconds_bucket{${text},le="${Number.isFinite(le) ? le : '+Inf'}"} ${count}`,
        ),
        `http_request_duration_seconds_sum{${text}} ${latencySumSeconds}`,
        `http_request_duration_seconds_count{${text}} ${requests}`,
      ]),
    ),
    ...family(
      'http_requests_in_flight',
      'gauge',
      'Requests being answered.',
      each(({ inFlight }, text) => `http_requests_in_flight{${text}} ${inFlight}`),
    ),
    ...family(
      'localcluster_service_ready_pods',
      'gauge',
      'Ready pods that the Service sends requests to.',
      each(({ readyPods }, text) => `localcluster_service_ready_pods{${text}} ${readyPods}`),
    ),
    '',
  ].join('\n');
}
