// A server that misbehaves in every way a metric source was seen to: over raw sockets, so that what it sends need not be HTTP.
// The way is the first part of the path, so one server plays all of them; it counts what it was asked and over how many connections.
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';

export type Misbehaviour = (socket: Socket, server: HostileServer, body: string) => void;

/** An answer with the right length and type, unless the headers say otherwise. */
export function respond(
  socket: Socket,
  body: string | Buffer,
  headers: Record<string, string> = {},
  status = '200 OK',
): void {
  const bytes = Buffer.from(body);
  const all = { 'content-type': 'application/json', 'content-length': String(bytes.length), ...headers };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`HTTP/1.1 ${status}\r\n${head.join('')}\r\n`);
  socket.write(bytes);
}

/** A vector of one sample, stamped now or so many seconds ago. */
export function vector(value: unknown, ageSeconds = 0, extra: Record<string, unknown> = {}): string {
  const stamp = Date.now() / 1000 - ageSeconds;
  return JSON.stringify({
    status: 'success',
    data: { resultType: 'vector', result: [{ metric: {}, value: [stamp, value] }] },
    ...extra,
  });
}

export class HostileServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #ways: Readonly<Record<string, Misbehaviour>>;
  readonly #timers = new Set<NodeJS.Timeout>();
  /** What was asked, in order. */
  readonly requests: {
    readonly method: string;
    readonly path: string;
    readonly head: string;
    readonly body: string;
  }[] = [];
  connections = 0;
  /** Most connections open at the same time. */
  mostOpen = 0;
  /** Bytes written before the client hung up. */
  written = 0;

  constructor(ways: Readonly<Record<string, Misbehaviour>>) {
    this.#ways = ways;
    // Head and body are written apart: with the delay, each answer on a kept connection would wait 40 ms for an acknowledgement.
    this.#server = createServer({ noDelay: true }, (socket) => this.#serve(socket));
  }

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return `http://127.0.0.1:${address.port}`;
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** Connections that are open now. */
  get open(): number {
    return this.#sockets.size;
  }

  /** Calls `act` again and again until the socket closes. */
  every(socket: Socket, ms: number, act: () => void): void {
    const timer = setInterval(act, ms);
    this.#timers.add(timer);
    socket.once('close', () => {
      clearInterval(timer);
      this.#timers.delete(timer);
    });
  }

  #serve(socket: Socket): void {
    this.connections++;
    this.#sockets.add(socket);
    this.mostOpen = Math.max(this.mostOpen, this.#sockets.size);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      this.written += socket.bytesWritten;
      this.#sockets.delete(socket);
    });
    let received = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      received += chunk;
      received = this.#takeRequests(socket, received);
    });
  }

  #takeRequests(socket: Socket, received: string): string {
    const end = received.indexOf('\r\n\r\n');
    if (end < 0) return received;
    const head = received.slice(0, end);
    const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
    const body = received.slice(end + 4, end + 4 + length);
    if (body.length < length) return received;
    const [method = '', path = ''] = head.split(' ');
    this.requests.push({ method, path, head, body });
    const way = this.#ways[path.split('/')[1] ?? ''];
    if (way) way(socket, this, body);
    else respond(socket, '{}', {}, '404 Not Found');
    return received.slice(end + 4 + length);
  }
}

const MEGABYTE = Buffer.alloc(1024 * 1024, ' ');

/** Writes for as long as the client reads, up to so many megabytes. */
function pour(socket: Socket, megabytes: number): void {
  let left = megabytes;
  const more = () => {
    while (left-- > 0) {
      if (!socket.write(MEGABYTE)) {
        socket.once('drain', more);
        return;
      }
    }
    socket.end();
  };
  more();
}

/** Every way of misbehaving that has a name of its own; `ok` is the one that does not. */
export const MISBEHAVIOURS = {
  ok: (socket) => respond(socket, vector('5')),
  hang: () => undefined,
  hangAfterHeaders: (socket) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{"status"');
  },
  trickle: (socket, server) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n');
    server.every(socket, 40, () => socket.write(' '));
  },
  trickleHeaders: (socket, server) => {
    socket.write('HTTP/1.1 200 OK\r\n');
    server.every(socket, 40, () => socket.write('x'));
  },
  html: (socket) => respond(socket, '<html>please log in secret-of-the-answer</html>', { 'content-type': 'text/html' }),
  htmlAsJson: (socket) => respond(socket, '<html>secret-of-the-answer</html>'),
  body200MB: (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${200 * 1024 * 1024}\r\n\r\n`);
    pour(socket, 200);
  },
  chunked200MB: (socket) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n');
    pour(socket, 200);
  },
  gzipBomb: (socket) => respond(socket, gzipSync(Buffer.alloc(10 * 1024 * 1024)), { 'content-encoding': 'gzip' }),
  doubleGzip: (socket) => respond(socket, gzipSync(gzipSync(vector('5'))), { 'content-encoding': 'gzip, gzip' }),
  unknownEncoding: (socket) => respond(socket, vector('5'), { 'content-encoding': 'rot13' }),
  nothing: (socket) => socket.end(),
  reset: (socket) => socket.resetAndDestroy(),
  resetInBody: (socket) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{"status":', () =>
      socket.resetAndDestroy(),
    );
  },
  lengthTooLong: (socket) => {
    respond(socket, vector('5'), { 'content-length': '500', connection: 'close' });
    socket.end();
  },
  lengthTooShort: (socket) => respond(socket, vector('5'), { 'content-length': '20' }),
  badChunk: (socket) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n');
    socket.write('ffffffffffffffffffff\r\n{}\r\n');
  },
  endlessHeader: (socket, server) => {
    socket.write('HTTP/1.1 200 OK\r\nx-long: ');
    server.every(socket, 1, () => socket.write('x'.repeat(16_384)));
  },
  notHttp: (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'),
  informational: (socket, server) => {
    server.every(socket, 2, () => socket.write('HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n'.repeat(10)));
  },
  status204: (socket) => socket.write('HTTP/1.1 204 No Content\r\n\r\n'),
  status206: (socket) => respond(socket, vector('5'), {}, '206 Partial Content'),
  status401: (socket) => respond(socket, 'secret-of-the-answer', {}, '401 Unauthorized'),
  status422: (socket) =>
    respond(
      socket,
      '{"status":"error","errorType":"execution","error":"secret-of-the-answer"}',
      {},
      '422 Unprocessable',
    ),
  status503: (socket) => respond(socket, 'secret-of-the-answer', { 'content-type': 'text/plain' }, '503 Unavailable'),
  error200: (socket) => respond(socket, '{"status":"error","errorType":"secret-of-the-answer","error":"secret"}'),
  bom: (socket) => respond(socket, `\ufeff${vector('5')}`),
  utf16: (socket) => respond(socket, Buffer.from(vector('5'), 'utf16le')),
  badUtf8: (socket) => {
    // In a label, where a lenient decoder would let it pass.
    const [before = '', after = ''] = vector('5').split('"metric":{}');
    const label = Buffer.concat([Buffer.from('"metric":{"pod":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]);
    respond(socket, Buffer.concat([Buffer.from(before), label, Buffer.from(after)]));
  },
  deepJson: (socket) => respond(socket, '['.repeat(250_000)),
  manyKeys: (socket) => respond(socket, `{${'"a":1,'.repeat(40_000)}"a":1}`),
  nan: (socket) => respond(socket, vector('NaN')),
  infinity: (socket) => respond(socket, vector('+Inf')),
  negative: (socket) => respond(socket, vector('-3')),
  tooGreat: (socket) => respond(socket, vector('1e308')),
  numberNotText: (socket) => respond(socket, vector(5)),
  empty: (socket) => respond(socket, '{"status":"success","data":{"resultType":"vector","result":[]}}'),
  twoSeries: (socket) => {
    const sample = { metric: {}, value: [Date.now() / 1000, '5'] };
    const data = { resultType: 'vector', result: [sample, sample] };
    respond(socket, JSON.stringify({ status: 'success', data }));
  },
  hundredThousandSeries: (socket) => {
    const sample = `{"metric":{"pod":"secret-of-the-answer"},"value":[1,"5"]}`;
    const list = Array.from({ length: 100_000 }, () => sample).join(',');
    respond(socket, `{"status":"success","data":{"resultType":"vector","result":[${list}]}}`);
  },
  matrix: (socket) => respond(socket, '{"status":"success","data":{"resultType":"matrix","result":[]}}'),
} as const satisfies Readonly<Record<string, Misbehaviour>>;
