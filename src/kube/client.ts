// Calls to the API server: one deadline for the whole call, retries only where a repeat cannot do harm, a token per attempt,
// one class of errors. What the JSON means is the callers'; connections are transport.ts's. Bodies and tokens are never logged.
import { type Clock, sleep } from '../base/clock.ts';
import { startDeadline, type Deadline } from '../base/deadline.ts';
import { ApiStatusError, SetpointError } from '../base/errors.ts';
import { type Random, systemRandom } from '../base/random.ts';
import { TokenBucket } from '../base/token-bucket.ts';
import { readJson, refuseFailure } from './answers.ts';
import type { ClusterAccess } from './kubeconfig.ts';
import { type Pool, Transport, type TransportRequest, type TransportResponse } from './transport.ts';

export const DEFAULT_CALL_TIMEOUT_MS = 10_000;
/** Lists come in pages of a few hundred objects; no honest page comes near. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;
const MAX_ATTEMPTS = 5;
const BACKOFF_BASE_MS = 100;
const BACKOFF_MAX_MS = 5000;

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';
/** Who goes first when tokens are short: the Lease, then writes of /scale, then the rest. */
export type Lane = 'lease' | 'scale' | 'rest';
const LANES: Readonly<Record<Lane, number>> = { lease: 0, scale: 1, rest: 2 };

export interface RequestObserver {
  /** One attempt. `code` is the HTTP status, or `<error>` when there was no answer. `method` is HTTP's, `verb` Kubernetes'. */
  requestFinished(request: {
    readonly verb: Verb;
    readonly method: string;
    readonly code: string;
    readonly host: string;
    readonly durationMs: number;
  }): void;
}

export interface KubeClientOptions {
  readonly access: ClusterAccess;
  readonly clock: Clock;
  /** Of this program, for the user-agent. */
  readonly version: string;
  /** Requests per second over time. Default 200; -1: no limit. */
  readonly qps?: number | undefined;
  /** Requests at once after a calm. Default 400. */
  readonly burst?: number | undefined;
  readonly random?: Random | undefined;
  readonly observer?: RequestObserver | undefined;
}

export interface CallOptions {
  readonly signal: AbortSignal;
  /** For the whole call with its retries and its wait for a token. Default 10 s. */
  readonly timeoutMs?: number;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly lane?: Lane;
  /** False: one attempt, whatever happens (but for new credentials after a 401). Default true. */
  readonly retry?: boolean;
  /** The write carries a resourceVersion, so that sending it twice cannot take effect twice: retried like a read. */
  readonly conditional?: boolean;
  /** An aggregated API answers here: its 429 says nothing about the API server and delays only this call. */
  readonly aggregated?: boolean;
  readonly maxBodyBytes?: number;
  /** Accept header. Default `application/json`. */
  readonly accept?: string;
  /** Checked right before each attempt is sent; throwing refuses it. */
  readonly beforeSend?: (() => void) | undefined;
}

interface Attempt {
  readonly verb: Verb;
  readonly method: TransportRequest['method'];
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly pool: Pool;
}

export class KubeClient {
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #bucket: TokenBucket;
  readonly #userAgent: string;
  readonly #observer: RequestObserver | undefined;

  constructor(options: KubeClientOptions) {
    this.#transport = new Transport(options.access);
    this.#clock = options.clock;
    this.#random = options.random ?? systemRandom;
    this.#userAgent = `setpoint/${options.version}`;
    this.#observer = options.observer;
    this.#bucket = new TokenBucket({
      clock: options.clock,
      ratePerSecond: options.qps ?? 200,
      burst: options.burst ?? 400,
      lanes: Object.keys(LANES).length,
    });
  }

  get(path: string, options: CallOptions): Promise<unknown> {
    return this.#call({ verb: 'get', method: 'GET', path, pool: 'calls' }, options);
  }

  /** One page, as GET of a collection answers. */
  list(path: string, options: CallOptions): Promise<unknown> {
    return this.#call({ verb: 'list', method: 'GET', path, pool: 'calls' }, options);
  }

  create(path: string, body: unknown, options: CallOptions): Promise<unknown> {
    return this.#call({ verb: 'create', method: 'POST', path, body, pool: 'calls' }, options);
  }

  /** PUT. */
  replace(path: string, body: unknown, options: CallOptions): Promise<unknown> {
    return this.#call({ verb: 'update', method: 'PUT', path, body, pool: 'calls' }, options);
  }

  /** PATCH as JSON merge patch. */
  mergePatch(path: string, body: unknown, options: CallOptions): Promise<unknown> {
    const contentType = 'application/merge-patch+json';
    return this.#call({ verb: 'patch', method: 'PATCH', path, body, contentType, pool: 'calls' }, options);
  }

  /**
   * Opens a watch and resolves with its bytes as they come; `timeoutMs` bounds the time to the answer's head only. The stream
   * ends when the server ends it and fails when the connection breaks or `signal` aborts, which must be the stream's own.
   */
  async watch(path: string, options: CallOptions): Promise<AsyncIterable<Uint8Array>> {
    const deadline = startDeadline(this.#clock, options.timeoutMs ?? DEFAULT_CALL_TIMEOUT_MS, options.signal);
    const attempt: Attempt = { verb: 'watch', method: 'GET', path: withQuery(path, options.query), pool: 'watches' };
    const signal = AbortSignal.any([options.signal, deadline.signal]);
    try {
      const response = await this.#once(attempt, { ...options, signal }, refuseFailure);
      return response.body as AsyncIterable<Uint8Array>;
    } catch (error) {
      throw this.#explain(error, deadline, options.signal);
    } finally {
      deadline.dispose();
    }
  }

  /** Breaks every connection. */
  close(): Promise<void> {
    return this.#transport.close();
  }

  async #call(attempt: Attempt, options: CallOptions): Promise<unknown> {
    const deadline = startDeadline(this.#clock, options.timeoutMs ?? DEFAULT_CALL_TIMEOUT_MS, options.signal);
    const toDo: Attempt = {
      ...attempt,
      path: withQuery(attempt.path, options.query),
      pool: options.lane === 'lease' ? 'lease' : attempt.pool,
    };
    try {
      return await this.#attempts(toDo, options, deadline);
    } finally {
      deadline.dispose();
    }
  }

  async #attempts(attempt: Attempt, options: CallOptions, deadline: Deadline): Promise<unknown> {
    const limited = { ...options, signal: deadline.signal };
    for (let count = 1; ; count++) {
      try {
        let value: unknown;
        await this.#once(attempt, limited, async (response) => {
          value = await readJson(response, options.maxBodyBytes ?? MAX_BODY_BYTES);
        });
        return value;
      } catch (failure) {
        const error = this.#explain(failure, deadline, options.signal);
        this.#obey(error, options);
        if (options.retry === false || count >= MAX_ATTEMPTS || !isSafeToRetry(error, attempt.verb, options))
          throw error;
        const delayMs = this.#delayMs(error, count);
        if (delayMs >= deadline.remainingMs()) throw error;
        await this.#wait(delayMs, deadline, options.signal);
      }
    }
  }

  /** One attempt, or two when the first meets a 401: credentials may have been rotated since they were read. */
  async #once(
    attempt: Attempt,
    options: CallOptions,
    consume: (response: TransportResponse) => Promise<void>,
  ): Promise<TransportResponse> {
    try {
      return await this.#send(attempt, options, consume, false);
    } catch (error) {
      if (!(error instanceof ApiStatusError) || error.status !== 401) throw error;
      return await this.#send(attempt, options, consume, true);
    }
  }

  async #send(
    attempt: Attempt,
    options: CallOptions,
    consume: (response: TransportResponse) => Promise<void>,
    freshCredentials: boolean,
  ): Promise<TransportResponse> {
    await this.#bucket.take(options.signal, LANES[options.lane ?? 'rest']);
    const startedAt = this.#clock.monotonic();
    let code = '<error>';
    try {
      const response = await this.#transport.request({
        method: attempt.method,
        path: attempt.path,
        headers: this.#headers(attempt, options.accept),
        body: attempt.body === undefined ? undefined : JSON.stringify(attempt.body),
        signal: options.signal,
        pool: attempt.pool,
        freshCredentials,
        beforeSend: options.beforeSend,
      });
      code = String(response.statusCode);
      await consume(response);
      return response;
    } finally {
      const durationMs = this.#clock.monotonic() - startedAt;
      const { verb, method } = attempt;
      this.#observer?.requestFinished({ verb, method, code, host: this.#transport.host, durationMs });
    }
  }

  #headers({ body, contentType }: Attempt, accept: string | undefined): Record<string, string> {
    return {
      accept: accept ?? 'application/json',
      'accept-encoding': 'identity',
      'user-agent': this.#userAgent,
      ...(body === undefined ? {} : { 'content-type': contentType ?? 'application/json' }),
    };
  }

  /** Puts what went wrong into the catalogue. */
  #explain(error: unknown, deadline: Deadline, caller: AbortSignal): SetpointError {
    if (caller.aborted) return new SetpointError('Cancelled', 'the call was cancelled', { cause: caller.reason });
    if (deadline.expired) {
      return new SetpointError('Deadline', `no complete answer from the API server at ${this.#transport.host} in time`);
    }
    if (error instanceof SetpointError) return error;
    const { code } = error as NodeJS.ErrnoException;
    const what = `no answer from the API server at ${this.#transport.host} (${code ?? 'connection broken'})`;
    return new SetpointError('Network', what, { cause: error });
  }

  #obey(error: SetpointError, options: CallOptions): void {
    if (options.aggregated || !(error instanceof ApiStatusError) || error.status !== 429) return;
    if (error.retryAfterMs !== undefined) this.#bucket.pause(error.retryAfterMs);
  }

  #delayMs(error: SetpointError, attempt: number): number {
    const asked = error instanceof ApiStatusError ? (error.retryAfterMs ?? 0) : 0;
    const ceiling = Math.min(BACKOFF_MAX_MS, BACKOFF_BASE_MS * 2 ** attempt);
    // Full jitter on top of what the server asked for, so that all who were refused do not come back together.
    return asked + this.#random() * ceiling;
  }

  async #wait(delayMs: number, deadline: Deadline, caller: AbortSignal): Promise<void> {
    try {
      await sleep(this.#clock, delayMs, deadline.signal);
    } catch (error) {
      throw this.#explain(error, deadline, caller);
    }
  }
}

/** Errors before anything was sent. */
const NOT_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function isSafeToRetry(error: SetpointError, verb: Verb, options: CallOptions): boolean {
  const repeatable = verb === 'get' || verb === 'list' || options.conditional === true;
  if (error instanceof ApiStatusError) {
    if (error.status === 429) return true;
    if (error.status === 503 && error.retryAfterMs !== undefined) return true;
    return repeatable && (error.status === 500 || (error.status >= 502 && error.status <= 504));
  }
  if (error.code !== 'Network') return false;
  const cause = error.cause as NodeJS.ErrnoException | undefined;
  return repeatable || NOT_SENT.has(cause?.code ?? '');
}

function withQuery(path: string, query: CallOptions['query']): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined) parameters.set(name, String(value));
  const text = parameters.toString();
  return text === '' ? path : `${path}?${text}`;
}
