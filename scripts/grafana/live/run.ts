// A live run for the dashboards: the demo's services under its load on a local cluster with real processes, the incidents beside them, the
// real controller, and a real Prometheus that scrapes it and evaluates the alerts. Ends by itself; leaves nothing behind when closed.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startLocalCluster } from '../../../src/localcluster/cluster.ts';
import { serverPorts } from '../../../test/controlplane/ports.ts';
import { startController, startLoad } from '../../demo/children.ts';
import type { LoadPlan } from '../../demo/load.ts';
import { applyManifest, type Manifest, readManifests } from '../../demo/manifests.ts';
import { endProcess, findPrometheus, HOW_TO_GET_PROMETHEUS, startPrometheus } from '../../demo/prometheus.ts';
import { untilMeasured, untilReady } from '../../demo/readiness.ts';
import { type LoadStage, totalSeconds } from '../../demo/stages.ts';
import { targetsOf } from '../../demo/targets.ts';
import { BROKEN_SOURCE, incidents } from './incidents.ts';

const NAMESPACE = 'default';
/** The demo's calm and storm, shorter: the size comes back after a window of 30 s. */
const STAGES: readonly LoadStage[] = [
  { name: 'calm', seconds: 10, rate: 8 },
  { name: 'storm', seconds: 35, rate: 40 },
  { name: 'calm', seconds: 65, rate: 8 },
];

export interface LiveRun {
  readonly prometheusUrl: string;
  /** The load, in Unix seconds. */
  readonly from: number;
  readonly to: number;
  close(): Promise<void>;
}

/** Runs the load to its end. @param rules the alerts, as text. */
export async function runLive(rules: string): Promise<LiveRun> {
  const binary = findPrometheus(process.env);
  if (binary === undefined) throw new Error(`no Prometheus: ${HOW_TO_GET_PROMETHEUS}`);
  await using cleanup = new AsyncDisposableStack();
  const { signal } = new AbortController();
  const folder = await mkdtemp(join(tmpdir(), 'setpoint-dashboards-'));
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  const cluster = await startLocalCluster({ runPods: 'process', metricsResolutionSeconds: 5 });
  cleanup.defer(() => cluster.close());
  const apply = (manifest: Manifest) => applyManifest(cluster.url, manifest, NAMESPACE);

  const [port = 0, closedPort = 0] = await serverPorts(2);
  const prometheus = await startPrometheus(binary, {
    targets: [new URL(cluster.metricsUrl).host],
    scrapeSeconds: 2,
    controller: `127.0.0.1:${port}`,
    rules,
  });
  cleanup.defer(() => prometheus.close());
  cluster.adopt(prometheus.pid);

  for (const manifest of await readManifests('crds/scaledtargets.yaml')) await apply(manifest);
  const demo = [...(await readManifests('examples/demo/web.yaml')), ...(await readManifests('examples/demo/api.yaml'))];
  const targets = targetsOf(demo, NAMESPACE);
  const isTarget = ({ kind }: Manifest): boolean => kind === 'ScaledTarget';
  for (const manifest of demo.filter((one) => !isTarget(one))) await apply(manifest);
  await untilReady(cluster, targets, signal);
  await untilMeasured(cluster.url, targets, signal);
  for (const manifest of [...demo.filter(isTarget), ...incidents(Date.now() / 1000)]) await apply(manifest);

  await writeFile(join(folder, 'kubeconfig'), cluster.kubeconfig());
  const sources = { prometheus: [{ name: BROKEN_SOURCE, url: `http://127.0.0.1:${closedPort}` }] };
  await writeFile(join(folder, 'sources.yaml'), JSON.stringify(sources));
  const controller = startController({
    args: [
      `--kubeconfig=${join(folder, 'kubeconfig')}`,
      `--lease-namespace=${NAMESPACE}`,
      '--bind-address=127.0.0.1',
      `--port=${port}`,
      '--page=false',
      `--prometheus-url=${prometheus.url}`,
      `--config=${join(folder, 'sources.yaml')}`,
    ],
    logFile: join(folder, 'controller.log'),
    environment: { ...process.env, ...cluster.childEnvironment },
  });
  cluster.adopt(controller.pid);
  cleanup.defer(() => endProcess(controller));

  const plan: LoadPlan = {
    stages: STAGES,
    services: targets.flatMap(({ namespace, service }) => {
      const url = cluster.serviceUrl(namespace, service);
      return url === undefined ? [] : [{ name: service, url: `${url}/`, share: service === 'api' ? 0.5 : 1 }];
    }),
  };
  const from = Date.now() / 1000;
  const load = startLoad(plan, { ...process.env, ...cluster.childEnvironment }, () => undefined);
  cluster.adopt(load.pid);
  cleanup.defer(() => endProcess(load));
  await wait(totalSeconds(STAGES) * 1000);
  if (controller.exitCode !== null) throw new Error(`the controller ended with code ${controller.exitCode}`);
  const things = cleanup.move();
  return { prometheusUrl: prometheus.url, from, to: Date.now() / 1000, close: () => things.disposeAsync() };
}
