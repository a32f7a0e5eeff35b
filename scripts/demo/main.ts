// `npm run demo`: the main job in one command. A local cluster with real pods, the controller, a load from calm to storm to calm, and
// a time-line of what happens and why. Ends with 0 only if the size went up and came back; leaves no process behind.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startLocalCluster, type LocalCluster } from '../../src/localcluster/cluster.ts';
import { type DemoOptions, HELP, parseArguments } from './arguments.ts';
import { startController } from './children.ts';
import { follow } from './follow.ts';
import { introduceJob, JobLoad } from './job-load.ts';
import { applyManifest, type Manifest, readManifests } from './manifests.ts';
import { introduceOwnLoad, OwnLoad, type RunningLoad } from './own-load.ts';
import { type Plan, planOf } from './plan.ts';
import { serverPorts } from '../../test/controlplane/ports.ts';
import { pageAddress, preparePage } from './page.ts';
import { endProcess, findPrometheus, HOW_TO_GET_PROMETHEUS, startPrometheus } from './prometheus.ts';
import { untilDecided, untilMeasured, untilReady } from './readiness.ts';
import { summarize } from './record.ts';
import { DEFAULT_STAGES } from './stages.ts';
import { layoutOf, type Style, summaryLines } from './timeline.ts';
import type { Watcher } from './watcher.ts';

const NAMESPACE = 'default';
/** Sampled more often than a metrics-server does, since the demo decides every 5 s. */
const METRICS_RESOLUTION_SECONDS = 5;
const colour = process.stdout.isTTY && !process.env.NO_COLOR;
const print = (line = ''): void => void process.stdout.write(`${line}\n`);

async function runDemo(options: DemoOptions, signal: AbortSignal): Promise<number> {
  const binary = findPrometheus(process.env);
  const plan = await planOf(options, binary !== undefined, NAMESPACE);
  const { targets } = plan;
  const style: Style = { colour, ...layoutOf(targets) };

  await using cleanup = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'setpoint-demo-'));
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));

  print('Starting a local Kubernetes API; its pods are processes of this machine.');
  for (const remark of plan.remarks) print(remark);
  const cluster = await startLocalCluster({
    runPods: 'process',
    metricsResolutionSeconds: METRICS_RESOLUTION_SECONDS,
  });
  cleanup.defer(() => cluster.close());
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, cluster.kubeconfig());
  await applyAll(cluster, await readManifests('crds/scaledtargets.yaml'));
  await applyAll(cluster, plan.manifests);

  // Known before it starts, so that Prometheus scrapes the controller too.
  const [port = 0] = await serverPorts(1);
  const controllerArgs = [
    `--kubeconfig=${kubeconfig}`,
    `--lease-namespace=${NAMESPACE}`,
    '--bind-address=127.0.0.1',
    `--port=${port}`,
    '--page-port=0',
  ];
  let prometheusUrl: string | undefined;
  if (binary) {
    const services = [new URL(cluster.metricsUrl).host];
    const prometheus = await startPrometheus(binary, {
      targets: services,
      scrapeSeconds: 2,
      controller: `127.0.0.1:${port}`,
    });
    prometheusUrl = prometheus.url;
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
  await applyAll(cluster, plan.scaledTargets);

  const logFile = options.keep ? join(tmpdir(), 'setpoint-demo-controller.log') : join(folder, 'controller.log');
  const environment = { ...process.env, ...cluster.childEnvironment };
  await preparePage();
  const controller = startController({ args: controllerArgs, logFile, environment });
  cluster.adopt(controller.pid);
  cleanup.defer(() => endProcess(controller));
  const page = await pageAddress(controller);
  if (page !== undefined) print(`Page: ${page}`);

  await untilDecided(cluster, targets, controller, signal);
  const places = { kubeconfig, page, prometheus: prometheusUrl };
  for (const line of introduction(places, plan, options.file !== undefined)) print(line);
  const load = await startLoad(cluster, plan, { environment, signal });
  cleanup.defer(() => load.close());
  const watcher = await follow(load, { style, cluster, targets, controller, logFile, print, signal });
  await load.close();

  print();
  const good = conclude(watcher, plan, { style, load });
  if (options.record !== undefined) await writeFile(options.record, recordOf(watcher, plan, load));
  for (const line of await load.lastWords()) print(line);
  if (options.keep) {
    print(`\nStill running, until Ctrl-C: KUBECONFIG=${kubeconfig}\nLog of the controller: ${logFile}`);
    await wait(2 ** 31 - 1, undefined, { signal }).catch(() => undefined);
  }
  return good ? 0 : 1;
}

async function applyAll(cluster: LocalCluster, manifests: readonly Manifest[]): Promise<void> {
  for (const manifest of manifests) await applyManifest(cluster.url, manifest, NAMESPACE);
}

async function startLoad(
  cluster: LocalCluster,
  { job, stages, targets }: Plan,
  { environment, signal }: { readonly environment: NodeJS.ProcessEnv; readonly signal: AbortSignal },
): Promise<RunningLoad> {
  if (job) return JobLoad.start(cluster, targets, { job, stages, namespace: NAMESPACE, signal });
  return new OwnLoad(cluster, targets, { stages: stages ?? DEFAULT_STAGES, environment });
}

/** Where to look while the demo runs; undefined: it is not there. */
interface Places {
  readonly kubeconfig: string;
  readonly page: string | undefined;
  readonly prometheus: string | undefined;
}

function introduction(
  { kubeconfig, page, prometheus }: Places,
  { job, stages, targets }: Plan,
  ownFile: boolean,
): string[] {
  const [first] = targets;
  const controller = page === undefined ? '' : ` SETPOINT_CONTROLLER=${page.replace(/\/$/, '')}`;
  return [
    job ? introduceJob(job, stages) : introduceOwnLoad(stages ?? DEFAULT_STAGES, targets),
    ...(ownFile ? [] : ['Each pod of web holds itself to 200m CPU: a storm queues until more are ready.']),
    'Beside it, in another terminal:',
    `  KUBECONFIG=${kubeconfig} kubectl get st -w`,
    ...(first ? [`  KUBECONFIG=${kubeconfig}${controller} npm run --silent setpoint -- explain ${first.name}`] : []),
    ...(prometheus === undefined
      ? []
      : [`Prometheus, with what the dashboards ask for: ${prometheus}/graph?g0.expr=setpoint_target_held`]),
    '',
  ];
}

/** Prints the summary of each target; whether all of them scaled out and back in. */
function conclude(
  watcher: Watcher,
  { targets, stages }: Plan,
  { style, load }: { readonly style: Style; readonly load: RunningLoad },
): boolean {
  let good = true;
  for (const target of targets) {
    const { points, changes } = watcher.recordOf(target);
    const summary = summarize(points, stages ?? load.stages);
    good &&= summary.scaledIn;
    for (const line of summaryLines(style, target.name, summary, changes)) print(line);
  }
  return good;
}

function recordOf(watcher: Watcher, { targets, stages }: Plan, load: RunningLoad): string {
  const seen = targets.map((target) => ({ name: target.name, ...watcher.recordOf(target) }));
  return `${JSON.stringify({ stages: stages ?? load.stages, targets: seen })}\n`;
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
