// `pods/portforward` over a WebSocket: bytes to and from the local port that plays the port of the pod. Speaks `v4.channel.k8s.io`
// with one port, as API clients do; kubectl asks for a tunnel of another protocol (SPDY), which is not here.
import { connect } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { LOCAL_IP } from '../kubelet/annotations.ts';
import { localPort } from '../kubelet/ports.ts';
import { badRequest } from '../status.ts';
import type { Pod } from '../workloads/types.ts';
import type { Exchange } from './exchange.ts';

const PROTOCOL = 'v4.channel.k8s.io';
const DATA = 0;
const ERROR = 1;

const sockets = new WebSocketServer({
  noServer: true,
  perMessageDeflate: false,
  handleProtocols: () => PROTOCOL,
});

/** Throws 400 for what is no WebSocket, names no port, or meets a pod that is nowhere. */
export function forwardPort(exchange: Exchange, pod: Pod): void {
  const { upgrade, request, query } = exchange;
  if (pod.spec.nodeName === undefined) throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
  if (upgrade === undefined) throw badRequest('Upgrade request required');
  const { upgrade: kind = '', 'sec-websocket-protocol': offered = '' } = request.headers;
  if (kind.toLowerCase() !== 'websocket' || !offered.split(/\s*,\s*/).includes(PROTOCOL))
    throw badRequest(`ports are forwarded here over a WebSocket that speaks ${PROTOCOL}, not over ${offered || kind}`);
  const ports = query.getAll('ports');
  if (ports.length === 0) throw badRequest('query parameter "ports" is required');
  const port = Number(ports[0]);
  if (ports.length > 1 || !Number.isInteger(port) || port < 1 || port > 65_535)
    throw badRequest(`unable to parse ${JSON.stringify(ports.join(','))} as a port`);
  exchange.upgraded = true;
  exchange.response.detachSocket(upgrade.socket);
  sockets.handleUpgrade(request, upgrade.socket, upgrade.head, (socket) => join(socket, pod, port));
}

function join(socket: WebSocket, pod: Pod, port: number): void {
  const portBytes = Buffer.alloc(2);
  portBytes.writeUInt16LE(port);
  const send = (channel: number, bytes: Uint8Array, sent?: () => void): void =>
    socket.send(Buffer.concat([Buffer.of(channel), bytes]), sent);
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
  socket.on('message', (data: Buffer) => {
    if (data[0] === DATA && !connection.write(data.subarray(1))) {
      socket.pause();
      connection.once('drain', () => socket.resume());
    }
  });
  socket.on('error', () => connection.destroy());
  socket.on('close', () => connection.destroy());
}
