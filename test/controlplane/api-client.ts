// Plain calls to an API server for tests, over undici alone: it shares nothing with the client that is tested.
import { Agent, request } from 'undici';
import type { ApiBody } from '../support/api-body.ts';

export interface ApiAnswer {
  readonly status: number;
  readonly body: ApiBody;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

const CONTENT_TYPES: Partial<Record<Method, string>> = { PATCH: 'application/merge-patch+json' };

export class ApiClient {
  readonly #url: string;
  readonly #token: string;
  readonly #agent: Agent;

  /** @param authority PEM. */
  constructor(url: string, token: string, authority: string) {
    this.#url = url;
    this.#token = token;
    this.#agent = new Agent({ connect: { ca: authority }, headersTimeout: 30_000 });
  }

  /** Any status; PATCH sends a JSON merge patch unless `contentType` says otherwise. */
  async call(method: Method, path: string, body?: unknown, contentType?: string): Promise<ApiAnswer> {
    const type = contentType ?? CONTENT_TYPES[method] ?? 'application/json';
    const answer = await request(`${this.#url}${path}`, {
      method,
      dispatcher: this.#agent,
      headers: { authorization: `Bearer ${this.#token}`, 'content-type': type },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.body.text();
    const isJson = String(answer.headers['content-type'] ?? '').includes('json');
    return { status: answer.statusCode, body: (isJson ? JSON.parse(text) : { message: text }) as ApiBody };
  }

  get(path: string): Promise<ApiBody> {
    return this.#expectOk('GET', path);
  }

  create(path: string, body: unknown): Promise<ApiBody> {
    return this.#expectOk('POST', path, body);
  }

  /** JSON merge patch. */
  patch(path: string, body: unknown): Promise<ApiBody> {
    return this.#expectOk('PATCH', path, body);
  }

  /** Server-side apply: makes the object or changes it. `path` is the object's own. */
  apply(path: string, body: unknown): Promise<ApiBody> {
    const query = 'fieldManager=setpoint-controlplane&force=true';
    return this.#expectOk('PATCH', `${path}?${query}`, body, 'application/apply-patch+yaml');
  }

  remove(path: string): Promise<ApiBody> {
    return this.#expectOk('DELETE', path);
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }

  async #expectOk(method: Method, path: string, body?: unknown, contentType?: string): Promise<ApiBody> {
    const answer = await this.call(method, path, body, contentType);
    if (answer.status < 300) return answer.body;
    throw new Error(`${method} ${path}: HTTP ${answer.status} ${answer.body.message}`);
  }
}
