// One request and its answer: reads the body, writes JSON, warnings and errors. Knows nothing of resources.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { parse as parseYaml, stringify as stringifyYaml } from 'yaml';
import { isObject, type JsonObject } from '../json-values.ts';
import { ApiStatusError, badRequest, unsupportedMediaType } from '../status.ts';
import { duplicateMembers } from '../schema/duplicate-members.ts';
import type { User } from './auth.ts';
import { negotiate, type Negotiated } from './negotiate.ts';
import { parseRequest, type RequestInfo } from './request-info.ts';

/** What `kubectl create deployment` and its like send of built-in kinds; reading it would take the field numbers of every type. */
const protobuf = 'application/vnd.kubernetes.protobuf';

const maxBodyBytes = 3 * 1024 * 1024;

/** A connection that may be taken off HTTP, with what came of the other protocol already. */
export interface Upgrade {
  /** From here on nothing is answered by the exchange. */
  take(): { readonly socket: Socket; readonly head: Buffer };
}

export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly info: RequestInfo;
  readonly warnings: string[] = [];
  /** Members that the body gives twice. */
  readonly duplicates: string[] = [];
  user: User | undefined;
  /** Set where the client asks for another protocol that there is. */
  readonly upgrade: Upgrade | undefined;
  /** Of a connection that was taken off HTTP: the status that was answered there. */
  otherCode: number | undefined;
  #negotiated: Negotiated | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, upgrade?: Upgrade) {
    this.upgrade = upgrade;
    this.request = request;
    this.response = response;
    this.url = urlOf(request.url ?? '/');
    this.info = parseRequest(request.method ?? 'GET', this.url);
  }

  get query(): URLSearchParams {
    return this.url.searchParams;
  }

  get userAgent(): string {
    return this.request.headers['user-agent'] ?? '';
  }

  /** Finds out what the client wants to be answered. Throws 406 when it cannot be; better before anything is done. */
  negotiate(): Negotiated {
    this.#negotiated ??= negotiate(this.request.headers.accept);
    return this.#negotiated;
  }

  /** The media type of the body without its parameters. */
  get contentType(): string {
    return (this.request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  }

  async readBody(): Promise<string> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of this.request) {
      const bytes = chunk as Buffer;
      size += bytes.length;
      if (size > maxBodyBytes)
        throw new ApiStatusError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${maxBodyBytes}`);
      chunks.push(bytes);
    }
    return Buffer.concat(chunks).toString('utf8');
  }

  /** The body of a write, JSON or YAML. Throws 415 on another type and 400 on what is not an object. */
  async readObject(): Promise<JsonObject> {
    const types = ['application/json', 'application/yaml'];
    if (this.contentType === protobuf)
      throw unsupportedMediaType(types, 'add --dry-run=client -o yaml and pipe the result into kubectl apply -f -');
    if (this.contentType !== '' && !types.includes(this.contentType)) throw unsupportedMediaType(types);
    const text = await this.readBody();
    const isYaml = this.contentType === 'application/yaml';
    const value: unknown = isYaml ? parseYaml(text) : parseJson(text);
    if (!isYaml && this.query.get('fieldValidation') !== 'Ignore') this.duplicates.push(...duplicateMembers(text));
    if (!isObject(value)) throw badRequest('the body must be an object with apiVersion and kind');
    return value;
  }

  send(code: number, body: unknown, contentType = 'application/json'): void {
    if (this.response.headersSent || this.response.destroyed) return;
    // Only who asked for an object can have asked for YAML.
    const isYaml = this.#negotiated?.isYaml === true && typeof body !== 'string';
    const text = typeof body === 'string' ? body : isYaml ? stringifyYaml(body) : JSON.stringify(body);
    this.writeHead(code, isYaml ? 'application/yaml' : contentType, {
      'content-length': String(Buffer.byteLength(text)),
    });
    this.response.end(this.request.method === 'HEAD' ? undefined : text);
  }

  writeHead(code: number, contentType: string, headers: Record<string, string> = {}): void {
    const warnings = this.warnings.map((warning) => `299 - ${JSON.stringify(warning)}`);
    if (warnings.length > 0) this.response.setHeader('warning', warnings);
    this.response.writeHead(code, { 'content-type': contentType, 'cache-control': 'no-cache, private', ...headers });
  }

  sendError(error: ApiStatusError): void {
    const retryAfter = error.details?.retryAfterSeconds;
    if (retryAfter !== undefined && !this.response.headersSent)
      this.response.setHeader('retry-after', String(retryAfter));
    this.send(error.code, error.toStatus());
  }
}

/** Of a request line, which may hold anything: `//` begins a path here, not a host; what is no URL at all is the root. */
function urlOf(text: string): URL {
  if (text.startsWith('/')) return new URL(`http://localhost${text}`);
  return URL.canParse(text) ? new URL(text) : new URL('http://localhost/');
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw badRequest(`couldn't get version/kind; json parse error: ${(error as Error).message}`);
  }
}
