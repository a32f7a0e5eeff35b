// Free ports of 127.0.0.1 for pods, and which of a pod's ports stands for which containerPort.
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import type { Pod } from '../workloads/types.ts';
import { LOCAL_IP, PORT_ANNOTATION, PORTS_ANNOTATION } from './annotations.ts';

/** Below the range from which Linux and macOS take ports for outgoing connections, so that none is taken by accident. */
const LOWEST = 20_000;
const HIGHEST = 32_000;
const MOST_TRIES = 500;

export class PortAllocator {
  readonly #taken = new Set<number>();
  #next = randomInt(LOWEST, HIGHEST);

  /** A port that nobody listens on and that this allocator has not given out. */
  async allocate(): Promise<number> {
    for (let attempt = 0; attempt < MOST_TRIES; attempt++) {
      const port = this.#next;
      this.#next = port + 1 < HIGHEST ? port + 1 : LOWEST;
      if (this.#taken.has(port)) continue;
      this.#taken.add(port);
      if (await isFree(port)) return port;
      this.#taken.delete(port);
    }
    throw new Error(`no free port on ${LOCAL_IP} between ${LOWEST} and ${HIGHEST}: end other local clusters first`);
  }

  release(port: number): void {
    this.#taken.delete(port);
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: LOCAL_IP, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** The containerPorts of a pod in order; one nameless port when it declares none. */
export function declaredPorts(pod: Pod): { name?: string; containerPort: number }[] {
  const ports = pod.spec.containers.flatMap((container) => container.ports ?? []);
  return ports.length > 0 ? ports : [{ containerPort: 0 }];
}

/** The annotations that tell a pod's local ports. */
export function portAnnotations(ports: ReadonlyMap<number, number>): Record<string, string> {
  const [first] = ports.values();
  if (first === undefined) return {};
  const all = ports.size > 1 ? { [PORTS_ANNOTATION]: JSON.stringify(Object.fromEntries(ports)) } : {};
  return { [PORT_ANNOTATION]: String(first), ...all };
}

/**
 * The local port for a port of the pod given by number or name, undefined while it has none. A number that the pod does not
 * declare means its first port: there is only one process to talk to.
 */
export function localPort(pod: Pod, port: number | string | undefined): number | undefined {
  const annotations = pod.metadata.annotations ?? {};
  const first = Number(annotations[PORT_ANNOTATION]);
  if (!Number.isInteger(first) || first <= 0 || first > 65_535) return undefined;
  const declared = declaredPorts(pod).find(({ name, containerPort }) => port === name || port === containerPort);
  if (typeof port === 'string' && !declared) return undefined;
  const all = JSON.parse(annotations[PORTS_ANNOTATION] ?? '{}') as Record<string, number>;
  return (declared && all[String(declared.containerPort)]) ?? first;
}
