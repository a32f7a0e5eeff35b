// Connections to one API server: HTTP/1.1, kept alive and shared; watches and the Lease have their own, so that neither
// waits behind ordinary calls. No redirect is followed, nothing is retried, nothing is inflated: that is client.ts's or refused.
import { createHash } from 'node:crypto';
import { Agent, type Dispatcher, ProxyAgent, Socks5ProxyAgent } from 'undici';
import { untilAborted } from '../base/deadline.ts';
import type { ClusterAccess, Credentials, TlsSettings } from './kubeconfig.ts';

const CONNECT_TIMEOUT_MS = 5000;
/** Below the 60 s after which cloud load balancers drop silent connections. */
const TCP_KEEP_ALIVE_MS = 15_000;
/** Idle connections are closed before the API server does it (90 s and more). */
const IDLE_MS = 30_000;
/** Watches last, and are as many as namespaces and kinds make them: one that waited for a connection would wait for ever. */
const CONNECTIONS = { calls: 64, watches: null, lease: 2 } as const;

/** `calls` for ordinary requests, `watches` for streams, `lease` for what must not wait behind either. */
export type Pool = keyof typeof CONNECTIONS;

export interface TransportRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly signal: AbortSignal;
  readonly pool: Pool;
  /** Reads credentials anew first. */
  readonly freshCredentials?: boolean;
  /** Called last before the request is handed to a connection; throwing refuses the request. */
  readonly beforeSend?: (() => void) | undefined;
}

export type TransportResponse = Pick<Dispatcher.ResponseData, 'statusCode' | 'headers' | 'body'>;

type Pools = Readonly<Record<Pool, Dispatcher>>;

export class Transport {
  /** Host and port, for metrics and messages. */
  readonly host: string;
  readonly #access: ClusterAccess;
  readonly #origin: string;
  readonly #prefix: string;
  #current: { readonly fingerprint: string; readonly pools: Pools } | undefined;
  #closed = false;

  constructor(access: ClusterAccess) {
    const url = new URL(access.server);
    this.#access = access;
    this.host = url.host;
    this.#origin = url.origin;
    this.#prefix = url.pathname.replace(/\/+$/, '');
  }

  async request(request: TransportRequest): Promise<TransportResponse> {
    const credentials = await untilAborted(this.#access.credentials(request.freshCredentials ?? false), request.signal);
    const pools = this.#poolsFor(credentials);
    request.beforeSend?.();
    return await pools[request.pool].request({
      origin: this.#origin,
      path: this.#prefix + request.path,
      method: request.method,
      headers: { ...request.headers, ...credentials.headers },
      body: request.body ?? null,
      signal: request.signal,
    });
  }

  /** Breaks every connection; requests under way fail. */
  async close(): Promise<void> {
    this.#closed = true;
    const pools = this.#current?.pools;
    this.#current = undefined;
    if (pools) await Promise.all(Object.values(pools).map((pool) => pool.destroy()));
  }

  #poolsFor({ tls }: Credentials): Pools {
    if (this.#closed) throw new Error('the client is closed');
    const fingerprint = fingerprintOf(tls);
    if (this.#current?.fingerprint === fingerprint) return this.#current.pools;
    // Rotated certificates: requests under way end on the old connections, new ones use the new.
    for (const old of Object.values(this.#current?.pools ?? {})) old.close().catch(() => undefined);
    const pools = {
      calls: this.#dispatcher(tls, CONNECTIONS.calls),
      watches: this.#dispatcher(tls, CONNECTIONS.watches),
      lease: this.#dispatcher(tls, CONNECTIONS.lease),
    };
    this.#current = { fingerprint, pools };
    return pools;
  }

  #dispatcher(tls: TlsSettings, connections: number | null): Dispatcher {
    const common = {
      allowH2: false,
      pipelining: 1,
      connections,
      keepAliveTimeout: IDLE_MS,
      keepAliveMaxTimeout: IDLE_MS,
      // Deadlines come as signals, exact and for the whole call; these would only guess per chunk.
      headersTimeout: 0,
      bodyTimeout: 0,
    };
    const connect = {
      ...tls,
      timeout: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      keepAliveInitialDelay: TCP_KEEP_ALIVE_MS,
    };
    const { proxyUrl } = this.#access;
    if (proxyUrl === undefined) return new Agent({ ...common, connect });
    if (proxyUrl.startsWith('socks')) return new Socks5ProxyAgent(proxyUrl, { ...common, requestTls: tls });
    return new ProxyAgent({ ...common, uri: proxyUrl, requestTls: tls });
  }
}

function fingerprintOf(tls: TlsSettings): string {
  const hash = createHash('sha256');
  for (const part of [tls.ca, tls.cert, tls.key, tls.servername, String(tls.rejectUnauthorized)]) {
    hash.update(part ?? '').update('\0');
  }
  return hash.digest('hex');
}
