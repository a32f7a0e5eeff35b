// A workload under load with its metric pipeline, and the decision in the loop: `run` plays simulated minutes through decide and
// conclude and keeps what happened. Deterministic; a simulated hour takes milliseconds. Pods start with a delay, share the load when
// ready, and are measured every so often by a pipeline with a delay; a rollout replaces them with a surge.
import type { Metric, PreviousStatus, TargetSpec } from '../../src/api/spec.ts';
import { conclude } from '../../src/decide/conclude.ts';
import { decide } from '../../src/decide/decide.ts';
import { emptyHistory } from '../../src/decide/history.ts';
import type { Decision, History, PodSample, PodState, Reading, Situation } from '../../src/decide/types.ts';

const EPOCH_MS = Date.UTC(2026, 0, 5, 8);
const STEP_S = 5;
const WARM_UP_MINUTES = 10;
const TERMINATION_S = 10;

export interface PlantOptions {
  readonly spec: TargetSpec;
  /** The size before minute 0, with all pods old and ready. */
  readonly replicas: number;
  /** Work offered in all, in cores for CPU metrics, in units for others. Minutes before 0 are as minute 0. */
  readonly load: (minute: number) => number;
  /** What one pod can do at most. */
  readonly capacity?: number;
  readonly periodS?: number;
  /** How often the pipeline samples, and how long a sample takes to be seen. */
  readonly scrapeS?: number;
  readonly scrapeDelayS?: number;
  /** From creation to ready. */
  readonly startS?: number;
  /** How many pods quota or nodes allow; pods above it are lost. */
  readonly quota?: (minute: number) => number;
  /** False: the pod fails its readiness probe. */
  readonly isHealthy?: (pod: PlantPod, now: PlantView) => boolean;
  /** What a metric with one value measures; the load where not said. */
  readonly measure?: (now: PlantView) => number;
  /** Interferes between the pipeline and the decision. */
  readonly tamper?: (reading: Reading, now: PlantView, metric: Metric) => Reading;
  /** What the list of pods has of them. */
  readonly listed?: (pods: readonly PodState[], now: PlantView) => readonly PodState[];
  /** At this minute a rollout with this many extra pods begins. */
  readonly rollout?: { readonly minute: number; readonly surge: number };
}

export interface PlantPod {
  readonly name: string;
  readonly revision: number;
  readonly createdS: number;
  deletedS: number | undefined;
  ready: boolean;
  readyChangedS: number;
}

export interface PlantView {
  readonly minute: number;
  readonly nowMs: number;
  readonly load: number;
  readonly pods: readonly PlantPod[];
  readonly readyPods: number;
  readonly specReplicas: number;
}

interface Snapshot {
  readonly atS: number;
  readonly perPod: ReadonlyMap<string, number>;
  readonly value: number;
}

export interface Moment {
  readonly minute: number;
  /** After the decision. */
  readonly size: number;
  readonly decision: Decision;
  readonly history: History;
}

export class Timeline {
  readonly moments: readonly Moment[];

  constructor(moments: readonly Moment[]) {
    this.moments = moments;
  }

  /** The last decision at or before a minute. */
  at(minute: number): Moment {
    const moment = this.moments.findLast((candidate) => candidate.minute <= minute);
    if (moment === undefined) throw new Error(`nothing was decided by minute ${minute}`);
    return moment;
  }

  /** One line per minute: `minute: size`, and the guards that act at that moment. */
  story(from: number, to: number): string[] {
    const lines: string[] = [];
    for (let minute = from; minute <= to; minute += 1) {
      const { size, decision } = this.at(minute);
      lines.push([`${minute}: ${size}`, ...guardsOf(decision)].join(' '));
    }
    return lines;
  }

  /** Every change of size from minute 0 on, as `minute: before -> after`. */
  changes(): string[] {
    return this.moments
      .filter(({ minute, decision }) => minute >= 0 && decision.rescale)
      .map(
        ({ minute, decision }) =>
          `${Math.round(minute * 100) / 100}: ${decision.currentReplicas} -> ${decision.desiredReplicas}`,
      );
  }

  /** All guards that acted from minute 0 on. */
  guards(): string[] {
    const seen = this.moments.filter(({ minute }) => minute >= 0).flatMap(({ decision }) => guardsOf(decision));
    return [...new Set(seen)].toSorted();
  }
}

function guardsOf(decision: Decision): string[] {
  return [...new Set(decision.proposals.flatMap((proposal) => proposal.guards))];
}

/** Plays minutes 0 to `minutes` after ten quiet ones. */
export function run(options: PlantOptions, minutes: number): Timeline {
  const plant = new Plant(options);
  const moments: Moment[] = [];
  const periodS = options.periodS ?? 15;
  for (let nowS = -WARM_UP_MINUTES * 60; nowS <= minutes * 60; nowS += STEP_S) {
    plant.advance(nowS);
    if (nowS % periodS === 0) moments.push(plant.decide(nowS));
  }
  return new Timeline(moments);
}

/** The same with `guards: Disabled`: the plain HPA. */
export function runUnguarded(options: PlantOptions, minutes: number): Timeline {
  return run({ ...options, spec: { ...options.spec, guards: 'Disabled' } }, minutes);
}

class Plant {
  readonly #options: PlantOptions;
  #pods: PlantPod[] = [];
  #nextPod = 1;
  #revision = 1;
  #size: number;
  #snapshots: Snapshot[] = [];
  #history: History = emptyHistory;
  #previous: PreviousStatus = { conditions: [], scaleEvents: { up: [], down: [] } };

  constructor(options: PlantOptions) {
    this.#options = options;
    this.#size = options.replicas;
    for (let index = 0; index < options.replicas; index += 1) this.#create(-7200, true);
  }

  #create(nowS: number, ready = false): void {
    const name = `web-${this.#nextPod}`;
    this.#nextPod += 1;
    const readyChangedS = ready ? nowS + 10 : nowS;
    this.#pods.push({ name, revision: this.#revision, createdS: nowS, deletedS: undefined, ready, readyChangedS });
  }

  advance(nowS: number): void {
    const { rollout } = this.#options;
    if (rollout !== undefined && nowS === rollout.minute * 60) this.#revision += 1;
    this.#pods = this.#pods.filter(({ deletedS }) => deletedS === undefined || nowS - deletedS < TERMINATION_S);
    this.#judgeReadiness(nowS);
    this.#replacePods(nowS);
    if (nowS % (this.#options.scrapeS ?? 15) === 0) this.#scrape(nowS);
  }

  #judgeReadiness(nowS: number): void {
    const view = this.#view(nowS);
    for (const pod of this.#pods) {
      const started = pod.createdS < -3600 || nowS - pod.createdS >= (this.#options.startS ?? 20);
      const ready = started && (this.#options.isHealthy?.(pod, view) ?? true);
      if (ready !== pod.ready) pod.readyChangedS = nowS;
      pod.ready = ready;
    }
  }

  #replacePods(nowS: number): void {
    const surge = this.#live().some((pod) => pod.revision < this.#revision) ? (this.#options.rollout?.surge ?? 0) : 0;
    const room = Math.min(this.#size + surge, this.#options.quota?.(nowS / 60) ?? Number.POSITIVE_INFINITY);
    while (this.#live().length < room && this.#ofRevision().length < this.#size) this.#create(nowS);
    // A rollout takes an old pod away for each pod that is ready beyond the size.
    let spare = this.#live().filter(({ ready }) => ready).length - this.#size;
    // The youngest go first, as with a ReplicaSet.
    for (const pod of this.#live().toReversed()) {
      const isSurplus = this.#live().length > room;
      const isReplaced = pod.revision < this.#revision && spare > 0;
      if (!isSurplus && !isReplaced) continue;
      pod.deletedS = nowS;
      spare -= 1;
    }
  }

  #live(): PlantPod[] {
    return this.#pods.filter(({ deletedS }) => deletedS === undefined);
  }

  #ofRevision(): PlantPod[] {
    return this.#live().filter(({ revision }) => revision === this.#revision);
  }

  #scrape(nowS: number): void {
    const { capacity = Number.POSITIVE_INFINITY, scrapeS = 15, measure } = this.#options;
    const view = this.#view(nowS);
    const share = Math.min(capacity, view.load / Math.max(1, view.readyPods));
    const perPod = new Map<string, number>();
    for (const pod of this.#live()) {
      if (nowS - pod.createdS >= scrapeS) perPod.set(pod.name, pod.ready ? share : 0);
    }
    this.#snapshots = [...this.#snapshots, { atS: nowS, perPod, value: measure?.(view) ?? view.load }].slice(-20);
  }

  #view(nowS: number): PlantView {
    const minute = nowS / 60;
    return {
      minute,
      nowMs: EPOCH_MS + nowS * 1000,
      load: this.#options.load(Math.max(0, minute)),
      pods: this.#live(),
      readyPods: this.#live().filter(({ ready }) => ready).length,
      specReplicas: this.#size,
    };
  }

  #read(metric: Metric, nowS: number): Reading {
    const { scrapeDelayS = 0, scrapeS = 15 } = this.#options;
    const snapshot = this.#snapshots.findLast(({ atS }) => nowS - atS >= scrapeDelayS);
    if (snapshot === undefined) return { kind: 'absent', reason: 'Empty', message: 'nothing was sampled yet' };
    const atMs = EPOCH_MS + snapshot.atS * 1000;
    if (metric.type === 'Resource' || metric.type === 'Pods') {
      const samples = new Map<string, PodSample>();
      const alive = new Set(this.#pods.map(({ name }) => name));
      for (const [name, value] of snapshot.perPod) {
        if (alive.has(name)) samples.set(name, { valueMilli: milli(value), atMs, windowMs: scrapeS * 1000 });
      }
      if (samples.size === 0) return { kind: 'absent', reason: 'Empty', message: 'no pod was sampled' };
      return { kind: 'pods', samples };
    }
    const isPrometheus = metric.type === 'Prometheus';
    return {
      kind: 'value',
      valueMilli: milli(snapshot.value),
      atMs: isPrometheus ? undefined : atMs,
      scrapeIntervalMs: isPrometheus ? scrapeS * 1000 : undefined,
      partial: false,
    };
  }

  decide(nowS: number): Moment {
    const view = this.#view(nowS);
    const { spec, tamper, listed } = this.#options;
    const pods = this.#pods.map((pod) => this.#state(pod));
    const situation: Situation = {
      now: view.nowMs,
      namespace: 'shop',
      name: 'web',
      spec,
      scale: { specReplicas: this.#size, statusReplicas: this.#live().length },
      selectorProblem: undefined,
      pods: listed?.(pods, view) ?? pods,
      readings: spec.metrics.map((metric) => {
        const reading = this.#read(metric, nowS);
        return view.minute >= 0 && tamper !== undefined ? tamper(reading, view, metric) : reading;
      }),
      previous: this.#previous,
      history: this.#history,
      defaults: {
        tolerance: 0.1,
        downscaleStabilizationMs: 300_000,
        cpuInitializationPeriodMs: 300_000,
        initialReadinessDelayMs: 30_000,
      },
    };
    const decided = decide(situation);
    const { decision, history } = decided.decision.rescale
      ? conclude(decided, { kind: 'written' }, situation)
      : decided;
    this.#size = decision.desiredReplicas;
    this.#history = history;
    this.#previous = { conditions: decision.conditions, scaleEvents: { up: [], down: [] } };
    return { minute: view.minute, size: this.#size, decision, history };
  }

  #state(pod: PlantPod): PodState {
    return {
      name: pod.name,
      phase: 'Running',
      deleting: pod.deletedS !== undefined,
      ready: pod.ready ? 'True' : 'False',
      readyTransitionAtMs: EPOCH_MS + pod.readyChangedS * 1000,
      startedAtMs: EPOCH_MS + pod.createdS * 1000,
      containers: [{ name: 'app', requests: { cpu: 1000n } }],
      initContainers: [],
      podRequests: undefined,
    };
  }
}

function milli(value: number): bigint {
  return BigInt(Math.round(value * 1000));
}
