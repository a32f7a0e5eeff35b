// HTTP to one metric server: bounded in time, size and connections, no proxy, no redirect, no decompression. The only file that
// uses axios. Failures are absent readings in our own words; credentials and what an answer means are the caller's.
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { AxiosInstance, AxiosResponse, CreateAxiosDefaults } from 'axios';
import type { AbsentReading } from '../decide/types.ts';
import { absent } from './absence.ts';
import type { HttpAnswer } from './prometheus-response.ts';
import { guardedLookup } from './source-url.ts';

export interface TlsMaterial {
  /** PEM; undefined: the certificate authorities that Node trusts. */
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

export interface HttpClientOptions {
  /** With scheme, host, port and perhaps a path. */
  readonly baseUrl: string;
  readonly tls: TlsMaterial;
  readonly maxConnections: number;
  /** Bytes of an answer's body; a longer one is cut off. */
  readonly maxAnswerBytes: number;
}

/** Longer parameters travel in a form by POST: servers and proxies refuse long request lines. */
const MAX_QUERY_STRING = 2000;
const MAX_REQUEST_BYTES = 1024 * 1024;
/** Idle connections go after this, also those of a client that is not used any more. */
const IDLE_MS = 60_000;

const FORM = 'application/x-www-form-urlencoded';

export class HttpClient {
  readonly #settings: CreateAxiosDefaults;
  readonly #agent: HttpAgent;
  #http: AxiosInstance | undefined;

  constructor(options: HttpClientOptions) {
    const pool = {
      keepAlive: true,
      maxSockets: options.maxConnections,
      maxFreeSockets: options.maxConnections,
      timeout: IDLE_MS,
      scheduling: 'lifo' as const,
      lookup: guardedLookup(),
    };
    const isHttps = options.baseUrl.startsWith('https:');
    this.#agent = isHttps
      ? // Said in full, so that no environment variable can weaken it.
        new HttpsAgent({ ...pool, ...options.tls, minVersion: 'TLSv1.2', rejectUnauthorized: true })
      : new HttpAgent(pool);
    this.#settings = {
      adapter: 'http',
      baseURL: options.baseUrl,
      allowAbsoluteUrls: false,
      proxy: false,
      maxRedirects: 0,
      decompress: false,
      maxContentLength: options.maxAnswerBytes,
      maxBodyLength: MAX_REQUEST_BYTES,
      responseType: 'arraybuffer',
      transformResponse: [(body: unknown) => body],
      validateStatus: () => true,
      ...(isHttps ? { httpsAgent: this.#agent } : { httpAgent: this.#agent }),
    };
  }

  /**
   * Asks for `path` below the base URL. Resolves soon after `signal` aborts; without a signal that aborts it may take for ever.
   * @param headers sent as they are, beside those of content negotiation.
   */
  async query(
    path: string,
    parameters: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<HttpAnswer | AbsentReading> {
    const encoded = new URLSearchParams(parameters).toString();
    const send = () => this.#send(path, encoded, headers, signal);
    try {
      return await send();
    } catch (error) {
      if (!wasIdleConnection(error) || signal.aborted) return failureOf(error, signal);
    }
    // The server closed an idle connection in the moment it was taken: the request never arrived, and a query may be repeated.
    try {
      return await send();
    } catch (error) {
      return failureOf(error, signal);
    }
  }

  /** Closes idle connections; those in use close when they are idle. */
  close(): void {
    for (const sockets of Object.values(this.#agent.freeSockets)) {
      for (const socket of sockets ?? []) socket.destroy();
    }
  }

  /** Loaded with the first query: it takes 30 MB, which a controller without such a source does not need. */
  async #client(): Promise<AxiosInstance> {
    if (this.#http === undefined) {
      const { default: axios } = await import('axios');
      this.#http = axios.create(this.#settings);
    }
    return this.#http;
  }

  async #send(
    path: string,
    encoded: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    const isLong = encoded.length > MAX_QUERY_STRING;
    const response: AxiosResponse<Uint8Array> = await (await this.#client()).request({
      method: isLong ? 'POST' : 'GET',
      url: isLong ? path : `${path}?${encoded}`,
      ...(isLong ? { data: encoded } : {}),
      headers: {
        ...headers,
        ...(isLong ? { 'content-type': FORM } : {}),
        accept: 'application/json',
        'accept-encoding': 'identity',
        'user-agent': 'setpoint',
      },
      signal,
    });
    return {
      status: response.status,
      contentType: headerText(response, 'content-type'),
      contentEncoding: headerText(response, 'content-encoding'),
      body: response.data,
    };
  }
}

function headerText(response: AxiosResponse, name: string): string {
  const value: unknown = response.headers[name];
  return typeof value === 'string' ? value : '';
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function wasIdleConnection(error: unknown): boolean {
  const request: unknown = error instanceof Error && 'request' in error ? error.request : undefined;
  const isReused = typeof request === 'object' && request !== null && 'reusedSocket' in request && request.reusedSocket;
  return isReused === true && (codeOf(error) === 'ECONNRESET' || codeOf(error) === 'EPIPE');
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection broke',
  EPIPE: 'the connection broke',
  // How axios calls an answer that ended before its length.
  ERR_BAD_RESPONSE: 'the connection broke in the middle of the answer',
  ENOTFOUND: 'the name of the host is unknown',
  EAI_AGAIN: 'the name of the host could not be looked up',
  ETIMEDOUT: 'the host does not answer',
  EHOSTUNREACH: 'there is no way to the host',
  ENETUNREACH: 'there is no way to the host',
  EFORBIDDENADDRESS: 'the name of the host leads to a link-local address',
};
const TLS_CODE = /^(?:EPROTO|ERR_TLS_|ERR_SSL_|ERR_OSSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH)/;

/** What went wrong, from the code of the error alone: its message may hold bytes of the answer or of a certificate. */
function failureOf(error: unknown, signal: AbortSignal): AbsentReading {
  if (signal.aborted) return absent('Timeout', 'no complete answer in time');
  const code = codeOf(error);
  if (error instanceof Error && error.message.startsWith('maxContentLength')) {
    return absent('TooLarge', 'the answer is too long: aggregate the query to one number');
  }
  if (code === 'HPE_HEADER_OVERFLOW') return absent('BadShape', 'the headers of the answer are too long');
  if (code.startsWith('HPE_')) return absent('BadShape', 'the answer is not HTTP');
  if (TLS_CODE.test(code)) return absent('Unreachable', `TLS: the server was refused (${code.slice(0, 40)})`);
  return absent('Unreachable', WORDS[code] ?? 'the request failed');
}
