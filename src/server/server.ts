// The controller's own HTTP: health for the kubelet, metrics for Prometheus. Read-only, and up before anything else.
import { Hono } from 'hono';
import { answerHealth, type HealthCheck } from './health.ts';
import { listen, type RunningServer } from './listen.ts';

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
  return listen(routes(options), options);
}
