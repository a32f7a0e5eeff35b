// A metrics adapter: custom.metrics.k8s.io and external.metrics.k8s.io with their discovery over https, from values that a test
// sets, and with the faults that adapters have. Asked directly, or behind an APIService of the local or a real API server.
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { matches, parseSelector } from '../../src/base/selector.ts';
import { issueCertificate } from '../../src/localcluster/api/x509.ts';

export type CustomVersion = 'v1beta1' | 'v1beta2';

/** `empty` and `two`: no value, and every value twice. `shape`: JSON of another kind. */
export type AdapterFault = 'hang' | 'error' | 'unavailable' | 'html' | 'shape' | 'empty' | 'two' | 'reset';

export interface MetricsAdapterOptions {
  /** PEM of a certificate and its key, for names under which it is asked. Default: made here, for localhost and 127.0.0.1. */
  readonly cert?: string;
  readonly key?: string;
  /** Names that the certificate made here is good for besides. */
  readonly dnsNames?: readonly string[];
  /** Port on 127.0.0.1. Default: any free one. */
  readonly port?: number;
  /** Default: the system's clock. */
  readonly now?: () => number;
  /** Called for each request; what it returns is called when the answer is out. */
  readonly hold?: () => () => void;
}

/** The value of one object: a pod, a `services`, an `ingresses.networking.k8s.io`, or the namespace itself as `metrics`. */
export interface CustomValue {
  readonly resource: string;
  readonly namespace: string;
  /** Empty for the namespace itself. */
  readonly name: string;
  readonly metric: string;
  /** A quantity, or whatever else is to be sent. */
  readonly value: unknown;
  /** Of the object, for a selector of pods. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Of the series, for a selector of the metric. */
  readonly metricLabels?: Readonly<Record<string, string>>;
  readonly windowSeconds?: number;
}

export interface ExternalValue {
  readonly namespace: string;
  readonly metric: string;
  readonly value: unknown;
  readonly metricLabels?: Readonly<Record<string, string>>;
}

export class MetricsAdapter {
  /** What is answered from, changed at will. The list is asked anew for each request when it is a function. */
  custom: readonly CustomValue[] | (() => readonly CustomValue[]) = [];
  external: readonly ExternalValue[] = [];
  /** Versions of the custom metrics API, the preferred one first. */
  versions: readonly CustomVersion[] = ['v1beta2', 'v1beta1'];
  /** Of reads of metrics; discovery stays well. */
  fault: AdapterFault | undefined;
  /** How old the values are said to be. */
  ageSeconds = 0;
  /** The time that all values carry, instead of now. */
  frozenAt: number | undefined;
  /** Reads of metrics so far: path and query. */
  readonly requests: string[] = [];
  /** PEM that a client must trust; undefined when the certificate was given. */
  readonly ca: string | undefined;
  readonly #server: Server;
  readonly #now: () => number;
  readonly #sockets = new Set<Socket>();

  constructor(options: MetricsAdapterOptions) {
    this.#now = options.now ?? Date.now;
    const { cert, key } = options;
    const own = cert === undefined ? ownCertificate(options.dnsNames ?? []) : undefined;
    this.ca = own?.certificate;
    const tls = own ? { cert: own.certificate, key: own.key } : { cert, key };
    this.#server = createServer({ cert: tls.cert ?? '', key: tls.key ?? '' }, (request, response) => {
      const release = options.hold?.();
      if (release) response.on('close', release);
      this.#answer(request, response);
    });
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  async start(port = 0): Promise<this> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `https://127.0.0.1:${this.port}`;
  }

  /** Says `value` for each of these pods, instead of what was said of the metric before. */
  setPods(namespace: string, metric: string, pods: readonly Pick<CustomValue, 'name' | 'labels' | 'value'>[]): void {
    const others = this.#customValues().filter((one) => one.metric !== metric || one.namespace !== namespace);
    this.custom = [...others, ...pods.map((pod) => ({ resource: 'pods', namespace, metric, ...pod }))];
  }

  /** Says these series for a metric, instead of what was said before. */
  setExternal(namespace: string, metric: string, ...values: readonly unknown[]): void {
    const others = this.external.filter((one) => one.metric !== metric || one.namespace !== namespace);
    this.external = [...others, ...values.map((value) => ({ namespace, metric, value }))];
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #customValues(): readonly CustomValue[] {
    return typeof this.custom === 'function' ? this.custom() : this.custom;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', this.url);
    const parts = url.pathname
      .split('/')
      .filter((part) => part !== '')
      .map(decodeURIComponent);
    const found = this.#discovery(parts);
    if (found) return send(response, 200, found);
    const [apis, group, version = '', namespaces, namespace = '', ...place] = parts;
    const isKnown = apis === 'apis' && namespaces === 'namespaces';
    const isCustom = group === CUSTOM && this.versions.includes(version as CustomVersion);
    if (!isKnown || !(isCustom || (group === EXTERNAL && version === 'v1beta1'))) return send(response, 404, NOT_FOUND);
    this.requests.push(`${url.pathname}${url.search}`);
    if (this.fault !== undefined && misbehave(this.fault, response)) return undefined;
    const list = isCustom
      ? this.#customList(version as CustomVersion, namespace, place, url.searchParams)
      : this.#externalList(namespace, place[0] ?? '', url.searchParams);
    return list ? send(response, 200, list) : send(response, 404, NOT_FOUND);
  }

  #discovery([apis, group, version, ...rest]: readonly string[]): object | undefined {
    if (apis !== 'apis' || rest.length > 0) return undefined;
    const served: Readonly<Record<string, readonly string[]>> = { [CUSTOM]: this.versions, [EXTERNAL]: ['v1beta1'] };
    if (group === undefined) {
      return {
        kind: 'APIGroupList',
        groups: Object.entries(served).map(([name, versions]) => groupOf(name, versions)),
      };
    }
    if (version === undefined) return served[group] && groupOf(group, served[group]);
    if (!served[group]?.includes(version)) return undefined;
    const isCustom = group === CUSTOM;
    const names = isCustom
      ? this.#customValues().map(({ resource, metric }) =>
          resource === 'metrics' ? `namespaces/${metric}` : `${resource}/${metric}`,
        )
      : this.external.map(({ metric }) => metric.toLowerCase());
    const kind = isCustom ? 'MetricValueList' : 'ExternalMetricValueList';
    const resources = [...new Set(names)].map((name) => ({
      name,
      singularName: '',
      namespaced: true,
      kind,
      verbs: ['get'],
    }));
    return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: `${group}/${version}`, resources };
  }

  /** Undefined: no such metric, or no such object. */
  #customList(version: CustomVersion, namespace: string, place: readonly string[], query: URLSearchParams) {
    const [resource, ...rest] = place;
    const [name, metric] = resource === 'metrics' ? ['', rest[0]] : [rest[0], rest[1]];
    const ofMetric = this.#customValues().filter(
      (one) => one.resource === resource && one.metric === metric && one.namespace === namespace,
    );
    const isSelected = selectedBy(query, 'labelSelector');
    const isSeries = selectedBy(query, 'metricLabelSelector');
    const found = ofMetric.filter(
      (one) => (name === '*' ? isSelected(one.labels) : one.name === name) && isSeries(one.metricLabels),
    );
    if (ofMetric.length === 0 || (name !== '*' && found.length === 0)) return undefined;
    const items = this.#repeated(found).map((one) => ({
      describedObject: { kind: 'Object', namespace, name: one.name === '' ? namespace : one.name, apiVersion: 'v1' },
      ...(version === 'v1beta2'
        ? { metric: { name: one.metric, selector: null } }
        : { metricName: one.metric, selector: null }),
      timestamp: this.#stamp(),
      ...(one.windowSeconds !== undefined && {
        [version === 'v1beta2' ? 'windowSeconds' : 'window']: one.windowSeconds,
      }),
      value: one.value,
    }));
    return { kind: 'MetricValueList', apiVersion: `${CUSTOM}/${version}`, metadata: {}, items };
  }

  /** A metric that is known has a list, of no series if none is selected. */
  #externalList(namespace: string, metric: string, query: URLSearchParams) {
    const known = this.external.filter((one) => one.metric.toLowerCase() === metric && one.namespace === namespace);
    if (known.length === 0) return undefined;
    const isSeries = selectedBy(query, 'labelSelector');
    const items = this.#repeated(known.filter((one) => isSeries(one.metricLabels))).map((one) => ({
      metricName: one.metric,
      metricLabels: one.metricLabels ?? null,
      timestamp: this.#stamp(),
      value: one.value,
    }));
    return { kind: 'ExternalMetricValueList', apiVersion: `${EXTERNAL}/v1beta1`, metadata: {}, items };
  }

  #repeated<Value>(values: readonly Value[]): readonly Value[] {
    if (this.fault === 'empty') return [];
    return this.fault === 'two' ? [...values, ...values] : values;
  }

  /** To the second, as the API machinery writes times. */
  #stamp(): string {
    const at = this.frozenAt ?? this.#now() - this.ageSeconds * 1000;
    return `${new Date(at).toISOString().slice(0, 19)}Z`;
  }
}

/** Starts one; it listens when the promise is fulfilled. */
export function startMetricsAdapter(options: MetricsAdapterOptions = {}): Promise<MetricsAdapter> {
  return new MetricsAdapter(options).start(options.port);
}

const CUSTOM = 'custom.metrics.k8s.io';
const EXTERNAL = 'external.metrics.k8s.io';
const NOT_FOUND = {
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  reason: 'NotFound',
  message: 'the server could not find the metric secret-of-the-adapter',
  code: 404,
};

function ownCertificate(dnsNames: readonly string[]) {
  const request = {
    commonName: 'metrics-adapter',
    authority: true,
    usages: ['server'],
    dnsNames: ['localhost', ...dnsNames],
    addresses: ['127.0.0.1'],
  } as const;
  return issueCertificate(request, Date.now());
}

function groupOf(name: string, versions: readonly string[]) {
  const list = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { kind: 'APIGroup', apiVersion: 'v1', name, versions: list, preferredVersion: list[0] };
}

function selectedBy(query: URLSearchParams, parameter: string): (labels?: Readonly<Record<string, string>>) => boolean {
  const parsed = parseSelector(query.get(parameter) ?? '');
  return (labels = {}) => parsed.selector !== undefined && matches(parsed.selector, labels);
}

/** True when that was the whole answer. */
function misbehave(fault: AdapterFault, response: ServerResponse): boolean {
  switch (fault) {
    case 'hang':
      return true;
    case 'reset':
      response.destroy();
      return true;
    case 'error':
    case 'unavailable': {
      const code = fault === 'error' ? 500 : 503;
      send(response, code, { ...NOT_FOUND, reason: 'InternalError', message: 'secret-of-the-adapter', code });
      return true;
    }
    case 'html':
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end('<html>please log in secret-of-the-adapter</html>');
      return true;
    case 'shape':
      send(response, 200, { kind: 'Secret', items: { of: 'the-adapter' } });
      return true;
    case 'empty':
    case 'two':
  }
  return false;
}

function send(response: ServerResponse, code: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(code, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}
