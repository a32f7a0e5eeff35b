// The life of one pod as processes: ports, start-up delay, init containers one by one, containers together, and the end.
// Tells the storage what it is at each step; taking the pod out of the storage is the kubelet's.
import { setMaxListeners } from 'node:events';
import { type Clock, sleep } from '../../base/clock.ts';
import type { ObjectStore } from '../objects.ts';
import type { EventRecorder } from '../workloads/event-recorder.ts';
import type { Container, Pod, Probe } from '../workloads/types.ts';
import { changeObject, changeStatus, timestamp } from '../workloads/writes.ts';
import { startDelayMs } from './annotations.ts';
import { type Backoff, ContainerRunner, type Restart } from './container-runner.ts';
import { commandLine, containerEnvironment } from './environment.ts';
import { LogRing } from './log-ring.ts';
import { type ContainerView, podStatus } from './pod-status.ts';
import { declaredPorts, portAnnotations, type PortAllocator } from './ports.ts';
import { attemptProbe, type ProbeResult } from './probe.ts';
import { type ProcessGroup, startGroup } from './process-group.ts';
import { CLUSTER_ID_VARIABLE, type Reaper } from './reaper.ts';

const COMPONENT = 'kubelet';

export interface PodRunnerDeps {
  store: ObjectStore;
  clock: Clock;
  events: EventRecorder;
  ports: PortAllocator;
  reaper: Reaper;
  clusterId: string;
  images: Readonly<Record<string, readonly string[]>>;
  /** Working directory of containers without one of their own. */
  cwd: string;
  host: Readonly<Record<string, string | undefined>>;
  startDelaySeconds: number;
  backoff: Backoff;
  onError: (key: string, error: unknown) => void;
}

export class PodRunner {
  readonly #deps: PodRunnerDeps;
  /** As it was bound; what a pod runs cannot be changed. */
  readonly pod: Pod;
  readonly #startTime: string;
  readonly #stopped = new AbortController();
  readonly #ports = new Map<number, number>();
  readonly #containers = new Map<string, ContainerRunner>();
  readonly #inits = new Map<string, ContainerRunner>();
  readonly #logs = new Map<string, LogRing>();
  #initialized = false;
  #termination: Promise<void> | undefined;
  readonly #run: Promise<void>;

  constructor(deps: PodRunnerDeps, pod: Pod) {
    this.#deps = deps;
    this.pod = pod;
    this.#startTime = timestamp(deps.clock.now());
    setMaxListeners(0, this.#stopped.signal);
    this.#run = this.#live().catch((error: unknown) => {
      if (!this.#stopped.signal.aborted) deps.onError(`${pod.metadata.namespace}/${pod.metadata.name}`, error);
    });
  }

  /** Running containers and the leaders of their process groups. */
  processes(): { container: string; pid: number }[] {
    return [...this.#containers].flatMap(([container, { pid }]) => (pid === undefined ? [] : [{ container, pid }]));
  }

  log(container: string): LogRing | undefined {
    return this.#logs.get(container);
  }

  get isTerminating(): boolean {
    return this.#termination !== undefined;
  }

  /** Ends all containers within `graceMs`; a second call may only shorten it. Resolves when no process is left. */
  terminate(graceMs: number): Promise<void> {
    if (this.#termination && graceMs <= 0) for (const runner of this.#runners()) runner.kill();
    this.#termination ??= this.#terminate(graceMs);
    return this.#termination;
  }

  async #terminate(graceMs: number): Promise<void> {
    this.#stopped.abort(new Error('the pod is being deleted'));
    // After the abort no further container starts: all that will ever run is running.
    await Promise.all(this.#runners().map((runner) => runner.stop(graceMs)));
    await this.#run;
    for (const port of this.#ports.values()) this.#deps.ports.release(port);
  }

  #runners(): ContainerRunner[] {
    return [...this.#inits.values(), ...this.#containers.values()];
  }

  async #live(): Promise<void> {
    const { signal } = this.#stopped;
    const { clock, ports } = this.#deps;
    const { spec, metadata } = this.pod;
    for (const { containerPort } of declaredPorts(this.pod))
      if (!this.#ports.has(containerPort)) this.#ports.set(containerPort, await ports.allocate());
    signal.throwIfAborted();
    changeObject(this.#deps.store, this.#key(), (copy) => {
      copy.metadata.annotations = { ...copy.metadata.annotations, ...portAnnotations(this.#ports) };
    });
    this.#publish();
    await sleep(clock, startDelayMs(metadata.annotations, this.#deps.startDelaySeconds), signal);
    for (const container of spec.initContainers ?? []) if (!(await this.#initialize(container))) return;
    signal.throwIfAborted();
    this.#initialized = true;
    for (const container of spec.containers) {
      const runner = this.#runner(container, spec.restartPolicy ?? 'Always');
      this.#containers.set(container.name, runner);
      runner.start();
    }
    this.#publish();
  }

  /** Runs an init container to its end. One that only names an image has nothing to do here. False: the pod has failed. */
  async #initialize(container: Container): Promise<boolean> {
    this.#stopped.signal.throwIfAborted();
    const { idle } = commandLine(container, this.#environment(container), this.#deps);
    const runner = this.#runner(idle ? { ...container, command: ['true'] } : container, this.#initRestart());
    this.#inits.set(container.name, runner);
    runner.start();
    const exitCode = await runner.done;
    this.#stopped.signal.throwIfAborted();
    this.#publish();
    return exitCode === 0;
  }

  #initRestart(): Restart {
    return this.pod.spec.restartPolicy === 'Never' ? 'Never' : 'OnFailure';
  }

  #runner(container: Container, restart: Restart): ContainerRunner {
    const { clock, backoff, events } = this.#deps;
    const environment = this.#environment(container);
    const { argv, idle } = commandLine(container, environment, this.#deps);
    const log = new LogRing(() => clock.now());
    this.#logs.set(container.name, log);
    return new ContainerRunner(
      {
        clock,
        backoff,
        start: () => this.#spawn(container, argv, log),
        attempt: (probe) => this.#attempt(container, probe),
        exec: (command, timeoutMs) => this.#exec(container, command, timeoutMs),
        events: {
          change: () => this.#publish(),
          record: (type, reason, message) => events.record(this.pod, { component: COMPONENT, type, reason, message }),
        },
      },
      container,
      { restart, probed: !idle },
    );
  }

  #environment(container: Container): Record<string, string> {
    const environment = containerEnvironment(this.pod, container, this.#ports, this.#deps.host);
    return { ...environment, [CLUSTER_ID_VARIABLE]: this.#deps.clusterId };
  }

  #spawn(container: Container, argv: readonly string[], log: LogRing): ProcessGroup {
    const cwd = container.workingDir ?? this.#deps.cwd;
    return startGroup({ argv, env: this.#environment(container), cwd, log, reaper: this.#deps.reaper });
  }

  #attempt(container: Container, probe: Probe): Promise<ProbeResult> {
    return attemptProbe(probe, {
      resolvePort: (port) => {
        const own = container.ports?.find(({ name, containerPort }) => port === name || port === containerPort);
        return own ? this.#ports.get(own.containerPort) : [...this.#ports.values()][0];
      },
      exec: (command, timeoutMs) => this.#exec(container, command, timeoutMs),
    });
  }

  async #exec(container: Container, command: readonly string[], timeoutMs: number): Promise<number | undefined> {
    const group = this.#spawn(container, command, new LogRing(() => 0));
    let timedOut = false;
    const cancel = this.#deps.clock.setTimer(timeoutMs, () => {
      timedOut = true;
      group.signal('SIGKILL');
    });
    const { exitCode } = await group.exited;
    cancel();
    return timedOut ? undefined : exitCode;
  }

  #key() {
    const { namespace = '', name, uid } = this.pod.metadata;
    return { resource: 'pods', namespace, name, uid };
  }

  #publish(): void {
    const { store, clock } = this.#deps;
    const { namespace = '', name, uid } = this.pod.metadata;
    const current = store.get('pods', namespace, name) as Pod | undefined;
    if (current?.metadata.uid !== uid) return;
    const views = (runners: ReadonlyMap<string, ContainerRunner>) =>
      new Map<string, ContainerView>([...runners].map(([container, runner]) => [container, runner.view]));
    const status = podStatus(
      current,
      {
        containers: views(this.#containers),
        initContainers: views(this.#inits),
        initialized: this.#initialized,
        startTime: this.#startTime,
      },
      clock.now(),
    );
    changeStatus(store, this.#key(), status);
  }
}
