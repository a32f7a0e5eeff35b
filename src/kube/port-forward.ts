// A connection to a port of a pod through the API server, as `kubectl port-forward` makes it: the subresource `portforward` over a
// WebSocket. The kubelet connects inside the pod, so that it reaches what listens on the pod's own 127.0.0.1. Speaks
// `v4.channel.k8s.io`: the first byte of a message says the channel, the first message of a channel is the port. PortForward of the
// Kubernetes client does not tell why it is refused, nor can it be given up.
import { Duplex } from 'node:stream';
import WebSocket, { type RawData } from 'ws';
import { untilAborted } from '../base/deadline.ts';
import { messageOf, SetpointError } from '../base/errors.ts';
import { failureOf, readLimited } from './answers.ts';
import type { ClusterAccess } from './kubeconfig.ts';
import { resourcePath } from './paths.ts';

const PROTOCOL = 'v4.channel.k8s.io';
const DATA = 0;
const ERROR = 1;
const MAX_MESSAGE_BYTES = 1024 * 1024;
const MAX_ERROR_TEXT = 512;

export interface PodPort {
  readonly namespace: string;
  readonly pod: string;
  /** A number; the pod need not declare it. */
  readonly port: number;
}

/**
 * Resolves when the API server has taken the connection; that nobody listens on the port shows as an error of the stream. Needs
 * `get` and `create` on `pods/portforward`. Rejects with an ApiStatusError when the API server refuses, with a SetpointError
 * `Network` when it cannot be reached or `BadAnswer` when no WebSocket passes, with the reason of `signal` when that aborts.
 */
export async function connectToPod(access: ClusterAccess, target: PodPort, signal: AbortSignal): Promise<Duplex> {
  const { headers, tls, agent } = await untilAborted(access.credentials(false), signal);
  const { namespace, pod: name, port } = target;
  const path = resourcePath({
    group: '',
    version: 'v1',
    resource: 'pods',
    namespace,
    name,
    subresource: 'portforward',
  });
  const socket = new WebSocket(`${access.server.replace(/^http/, 'ws')}${path}?ports=${port}`, [PROTOCOL], {
    ...tls,
    agent,
    headers,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
  });
  // Before it is open: the first messages may come with the answer.
  const stream = new PodStream(socket);
  const stop = () => socket.terminate();
  signal.addEventListener('abort', stop, { once: true });
  try {
    await opened(socket);
    // What came with the answer may have ended it.
    if (stream.errored) throw stream.errored;
    return stream;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function opened(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.on('error', (error) => reject(new SetpointError('Network', messageOf(error), { cause: error })));
    socket.once('unexpected-response', (_, response) => {
      const { socket: connection, statusCode = 0, headers } = response;
      const isJson = /^application\/json\b/.test(headers['content-type'] ?? '');
      readLimited(response)
        .then((text) =>
          reject(statusCode < 400 ? noWebSockets(statusCode) : failureOf(statusCode, isJson ? text : undefined)),
        )
        .catch(reject)
        .finally(() => connection.destroy());
    });
  });
}

function noWebSockets(statusCode: number): SetpointError {
  const way = 'forward the port with kubectl port-forward and give its address with --controller';
  return new SetpointError('BadAnswer', `no WebSocket passes on the way to the API server (${statusCode}): ${way}`);
}

/** The bytes of the port. The protocol knows no half-closed connection: the end of what is written is not told. */
class PodStream extends Duplex {
  readonly #socket: WebSocket;
  readonly #begun = new Set<number>();

  constructor(socket: WebSocket) {
    super();
    this.#socket = socket;
    socket.on('message', (data) => this.#take(bytesOf(data)));
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.push(null));
    // Who is given the stream hears of errors; who waits for it to open is told otherwise.
    this.on('error', () => {});
  }

  override _read(): void {
    if (this.#socket.isPaused) this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(Buffer.concat([Buffer.of(DATA), chunk]), done);
    else done(new SetpointError('Network', 'the pod closed the connection'));
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.terminate();
    done(error);
  }

  #take(message: Buffer): void {
    const channel = message[0] ?? ERROR;
    if (!this.#begun.has(channel)) {
      this.#begun.add(channel);
      return;
    }
    const rest = message.subarray(1);
    if (rest.length === 0 || this.destroyed) return;
    if (channel === ERROR) {
      const words = rest.toString('utf8', 0, MAX_ERROR_TEXT).trim() || 'the port could not be forwarded';
      this.destroy(new SetpointError('Network', words));
    } else if (!this.push(rest)) {
      this.#socket.pause();
    }
  }
}

function bytesOf(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}
