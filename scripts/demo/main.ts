// `npm run demo`: the main job in one command. A local cluster with real pods, the controller, a load from calm to storm to calm, and
// a time-line of what happens and why. Ends with 0 only if the size went up and came back; leaves no process behind.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startLocalCluster, type LocalCluster } from '../../src/localcluster/cluster.ts';
import { type DemoOptions, HELP, parseArguments } from './arguments.ts';
import { startController, startLoad } from './children.ts';
import type { LoadLine, LoadPlan } from './load.ts';
import { applyManifest, type Manifest, readManifests } from './manifests.ts';
import { endProcess, findPrometheus, HOW_TO_GET_PROMETHEUS, startPrometheus } from './prometheus.ts';
import { untilDecided, untilMeasured, untilReady } from './readiness.ts';
import { summarize } from './record.ts';
import { type LoadStage, lastAtLeast, lastLonger, patienceSeconds, totalSeconds } from './stages.ts';
import { downWindowSeconds, targetsOf } from './targets.ts';
import { changeLine, heading, holdLine, layoutOf, notBackYet, row, type Style, summaryLines } from './timeline.ts';
import { type WatchedTarget, Watcher } from './watcher.ts';

/** The demo's second service is cheap to call and gets half of the load. */
const HALF_LOAD = 'api';
const NAMESPACE = 'default';
const DEMO = 'examples/demo';
/** Sampled more often than a metrics-server does, since the demo decides every 5 s. */
const METRICS_RESOLUTION_SECONDS = 5;
/** A row a period, so that each decision is seen. */
const ROW_SECONDS = 5;
/** Time for the last decision after the down window: a period, a sample, and slow machines. */
const AFTER_WINDOW_SECONDS = 45;
const colour = process.stdout.isTTY && !process.env.NO_COLOR;
const print = (line = ''): void => void process.stdout.write(`${line}\n`);

/** What to apply, and whether a Prometheus is needed for it. */
async function plannedManifests(options: DemoOptions, prometheus: string | undefined): Promise<Manifest[]> {
  const web = await readManifests(`${DEMO}/web.yaml`);
  if (options.file === undefined) return prometheus ? [...web, ...(await readManifests(`${DEMO}/api.yaml`))] : web;
  const own = await readManifests(options.file);
  const workloads = own.some(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet');
  return workloads ? own : [...web.filter(({ kind }) => kind !== 'ScaledTarget'), ...own];
}

async function runDemo(options: DemoOptions, signal: AbortSignal): Promise<number> {
  const binary = findPrometheus(process.env);
  const manifests = await plannedManifests(options, binary);
  const targets = targetsOf(manifests, NAMESPACE);
  const style: Style = { colour, ...layoutOf(targets) };
  const window = downWindowSeconds(manifests);
  const stages =
    options.file === undefined ? options.stages : lastAtLeast(options.stages, window + AFTER_WINDOW_SECONDS);

  await using cleanup = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'setpoint-demo-'));
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));

  print('Starting a local Kubernetes API; its pods are processes of this machine.');
  const cluster = await startLocalCluster({
    runPods: 'process',
    metricsResolutionSeconds: METRICS_RESOLUTION_SECONDS,
  });
  cleanup.defer(() => cluster.close());
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, cluster.kubeconfig());
  for (const manifest of await readManifests('crds/scaledtargets.yaml'))
    await applyManifest(cluster.url, manifest, NAMESPACE);
  const isScaledTarget = ({ kind }: Manifest): boolean => kind === 'ScaledTarget';
  for (const manifest of manifests.filter((one) => !isScaledTarget(one)))
    await applyManifest(cluster.url, manifest, NAMESPACE);

  const controllerArgs = [
    `--kubeconfig=${kubeconfig}`,
    `--lease-namespace=${NAMESPACE}`,
    '--bind-address=127.0.0.1',
    '--port=0',
    '--page-port=0',
  ];
  if (binary) {
    const prometheus = await startPrometheus(binary, { targets: [new URL(cluster.metricsUrl).host], scrapeSeconds: 2 });
    cleanup.defer(() => prometheus.close());
    cluster.adopt(prometheus.pid);
    controllerArgs.push(`--prometheus-url=${prometheus.url}`);
  } else if (options.file === undefined) {
    print('No Prometheus here, so only CPU is shown. To see a second Deployment scaled by request rate,');
    print(`  ${HOW_TO_GET_PROMETHEUS}`);
  }
  await untilReady(cluster, targets, signal);
  print('Waiting for the first samples of its metrics server (about 10 s).');
  await untilMeasured(cluster.url, targets, signal);
  for (const manifest of manifests.filter(isScaledTarget)) await applyManifest(cluster.url, manifest, NAMESPACE);

  const logFile = options.keep ? join(tmpdir(), 'setpoint-demo-controller.log') : join(folder, 'controller.log');
  const environment = { ...process.env, ...cluster.childEnvironment };
  const controller = startController({ args: controllerArgs, logFile, environment });
  cluster.adopt(controller.pid);
  cleanup.defer(() => endProcess(controller));

  await untilDecided(cluster, targets, controller, signal);
  for (const line of introduction({ kubeconfig, targets, stages, ownFile: options.file !== undefined })) print(line);
  const watcher = await followLoad({ style, cluster, targets, stages, environment, signal, controller, logFile });

  print();
  let good = true;
  for (const target of targets) {
    const { points, changes } = watcher.recordOf(target);
    const summary = summarize(points, stages);
    good &&= summary.scaledIn;
    for (const line of summaryLines(style, target.name, summary, changes)) print(line);
  }
  if (options.keep) {
    print(`\nStill running, until Ctrl-C: KUBECONFIG=${kubeconfig}\nLog of the controller: ${logFile}`);
    await wait(2 ** 31 - 1, undefined, { signal }).catch(() => undefined);
  }
  return good ? 0 : 1;
}

function introduction({
  kubeconfig,
  targets,
  stages,
  ownFile,
}: {
  readonly kubeconfig: string;
  readonly targets: readonly WatchedTarget[];
  readonly stages: readonly LoadStage[];
  readonly ownFile: boolean;
}): string[] {
  const load = stages.map(({ rate, seconds }) => `${rate}/s for ${Math.round(seconds)} s`).join(', ');
  const half = targets.some(({ service }) => service === HALF_LOAD) ? `; ${HALF_LOAD} gets half of it` : '';
  return [
    `Load for ${Math.round(totalSeconds(stages))} s: ${load}${half}.`,
    ...(ownFile ? [] : ['Each pod of web holds itself to 200m CPU: a storm queues until more are ready.']),
    'Beside it, in another terminal:',
    `  KUBECONFIG=${kubeconfig} kubectl get st -w`,
    '',
  ];
}

interface Scene {
  readonly style: Style;
  readonly cluster: LocalCluster;
  readonly targets: readonly WatchedTarget[];
  readonly stages: readonly LoadStage[];
  readonly environment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly controller: { readonly exitCode: number | null };
  readonly logFile: string;
}

async function lastWords(code: number, logFile: string): Promise<string> {
  const lines = (await readFile(logFile, 'utf8')).trimEnd().split('\n');
  return `the controller ended with code ${code}:\n${lines.slice(-5).join('\n')}`;
}

/** Prints what is new of each target, and its row when it is time for one. */
function tell(
  { watcher, style, targets }: Pick<Scene, 'style' | 'targets'> & { readonly watcher: Watcher },
  second: number,
  elapsed: number,
): void {
  for (const target of targets) {
    const { point, changes, hold } = watcher.look(target, elapsed);
    for (const change of changes) print(changeLine(style, target.name, change));
    if (hold) print(holdLine(style, target.name, hold));
    if (second % ROW_SECONDS === 0) print(row(style, target.name, point));
  }
}

/** Runs the load to its end, and on while a size has not come back, printing a row a period and each change as it happens. */
async function followLoad({
  style,
  cluster,
  targets,
  stages,
  environment,
  signal,
  controller,
  logFile,
}: Scene): Promise<Watcher> {
  const planned = totalSeconds(stages) + 1;
  const patience = patienceSeconds(stages);
  const lasting = lastLonger(stages, patience);
  const watcher = new Watcher(cluster.store, lasting);
  const isAway = (target: WatchedTarget): boolean => {
    const { scaledOut, scaledIn } = summarize(watcher.recordOf(target).points, stages);
    return scaledOut && !scaledIn;
  };
  const plan: LoadPlan = {
    stages: lasting,
    services: targets.flatMap(({ namespace, service }) => {
      const url = cluster.serviceUrl(namespace, service);
      return url === undefined ? [] : [{ name: service, url: `${url}/`, share: service === HALF_LOAD ? 0.5 : 1 }];
    }),
  };
  const load = startLoad(plan, environment, (line) => watcher.addLoadLine(JSON.parse(line) as LoadLine));
  cluster.adopt(load.pid);
  try {
    for (const line of heading(style)) print(line);
    const started = performance.now();
    for (let second = 1; second <= planned + patience; second++) {
      if (second > planned && !targets.some(isAway)) break;
      if (second - planned > 0 && second - planned <= 1) print(notBackYet(patience));
      await wait(Math.max(0, started + second * 1000 - performance.now()), undefined, { signal });
      if (controller.exitCode !== null) throw new Error(await lastWords(controller.exitCode, logFile));
      tell({ watcher, style, targets }, second, (performance.now() - started) / 1000);
    }
  } finally {
    load.stdin?.end();
    await endProcess(load);
  }
  return watcher;
}

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.abort());

function fail(error: unknown, code: number): number {
  if (interrupted.signal.aborted) return 130;
  process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`);
  return code;
}

async function main(): Promise<number> {
  let options: DemoOptions;
  try {
    options = parseArguments(process.argv.slice(2));
  } catch (error) {
    return fail(error, 2);
  }
  if (options.help) {
    print(HELP);
    return 0;
  }
  try {
    const code = await runDemo(options, interrupted.signal);
    return interrupted.signal.aborted ? 130 : code;
  } catch (error) {
    return fail(error, 1);
  }
}

process.exit(await main());
