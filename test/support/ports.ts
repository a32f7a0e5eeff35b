// A small world in memory behind the controller's ports: workloads with pods, ScaledTargets with status, metrics that can be set,
// and failures that can be ordered. Behaves like the cluster where the controller can tell the difference: versions, uids,
// conflicts, generations. Tests assert the state it ends in.
import { readPreviousStatus } from '../../src/api/previous-status.ts';
import type { Metric, ScaledTarget, ScaleTargetRef, TargetSpec } from '../../src/api/spec.ts';
import { ApiStatusError, SetpointError } from '../../src/base/errors.ts';
import { type Logger, silentLogger } from '../../src/base/logger.ts';
import { noTracer, type Tracer } from '../../src/base/tracing.ts';
import { Controller } from '../../src/controller/controller.ts';
import type { CycleRequest } from '../../src/controller/cycle.ts';
import { Memory } from '../../src/controller/memory.ts';
import { Owners } from '../../src/controller/owners.ts';
import type {
  Autoscaler,
  EventSink,
  Pods,
  PodSelection,
  Rivals,
  Scale,
  Scales,
  StatusWriter,
  Targets,
  WriteGate,
} from '../../src/controller/ports.ts';
import { Reconciler } from '../../src/controller/reconcile.ts';
import { StatusRecorder } from '../../src/controller/status-recorder.ts';
import type { DecisionEvent, PodState, Reading } from '../../src/decide/types.ts';
import type { CycleObserver, CycleReport } from '../../src/record/cycle-report.ts';
import { StatusBudget } from '../../src/record/status-budget.ts';
import type { MetricReader, ReadContext } from '../../src/sources/source.ts';
import { FakeClock } from './fake-clock.ts';

export interface Workload {
  uid: string;
  version: number;
  replicas: number;
  selector: string | undefined;
  kind: string;
  name: string;
  namespace: string;
}

/** Counts of everything a real cluster would be asked for. */
export interface Requests {
  scaleWrites: number;
  statusWrites: number;
  metricReads: number;
}

type Answer = Reading | Promise<Reading>;

export class World
  implements Targets, Scales, Pods, Rivals, StatusWriter, EventSink, WriteGate, MetricReader, CycleObserver
{
  readonly clock: FakeClock;
  readonly targets = new Map<string, ScaledTarget>();
  readonly workloads = new Map<string, Workload>();
  readonly events: { readonly target: string; readonly event: DecisionEvent }[] = [];
  readonly reports: CycleReport[] = [];
  readonly gone: string[] = [];
  /** Of the cycles that are over, their statuses included, in milliseconds. */
  readonly durations: number[] = [];
  /** Every size that was written, in order: `web 3→5`. */
  readonly sizes: string[] = [];
  readonly requests: Requests = { scaleWrites: 0, statusWrites: 0, metricReads: 0 };
  /** Every read, as `key@tick`. */
  readonly reads: string[] = [];
  epoch = 1;

  /** What a metric answers. Default: absent. */
  answer: (metric: Metric, context: ReadContext, signal: AbortSignal) => Answer = () => ({
    kind: 'absent',
    reason: 'Empty',
    message: 'no data',
  });
  /** Called before a write takes effect; may change the world or throw. */
  beforeScaleWrite: (scale: Scale) => void = () => {};
  beforeStatusWrite: (target: ScaledTarget) => void = () => {};
  beforeScaleRead: (ref: ScaleTargetRef) => void = () => {};
  /** Awaited before each write of a size or a status. */
  pauseWrites: () => Promise<void> = () => Promise.resolve();
  gateError: Error | undefined;
  autoscalers: readonly Autoscaler[] = [];
  overlaps: readonly string[] = [];
  /** Told of each change of a ScaledTarget, as by a watch. */
  onChange: (key: string) => void = () => {};
  #version = 100;

  constructor(clock = new FakeClock()) {
    this.clock = clock;
  }

  // What a user does.

  put(target: ScaledTarget): void {
    this.targets.set(target.key, target);
    this.onChange(target.key);
  }

  edit(key: string, spec: Partial<TargetSpec>): void {
    const target = this.target(key);
    this.put({
      ...target,
      spec: { ...target.spec!, ...spec },
      generation: target.generation + 1,
      resourceVersion: this.#next(),
    });
  }

  remove(key: string): void {
    this.targets.delete(key);
    this.onChange(key);
  }

  deploy(name: string, replicas: number, changes: Partial<Workload> = {}): Workload {
    const workload: Workload = {
      uid: `uid-of-${name}`,
      version: 1,
      replicas,
      selector: `app=${name}`,
      kind: 'Deployment',
      name,
      namespace: 'shop',
      ...changes,
    };
    this.workloads.set(`${workload.namespace}/${workload.kind}/${name}`, workload);
    return workload;
  }

  /** As `kubectl scale` does. */
  resize(workload: Workload, replicas: number): void {
    workload.replicas = replicas;
    workload.version += 1;
  }

  target(key: string): ScaledTarget {
    return this.targets.get(key)!;
  }

  status(key: string): Readonly<Record<string, unknown>> {
    return (this.target(key).rawStatus ?? {}) as Record<string, unknown>;
  }

  condition(key: string, type: string): string | undefined {
    const conditions = (this.status(key)['conditions'] ?? []) as { type: string; status: string; reason: string }[];
    const found = conditions.find((condition) => condition.type === type);
    return found && `${found.status}/${found.reason}`;
  }

  reasons(): string[] {
    return this.events.map(({ event }) => event.reason);
  }

  /** Each pod uses so much of its 500m of cpu. */
  loadPerPod(milli: number): void {
    this.answer = (_metric, { podNames }) => cpuReading(podNames, milli, this.clock.now());
  }

  /** So much cpu in all, shared by the pods there are. */
  loadInAll(milli: () => number): void {
    this.answer = (_metric, { podNames }) => {
      const names = [...podNames];
      return cpuReading(names, Math.round(milli() / Math.max(1, names.length)), this.clock.now());
    };
  }

  // The ports.

  get(key: string): ScaledTarget | undefined {
    return this.targets.get(key);
  }

  all(): Iterable<ScaledTarget> {
    return this.targets.values();
  }

  /** No kind is watched here. */
  watched(): undefined {
    return undefined;
  }

  async read(metric: Metric, context: ReadContext, signal: AbortSignal): Promise<Reading>;
  async read(namespace: string, ref: ScaleTargetRef, signal: AbortSignal): Promise<Scale>;
  async read(
    first: Metric | string,
    second: ReadContext | ScaleTargetRef,
    signal: AbortSignal,
  ): Promise<Reading | Scale> {
    if (typeof first === 'string') return this.#readScale(first, second as ScaleTargetRef);
    const context = second as ReadContext;
    this.requests.metricReads += 1;
    this.reads.push(`${this.sharedKey(first, context.namespace)}@${context.tickMs}`);
    return this.answer(first, context, signal);
  }

  sharedKey(metric: Metric, namespace: string): string {
    return metric.type === 'Prometheus' ? `prometheus/${metric.source}/${metric.query}` : `pods/${namespace}`;
  }

  async refresh(scale: Scale): Promise<Scale> {
    return this.#readScale(scale.namespace, { apiVersion: 'apps/v1', kind: scale.kind, name: scale.name });
  }

  async write(scale: Scale, replicas: number, signal: AbortSignal): Promise<Scale>;
  async write(target: ScaledTarget, status: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<void>;
  async write(
    first: Scale | ScaledTarget,
    second: number | Readonly<Record<string, unknown>>,
    _signal: AbortSignal,
  ): Promise<Scale | void> {
    await this.pauseWrites();
    if ('key' in first) return this.#writeStatus(first, second as Readonly<Record<string, unknown>>);
    return this.#writeScale(first, second as number);
  }

  select(namespace: string, selector: string | undefined): PodSelection {
    if (!selector) return { problem: { kind: 'missing' } };
    if (selector === 'cheddar cheese') return { problem: { kind: 'unparsable', message: 'no operator' } };
    const workload = [...this.workloads.values()].find(
      (one) => one.namespace === namespace && one.selector === selector,
    );
    return {
      pods: Array.from({ length: workload?.replicas ?? 0 }, (_, index) => readyPod(`${workload?.name}-${index}`)),
    };
  }

  autoscalersOf(): readonly Autoscaler[] {
    return this.autoscalers;
  }

  overlapping(): readonly string[] {
    return this.overlaps;
  }

  record(target: ScaledTarget, event: DecisionEvent): void {
    this.events.push({ target: target.name, event });
  }

  check(): void {
    if (this.gateError) throw this.gateError;
  }

  concluded(report: CycleReport): void {
    this.reports.push(report);
  }

  ended(durationMs: number): void {
    this.durations.push(durationMs);
  }

  forgotten(namespace: string, name: string): void {
    this.gone.push(`${namespace}/${name}`);
  }

  #readScale(namespace: string, ref: ScaleTargetRef): Scale {
    this.beforeScaleRead(ref);
    if (ref.kind === 'DaemonSet') throw new SetpointError('NotScalable', 'DaemonSet has no scale subresource');
    const workload = this.workloads.get(`${namespace}/${ref.kind}/${ref.name}`);
    if (!workload) throw new ApiStatusError(404, 'NotFound', `deployments.apps "${ref.name}" not found`);
    return scaleOf(workload);
  }

  #writeScale(scale: Scale, replicas: number): Scale {
    this.requests.scaleWrites += 1;
    this.beforeScaleWrite(scale);
    const workload = this.workloads.get(`${scale.namespace}/${scale.kind}/${scale.name}`);
    if (!workload) throw new ApiStatusError(404, 'NotFound', 'not found');
    if (workload.uid !== scale.uid || String(workload.version) !== scale.resourceVersion) {
      throw new ApiStatusError(409, 'Conflict', 'the object has been modified');
    }
    this.sizes.push(`${workload.name} ${workload.replicas}→${replicas}`);
    this.resize(workload, replicas);
    return scaleOf(workload);
  }

  #writeStatus(target: ScaledTarget, status: Readonly<Record<string, unknown>>): void {
    this.requests.statusWrites += 1;
    this.beforeStatusWrite(target);
    const stored = this.targets.get(target.key);
    if (!stored || stored.uid !== target.uid) throw new ApiStatusError(404, 'NotFound', 'not found');
    const rawStatus: unknown = JSON.parse(JSON.stringify(status));
    const previous = readPreviousStatus(rawStatus, stored.spec, undefined);
    this.targets.set(target.key, { ...stored, rawStatus, previous, resourceVersion: this.#next() });
    this.onChange(target.key);
  }

  #next(): string {
    this.#version += 1;
    return String(this.#version);
  }
}

export function scaleOf(workload: Workload): Scale {
  return {
    group: 'apps',
    version: 'v1',
    resource: `${workload.kind.toLowerCase()}s`,
    kind: workload.kind,
    namespace: workload.namespace,
    name: workload.name,
    uid: workload.uid,
    resourceVersion: String(workload.version),
    specReplicas: workload.replicas,
    statusReplicas: workload.replicas,
    selector: workload.selector,
  };
}

/** A pod that has been ready for long and requests 500m of cpu. */
export function readyPod(name: string): PodState {
  return {
    name,
    phase: 'Running',
    deleting: false,
    ready: 'True',
    readyTransitionAtMs: Date.UTC(2025, 0, 1),
    startedAtMs: Date.UTC(2025, 0, 1),
    containers: [{ name: 'main', requests: { cpu: 500n } }],
    initContainers: [],
    podRequests: undefined,
  };
}

export function cpuReading(podNames: Iterable<string>, milli: number, atMs: number): Reading {
  const sample = { valueMilli: BigInt(milli), atMs, windowMs: 30_000 };
  return { kind: 'pods', samples: new Map([...podNames].map((name) => [name, sample])) };
}

/** A controller on a world, wired as the application does it. */
export function controllerOn(
  world: World,
  options: { workers?: number; writesPerSecond?: number; tracer?: Tracer; logger?: Logger } = {},
) {
  const { clock } = world;
  const memory = new Memory();
  const owners = new Owners();
  const budget = new StatusBudget(clock, options.writesPerSecond ?? 2);
  const logger = options.logger ?? silentLogger;
  const status = new StatusRecorder({ targets: world, writer: world, gate: world, budget, clock, logger });
  const reconciler = new Reconciler({
    targets: world,
    scales: world,
    pods: world,
    rivals: world,
    reader: world,
    gate: world,
    events: world,
    observer: world,
    status,
    memory,
    owners,
    clock,
    logger,
    tracer: options.tracer ?? noTracer,
    defaults: {
      tolerance: 0.1,
      downscaleStabilizationMs: 300_000,
      cpuInitializationPeriodMs: 300_000,
      initialReadinessDelayMs: 30_000,
    },
  });
  const controller = new Controller({
    targets: world,
    reconciler,
    reader: world,
    owners,
    clock,
    logger,
    workers: options.workers ?? 16,
    syncPeriodMs: 15_000,
  });
  world.onChange = (key) => controller.targetChanged(key);
  const leadership = new AbortController();
  return {
    controller,
    reconciler,
    memory,
    owners,
    budget,
    leadership,
    start: () => controller.start(leadership.signal),
    /** Stops while time goes on, as it does outside of tests. */
    stop: async () => {
      const stopped = controller.stop();
      await clock.advance(100);
      await stopped;
    },
    /** One cycle of one target, out of the schedule. */
    cycle: (key = 'shop/web', changes: Partial<CycleRequest> = {}) =>
      reconciler.cycle({
        key,
        tickMs: clock.now(),
        lagMs: 0,
        signal: leadership.signal,
        stopping: leadership.signal,
        away: (wait) => wait,
        ...changes,
      }),
  };
}
