// The metrics server of the bench: metrics.k8s.io for pods that nobody runs, with one usage for all that a test may change at once.
// Serves what both contenders ask for: the list of a namespace, whole or by label selector. Prepared per namespace, so that the
// answers cost next to nothing beside what is measured.
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** As metrics-server has it by default: samples are as old as this at most. */
const RESOLUTION_MS = 15_000;
/** How far a pod's usage strays from what is set, so that values move as real ones do, within the tolerance. */
const STRAY = 0.03;

export interface FakePod {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface MetricsServerOptions {
  readonly cert: string;
  readonly key: string;
  readonly pods: ReadonlyMap<string, readonly FakePod[]>;
}

export interface MetricsServer {
  readonly port: number;
  /** CPU of every pod from now on, in thousandths of a core. Samples taken at once, so that the flip is seen by the next read. */
  setUsage(milli: number): void;
  close(): Promise<void>;
}

const GROUP_VERSION = 'metrics.k8s.io/v1beta1';
const RESOURCES = {
  kind: 'APIResourceList',
  apiVersion: 'v1',
  groupVersion: GROUP_VERSION,
  resources: [{ name: 'pods', singularName: '', namespaced: true, kind: 'PodMetrics', verbs: ['get', 'list'] }],
};

/** Starts to serve on a free port of 127.0.0.1. */
export async function startMetricsServer({ cert, key, pods }: MetricsServerOptions): Promise<MetricsServer> {
  let usageMilli = 0;
  let sampledAt = 0;
  /** By namespace and selector; forgotten with every new round of samples. */
  const answers = new Map<string, string>();
  const sample = () => {
    sampledAt = Date.now();
    answers.clear();
  };
  const items = (namespace: string, selector: string) => {
    const wanted = selector === '' ? [] : selector.split(',').map((part) => part.split('='));
    const chosen = (pods.get(namespace) ?? []).filter((pod) =>
      wanted.every(([label = '', value]) => pod.labels[label] === value),
    );
    return chosen.map((pod) => podMetrics(namespace, pod, { usageMilli, sampledAt }));
  };
  const answer = (path: string, query: URLSearchParams): string | undefined => {
    if (path === `/apis/${GROUP_VERSION}`) return JSON.stringify(RESOURCES);
    const namespace = /^\/apis\/metrics\.k8s\.io\/v1beta1\/namespaces\/([^/]+)\/pods$/.exec(path)?.[1];
    if (namespace === undefined) return undefined;
    if (Date.now() - sampledAt >= RESOLUTION_MS) sample();
    const selector = query.get('labelSelector') ?? '';
    const known = `${namespace} ${selector}`;
    let body = answers.get(known);
    if (body === undefined) {
      const list = {
        kind: 'PodMetricsList',
        apiVersion: GROUP_VERSION,
        metadata: {},
        items: items(namespace, selector),
      };
      body = JSON.stringify(list);
      answers.set(known, body);
    }
    return body;
  };
  const server = createServer({ cert, key }, (request, response) => {
    const url = new URL(request.url ?? '/', 'https://localhost');
    const body = answer(url.pathname, url.searchParams);
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(body ?? '{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    setUsage(milli) {
      usageMilli = milli;
      sample();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function podMetrics(
  namespace: string,
  { name, labels }: FakePod,
  { usageMilli, sampledAt }: { readonly usageMilli: number; readonly sampledAt: number },
) {
  const milli = Math.round(usageMilli * (1 + (Math.random() * 2 - 1) * STRAY));
  return {
    metadata: { name, namespace, labels, creationTimestamp: new Date(sampledAt).toISOString() },
    timestamp: new Date(sampledAt).toISOString(),
    window: '15s',
    containers: [{ name: 'main', usage: { cpu: `${milli}m`, memory: '64Mi' } }],
  };
}
