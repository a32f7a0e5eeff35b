// A real HTTP server on 127.0.0.1 whose answers a test scripts: for what an honest server never does.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type Handler = (request: SeenRequest, response: ServerResponse, count: number) => void | Promise<void>;

export class ScriptedServer {
  readonly requests: SeenRequest[] = [];
  /** Connections accepted so far. */
  connections = 0;
  handler: Handler;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(handler: Handler) {
    this.handler = handler;
    this.#server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8');
      request.on('data', (chunk: string) => {
        body += chunk;
      });
      request.on('end', () => {
        const seen = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body };
        this.requests.push(seen);
        void this.handler(seen, response, this.requests.length);
      });
    });
    this.#server.on('connection', (socket) => {
      this.connections++;
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  static async start(handler: Handler): Promise<ScriptedServer> {
    const server = new ScriptedServer(handler);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Sockets open now. */
  get open(): number {
    return this.#sockets.size;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

/** An error answer as the API server gives it. */
export function status(
  response: ServerResponse,
  code: number,
  reason: string,
  headers: Record<string, string> = {},
): void {
  json(
    response,
    code,
    { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, message: `${reason}!`, code },
    headers,
  );
}
