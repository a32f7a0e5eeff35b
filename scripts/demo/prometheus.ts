// A real Prometheus for the demo and the tests, where one is installed: found by SETPOINT_PROMETHEUS or on PATH.
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { serverPorts } from '../../test/controlplane/ports.ts';

export const HOW_TO_GET_PROMETHEUS =
  'install it (Debian, Ubuntu: apt-get install prometheus), or name the binary: SETPOINT_PROMETHEUS=/path/to/prometheus';

export interface RunningPrometheus {
  readonly url: string;
  readonly pid: number;
  close(): Promise<void>;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch (error) {
    if (error instanceof Error) return false;
    throw error;
  }
}

/** The path of a Prometheus, or undefined. */
export function findPrometheus(environment: NodeJS.ProcessEnv): string | undefined {
  if (environment.SETPOINT_PROMETHEUS) return environment.SETPOINT_PROMETHEUS;
  const folders = (environment.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, 'prometheus')).find(isExecutable);
}

/** Starts Prometheus on a free port of 127.0.0.1 and waits until it is ready. Its data goes with it. */
export async function startPrometheus(
  binary: string,
  options: {
    readonly targets: readonly string[];
    readonly scrapeSeconds: number;
    readonly metricsPath?: string;
    /** A controller, scraped as deploy/servicemonitor says, as the job `setpoint`. */
    readonly controller?: string;
    /** Rules, by their text. */
    readonly rules?: string;
  },
): Promise<RunningPrometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'setpoint-prometheus-'));
  const [port = 0] = await serverPorts(1);
  await writeFile(
    join(folder, 'prometheus.yml'),
    [
      'global:',
      `  scrape_interval: ${options.scrapeSeconds}s`,
      `  evaluation_interval: ${options.scrapeSeconds}s`,
      'scrape_configs:',
      '  - job_name: services',
      `    metrics_path: ${options.metricsPath ?? '/metrics'}`,
      '    static_configs:',
      `      - targets: [${options.targets.join(', ')}]`,
      ...(options.controller === undefined
        ? []
        : [
            '  - job_name: setpoint',
            '    honor_labels: true',
            '    static_configs:',
            `      - targets: ['${options.controller}']`,
          ]),
      ...(options.rules === undefined ? [] : ['rule_files: [rules.yml]']),
      '',
    ].join('\n'),
  );
  if (options.rules !== undefined) await writeFile(join(folder, 'rules.yml'), options.rules);
  const child = spawn(
    binary,
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    // A group of its own: Ctrl-C reaches the demo, which then ends it.
    { stdio: ['ignore', 'ignore', 'pipe'], detached: true },
  );
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString('utf8')).slice(-2000);
  });
  const url = `http://127.0.0.1:${port}`;
  const close = async () => {
    await endProcess(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await untilReady(child, url);
  } catch (error) {
    await close();
    throw new Error(`Prometheus (${binary}) did not start: ${complaint.trim() || String(error)}`, { cause: error });
  }
  return { url, pid: child.pid ?? 0, close };
}

async function untilReady(child: ChildProcess, url: string): Promise<void> {
  const failed = new Promise<never>((_resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`it ended with code ${code}`)));
  });
  const ready = (async () => {
    for (let attempt = 0; attempt < 150; attempt++) {
      const answer = await fetch(`${url}/-/ready`, { signal: AbortSignal.timeout(2000) }).catch(() => undefined);
      await answer?.body?.cancel();
      if (answer?.ok) return;
      await wait(200);
    }
    throw new Error('not ready within 30 s');
  })();
  await Promise.race([ready, failed]);
  failed.catch(() => undefined);
}

/** Ends a process: SIGTERM, and SIGKILL when it has not gone after five seconds. */
export async function endProcess(child: ChildProcess, graceMs = 5000): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
  });
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await gone;
  clearTimeout(timer);
}
