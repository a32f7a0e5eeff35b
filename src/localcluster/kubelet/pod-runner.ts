// The life of one pod as processes: ports, volumes, start-up delay, init containers one by one, containers together, and the end.
// Tells the storage what it is at each step; taking the pod out of the storage is the kubelet's.
import { setMaxListeners } from 'node:events';
import { type Clock, sleep } from '../../base/clock.ts';
import type { EventRecorder } from '../workloads/event-recorder.ts';
import type { Container, Pod, Probe } from '../workloads/types.ts';
import { changeObject, changeStatus, timestamp } from '../workloads/writes.ts';
import { startDelayMs, VOLUMES_ANNOTATION } from './annotations.ts';
import { configData, untilConfigured } from './config-data.ts';
import { type Backoff, ContainerRunner, type Restart } from './container-runner.ts';
import { type ContainerSetup, type SetupDeps, setUpContainer } from './container-setup.ts';
import { LogRing } from './log-ring.ts';
import { removeFolder, writeVolumes } from './pod-folder.ts';
import { type ContainerView, podStatus, waitingView } from './pod-status.ts';
import { declaredPorts, portAnnotations, type PortAllocator } from './ports.ts';
import { attemptProbe, type ProbeResult } from './probe.ts';
import { type ProcessGroup, startGroup } from './process-group.ts';
import type { Reaper } from './reaper.ts';
import { volumeContents, withLocalPaths } from './volumes.ts';

const COMPONENT = 'kubelet';

export interface PodRunnerDeps extends SetupDeps {
  clock: Clock;
  events: EventRecorder;
  ports: PortAllocator;
  reaper: Reaper;
  /** Where the pod's volumes are put; made when it has any. */
  volumesFolder: string;
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
  /** Containers that wait for a ConfigMap or Secret. */
  readonly #waiting = new Map<string, ContainerView>();
  /** Of its volumes, by name. */
  #folders: ReadonlyMap<string, string> = new Map();
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
    await removeFolder(this.#deps.volumesFolder);
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
    await this.#mount();
    await sleep(clock, startDelayMs(metadata.annotations, this.#deps.startDelaySeconds), signal);
    for (const container of spec.initContainers ?? []) if (!(await this.#initialize(container))) return;
    signal.throwIfAborted();
    this.#initialized = true;
    await Promise.all(spec.containers.map((container) => this.#begin(container)));
    this.#publish();
  }

  /** Makes the volumes, as soon as all that they are made of is there. */
  async #mount(): Promise<void> {
    if (!this.pod.spec.volumes?.length) return;
    const { store, events, volumesFolder } = this.#deps;
    const { namespace = '' } = this.pod.metadata;
    const contents = await untilConfigured(
      { store, namespace, signal: this.#stopped.signal },
      () => volumeContents(this.pod, configData(store, namespace)),
      (message) => events.record(this.pod, { component: COMPONENT, type: 'Warning', reason: 'FailedMount', message }),
    );
    this.#folders = await writeVolumes(volumesFolder, contents);
    this.#stopped.signal.throwIfAborted();
    changeObject(store, this.#key(), (copy) => {
      const folders = JSON.stringify(Object.fromEntries(this.#folders));
      copy.metadata.annotations = { ...copy.metadata.annotations, [VOLUMES_ANNOTATION]: folders };
    });
  }

  async #begin(container: Container): Promise<void> {
    const setup = await this.#setUp(container);
    this.#stopped.signal.throwIfAborted();
    const runner = this.#runner(container, setup, this.pod.spec.restartPolicy ?? 'Always');
    this.#containers.set(container.name, runner);
    runner.start();
  }

  /** Runs an init container to its end. One that only names an image has nothing to do here. False: the pod has failed. */
  async #initialize(container: Container): Promise<boolean> {
    this.#stopped.signal.throwIfAborted();
    const setup = await this.#setUp(container);
    this.#stopped.signal.throwIfAborted();
    const played = setup.idle ? { ...setup, argv: ['true'], idle: false } : setup;
    const runner = this.#runner(container, played, this.#initRestart());
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

  /** What the container is started with, once all of it is there; until then its status says what is not. */
  async #setUp(container: Container): Promise<ContainerSetup> {
    const { signal } = this.#stopped;
    const { pod } = this;
    const setup = await setUpContainer(
      this.#deps,
      { pod, container, ports: this.#ports, folders: this.#folders, signal },
      (message) => {
        this.#waiting.set(container.name, waitingView('CreateContainerConfigError', message));
        this.#record('Warning', 'Failed', `Error: ${message}`);
        this.#publish();
      },
    );
    this.#waiting.delete(container.name);
    return setup;
  }

  #runner(container: Container, setup: ContainerSetup, restart: Restart): ContainerRunner {
    const { clock, backoff } = this.#deps;
    const log = new LogRing(() => clock.now());
    this.#logs.set(container.name, log);
    const exec = (command: readonly string[], timeoutMs: number) => this.#exec(setup, command, timeoutMs);
    return new ContainerRunner(
      {
        clock,
        backoff,
        start: () => this.#spawn(setup, setup.argv, log),
        attempt: (probe) => this.#attempt(container, probe, exec),
        exec,
        events: {
          change: () => this.#publish(),
          record: (type, reason, message) => this.#record(type, reason, message),
        },
      },
      container,
      { restart, probed: !setup.idle },
    );
  }

  #record(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#deps.events.record(this.pod, { component: COMPONENT, type, reason, message });
  }

  #spawn({ env, cwd }: ContainerSetup, argv: readonly string[], log: LogRing): ProcessGroup {
    return startGroup({ argv, env, cwd, log, reaper: this.#deps.reaper });
  }

  #attempt(
    container: Container,
    probe: Probe,
    exec: (command: readonly string[], timeoutMs: number) => Promise<number | undefined>,
  ): Promise<ProbeResult> {
    return attemptProbe(probe, {
      resolvePort: (port) => {
        const own = container.ports?.find(({ name, containerPort }) => port === name || port === containerPort);
        return own ? this.#ports.get(own.containerPort) : [...this.#ports.values()][0];
      },
      exec,
    });
  }

  async #exec(setup: ContainerSetup, command: readonly string[], timeoutMs: number): Promise<number | undefined> {
    const argv = command.map((part) => withLocalPaths(part, setup.mounts));
    const group = this.#spawn(setup, argv, new LogRing(() => 0));
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
      new Map<string, ContainerView>([
        ...this.#waiting,
        ...[...runners].map(([container, runner]) => [container, runner.view] as const),
      ]);
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
