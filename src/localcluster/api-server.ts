// A Kubernetes API server in this process, over real HTTP on 127.0.0.1: see startApiServer.
// It stores, checks and serves objects; making pods out of deployments is left to the workloads.

import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { type Clock, systemClock } from '../base/clock.ts';
import { AuditLog } from './api/audit.ts';
import { Authenticator, type UserOptions } from './api/auth.ts';
import { makeCertificate, type ServerCertificate } from './api/certificate.ts';
import { Exchange } from './api/exchange.ts';
import { asksForSocket } from './api/port-forward.ts';
import { Faults } from './api/faults.ts';
import { kubeconfigText } from './api/kubeconfig.ts';
import { OpenApi } from './api/openapi.ts';
import { handleRequest, type PodLogProvider, type ServerParts } from './api/request-handler.ts';
import type { ObjectStore, PodMetricsProvider } from './objects.ts';
import { builtinResources } from './resources/builtin.ts';
import { serveCustomResources } from './resources/custom-controller.ts';
import { collectGarbage } from './resources/garbage-collector.ts';
import { type AdmissionHook, ObjectService } from './resources/object-service.ts';
import { internalContext } from './resources/prepare.ts';
import { Registry } from './resources/registry.ts';
import { createObjectStore } from './storage/object-store.ts';
import { Storage } from './storage/storage.ts';

export interface ApiServerOptions {
  /** Port on 127.0.0.1. Default 0: any free one. */
  port?: number;
  /** HTTPS with a certificate made at start. kubectl sends tokens over HTTPS only. Default false. */
  tls?: boolean;
  /** Default: the system's clock. */
  clock?: Clock;
  /**
   * Bearer token → user. Unset: who comes without a token is the administrator. Set: requests without a token get 401.
   * A token that nobody has gets 401 either way.
   */
  users?: Record<string, UserOptions>;
  /** Namespaces made at start beside default, kube-system, kube-public and kube-node-lease. */
  namespaces?: readonly string[];
  /** Between two bookmarks of a watch that asked for them, in milliseconds. Default 60 000, as a real server. */
  bookmarkIntervalMs?: number;
  /** How a watch from a compacted version is refused: an ERROR event (default, as a real server) or HTTP status 410. */
  expiredWatchAs?: 'event' | 'status';
}

export interface ApiServer {
  /** Without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** The administrator's token. */
  readonly token: string;
  /** PEM of the certificate that clients must trust; undefined without `tls`. */
  readonly certificateAuthority: string | undefined;
  /** The same objects in-process, for the cluster's own controllers and for tests. */
  readonly store: ObjectStore;
  readonly faults: Faults;
  readonly audit: AuditLog;
  /** YAML for kubectl; without a token the administrator's. */
  kubeconfig(token?: string, namespace?: string): string;
  addUser(token: string, user: UserOptions): void;
  removeUser(token: string): void;
  /** Sees each write before it is stored; returns the function that removes the hook. */
  addAdmissionHook(hook: AdmissionHook): () => void;
  setPodMetrics(provider: PodMetricsProvider | undefined): void;
  setPodLogs(provider: PodLogProvider | undefined): void;
  /** Ends open watches and connections; afterwards the port is free. */
  close(): Promise<void>;
}

/** Starts the server; it answers as soon as the promise is fulfilled. */
export async function startApiServer(options: ApiServerOptions = {}): Promise<ApiServer> {
  const clock = options.clock ?? systemClock;
  const storage = new Storage();
  const registry = new Registry(builtinResources());
  const service = new ObjectService(storage, registry, clock);
  serveCustomResources(service);
  collectGarbage(service);
  makeNamespaces(service, options.namespaces ?? []);

  const token = randomBytes(16).toString('hex');
  const authenticator = new Authenticator(token, options.users);
  const audit = new AuditLog();
  const faults = new Faults((version) => storage.compact(version));
  let podMetrics: PodMetricsProvider | undefined;
  let podLogs: PodLogProvider | undefined;
  const openapi = new OpenApi(registry);
  const parts: ServerParts = {
    service,
    authenticator,
    audit,
    faults,
    clock,
    bookmarkIntervalMs: options.bookmarkIntervalMs ?? 60_000,
    expiredWatchAs: options.expiredWatchAs ?? 'event',
    openapi: (path) => openapi.answer(path),
    podMetrics: () => podMetrics,
    podLogs: () => podLogs,
  };
  const certificate = options.tls === true ? makeCertificate(clock.now()) : undefined;
  const certificateAuthority = certificate?.certificate;
  const { server, close } = await listen(parts, options.port ?? 0, certificate);
  const { port } = server.address() as AddressInfo;
  const url = `${certificate === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  return {
    url,
    port,
    token,
    certificateAuthority,
    store: createObjectStore(service),
    faults,
    audit,
    kubeconfig: (userToken, namespace) =>
      kubeconfigText({
        url,
        token: userToken ?? token,
        certificateAuthority,
        ...(namespace === undefined ? {} : { namespace }),
      }),
    addUser: (userToken, user) => authenticator.addUser(userToken, user),
    removeUser: (userToken) => authenticator.removeUser(userToken),
    addAdmissionHook: (hook) => service.addAdmissionHook(hook),
    setPodMetrics: (provider) => {
      podMetrics = provider;
    },
    setPodLogs: (provider) => {
      podLogs = provider;
    },
    close,
  };
}

function makeNamespaces(service: ObjectService, more: readonly string[]): void {
  const namespaces = service.registry.byKey('namespaces');
  if (namespaces === undefined) return;
  for (const name of new Set(['default', 'kube-system', 'kube-public', 'kube-node-lease', ...more])) {
    service.create(namespaces, '', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, internalContext());
  }
}

async function listen(
  parts: ServerParts,
  port: number,
  certificate: ServerCertificate | undefined,
): Promise<{ server: Server; close: () => Promise<void> }> {
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    // A client that goes away in the middle is none of the server's troubles.
    request.on('error', () => response.destroy());
    response.on('error', () => response.destroy());
    void handleRequest(parts, new Exchange(request, response));
  };
  const server =
    certificate === undefined
      ? createServer({ shouldUpgradeCallback: asksForSocket }, onRequest)
      : createTlsServer(
          { cert: certificate.certificate, key: certificate.key, shouldUpgradeCallback: asksForSocket },
          onRequest,
        );
  server.on('upgrade', (request, socket, head) => {
    const exchange = exchangeOn(request, socket as Socket, head);
    if (exchange) void handleRequest(parts, exchange);
  });
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.requestTimeout = 0;
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  return { server, close };
}

/** A request whose connection may be taken off HTTP. Undefined, and the connection gone, when an answer before it is not yet over. */
function exchangeOn(request: IncomingMessage, socket: Socket, head: Buffer): Exchange | undefined {
  const leave = () => socket.destroy();
  const response = new ServerResponse(request);
  try {
    response.assignSocket(socket);
  } catch {
    leave();
    return undefined;
  }
  response.shouldKeepAlive = false;
  response.on('finish', () => socket.destroySoon());
  // The server watches it no more: half closed is closed, as with other requests.
  socket.on('error', leave).on('end', leave);
  const take = () => {
    response.detachSocket(socket);
    socket.off('end', leave);
    return { socket, head };
  };
  return new Exchange(request, response, { take });
}
