// One request on its way through a Service: sent to a pod, streamed back, sent to another pod when the first could not be
// reached. Every request ends in exactly one call of `done` with the code that the client saw.
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import type { Endpoint, Rotation } from './rotation.ts';

/** Bodies up to this size are read first, so that the request can be sent again. */
const BUFFERED_BYTES = 65_536;
const MOST_ATTEMPTS = 3;
/** The client went away before it had its answer; a code that nginx made customary. */
const CLIENT_GONE = 499;
const REPEATABLE = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);
/** Headers that concern one connection only. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'te',
  'trailer',
  'expect',
]);

/** Sends the request to a pod of the rotation. */
export function forward(
  rotation: Rotation,
  request: IncomingMessage,
  response: ServerResponse,
  done: (code: number) => void,
): void {
  const call = new Forward(rotation, request, response, done);
  const { 'content-length': length, 'transfer-encoding': chunked } = request.headers;
  if (chunked === undefined && (length === undefined || length === '0')) call.send(null);
  else if (chunked === undefined && Number(length) <= BUFFERED_BYTES) readBody(request, (body) => call.send(body));
  else call.send(request);
}

function readBody(request: IncomingMessage, done: (body: Buffer) => void): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => done(Buffer.concat(chunks)));
}

class Forward implements Dispatcher.DispatchHandler {
  readonly #rotation: Rotation;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #done: (code: number) => void;
  readonly #tried = new Set<Endpoint>();
  #body: Buffer | IncomingMessage | null = null;
  #endpoint: Endpoint | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  /** An answer that came whole. */
  #whole: Buffer | undefined;
  #expectedBytes = -1;
  #finished = false;

  constructor(rotation: Rotation, request: IncomingMessage, response: ServerResponse, done: (code: number) => void) {
    this.#rotation = rotation;
    this.#request = request;
    this.#response = response;
    this.#done = done;
    response.once('close', () => {
      if (this.#finished) return;
      this.#finish(CLIENT_GONE);
      this.#controller?.abort(new Error('the client has gone'));
    });
  }

  send(body: Buffer | IncomingMessage | null): void {
    if (this.#finished) return;
    this.#body = body;
    const endpoint = this.#rotation.next(this.#tried);
    if (!endpoint) {
      const text = this.#tried.size > 0 ? 'no ready pod could be reached' : 'the service has no ready pods';
      this.#refuse(503, text);
      return;
    }
    this.#tried.add(endpoint);
    this.#endpoint = endpoint;
    this.#controller = undefined;
    endpoint.outstanding += 1;
    const { method = 'GET', url = '/', rawHeaders } = this.#request;
    endpoint.pool.dispatch({ method, path: url, headers: forwardedHeaders(rawHeaders), body }, this);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#finished) controller.abort(new Error('the client has gone'));
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    statusCode: number,
    headers: IncomingHttpHeaders,
    statusMessage?: string,
  ): void {
    for (const name of HOP_BY_HOP) delete headers[name];
    this.#expectedBytes = Number(headers['content-length'] ?? -1);
    this.#response.writeHead(statusCode, statusMessage, headers);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (chunk.length === this.#expectedBytes) {
      this.#whole = chunk;
      return;
    }
    if (this.#response.write(chunk)) return;
    controller.pause();
    this.#response.once('drain', () => controller.resume());
  }

  onResponseEnd(): void {
    this.#release();
    this.#finish(this.#response.statusCode);
    // As a string it leaves in one write together with the head; latin1 keeps each byte as it is.
    if (this.#whole) this.#response.end(this.#whole.toString('latin1'), 'latin1');
    else this.#response.end();
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#release();
    if (this.#finished) return;
    if (this.#response.headersSent) {
      // The rest of the answer will not come: the client must see that it is cut short.
      this.#finish(502);
      this.#response.destroy();
    } else if (this.#mayRepeat()) {
      this.send(this.#body);
    } else {
      const { code } = error as { code?: string };
      this.#refuse(code === 'UND_ERR_HEADERS_TIMEOUT' ? 504 : 502, `the pod did not answer: ${error.message}`);
    }
  }

  /** A request that never left, or that may safely be done twice and has no part of an answer yet. */
  #mayRepeat(): boolean {
    if (this.#tried.size >= MOST_ATTEMPTS || (this.#body !== null && !Buffer.isBuffer(this.#body))) return false;
    return this.#controller === undefined || REPEATABLE.has(this.#request.method ?? '');
  }

  #refuse(code: number, text: string): void {
    this.#finish(code);
    // A body that nobody read would block the connection.
    this.#request.resume();
    this.#response.writeHead(code, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
  }

  #release(): void {
    if (this.#endpoint) this.#endpoint.outstanding -= 1;
    this.#endpoint = undefined;
  }

  #finish(code: number): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#done(code);
  }
}

function forwardedHeaders(raw: readonly string[]): string[] {
  const headers: string[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? '';
    if (!HOP_BY_HOP.has(name.toLowerCase())) headers.push(name, raw[index + 1] ?? '');
  }
  return headers;
}
