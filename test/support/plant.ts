// The simulator as tests of the decision tell their stories: in minutes, with the size and the guards of each. What is played, and how,
// is src/simulator/play.ts's.
import type { Metric, TargetSpec } from '../../src/api/spec.ts';
import type { Decision, History, PodState, Reading } from '../../src/decide/types.ts';
import { play, type PlayOptions, type PlayView } from '../../src/simulator/play.ts';
import type { SimulatedPod } from '../../src/simulator/workload.ts';

export interface PlantOptions {
  readonly spec: TargetSpec;
  /** The size before minute 0, with all pods old and ready. */
  readonly replicas: number;
  /** Work offered in all, in cores for CPU metrics, in units for others. Minutes before 0 are as minute 0. */
  readonly load: (minute: number) => number;
  readonly capacity?: number;
  readonly periodS?: number;
  readonly scrapeS?: number;
  readonly scrapeDelayS?: number;
  readonly startS?: number;
  readonly quota?: (minute: number) => number;
  readonly isHealthy?: (pod: SimulatedPod, now: PlantView) => boolean;
  readonly measure?: (now: PlantView) => number;
  readonly tamper?: (reading: Reading, now: PlantView, metric: Metric) => Reading;
  readonly listed?: (pods: readonly PodState[], now: PlantView) => readonly PodState[];
  /** At this minute a rollout with this many extra pods begins. */
  readonly rollout?: { readonly minute: number; readonly surge: number };
}

export interface PlantView extends PlayView {
  readonly minute: number;
}

interface Moment {
  readonly minute: number;
  /** After the decision. */
  readonly size: number;
  readonly decision: Decision;
  readonly history: History;
}

class Timeline {
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
  const { moments } = play(playOptions(options), minutes * 60);
  return new Timeline(
    moments.map(({ seconds, size, decision, history }) => ({ minute: seconds / 60, size, decision, history })),
  );
}

/** The same with `guards: Disabled`: the plain HPA. */
export function runUnguarded(options: PlantOptions, minutes: number): Timeline {
  return run({ ...options, spec: { ...options.spec, guards: 'Disabled' } }, minutes);
}

function playOptions(options: PlantOptions): PlayOptions {
  const { spec, replicas, load, capacity, quota, isHealthy, measure, tamper, listed, rollout } = options;
  return {
    spec,
    replicas,
    load: (seconds) => load(seconds / 60),
    ...(capacity !== undefined && { capacity }),
    ...(options.periodS !== undefined && { periodSeconds: options.periodS }),
    ...(options.scrapeS !== undefined && { scrapeSeconds: options.scrapeS }),
    ...(options.scrapeDelayS !== undefined && { delaySeconds: options.scrapeDelayS }),
    ...(options.startS !== undefined && { startSeconds: options.startS }),
    ...(quota && { quota: (seconds: number) => quota(seconds / 60) }),
    ...(isHealthy && { isHealthy: (pod: SimulatedPod, view: PlayView) => isHealthy(pod, inMinutes(view)) }),
    ...(measure && { measure: (view: PlayView) => measure(inMinutes(view)) }),
    ...(tamper && {
      tamper: (reading: Reading, view: PlayView, metric: Metric) => tamper(reading, inMinutes(view), metric),
    }),
    ...(listed && { listed: (pods: readonly PodState[], view: PlayView) => listed(pods, inMinutes(view)) }),
    ...(rollout && { rollouts: [{ atSeconds: rollout.minute * 60, surge: () => rollout.surge }] }),
  };
}

function inMinutes(view: PlayView): PlantView {
  return { ...view, minute: view.seconds / 60 };
}
