// Each Service with a selector answers on one local port and spreads its requests over its ready pods. A pod that is being
// deleted gets no new request from that moment on. Figures of all Services stand on one more port, for a Prometheus.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../base/clock.ts';
import { LOCAL_IP, LOCAL_PORT_ANNOTATION } from './kubelet/annotations.ts';
import { localPort } from './kubelet/ports.ts';
import type { KubeObject, ObjectStore } from './objects.ts';
import { forward } from './proxy/forward.ts';
import { Rotation } from './proxy/rotation.ts';
import { prometheusText, ServiceCounter, type ServiceFigures } from './proxy/service-figures.ts';
import { isActive, isReady } from './workloads/pod-state.ts';
import { selects } from './workloads/selector.ts';
import type { Pod, Service } from './workloads/types.ts';
import { changeObject, keyOf } from './workloads/writes.ts';

export interface ServiceProxyDeps {
  store: ObjectStore;
  clock: Clock;
  onError: (key: string, error: unknown) => void;
}

interface Proxied {
  service: Service;
  rotation: Rotation;
  counter: ServiceCounter;
  server: Server;
  /** Once it listens. */
  port: number | undefined;
}

export class ServiceProxy {
  readonly #deps: ServiceProxyDeps;
  readonly #services = new Map<string, Proxied>();
  readonly #admin: Server;
  readonly #adminPort: number;
  readonly #stops: (() => void)[];
  readonly #closing = new Set<Promise<void>>();

  private constructor(deps: ServiceProxyDeps, admin: Server, adminPort: number) {
    this.#deps = deps;
    this.#admin = admin;
    this.#adminPort = adminPort;
    admin.on('request', (request, response) => this.#answerAdmin(request, response));
    this.#stops = [
      deps.store.watch('services', ({ type, object }) => this.#observeService(object as Service, type === 'DELETED')),
      deps.store.watch('pods', ({ object }) => this.#observePod(object)),
    ];
  }

  static async start(deps: ServiceProxyDeps): Promise<ServiceProxy> {
    const admin = createServer();
    return new ServiceProxy(deps, admin, await listen(admin));
  }

  /** Where a Service answers, without a slash at the end; undefined while there is none of that name with a selector. */
  url(namespace: string, name: string): string | undefined {
    const port = this.#services.get(`${namespace}/${name}`)?.port;
    return port === undefined ? undefined : `http://${LOCAL_IP}:${port}`;
  }

  /** Where the figures of all Services stand as Prometheus text. */
  get metricsUrl(): string {
    return `http://${LOCAL_IP}:${this.#adminPort}/metrics`;
  }

  figures(namespace: string, name: string): ServiceFigures | undefined {
    return this.#services.get(`${namespace}/${name}`)?.counter.figures();
  }

  async close(): Promise<void> {
    for (const stop of this.#stops) stop();
    for (const key of Array.from(this.#services.keys())) this.#end(key);
    await Promise.all([...this.#closing, closeServer(this.#admin)]);
  }

  #observeService(service: Service, deleted: boolean): void {
    const key = keyOf(service);
    const known = this.#services.get(key);
    const wanted = !deleted && service.spec.selector !== undefined && service.spec.type !== 'ExternalName';
    if (!wanted) this.#end(key);
    else if (known) {
      known.service = service;
      this.#refresh(known);
    } else this.#begin(key, service);
  }

  #observePod(pod: KubeObject): void {
    for (const proxied of this.#services.values()) {
      const { service } = proxied;
      if (service.metadata.namespace === pod.metadata.namespace) this.#refresh(proxied);
    }
  }

  #begin(key: string, service: Service): void {
    const { namespace = '', name, uid } = service.metadata;
    const { store, clock, onError } = this.#deps;
    const rotation = new Rotation((error) => onError(key, error));
    const counter = new ServiceCounter(namespace, name);
    const server = createServer((request, response) => {
      const arrived = clock.monotonic();
      counter.inFlight += 1;
      forward(rotation, request, response, (code) => {
        counter.inFlight -= 1;
        counter.count(code, (clock.monotonic() - arrived) / 1000);
      });
    });
    // Longer than a client's own limit, so that it is the client that closes idle connections.
    server.keepAliveTimeout = 75_000;
    const proxied: Proxied = { service, rotation, counter, server, port: undefined };
    this.#services.set(key, proxied);
    this.#refresh(proxied);
    const publish = async () => {
      const port = await listen(server);
      proxied.port = port;
      changeObject(store, { resource: 'services', namespace, name, uid }, (copy) => {
        copy.metadata.annotations = { ...copy.metadata.annotations, [LOCAL_PORT_ANNOTATION]: String(port) };
      });
    };
    publish().catch((error: unknown) => onError(key, error));
  }

  #refresh({ service, rotation, counter }: Proxied): void {
    const { selector, ports } = service.spec;
    const target = ports?.[0]?.targetPort ?? ports?.[0]?.port;
    const pods = (this.#deps.store.list('pods', service.metadata.namespace) as readonly Pod[]).filter(
      (pod) => selects({ matchLabels: selector ?? {} }, pod.metadata.labels) && isActive(pod) && isReady(pod),
    );
    rotation.set(
      pods.flatMap((pod) => {
        const port = localPort(pod, target);
        return port === undefined ? [] : [{ uid: pod.metadata.uid, port }];
      }),
    );
    counter.readyPods = rotation.size;
  }

  #end(key: string): void {
    const proxied = this.#services.get(key);
    if (!proxied) return;
    this.#services.delete(key);
    const closed = endService(proxied);
    this.#closing.add(closed);
    void closed.finally(() => this.#closing.delete(closed));
  }

  #answerAdmin(request: IncomingMessage, response: ServerResponse): void {
    if (request.url !== '/metrics') {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('only /metrics is served here\n');
      return;
    }
    const text = prometheusText([...this.#services.values()].map(({ counter }) => counter.figures()));
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text);
  }
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, LOCAL_IP, () => resolve((server.address() as AddressInfo).port));
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function endService({ server, rotation }: Proxied): Promise<void> {
  await Promise.all([closeServer(server), rotation.destroy()]);
}
