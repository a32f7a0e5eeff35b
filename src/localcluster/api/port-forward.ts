// `pods/portforward` over a WebSocket: bytes to and from the local port that plays the port of the pod. Speaks `v4.channel.k8s.io`
// with one port, as API clients do; kubectl asks for a tunnel of another protocol (SPDY), which is not here.
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { LOCAL_IP } from '../kubelet/annotations.ts';
import { localPort } from '../kubelet/ports.ts';
import { badRequest } from '../status.ts';
import type { Pod } from '../workloads/types.ts';
import type { Exchange } from './exchange.ts';

const PROTOCOL = 'v4.channel.k8s.io';
const PORT_OF_A_POD = /^\/api\/v1\/namespaces\/[^/?]+\/pods\/[^/?]+\/portforward(?:\?|$)/;
const DATA = 0;
const ERROR = 1;

/** Makes handshakes, and keeps nothing. */
const handshakes = new WebSocketServer({
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  maxPayload: 32 * 1024 * 1024,
  handleProtocols: () => PROTOCOL,
});

/** Whether a connection is to be taken off HTTP for this request; all others are answered in HTTP, whatever they ask for. */
export function asksForSocket({ method, url = '', headers }: IncomingMessage): boolean {
  return method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket' && PORT_OF_A_POD.test(url);
}

/** Throws 400 for what is no such WebSocket, names no port, or meets a pod that is on no node. */
export function forwardPort(exchange: Exchange, pod: Pod): void {
  const { upgrade, request } = exchange;
  if (pod.spec.nodeName === undefined) throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
  const port = portIn(exchange.query);
  const { upgrade: kind, 'sec-websocket-protocol': offered = '' } = request.headers;
  if (kind === undefined) throw badRequest('Upgrade request required');
  if (upgrade === undefined || !offered.split(/\s*,\s*/).includes(PROTOCOL))
    throw badRequest(`ports are forwarded here over a WebSocket that speaks ${PROTOCOL}, not over ${offered || kind}`);
  const { socket, head } = upgrade.take();
  // A handshake that breaks the protocol is answered there.
  exchange.otherCode = 400;
  handshakes.handleUpgrade(request, socket, head, (webSocket) => {
    exchange.otherCode = 101;
    join(webSocket, pod, port);
  });
}

function portIn(query: URLSearchParams): number {
  const ports = query.getAll('ports');
  if (ports.length === 0) throw badRequest('query parameter "ports" is required');
  const [text = ''] = ports;
  const port = Number(text);
  if (ports.length > 1 || !/^[0-9]{1,5}$/.test(text) || port < 1 || port > 65_535)
    throw badRequest(`unable to parse ${JSON.stringify(ports.join(','))} as a port`);
  return port;
}

function join(socket: WebSocket, pod: Pod, port: number): void {
  // What breaks the protocol ends the connection, and with it the one to the pod.
  socket.on('error', () => socket.terminate());
  const send = (channel: number, bytes: Uint8Array, sent?: () => void): void =>
    socket.send(Buffer.concat([Buffer.of(channel), bytes]), sent);
  const portBytes = Buffer.alloc(2);
  portBytes.writeUInt16LE(port);
  send(DATA, portBytes);
  send(ERROR, portBytes);
  const fail = (why: string): void => {
    const { name, uid } = pod.metadata;
    send(ERROR, Buffer.from(`error forwarding port ${port} to pod ${name}, uid ${uid}: ${why}`));
    socket.close();
  };
  const local = localPort(pod, port);
  if (local === undefined) return fail('nobody listens there');
  const connection = connect({ port: local, host: LOCAL_IP });
  connection.on('data', (bytes) => {
    // Whoever reads slowly is sent no more than the socket takes.
    connection.pause();
    send(DATA, bytes, () => connection.resume());
  });
  connection.on('error', ({ message }) => fail(message));
  connection.on('close', () => socket.close());
  connection.on('drain', () => socket.resume());
  socket.on('message', (data: Buffer) => {
    if (data[0] === DATA && !connection.write(data.subarray(1))) socket.pause();
  });
  socket.on('close', () => connection.destroy());
}
