// Lets faults act inside a watch: count its events, then stall it or cut it in the middle of a line.

import type { ServerResponse } from 'node:http';
import type { Exchange } from './exchange.ts';
import type { Fault, Faults, OpenWatch } from './faults.ts';

/** The gate each line of the watch must pass, and what to call when the watch is over. */
export function guardWatch(
  exchange: Exchange,
  faults: Faults,
  taken: readonly Fault[],
): { pass: (line: string, write: (text: string) => void) => boolean } {
  const { response } = exchange;
  const watch: OpenWatch = {
    info: exchange.info,
    user: exchange.user?.name ?? '',
    userAgent: exchange.userAgent,
    stalled: false,
    cut: () => resetConnection(response),
  };
  const release = faults.registerWatch(watch);
  response.on('close', release);
  const stall = taken.find((fault) => fault.kind === 'stall-watch');
  const truncate = taken.find((fault) => fault.kind === 'truncate-watch');
  let events = 0;
  const pass = (line: string, write: (text: string) => void): boolean => {
    events += 1;
    if (stall !== undefined && events > (stall.afterEvents ?? 0)) watch.stalled = true;
    if (watch.stalled) return false;
    if (truncate === undefined || events <= (truncate.afterEvents ?? 0)) return true;
    watch.stalled = true;
    write(line.slice(0, Math.ceil(line.length / 2)));
    // The half line must leave before the connection does.
    setImmediate(() => response.destroy());
    return false;
  };
  return { pass };
}

/** RST rather than FIN: what a crashed server or a broken network looks like. A TLS connection just ends without its farewell. */
export function resetConnection(response: ServerResponse): void {
  const { socket } = response;
  if (socket === null || 'encrypted' in socket) response.destroy();
  else socket.resetAndDestroy();
}
