// A workload under load with its metric pipeline and the one decision in the loop: `play` takes simulated minutes through decide and
// conclude and keeps what happened. Deterministic; time is counted, not waited for.
import type { DecisionRecord } from '../api/schema-decision.ts';
import type { Metric, PreviousStatus, TargetSpec } from '../api/spec.ts';
import { conclude } from '../decide/conclude.ts';
import { decide } from '../decide/decide.ts';
import { emptyHistory } from '../decide/history.ts';
import type { Decision, DecisionDefaults, History, PodState, Reading, Situation } from '../decide/types.ts';
import { recordOf } from '../record/decision-record.ts';
import { followLeadTime, type LeadTime } from '../record/lead-time.ts';
import { Pipeline } from './pipeline.ts';
import { type SimulatedPod, Workload } from './workload.ts';

/** When second 0 of a play is: a Monday at eight. */
export const EPOCH_MS = Date.UTC(2026, 0, 5, 8);
/** Pods and samples change on multiples of this; all periods are multiples of it. */
export const STEP_SECONDS = 5;
/** The load of the begin lasts this long before second 0, so that windows and samples are there. */
const WARM_UP_SECONDS = 600;
const DEFAULT_PERIOD_SECONDS = 15;

/** What the controller has unless told otherwise. */
const DEFAULTS: DecisionDefaults = {
  tolerance: 0.1,
  downscaleStabilizationMs: 300_000,
  cpuInitializationPeriodMs: 300_000,
  initialReadinessDelayMs: 30_000,
};

export interface PlayOptions {
  readonly namespace?: string;
  readonly name?: string;
  readonly spec: TargetSpec;
  /** The size before second 0, with all pods old and ready. */
  readonly replicas: number;
  /** Work offered in all, in the unit of the metric: cores for CPU. Before second 0 as at it. */
  readonly load: (seconds: number) => number;
  /** What one pod can do at most. Unset: all that comes. */
  readonly capacity?: number;
  /** Unset: 15. */
  readonly periodSeconds?: number;
  /** How often the pipeline samples, and how long a sample takes to be seen. Unset: 15 and 0. */
  readonly scrapeSeconds?: number;
  readonly delaySeconds?: number;
  /** The pipeline sees the load as its mean over so many seconds, as a rate does. Unset: as it is. */
  readonly averageSeconds?: number;
  /** From creation to ready. Unset: 20. */
  readonly startSeconds?: number;
  /** Unset: one that asks for a core. */
  readonly containers?: PodState['containers'];
  /** How many pods quota or nodes allow; pods above it are lost. */
  readonly quota?: (seconds: number) => number;
  /** False: the pod fails its readiness probe. */
  readonly isHealthy?: (pod: SimulatedPod, now: PlayView) => boolean;
  /** What a metric with one value measures; the load where not said. */
  readonly measure?: (now: PlayView) => number;
  /** Interferes between the pipeline and the decision, from second 0 on. */
  readonly tamper?: (reading: Reading, now: PlayView, metric: Metric) => Reading;
  /** What the list of pods has of them. */
  readonly listed?: (pods: readonly PodState[], now: PlayView) => readonly PodState[];
  /** When rollouts begin, and how many extra pods each may have, by the size. */
  readonly rollouts?: readonly { readonly atSeconds: number; readonly surge: (size: number) => number }[];
}

export interface PlayView {
  readonly seconds: number;
  readonly nowMs: number;
  readonly load: number;
  readonly pods: readonly SimulatedPod[];
  readonly readyPods: number;
  readonly specReplicas: number;
}

/** How the workload is at a moment. */
export interface Point {
  readonly seconds: number;
  readonly load: number;
  /** What was asked for last. */
  readonly size: number;
  readonly ready: number;
}

/** One decision. */
export interface Moment {
  readonly seconds: number;
  /** After the decision. */
  readonly size: number;
  readonly decision: Decision;
  /** The same as status, journal and page would have it. */
  readonly record: DecisionRecord;
  readonly history: History;
}

export interface Played {
  /** From second 0 on, every STEP_SECONDS, before the decision of that second. */
  readonly points: readonly Point[];
  /** With those of the warm-up, at negative seconds. */
  readonly moments: readonly Moment[];
}

/** Plays second 0 to `seconds` after a quiet warm-up. */
export function play(options: PlayOptions, seconds: number): Played {
  const stage = new Stage(options);
  const points: Point[] = [];
  const moments: Moment[] = [];
  const period = options.periodSeconds ?? DEFAULT_PERIOD_SECONDS;
  for (let now = -WARM_UP_SECONDS; now <= seconds; now += STEP_SECONDS) {
    const point = stage.advance(now);
    if (now >= 0) points.push(point);
    if (now % period === 0) moments.push(stage.decide(now));
  }
  return { points, moments };
}

type Outcome = { readonly kind: 'written' } | { readonly kind: 'none' };

class Stage {
  readonly #options: PlayOptions;
  readonly #workload: Workload;
  readonly #pipeline: Pipeline;
  #size: number;
  #history: History = emptyHistory;
  #leadTime: LeadTime = {};
  #previous: PreviousStatus = { conditions: [], scaleEvents: { up: [], down: [] } };

  constructor(options: PlayOptions) {
    const { capacity = Number.POSITIVE_INFINITY, scrapeSeconds = 15, delaySeconds = 0, startSeconds = 20 } = options;
    this.#options = options;
    this.#size = options.replicas;
    this.#pipeline = new Pipeline({ capacity, scrapeSeconds, delaySeconds });
    this.#workload = new Workload(
      {
        name: options.name ?? 'web',
        containers: options.containers ?? [{ name: 'app', requests: { cpu: 1000n } }],
        startSeconds,
        rollouts: options.rollouts ?? [],
        quota: options.quota ?? (() => Number.POSITIVE_INFINITY),
        isHealthy: (pod, seconds) => options.isHealthy?.(pod, this.#view(seconds)) ?? true,
      },
      options.replicas,
    );
  }

  advance(seconds: number): Point {
    this.#workload.advance(seconds, this.#size);
    const view = this.#view(seconds);
    const measured = { ...view, load: this.#meanLoad(seconds) };
    this.#pipeline.scrape(measured, this.#options.measure?.(measured) ?? measured.load);
    return { seconds, load: view.load, size: this.#size, ready: view.readyPods };
  }

  decide(seconds: number): Moment {
    const situation = this.#situation(seconds);
    const decided = decide(situation);
    const outcome = decided.decision.rescale ? ({ kind: 'written' } as const) : ({ kind: 'none' } as const);
    const { decision, history } = outcome.kind === 'written' ? conclude(decided, outcome, situation) : decided;
    const record = this.#record(decision, outcome, situation);
    this.#size = decision.desiredReplicas;
    this.#history = history;
    this.#previous = { conditions: decision.conditions, scaleEvents: { up: [], down: [] } };
    return { seconds, size: this.#size, decision, record, history };
  }

  #record(decision: Decision, outcome: Outcome, { now, spec }: Situation): DecisionRecord {
    const readyPods = this.#workload.readyCount();
    const written =
      outcome.kind === 'written' ? { from: decision.currentReplicas, to: decision.desiredReplicas } : undefined;
    const seen = { atMs: now, replicas: decision.currentReplicas, readyPods, written };
    this.#leadTime = followLeadTime(this.#leadTime, seen).leadTime;
    return recordOf({
      decision,
      metrics: spec.metrics,
      outcome,
      error: decision.error,
      cycle: undefined,
      readyPods,
      leadTimeMs: this.#leadTime.lastMs,
      now,
    });
  }

  #situation(seconds: number): Situation {
    const view = this.#view(seconds);
    const { spec, tamper, listed, namespace = 'shop', name = 'web' } = this.#options;
    const pods = this.#workload.states(EPOCH_MS);
    return {
      now: view.nowMs,
      namespace,
      name,
      spec,
      scale: { specReplicas: this.#size, statusReplicas: view.pods.length },
      selectorProblem: undefined,
      pods: listed?.(pods, view) ?? pods,
      readings: spec.metrics.map((metric) => {
        const reading = this.#pipeline.read(metric, seconds, EPOCH_MS, (pod) => this.#workload.hasPod(pod));
        return seconds >= 0 && tamper !== undefined ? tamper(reading, view, metric) : reading;
      }),
      previous: this.#previous,
      history: this.#history,
      defaults: DEFAULTS,
    };
  }

  #meanLoad(seconds: number): number {
    const { load, averageSeconds = 0 } = this.#options;
    let sum = load(Math.max(0, seconds));
    let count = 1;
    for (let back = STEP_SECONDS; back < averageSeconds; back += STEP_SECONDS) {
      sum += load(Math.max(0, seconds - back));
      count += 1;
    }
    return sum / count;
  }

  #view(seconds: number): PlayView {
    return {
      seconds,
      nowMs: EPOCH_MS + seconds * 1000,
      load: this.#options.load(Math.max(0, seconds)),
      pods: this.#workload.live(),
      readyPods: this.#workload.readyCount(),
      specReplicas: this.#size,
    };
  }
}
