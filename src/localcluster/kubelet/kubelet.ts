// Runs the pods that are bound to the node as local processes, and takes deleted pods out of the storage when their processes
// have ended. No process outlives the kubelet: close() ends them in order, the reaper when there is no order left.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { KubeObject, StoreEvent } from '../objects.ts';
import type { WorkloadDeps } from '../workloads/controller.ts';
import type { Pod } from '../workloads/types.ts';
import type { Backoff } from './container-runner.ts';
import type { LogLine, LogOptions } from './log-ring.ts';
import { clusterFolder, removeFolder } from './pod-folder.ts';
import { PodRunner } from './pod-runner.ts';
import { PortAllocator } from './ports.ts';
import { CLUSTER_ID_VARIABLE, Reaper } from './reaper.ts';

const DEFAULT_GRACE_SECONDS = 30;

export interface KubeletOptions {
  /** Working directory of containers that name none. */
  cwd: string;
  /** Command lines for images: image → program and arguments. */
  images: Readonly<Record<string, readonly string[]>>;
  /** The environment of this process, of which pods inherit a few names. */
  host: Readonly<Record<string, string | undefined>>;
  /** Seconds from binding to start, unless a pod's annotation says otherwise. */
  startDelaySeconds: number;
  backoff: Backoff;
}

/** One container's running process. */
export interface RunningContainer {
  namespace: string;
  pod: string;
  uid: string;
  labels: Record<string, string>;
  container: string;
  pid: number;
}

export class Kubelet {
  readonly #deps: WorkloadDeps;
  readonly #options: KubeletOptions;
  readonly #clusterId = randomUUID();
  readonly #folder = clusterFolder(this.#clusterId);
  readonly #reaper: Reaper;
  readonly #ports = new PortAllocator();
  /** By pod uid. */
  readonly #runners = new Map<string, PodRunner>();
  readonly #stopWatch: () => void;
  #closed = false;

  constructor(deps: WorkloadDeps, options: KubeletOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#reaper = new Reaper(this.#clusterId, this.#folder);
    this.#stopWatch = deps.store.watch('pods', (event) => this.#observe(event));
  }

  /** What every process of the cluster has in its environment. */
  get childEnvironment(): Record<string, string> {
    return { [CLUSTER_ID_VARIABLE]: this.#clusterId };
  }

  /** Has a process group killed when this process ends, until the returned function is called. */
  adopt(pid: number | undefined): () => void {
    if (pid === undefined) return () => undefined;
    this.#reaper.add(pid);
    return () => this.#reaper.delete(pid);
  }

  /** What runs now. */
  running(): RunningContainer[] {
    return [...this.#runners.values()].flatMap((runner) => {
      const { namespace = '', name, uid, labels = {} } = runner.pod.metadata;
      return runner.processes().map(({ container, pid }) => ({ namespace, pod: name, uid, labels, container, pid }));
    });
  }

  /** The last lines of a container (default: the pod's first); undefined when there is no such pod or container here. */
  logs(namespace: string, pod: string, container?: string, options?: LogOptions): LogLine[] | undefined {
    const runner = this.#find(namespace, pod);
    const name = container ?? runner?.pod.spec.containers[0]?.name ?? '';
    if (!runner) return undefined;
    return runner.log(name)?.lines(options) ?? (hasContainer(runner.pod, name) ? [] : undefined);
  }

  /** Calls `listener` with each new line; returns the stop function, or undefined when there is no such container. */
  followLogs(namespace: string, pod: string, container: string | undefined, listener: (line: LogLine) => void) {
    const runner = this.#find(namespace, pod);
    return runner?.log(container ?? runner.pod.spec.containers[0]?.name ?? '')?.follow(listener);
  }

  /** Ends all pods (SIGTERM, then SIGKILL after `graceMs`) without deleting their objects. No process is left then. */
  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    this.#stopWatch();
    await Promise.all([...this.#runners.values()].map((runner) => runner.terminate(graceMs)));
    await removeFolder(this.#folder);
    await this.#reaper.close();
  }

  #find(namespace: string, pod: string): PodRunner | undefined {
    const uid = this.#deps.store.get('pods', namespace, pod)?.metadata.uid;
    return uid === undefined ? undefined : this.#runners.get(uid);
  }

  /** The storage's listener: it only names what to do on the next turn, so that it never writes while others are told. */
  #observe({ type, object }: StoreEvent): void {
    const { uid, deletionTimestamp } = object.metadata;
    const runner = this.#runners.get(uid);
    const bound = (object as Pod).spec.nodeName !== undefined;
    const news = type === 'DELETED' ? runner !== undefined : deletionTimestamp !== undefined || (bound && !runner);
    if (news) this.#deps.clock.setTimer(0, () => this.#act(object, type === 'DELETED'));
  }

  #act(object: KubeObject, deleted: boolean): void {
    if (this.#closed) return;
    const { namespace = '', name, uid } = object.metadata;
    // As it is by now: it may have come and gone in one turn.
    const current = this.#deps.store.get('pods', namespace, name);
    const pod = (current?.metadata.uid === uid ? current : object) as Pod;
    if (deleted || pod !== current) {
      void this.#end(uid, 0);
    } else if (pod.metadata.deletionTimestamp !== undefined) {
      void this.#remove(pod);
    } else if (!this.#runners.has(uid)) {
      const { cwd, images, host, startDelaySeconds, backoff } = this.#options;
      const shared = { ports: this.#ports, reaper: this.#reaper, clusterId: this.#clusterId };
      const volumesFolder = join(this.#folder, uid);
      const deps = { ...this.#deps, ...shared, cwd, images, host, startDelaySeconds, backoff, volumesFolder };
      this.#runners.set(uid, new PodRunner(deps, pod));
    }
  }

  async #remove(pod: Pod): Promise<void> {
    const { namespace = '', name, uid, deletionGracePeriodSeconds } = pod.metadata;
    const seconds = deletionGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
    if (this.#runners.get(uid)?.isTerminating === false)
      this.#deps.events.record(pod, {
        component: 'kubelet',
        reason: 'Killing',
        message: 'Stopping containers of the pod',
      });
    await this.#end(uid, seconds * 1000);
    const current = this.#deps.store.get('pods', namespace, name);
    // Whoever holds a finalizer takes it off first; that change comes back here.
    if (!this.#closed && current?.metadata.uid === uid && !current.metadata.finalizers?.length)
      this.#deps.store.remove('pods', namespace, name);
  }

  async #end(uid: string, graceMs: number): Promise<void> {
    const runner = this.#runners.get(uid);
    if (!runner) return;
    await runner.terminate(graceMs);
    if (this.#runners.get(uid) === runner && !this.#closed) this.#runners.delete(uid);
  }
}

function hasContainer({ spec }: Pod, name: string): boolean {
  return [...(spec.initContainers ?? []), ...spec.containers].some((container) => container.name === name);
}
