// Builds the controller out of its parts and runs it. The order is the point, and each step says why it stands there:
// options → logs → health → stores synced → election → workers; stopping is the same backwards, the lease last.
import { hostname } from 'node:os';
import { API_VERSION, KIND } from './api/crd.ts';
import { type Clock, systemClock } from './base/clock.ts';
import { untilAborted } from './base/deadline.ts';
import { isForbidden, isNotFound, messageOf, SetpointError } from './base/errors.ts';
import type { Logger } from './base/logger.ts';
import { OpenTelemetryTracer } from './base/open-telemetry.ts';
import { type Random, systemRandom } from './base/random.ts';
import { VERSION } from './base/version.ts';
import { Controller } from './controller/controller.ts';
import { Memory } from './controller/memory.ts';
import { Owners } from './controller/owners.ts';
import { Reconciler } from './controller/reconcile.ts';
import { StatusRecorder } from './controller/status-recorder.ts';
import type { CollectionState } from './kube/collection.ts';
import { KubeClient } from './kube/client.ts';
import { KubeCustomMetrics } from './kube/custom-metrics.ts';
import { KubeEvents } from './kube/events.ts';
import { KubeExternalMetrics } from './kube/external-metrics.ts';
import { loadAccess } from './kube/kubeconfig.ts';
import { KubeLeases } from './kube/leases.ts';
import { KubePodMetrics } from './kube/pod-metrics.ts';
import { KubePods } from './kube/pods.ts';
import { KubeRivals } from './kube/rivals.ts';
import { KubeScales } from './kube/scale.ts';
import { ScaledTargets } from './kube/scaled-targets.ts';
import { KubeStatus } from './kube/status.ts';
import { Elector } from './leader/elector.ts';
import { openGate, writeTimes } from './leader/gate.ts';
import type { Options } from './options.ts';
import { buildPage } from './page.ts';
import { EventRecorder } from './record/events.ts';
import { fanOut } from './record/fan-out.ts';
import { Metrics } from './record/metrics.ts';
import { observeQueue, observeRequests, observeSources, showUnfinishedWork } from './record/observers.ts';
import { StatusBudget } from './record/status-budget.ts';
import type { HealthCheck } from './server/health.ts';
import type { RunningServer } from './server/listen.ts';
import { startServer } from './server/server.ts';
import { SourceRegistry } from './sources/registry.ts';
import { loadSources, type SourceSet } from './sources/source-set.ts';

export interface AppPorts {
  readonly logger: Logger;
  /** Aborts to stop: SIGTERM, SIGINT. */
  readonly signal: AbortSignal;
  /** Default: the system's. */
  readonly clock?: Clock;
  readonly random?: Random;
  /** Told the port of health and metrics once they are served. */
  readonly onListening?: (port: number) => void;
  /** Told the port of the page once it is served. */
  readonly onPage?: (port: number) => void;
  /** Folder of the built page. Default: where the build puts it. */
  readonly pageFolder?: string;
}

/** Watches heard of longer ago than this are named by the readiness check; above the watch's own watchdog. */
const SILENT_MS = 150_000;
/** How long events that wait may still be sent when the process stops. */
const EVENTS_GRACE_MS = 1_000;
/** How long spans that wait may still be sent. */
const SPANS_GRACE_MS = 1_000;

type Parts = Awaited<ReturnType<typeof buildParts>>;

/**
 * Runs the controller until `signal` aborts (0), the lease is lost or it cannot start (1), or its configuration is wrong (2).
 * Logs the reason; never rejects.
 */
export async function runApp(options: Options, ports: AppPorts): Promise<number> {
  const { logger } = ports;
  let parts: Parts;
  try {
    parts = await buildParts(options, ports);
  } catch (error) {
    const isWrongOption = error instanceof SetpointError && error.code === 'InvalidOptions';
    for (const line of messageOf(error).split('\n')) logger.error('cannot start', { error: line });
    return isWrongOption ? 2 : 1;
  }
  let server: RunningServer | undefined;
  let page: Pick<RunningServer, 'port' | 'close'> | undefined;
  try {
    server = await serve(options, parts);
    ports.onListening?.(server.port);
    page = await parts.page?.serve(ports.pageFolder);
    if (page) ports.onPage?.(page.port);
    logger.info('started', { version: VERSION, port: server.port, namespaces: options.namespaces });
    return await lead(parts, ports);
  } catch (error) {
    if (ports.signal.aborted) return 0;
    logger.error('ended', { error });
    return 1;
  } finally {
    await stopWatching(parts);
    await page?.close();
    await server?.close();
    await parts.client.close();
    parts.sources.close();
    await parts.tracer.flush(ports.clock ?? systemClock, SPANS_GRACE_MS);
    logger.info('stopped');
  }
}

/** Makes every part; nothing runs yet. */
async function buildParts(options: Options, { logger, clock = systemClock, random = systemRandom, signal }: AppPorts) {
  const metrics = new Metrics({
    perTarget: options.metricsPerTarget,
    processMetrics: true,
    syncPeriodMs: options.syncPeriodMs,
  });
  const sources = await sourcesOf(options, { clock, random, logger, observer: observeSources(metrics) });
  const client = new KubeClient({
    access: loadAccess({ clock, kubeconfig: options.kubeconfig }),
    clock,
    random,
    version: VERSION,
    qps: options.apiRate?.qps ?? -1,
    burst: options.apiRate?.burst ?? -1,
    observer: observeRequests(metrics),
  });
  const elector = electorOf(options, { client, clock, random, logger, metrics });
  const gate = elector?.gate ?? openGate;
  const { writeTimeoutMs } = writeTimes(options.leaderElection.renewDeadlineMs);
  const watch = { client, clock, random, logger, namespaces: options.namespaces };
  const targets = new ScaledTargets(watch);
  const pods = new KubePods(watch);
  const rivals = new KubeRivals({ ...watch, targets, pods });
  const scales = new KubeScales({ ...watch, targets, gate, writeTimeoutMs });
  const observer = observeSources(metrics);
  const clients = {
    pods: new KubePodMetrics(client),
    custom: new KubeCustomMetrics({ client, clock }),
    external: new KubeExternalMetrics(client),
  };
  const reader = new SourceRegistry(clients, sources, { clock, random, logger, observer });

  const budget = new StatusBudget(clock, options.statusRefreshQps);
  const api = new KubeEvents({ client, instance: hostname(), gate });
  const events = new EventRecorder({ api, clock, random, logger, apiVersion: API_VERSION, kind: KIND });
  const writer = new KubeStatus({ client, gate, writeTimeoutMs });
  const onWritten = (kind: string) => metrics.count('statusWrites', { kind });
  const status = new StatusRecorder({ targets, writer, gate, budget, clock, logger, onWritten });
  const owners = new Owners();
  const tracer = new OpenTelemetryTracer(VERSION, logger);
  const leadership = { isHeld: false };
  const page = buildPage(options, {
    client,
    targets,
    clock,
    logger,
    signal,
    isLeading: () => leadership.isHeld,
    leader: () => elector?.leader || undefined,
  });
  const reconciler = new Reconciler({
    targets,
    scales,
    pods,
    rivals,
    reader,
    gate,
    events,
    status,
    observer: fanOut(page ? [metrics, page.observer] : [metrics], logger),
    memory: new Memory(),
    owners,
    clock,
    logger,
    tracer,
    defaults: options.defaults,
  });
  const controller = new Controller({
    targets,
    reconciler,
    reader,
    owners,
    clock,
    logger,
    workers: options.workers,
    syncPeriodMs: options.syncPeriodMs,
    queueObserver: observeQueue(metrics),
  });
  targets.onChange((key) => controller.targetChanged(key));
  const watches = { targets, pods, rivals, scales };
  return { metrics, sources, client, elector, ...watches, budget, events, controller, leadership, page, tracer };
}

async function sourcesOf(options: Options, ports: Parameters<typeof loadSources>[1]): Promise<SourceSet> {
  const loaded = await loadSources({ prometheusUrl: options.prometheusUrl, configFile: options.configFile }, ports);
  if ('sources' in loaded) return loaded.sources;
  throw new SetpointError('InvalidOptions', loaded.faults.join('\n'));
}

function electorOf(
  { leaderElection }: Options,
  ports: { client: KubeClient; clock: Clock; random: Random; logger: Logger; metrics: Metrics },
): Elector | undefined {
  if (!leaderElection.enabled) return undefined;
  const { client, clock, random, logger, metrics } = ports;
  const { namespace, name, leaseDurationMs, renewDeadlineMs, retryPeriodMs } = leaderElection;
  const store = new KubeLeases({ client, clock, random, namespace, name, logger, timeoutMs: renewDeadlineMs / 2 });
  const show = (isLeading: boolean) => metrics.set('leader', { name }, isLeading ? 1 : 0);
  show(false);
  return new Elector({
    store,
    clock,
    random,
    logger,
    // Pods have names of their own; two processes on one machine do not.
    identity: `${hostname()}_${crypto.randomUUID()}`,
    leaseDurationMs,
    renewDeadlineMs,
    retryPeriodMs,
    onLeading: show,
    onTransitions: (count) => metrics.set('leaseTransitions', { name }, count),
  });
}

/** Health is up first: a process that waits for the API server is alive, and says what it waits for. */
function serve(
  options: Options,
  { metrics, elector, targets, pods, rivals, scales, controller }: Parts,
): Promise<RunningServer> {
  const watches: HealthCheck = {
    name: 'watches',
    check() {
      return watchFault(
        { scaledtargets: targets.state, pods: pods.state },
        { horizontalpodautoscalers: rivals.state, ...scales.state },
      );
    },
  };
  const lease: HealthCheck = {
    name: 'lease',
    check: () => (elector?.isHealthy === false ? 'this process leads and has not renewed its lease' : undefined),
  };
  const election: HealthCheck = {
    name: 'lease',
    check: () => lease.check() ?? (elector?.failure && `the Lease cannot be reached: ${elector.failure}`),
  };
  return startServer({
    bindAddress: options.bindAddress,
    port: options.port,
    metrics: {
      contentType: metrics.contentType,
      text() {
        showUnfinishedWork(metrics, controller.unfinished());
        return metrics.text();
      },
    },
    liveness: [lease],
    readiness: [watches, election],
  });
}

type WatchStates = Readonly<Record<string, CollectionState>>;

/**
 * Which watch is not followed, and why. Without permission for an optional one there is nothing to wait for: that is told in the
 * log, costs what the watch is for (conflicts with autoscalers, sizes without a request), and is no fault of this process.
 */
function watchFault(needed: WatchStates, optional: WatchStates): string | undefined {
  const why = ({ failure }: CollectionState) => (failure ? `: ${failure.message}` : '');
  for (const [name, state] of Object.entries(needed)) if (!state.synced) return `${name} not listed yet${why(state)}`;
  for (const [name, state] of Object.entries({ ...needed, ...optional })) {
    const isAllowed = name in needed || !(isForbidden(state.failure) || isNotFound(state.failure));
    if (!state.synced || state.silentMs <= SILENT_MS || !isAllowed) continue;
    return `${name} not heard of for ${Math.round(state.silentMs / 1000)} s${why(state)}`;
  }
  return undefined;
}

/** Watches, stands for election, works; resolves with the exit code when it is over. */
async function lead(parts: Parts, { signal, logger }: AppPorts): Promise<number> {
  const { targets, pods, rivals, scales, elector, controller } = parts;
  for (const watched of [targets, pods, rivals]) watched.start();
  // Standbys keep their stores warm, so that taking over costs no list.
  await Promise.all([targets, pods, rivals].map((watched) => watched.waitForSync(signal)));
  scales.start();
  await scales.waitForSync(signal);
  logger.info('watches synced', { targets: targets.state.objects, pods: pods.state.objects });

  if (elector) {
    const acquired = elector.acquire();
    try {
      await untilAborted(acquired, signal);
    } catch (error) {
      acquired.catch(() => undefined);
      await elector.stop();
      throw error;
    }
  }
  // As they are now, however long this process stood by.
  rivals.learn(targets.all(), scales);
  parts.leadership.isHeld = true;
  parts.page?.leads();
  const leadership = new AbortController();
  controller.start(leadership.signal);
  const lost = elector?.lost ?? new Promise<never>(() => undefined);
  const end = await Promise.race([lost, aborted(signal)]);
  // A lost lease ends what is under way at once; a stop lets writes end, and gives the lease back after them.
  if (end) leadership.abort(end);
  await controller.stop();
  await parts.budget.stop();
  await parts.events.stop(end ? 0 : EVENTS_GRACE_MS);
  await elector?.stop();
  return end ? 1 : 0;
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

async function stopWatching({ scales, rivals, pods, targets }: Parts): Promise<void> {
  await Promise.all([scales.stop(), rivals.stop(), pods.stop(), targets.stop()]);
}
