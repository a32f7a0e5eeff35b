// Ports for servers that are restarted while their clients keep trying: below the range that the system hands out to outgoing
// connections. From within it a client that dials a closed port can be given that very port, connects to itself and keeps it taken.
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

const FIRST = 20_000;
/** Linux hands out from 32768 up. */
const LAST = 32_000;

/** Distinct ports of 127.0.0.1 that were free a moment ago. */
export async function serverPorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = randomInt(FIRST, LAST);
    if (!ports.has(port) && (await isFree(port))) ports.add(port);
  }
  return [...ports];
}

export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
