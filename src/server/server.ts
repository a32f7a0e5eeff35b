// The controller's own HTTP: health for the kubelet, metrics for Prometheus. Read-only, and up before anything else.
import { type ServerType, serve } from '@hono/node-server';
import { Hono } from 'hono';
import { answerHealth, type HealthCheck } from './health.ts';

/** What is served at /metrics. */
export interface MetricsText {
  readonly contentType: string;
  text(): Promise<string | Uint8Array<ArrayBuffer>>;
}

export interface ServerOptions {
  readonly bindAddress: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly metrics: MetricsText;
  /** The process works: failing ones make the kubelet restart it. */
  readonly liveness: readonly HealthCheck[];
  /** It can take over or act: standbys are ready too. */
  readonly readiness: readonly HealthCheck[];
}

export interface RunningServer {
  readonly port: number;
  close(): Promise<void>;
}

/** The routes, apart from the socket. */
export function routes({ metrics, liveness, readiness }: ServerOptions): Hono {
  const app = new Hono();
  const endpoints: [string, readonly HealthCheck[]][] = [
    ['healthz', liveness],
    ['livez', liveness],
    ['readyz', readiness],
  ];
  for (const [path, checks] of endpoints) {
    app.get(`/${path}`, (context) => {
      const { status, body } = answerHealth(path, checks, context.req.query('verbose') !== undefined);
      return context.text(body, status);
    });
    app.get(`/${path}/:name`, (context) => {
      const check = checks.find(({ name }) => name === context.req.param('name'));
      if (!check)
        return context.text(`no check of this name; there are: ${checks.map(({ name }) => name).join(', ')}\n`, 404);
      const { status, body } = answerHealth(`${path}/${check.name}`, [check], false);
      return context.text(body, status);
    });
  }
  app.get('/metrics', async (context) =>
    context.body(await metrics.text(), 200, { 'content-type': metrics.contentType }),
  );
  app.notFound((context) => context.text('not found; there are: /healthz /livez /readyz /metrics\n', 404));
  return app;
}

/** Listens, or rejects when the address is taken. */
export function startServer(options: ServerOptions): Promise<RunningServer> {
  const app = routes(options);
  return new Promise((resolve, reject) => {
    const server: ServerType = serve(
      { fetch: app.fetch, hostname: options.bindAddress, port: options.port },
      ({ port }: { port: number }) => resolve({ port, close: () => closeServer(server) }),
    );
    server.once('error', reject);
  });
}

function closeServer(server: ServerType): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()));
    if ('closeAllConnections' in server) server.closeAllConnections();
  });
}
