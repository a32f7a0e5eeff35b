// The application in this process, in real time, against whatever server a kubeconfig names.
import { type AppPorts, runApp } from '../../src/app.ts';
import type { LogFields, Logger } from '../../src/base/logger.ts';
import { parseOptions } from '../../src/options.ts';

export interface RunningApp {
  /** Its exit code, once it has ended. */
  readonly ended: Promise<number>;
  /** Aborts its signal: the exit code, and how long the end took. */
  stop(): Promise<{ readonly code: number; readonly tookMs: number }>;
  /** `level message fields`, without debug. */
  readonly logs: readonly string[];
  /** Of its own server. */
  get(path: string): Promise<{ readonly status: number; readonly text: string }>;
  /** Port of its page. */
  readonly pagePort: Promise<number>;
}

/** Runs it with these options, deciding every second. */
export function startApp(
  given: Readonly<Record<string, unknown>>,
  ports: Pick<AppPorts, 'pageFolder'> = {},
): RunningApp {
  const own = {
    port: '0',
    pagePort: '0',
    bindAddress: '127.0.0.1',
    leaseNamespace: 'setpoint-system',
    syncPeriod: '1s',
  };
  const outcome = parseOptions({ ...own, ...given }, {});
  if ('faults' in outcome) throw new Error(outcome.faults.join('\n'));
  const stop = new AbortController();
  const listening = Promise.withResolvers<number>();
  const page = Promise.withResolvers<number>();
  const logs: string[] = [];
  const ended = runApp(outcome.options, {
    logger: recordingTo(logs),
    signal: stop.signal,
    // Back-off near its shortest: tests wait for what happens, not for chance.
    random: () => 0.05,
    onListening: (port) => listening.resolve(port),
    onPage: (port) => page.resolve(port),
    ...ports,
  });
  return {
    ended,
    logs,
    pagePort: page.promise,
    async stop() {
      const since = performance.now();
      stop.abort(new Error('SIGTERM'));
      const code = await ended;
      return { code, tookMs: performance.now() - since };
    },
    async get(path) {
      const answer = await fetch(`http://127.0.0.1:${await listening.promise}${path}`);
      return { status: answer.status, text: await answer.text() };
    },
  };
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function recordingTo(logs: string[]): Logger {
  const write = (level: string) => (message: string, fields?: LogFields) =>
    void logs.push(`${level} ${message} ${JSON.stringify(fields ?? {})}`);
  const logger: Logger = {
    debug: () => undefined,
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    with: () => logger,
  };
  return logger;
}
