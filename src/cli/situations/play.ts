// Plays one situation through the controller's own reconcile: ports in memory answer as the situation says, and what an
// observer would see afterwards is the outcome. Its printed shape is for answer.ts.
import type { Condition, ScaledTarget } from '../../api/spec.ts';
import type { Clock } from '../../base/clock.ts';
import { ApiStatusError, SetpointError } from '../../base/errors.ts';
import { silentLogger } from '../../base/logger.ts';
import { noTracer } from '../../base/tracing.ts';
import { Memory } from '../../controller/memory.ts';
import { Owners, workloadRefOf } from '../../controller/owners.ts';
import type { Scale } from '../../controller/ports.ts';
import { Reconciler } from '../../controller/reconcile.ts';
import type { Shown, ShowResult } from '../../controller/status-recorder.ts';
import type { DecisionRecord } from '../../api/schema-decision.ts';
import type { CycleReport } from '../../record/cycle-report.ts';
import type { Decision, DecisionDefaults, DecisionEvent, History, MetricStatus } from '../../decide/types.ts';
import { NOW, type Play } from './read.ts';

/** What one cycle left behind. */
export interface Outcome {
  readonly replicas: number;
  readonly rescaled: boolean;
  readonly status: ShownStatus;
  readonly statusWritten: boolean;
  readonly events: readonly DecisionEvent[];
  readonly history: History;
  readonly error: Decision['error'];
  /** Undefined when the scale could not be read. */
  readonly decision: Decision | undefined;
  /** Of that decision; undefined with it. */
  readonly record: DecisionRecord | undefined;
}

export interface ShownStatus {
  readonly currentReplicas: number;
  readonly desiredReplicas: number;
  readonly conditions: readonly Condition[];
  readonly currentMetrics: readonly (MetricStatus | undefined)[];
}

const KEY = 'ns/hpa';
const SELECTOR = 'app=target';

/** Time stands still: nothing in memory takes any. */
const stillClock: Clock = { now: () => NOW, monotonic: () => 0, setTimer: () => () => {} };
const NEVER = new AbortController().signal;

/** One controller for situations one after the other: each cycle has a world and a memory of its own. */
export class Player {
  readonly #memory = new Memory();
  readonly #owners = new Owners();
  readonly #reconciler: Reconciler;
  #world: PlayedWorld | undefined;

  constructor() {
    this.#reconciler = new Reconciler({
      targets: { get: () => this.#world?.target, all: () => [] },
      scales: {
        watched: () => undefined,
        read: () => this.#current.read(),
        refresh: () => this.#current.refresh(),
        write: (scale, replicas) => this.#current.write(scale, replicas),
      },
      pods: { select: () => this.#current.select() },
      rivals: { autoscalersOf: () => [], overlapping: () => this.#current.overlapping() },
      reader: { read: (metric) => Promise.resolve(this.#current.readingOf(metric)), sharedKey: () => '' },
      gate: { check: () => {}, epoch: 1 },
      events: { record: (_target, event) => void this.#current.events.push(event) },
      status: { show: (shown) => Promise.resolve(this.#current.show(shown)), forget: () => {} },
      observer: { concluded: (report) => void (this.#current.report = report), forgotten: () => {} },
      memory: this.#memory,
      owners: this.#owners,
      clock: stillClock,
      logger: silentLogger,
      tracer: noTracer,
      defaults: liveDefaults(() => this.#current),
    });
  }

  get #current(): PlayedWorld {
    if (this.#world === undefined) throw new Error('no situation is being played');
    return this.#world;
  }

  /** Runs one cycle; situations of one player are played one after the other. */
  async play(given: Play): Promise<Outcome> {
    const world = new PlayedWorld(given);
    this.#world = world;
    this.#memory.forget(KEY);
    this.#owners.forget(KEY);
    const remembered = this.#memory.recall(world.target, workloadRefOf(world.target));
    remembered.history = given.situation.history;
    // A situation is no start: what happened before it stands in its history.
    remembered.leftSize = undefined;
    await this.#reconciler.cycle(REQUEST);
    return world.outcome(remembered.history);
  }
}

const REQUEST = {
  key: KEY,
  tickMs: NOW,
  lagMs: 0,
  signal: NEVER,
  stopping: NEVER,
  away: <T>(wait: Promise<T>) => wait,
};

/** The defaults of the situation that is being played: they differ from line to line. */
function liveDefaults(current: () => PlayedWorld): DecisionDefaults {
  return {
    get tolerance() {
      return current().defaults.tolerance;
    },
    get downscaleStabilizationMs() {
      return current().defaults.downscaleStabilizationMs;
    },
    get cpuInitializationPeriodMs() {
      return current().defaults.cpuInitializationPeriodMs;
    },
    get initialReadinessDelayMs() {
      return current().defaults.initialReadinessDelayMs;
    },
  };
}

/** What the outside world answers in one situation. Writes the status as the HPA does: whenever anything in it changed. */
class PlayedWorld {
  readonly events: DecisionEvent[] = [];
  readonly target: ScaledTarget;
  report: CycleReport | undefined;
  readonly #given: Play;
  readonly #before: ShownStatus;
  #after: ShownStatus;
  #statusWritten = false;
  #conflictsLeft: number;
  #replicas: number;

  constructor(given: Play) {
    const { spec, namespace, name, previous, scale } = given.situation;
    this.#given = given;
    this.target = {
      key: KEY,
      namespace,
      name,
      uid: 'hpa',
      generation: 1,
      resourceVersion: '1',
      createdAtMs: 0,
      deleting: false,
      spec,
      faults: [],
      previous,
      rawStatus: undefined,
    };
    this.#before = {
      currentReplicas: previous.currentReplicas ?? 0,
      desiredReplicas: previous.desiredReplicas ?? 0,
      conditions: previous.conditions,
      currentMetrics: [],
    };
    this.#after = this.#before;
    this.#conflictsLeft = given.updateScaleConflicts;
    this.#replicas = scale.specReplicas;
  }

  get defaults(): DecisionDefaults {
    return this.#given.situation.defaults;
  }

  readingOf(metric: object) {
    const { spec, readings } = this.#given.situation;
    const index = spec.metrics.findIndex((one) => one === metric);
    return readings[index] ?? { kind: 'absent' as const, reason: 'NoSource' as const, message: 'no such metric' };
  }

  read(): Promise<Scale> {
    const { situation, getScaleError } = this.#given;
    const { apiVersion, kind } = situation.spec.scaleTargetRef;
    if (kind !== 'Deployment') {
      const message = `no matches for kind ${JSON.stringify(kind)} in group "${apiVersion.split('/')[0]}"`;
      return Promise.reject(new SetpointError('NotScalable', message));
    }
    if (getScaleError !== undefined) return Promise.reject(new Error(getScaleError));
    return Promise.resolve(this.#scale());
  }

  refresh(): Promise<Scale> {
    return Promise.resolve(this.#scale());
  }

  write(_scale: Scale, replicas: number): Promise<Scale> {
    const { updateScaleError } = this.#given;
    if (updateScaleError !== undefined) return Promise.reject(new Error(updateScaleError));
    if (this.#conflictsLeft > 0) {
      this.#conflictsLeft -= 1;
      const message = 'Operation cannot be fulfilled on deployments.apps "target": the object has been modified';
      return Promise.reject(new ApiStatusError(409, 'Conflict', message));
    }
    this.#replicas = replicas;
    return Promise.resolve(this.#scale());
  }

  #scale(): Scale {
    const { situation } = this.#given;
    return {
      group: 'apps',
      version: 'v1',
      resource: 'deployments',
      kind: 'Deployment',
      namespace: situation.namespace,
      name: 'target',
      uid: 'target',
      resourceVersion: '1',
      specReplicas: this.#replicas,
      statusReplicas: situation.scale.statusReplicas,
      selector: situation.selectorProblem?.kind === 'missing' ? undefined : SELECTOR,
    };
  }

  select() {
    const { pods, selectorProblem } = this.#given.situation;
    if (selectorProblem !== undefined && selectorProblem.kind !== 'ambiguous') return { problem: selectorProblem };
    return { pods };
  }

  overlapping(): readonly string[] {
    const { selectorProblem } = this.#given.situation;
    return selectorProblem?.kind === 'ambiguous' ? selectorProblem.rivals : [];
  }

  show({ decision, conditions, rescaled }: Shown): ShowResult {
    this.#after = {
      currentReplicas: decision?.currentReplicas ?? this.#before.currentReplicas,
      desiredReplicas: decision?.statusDesiredReplicas ?? this.#before.desiredReplicas,
      conditions,
      currentMetrics: decision?.currentMetrics ?? [],
    };
    const { updateStatusError } = this.#given;
    const changed = rescaled || !isSame(this.#before, this.#after);
    this.#statusWritten = changed && updateStatusError === undefined;
    if (!changed || updateStatusError === undefined) return { kind: 'done' };
    this.#after = this.#before;
    return { kind: 'failed', error: new Error(updateStatusError) };
  }

  outcome(history: History): Outcome {
    const decision = this.report?.decision;
    return {
      replicas: this.#replicas,
      rescaled: this.report?.outcome.kind === 'written',
      status: this.#after,
      statusWritten: this.#statusWritten,
      events: this.#eventsInOrder(decision),
      history,
      error: this.#error(decision),
      decision,
      record: this.report?.record,
    };
  }

  /**
   * The events in the HPA's words and order: it writes the status of an undecided cycle before it says why, and it does not
   * put the story of a size before its own sentence.
   */
  #eventsInOrder(decision: Decision | undefined): readonly DecisionEvent[] {
    const events = this.events.map(
      (event) =>
        decision?.events.find((own) => own.reason === event.reason && event.message.endsWith(own.message)) ?? event,
    );
    const last = events.at(-1);
    const why = events.at(-2);
    if (last?.reason !== 'FailedUpdateStatus' || why?.reason !== 'FailedComputeMetricsReplicas') return events;
    return [...events.slice(0, -2), last, why];
  }

  /** The error of the cycle as the HPA returns it: a status that cannot be written counts where nothing worse happened. */
  #error(decision: Decision | undefined): Decision['error'] {
    const error = this.report?.error;
    const undecided =
      decision !== undefined && decision.error !== undefined && decision.unclampedReplicas === undefined;
    const { updateStatusError } = this.#given;
    const failed = this.events.some(({ reason }) => reason === 'FailedUpdateStatus');
    const outranked = decision === undefined || undecided || this.report?.outcome.kind === 'failed';
    if (failed && !outranked) {
      return { kind: 'internal', message: `failed to update status for hpa: ${updateStatusError}` };
    }
    if (decision !== undefined) return decision.error;
    const isBadReference = this.#given.situation.spec.scaleTargetRef.apiVersion.split('/').length > 2;
    return error && { kind: isBadReference ? 'spec' : 'internal', message: error.message };
  }
}

function isSame(before: ShownStatus, after: ShownStatus): boolean {
  return (
    before.currentReplicas === after.currentReplicas &&
    before.desiredReplicas === after.desiredReplicas &&
    after.currentMetrics.length === 0 &&
    before.conditions.length === after.conditions.length &&
    before.conditions.every((old, index) => isSameCondition(old, after.conditions[index]))
  );
}

function isSameCondition(left: Condition, right: Condition | undefined): boolean {
  return (
    left.type === right?.type &&
    left.status === right.status &&
    left.reason === right.reason &&
    left.message === right.message
  );
}
