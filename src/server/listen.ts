// A socket for routes: listens, and closes at once with whatever is open.
import { type ServerType, serve } from '@hono/node-server';

export interface ListenOptions {
  readonly bindAddress: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Further ones are closed unanswered. Default: no limit. */
  readonly maxConnections?: number;
}

export interface RunningServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Listens, or rejects when the address is taken. */
export function listen(
  app: Pick<Parameters<typeof serve>[0], 'fetch'>,
  { bindAddress, port, maxConnections }: ListenOptions,
): Promise<RunningServer> {
  return new Promise((resolve, reject) => {
    const server: ServerType = serve(
      { fetch: app.fetch, hostname: bindAddress, port },
      ({ port: taken }: { port: number }) => resolve({ port: taken, close: () => closeServer(server) }),
    );
    if (maxConnections !== undefined) server.maxConnections = maxConnections;
    server.once('error', reject);
  });
}

function closeServer(server: ServerType): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()));
    if ('closeAllConnections' in server) server.closeAllConnections();
  });
}
