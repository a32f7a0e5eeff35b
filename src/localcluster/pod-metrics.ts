// What metrics.k8s.io says of pods: CPU and memory measured from the operating system as metrics-server does it, each
// figure with the time and the window it is of; and a provider that a test scripts.
import { type Clock, sleep } from '../base/clock.ts';
import type { RunningContainer } from './kubelet/kubelet.ts';
import type { ReadTrees, TreeUsage } from './kubelet/process-usage.ts';
import type { ObjectStore, PodMetrics, PodMetricsProvider } from './objects.ts';
import { selects } from './workloads/selector.ts';
import { timestamp } from './workloads/writes.ts';

interface Sample {
  /** Wall clock and monotonic clock at the time of reading. */
  at: number;
  monotonic: number;
  byPid: ReadonlyMap<number, TreeUsage>;
}

export interface SamplerDeps {
  clock: Clock;
  running: () => readonly RunningContainer[];
  read: ReadTrees;
  /** Seconds between samples, which is also about the window of the figures. */
  resolutionSeconds: number;
  onError: (error: unknown) => void;
}

/** Measures running pods. A pod appears when all its running containers have two samples of the same process. */
export class PodMetricsSampler implements PodMetricsProvider {
  readonly #deps: SamplerDeps;
  readonly #stopped = new AbortController();
  #metrics: readonly PodMetrics[] = [];
  #before: Sample | undefined;
  readonly #loop: Promise<void>;

  constructor(deps: SamplerDeps) {
    this.#deps = deps;
    this.#loop = this.#run();
  }

  podMetrics(namespace: string | undefined): readonly PodMetrics[] {
    // A pod that has ended since is no longer measured, and says nothing.
    const alive = new Set(this.#deps.running().map((container) => `${container.namespace}/${container.pod}`));
    return this.#metrics.filter(
      (metrics) =>
        (namespace === undefined || metrics.namespace === namespace) &&
        alive.has(`${metrics.namespace}/${metrics.name}`),
    );
  }

  async close(): Promise<void> {
    this.#stopped.abort(new Error('the sampler is closed'));
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { clock, resolutionSeconds, onError } = this.#deps;
    const { signal } = this.#stopped;
    let next = clock.monotonic();
    while (!signal.aborted) {
      try {
        await this.#sample();
      } catch (error) {
        onError(error);
      }
      // From the plan, not from the end of the work, so that samples do not drift; a late one does not cause a burst.
      next = Math.max(next + resolutionSeconds * 1000, clock.monotonic());
      await sleep(clock, next - clock.monotonic(), signal).catch(() => undefined);
    }
  }

  async #sample(): Promise<void> {
    const { clock, running, read } = this.#deps;
    const containers = running();
    const at = clock.now();
    const monotonic = clock.monotonic();
    const sample = { at, monotonic, byPid: await read(containers.map(({ pid }) => pid)) };
    const before = this.#before;
    this.#before = sample;
    if (before) this.#metrics = podFigures(containers, before, sample);
  }
}

function podFigures(containers: readonly RunningContainer[], before: Sample, now: Sample): PodMetrics[] {
  const windowSeconds = (now.monotonic - before.monotonic) / 1000;
  const pods = new Map<string, { metrics: PodMetrics; complete: boolean }>();
  for (const { namespace, pod, uid, labels, container, pid } of containers) {
    const entry = pods.get(uid) ?? {
      metrics: {
        name: pod,
        namespace,
        labels,
        timestamp: timestamp(now.at),
        window: `${windowSeconds.toFixed(3)}s`,
        containers: [],
      },
      complete: true,
    };
    pods.set(uid, entry);
    const first = before.byPid.get(pid);
    const last = now.byPid.get(pid);
    // Less time than before: the pid belongs to another process by now.
    if (!first || !last || last.cpuSeconds < first.cpuSeconds || windowSeconds <= 0) entry.complete = false;
    else
      entry.metrics.containers.push({
        name: container,
        usage: {
          cpu: `${Math.round(((last.cpuSeconds - first.cpuSeconds) / windowSeconds) * 1e9)}n`,
          memory: `${Math.round(last.memoryBytes / 1024)}Ki`,
        },
      });
  }
  return [...pods.values()].filter(({ complete }) => complete).map(({ metrics }) => metrics);
}

/** The usage of one container as a test wants it: quantities, and how old the sample is. */
export interface ScriptedUsage {
  cpu?: string;
  memory?: string;
  /** Default 0. */
  ageSeconds?: number;
  /** Default 15. */
  windowSeconds?: number;
}

interface PodContainers {
  readonly containers: readonly { readonly name: string }[];
  readonly initContainers?: readonly { readonly name: string; readonly restartPolicy?: string }[];
}

type Script = (pod: { name: string; namespace: string; labels: Record<string, string> }) => ScriptedUsage | undefined;

/** Answers what a test scripts, for the Running pods of a storage. The last rule that fits a pod wins; none: no sample. */
export class ScriptedPodMetrics implements PodMetricsProvider {
  readonly #store: ObjectStore;
  readonly #clock: Clock;
  #rules: Script[] = [];

  constructor(store: ObjectStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** All pods with these labels use this much in each container, native sidecars included; undefined: they have no sample. */
  set(labels: Record<string, string>, usage: ScriptedUsage | undefined): void {
    this.#rules.push((pod) => (selects({ matchLabels: labels }, pod.labels) ? (usage ?? {}) : undefined));
  }

  /** Asks `script` for each pod; undefined leaves the pod to earlier rules. */
  script(script: Script): void {
    this.#rules.push(script);
  }

  clear(): void {
    this.#rules = [];
  }

  podMetrics(namespace: string | undefined): readonly PodMetrics[] {
    return this.#store.list('pods', namespace).flatMap((pod) => {
      const { name, namespace = '', labels = {} } = pod.metadata;
      const status = pod['status'] as { phase?: string } | undefined;
      if (status?.phase !== 'Running') return [];
      const usage = this.#usageOf({ name, namespace, labels });
      if (usage?.cpu === undefined && usage?.memory === undefined) return [];
      const { containers: own, initContainers = [] } = pod['spec'] as PodContainers;
      const sidecars = initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always');
      const containers = [...own, ...sidecars].map((container) => ({
        name: container.name,
        usage: { cpu: usage.cpu ?? '0', memory: usage.memory ?? '0' },
      }));
      const at = this.#clock.now() - (usage.ageSeconds ?? 0) * 1000;
      return [
        { name, namespace, labels, timestamp: timestamp(at), window: `${usage.windowSeconds ?? 15}s`, containers },
      ];
    });
  }

  #usageOf(pod: Parameters<Script>[0]): ScriptedUsage | undefined {
    for (const rule of this.#rules.toReversed()) {
      const usage = rule(pod);
      if (usage) return usage;
    }
    return undefined;
  }
}
