// One connection to an API server for a contract: requests as they are sent and answers as they came, watches line by line.
// Judges nothing.
import { vi } from 'vitest';
import { Agent, request } from 'undici';
import { type ClusterAccess, plainAccess } from '../../../src/kube/kubeconfig.ts';
import type { ApiBody } from '../../support/api-body.ts';

export interface ServerConnection {
  /** Without a slash at the end. */
  readonly url: string;
  /** Of somebody who may do everything. */
  readonly token: string;
  /** PEM of the server's CA, for https. */
  readonly certificateAuthority?: string;
  /** Exists and is empty. */
  readonly namespace: string;
  close(): Promise<void>;
}

/** An API server to hold to the contract, and what can only be done to it from outside. */
export interface KubeApiConnection extends ServerConnection {
  /** Forgets the versions up to now, so that lists and watches from there have expired. */
  compact(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly body: ApiBody;
  /** The texts of all `Warning` headers. */
  readonly warning: string;
  readonly contentType: string;
  /** The body as it came. */
  readonly text: string;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Beside the body, which is sent as JSON when it is no string. */
export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: the one who may do everything; null: none. */
  readonly token?: string | null;
}

export const contentTypes = {
  json: 'application/json',
  yaml: 'application/yaml',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  jsonPatch: 'application/json-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

/** A real server establishes CRDs and learns of roles in its own time. */
export const patience = { timeout: 20_000, interval: 50 };

export class ApiSession<Connection extends ServerConnection = KubeApiConnection> {
  readonly #connect: () => Promise<Connection>;
  #connection: Connection | undefined;
  #agent: Agent | undefined;

  constructor(connect: () => Promise<Connection>) {
    this.#connect = connect;
  }

  async open(): Promise<void> {
    this.#connection = await this.#connect();
    const ca = this.#connection.certificateAuthority;
    this.#agent = new Agent({ allowH2: false, connect: ca === undefined ? {} : { ca } });
  }

  async close(): Promise<void> {
    await this.#agent?.close();
    await this.#connection?.close();
  }

  get connection(): Connection {
    if (this.#connection === undefined) throw new Error('the connection is open only while tests run');
    return this.#connection;
  }

  /** As a client of ours would be given it; of the one who may do everything unless another token is given. */
  accessOf(token = this.connection.token): ClusterAccess {
    const { url, certificateAuthority: ca } = this.connection;
    const headers = { authorization: `Bearer ${token}` };
    return {
      ...plainAccess(url),
      credentials: () => Promise.resolve({ headers, tls: ca === undefined ? {} : { ca } }),
    };
  }

  get namespace(): string {
    return this.connection.namespace;
  }

  /** The path of a resource in the namespace, such as `in('apis/apps/v1', 'deployments')`. */
  in(groupVersion: string, resource: string): string {
    return `/${groupVersion}/namespaces/${this.namespace}/${resource}`;
  }

  async call(method: Method, path: string, body?: unknown, options: CallOptions = {}): Promise<Answer> {
    const answer = await request(`${this.connection.url}${path}`, {
      method,
      ...this.#sending(options, body === undefined ? {} : { 'content-type': contentTypes.json }),
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.body.text();
    const contentType = String(answer.headers['content-type'] ?? '');
    return {
      status: answer.statusCode,
      // A path that nobody serves is answered in plain text.
      body: (contentType.startsWith(contentTypes.json) ? JSON.parse(text) : {}) as ApiBody,
      warning: [answer.headers['warning'] ?? []].flat().map(warningText).join('\n'),
      contentType,
      text,
    };
  }

  /** Creates it. Throws when it is not made. */
  async made(path: string, body: unknown): Promise<ApiBody> {
    const answer = await this.call('POST', path, body);
    if (answer.status !== 201) throw new Error(`POST ${path} answers ${answer.status}: ${answer.text}`);
    return answer.body;
  }

  get(path: string, options: CallOptions = {}): Promise<Answer> {
    return this.call('GET', path, undefined, options);
  }

  patch(path: string, type: keyof typeof contentTypes, body: unknown): Promise<Answer> {
    return this.call('PATCH', path, body, { headers: { 'content-type': contentTypes[type] } });
  }

  /** The events of a watch until `count` have come or the server ends it; `act` runs once it has begun. */
  async watch(path: string, count: number, act?: () => Promise<void>, options: CallOptions = {}): Promise<ApiBody[]> {
    const abort = new AbortController();
    const answer = await request(`${this.connection.url}${path}`, { ...this.#sending(options), signal: abort.signal });
    const acted = act?.();
    const events: ApiBody[] = [];
    let rest = '';
    for await (const chunk of answer.body) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      events.push(...lines.filter((line) => line !== '').map((line) => JSON.parse(line) as ApiBody));
      if (events.length >= count) break;
    }
    abort.abort();
    await acted;
    return events.slice(0, count);
  }

  /** Repeats what has not come true yet, with patience for real servers. */
  async until(check: () => Promise<void>): Promise<void> {
    await vi.waitFor(check, patience);
  }

  #sending(options: CallOptions, headers: Readonly<Record<string, string>> = {}) {
    const token = options.token === undefined ? this.connection.token : options.token;
    const authorization = token === null ? {} : { authorization: `Bearer ${token}` };
    const { headers: own } = options;
    const dispatcher = this.#agent;
    if (dispatcher === undefined) throw new Error('the connection is open only while tests run');
    return { dispatcher, headers: { ...headers, ...authorization, ...own } };
  }
}

/** A Warning header is `299 - "text"`, several of them with commas between when they came in one line. */
function warningText(header: string): string {
  return [...header.matchAll(/299 - ("(?:[^"\\]|\\.)*")/g)]
    .map(([, text]) => String(JSON.parse(text ?? '""')))
    .join('\n');
}
