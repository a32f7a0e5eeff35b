// A whole Kubernetes on this machine: the API server, the workload controllers, pods as local processes (or simulated on the
// clock), their measured CPU and memory, and Services on local ports. Nothing of it is left after close().
import { type Clock, systemClock } from '../base/clock.ts';
import { type ApiServer, type ApiServerOptions, startApiServer } from './api-server.ts';
import { NODE_NAME } from './kubelet/annotations.ts';
import { createNode } from './kubelet/node.ts';
import { Kubelet } from './kubelet/kubelet.ts';
import { processTreeReader } from './kubelet/process-usage.ts';
import { startScheduler } from './kubelet/scheduler.ts';
import { startSimulatedKubelet } from './kubelet/simulated.ts';
import type { ObjectStore, PodMetricsProvider } from './objects.ts';
import { PodMetricsSampler, ScriptedPodMetrics } from './pod-metrics.ts';
import type { ServiceFigures } from './proxy/service-figures.ts';
import { ServiceProxy } from './service-proxy.ts';
import { EventRecorder } from './workloads/event-recorder.ts';
import type { WorkloadDeps } from './workloads/controller.ts';
import { startWorkloads } from './workloads/workloads.ts';

export interface LocalClusterOptions {
  /** `process`: pods are real processes, measured and reachable. `simulated`: objects that become Ready on the clock. */
  runPods: 'process' | 'simulated';
  /** Default: the system's clock. Processes need it; simulated pods run on any. */
  clock?: Clock;
  /** Of the API server: port, users, namespaces beside the usual ones, and so on. */
  apiServer?: Omit<ApiServerOptions, 'clock'>;
  /** Pods that the node holds. Default 110, as a kubelet. */
  maxPods?: number;
  /** Seconds from binding to start, unless a pod's annotation says otherwise. Default 0. */
  startDelaySeconds?: number;
  /** Simulated pods: seconds from Running to Ready (default 0) and from deletion to being gone (default 0). */
  readyDelaySeconds?: number;
  terminationSeconds?: number;
  /** Processes: working directory of containers that name none. Default: this process's. */
  cwd?: string;
  /** Processes: what to run for an image: image → program and arguments. Other images are played by an idle process. */
  images?: Readonly<Record<string, readonly string[]>>;
  /** Processes: variables of this process, of which pods inherit PATH, HOME and the like. Default: process.env. */
  environment?: Readonly<Record<string, string | undefined>>;
  /** Processes: seconds between two measurements of CPU and memory. Default 5; metrics-server has 15. */
  metricsResolutionSeconds?: number;
  /** Processes: seconds before a crashing container's second restart (then doubling to 300). Default 10. */
  restartBackoffSeconds?: number;
  /** Processes: seconds that pods have to end at close() before they are killed. Default 2. */
  closeGraceSeconds?: number;
  /** Told of failures inside the cluster's own parts; what failed is tried again. Default: they are dropped. */
  onError?: (where: string, error: unknown) => void;
}

export interface LocalCluster {
  /** The API server's address, without a slash at the end. */
  readonly url: string;
  readonly apiServer: ApiServer;
  readonly store: ObjectStore;
  readonly audit: ApiServer['audit'];
  readonly faults: ApiServer['faults'];
  /** YAML for kubectl; without a token the administrator's. */
  kubeconfig(token?: string, namespace?: string): string;
  /** Where a Service answers, without a slash at the end; undefined while there is no such Service, or pods are simulated. */
  serviceUrl(namespace: string, name: string): string | undefined;
  /** What a Service has answered so far; undefined when there is no such Service. */
  serviceFigures(namespace: string, name: string): ServiceFigures | undefined;
  /** Where the figures of all Services stand as Prometheus text. Throws when pods are simulated: then nothing is served. */
  readonly metricsUrl: string;
  /**
   * Another process group that must not outlive the cluster, by its leader's pid: killed when this process ends in
   * whatever way. Returns the function that lets go of it.
   */
  adopt(pid: number | undefined): () => void;
  /** Variables by which processes of the cluster are known: with them in its environment, a child goes when the cluster goes. */
  readonly childEnvironment: Readonly<Record<string, string>>;
  /** What metrics.k8s.io answers from. */
  readonly podMetrics: PodMetricsProvider;
  /** The same when pods are simulated: usage is what a test says. */
  readonly scriptedMetrics: ScriptedPodMetrics | undefined;
  /** Ends all pods and servers; afterwards no process, port or timer of the cluster is left. May be called twice. */
  close(): Promise<void>;
}

/** How pods are run, seen from the cluster. */
interface PodSide {
  podMetrics: PodMetricsProvider;
  scriptedMetrics?: ScriptedPodMetrics;
  kubelet?: Kubelet;
  proxy?: ServiceProxy;
  close(): Promise<void>;
}

/** Resolves when the API server answers and the controllers run. */
export async function startLocalCluster(options: LocalClusterOptions): Promise<LocalCluster> {
  const clock = options.clock ?? systemClock;
  const apiServer = await startApiServer({ ...options.apiServer, clock });
  const { store } = apiServer;
  const onError = options.onError ?? (() => undefined);
  const deps: WorkloadDeps = { store, clock, events: new EventRecorder(store, clock), onError };
  const maxPods = options.maxPods ?? 110;
  createNode(store, { name: NODE_NAME, maxPods, now: clock.now() });
  const pods = options.runPods === 'process' ? await runProcesses(deps, apiServer, options) : simulate(deps, options);
  apiServer.setPodMetrics(pods.podMetrics);
  const stops = [startWorkloads(deps), startScheduler(deps, maxPods)];
  let closed: Promise<void> | undefined;
  const close = async () => {
    for (const stop of stops) stop();
    await pods.close();
    await apiServer.close();
  };
  return {
    url: apiServer.url,
    apiServer,
    store,
    audit: apiServer.audit,
    faults: apiServer.faults,
    kubeconfig: (token, namespace) => apiServer.kubeconfig(token, namespace),
    serviceUrl: (namespace, name) => pods.proxy?.url(namespace, name),
    serviceFigures: (namespace, name) => pods.proxy?.figures(namespace, name),
    get metricsUrl() {
      if (!pods.proxy) throw new Error('simulated pods serve nothing: start the cluster with runPods: process');
      return pods.proxy.metricsUrl;
    },
    adopt: (pid) => pods.kubelet?.adopt(pid) ?? (() => undefined),
    childEnvironment: pods.kubelet?.childEnvironment ?? {},
    podMetrics: pods.podMetrics,
    scriptedMetrics: pods.scriptedMetrics,
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}

async function runProcesses(deps: WorkloadDeps, apiServer: ApiServer, options: LocalClusterOptions): Promise<PodSide> {
  const kubelet = new Kubelet(deps, {
    cwd: options.cwd ?? process.cwd(),
    images: options.images ?? {},
    host: options.environment ?? process.env,
    startDelaySeconds: options.startDelaySeconds ?? 0,
    backoff: { firstMs: (options.restartBackoffSeconds ?? 10) * 1000, longestMs: 300_000 },
  });
  const proxy = await ServiceProxy.start(deps);
  const sampler = new PodMetricsSampler({
    clock: deps.clock,
    running: () => kubelet.running(),
    read: await processTreeReader(),
    resolutionSeconds: options.metricsResolutionSeconds ?? 5,
    onError: (error) => deps.onError('pod metrics', error),
  });
  apiServer.setPodLogs((namespace, pod, { container, tailLines }) => {
    const lines = kubelet.logs(namespace, pod, container, tailLines === undefined ? {} : { tailLines });
    return lines?.map(({ text }) => `${text}\n`).join('');
  });
  return {
    podMetrics: sampler,
    kubelet,
    proxy,
    async close() {
      await Promise.all([sampler.close(), kubelet.close((options.closeGraceSeconds ?? 2) * 1000), proxy.close()]);
    },
  };
}

function simulate(deps: WorkloadDeps, options: LocalClusterOptions): PodSide {
  const stop = startSimulatedKubelet(deps, {
    startDelaySeconds: options.startDelaySeconds ?? 0,
    readyDelaySeconds: options.readyDelaySeconds ?? 0,
    terminationSeconds: options.terminationSeconds ?? 0,
  });
  const scriptedMetrics = new ScriptedPodMetrics(deps.store, deps.clock);
  return {
    podMetrics: scriptedMetrics,
    scriptedMetrics,
    close() {
      stop();
      return Promise.resolve();
    },
  };
}
