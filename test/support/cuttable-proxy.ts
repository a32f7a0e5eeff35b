// A port in front of another one, which a test cuts and restores: refused connections, or ones on which nothing ever comes.
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export class CuttableProxy {
  readonly #target: URL;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;
  /** New connections are taken and never answered. */
  isHanging = false;

  constructor(target: string) {
    this.#target = new URL(target);
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Connections of clients that are open now. */
  get open(): number {
    return this.#sockets.size;
  }

  /** Listens: on a free port, or on the same one again. */
  async restore(): Promise<void> {
    this.isHanging = false;
    const server = createServer((socket) => this.#serve(socket));
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Breaks all connections and refuses new ones. */
  async cut(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const socket of this.#sockets) socket.resetAndDestroy();
    if (!server) return;
    server.close();
    await once(server, 'close');
  }

  /** Nothing comes through any more, on connections that stay open. */
  hang(): void {
    this.isHanging = true;
    for (const socket of this.#sockets) socket.unpipe();
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => this.#sockets.delete(socket));
    if (this.isHanging) return;
    const upstream = connect(Number(this.#target.port), this.#target.hostname);
    upstream.on('error', () => socket.destroy());
    upstream.once('close', () => this.isHanging || socket.destroy());
    socket.once('close', () => upstream.destroy());
    socket.pipe(upstream, { end: false });
    upstream.on('data', (chunk) => this.isHanging || socket.write(chunk));
  }
}
