// What the demo has seen: one point a second for each target, and every change of size. Pure; the summary is computed from it.
import { type LoadStage, stormStart } from './stages.ts';

/** One second of one target. */
export interface Point {
  readonly seconds: number;
  readonly stage: string;
  /** Requests sent in this second. */
  readonly load: number;
  readonly failed: number;
  /** Milliseconds; undefined when no answer came. */
  readonly p50: number | undefined;
  readonly p99: number | undefined;
  /** Such as `cpu: 73%/60%`, from the ScaledTarget's status. */
  readonly metrics: string;
  readonly why: string;
  /** spec.replicas of the workload. */
  readonly size: number;
  readonly wanted: number;
  readonly ready: number;
}

export interface Change {
  readonly seconds: number;
  readonly from: number;
  readonly to: number;
  readonly why: string;
}

/** A size that stayed, and what kept it there. */
export interface Hold {
  readonly seconds: number;
  readonly size: number;
  readonly why: string;
}

/**
 * What keeps the size, from the ScaledTarget's own words; undefined where it is what the load asks for.
 * `cpu 15% of target: stays at 12, held by the scale-down window` is told without its middle, which the row shows.
 */
export function holdOf({ seconds, size, why }: Point): Hold | undefined {
  const match = /^(?:(.+): )?stays at \d+, (.+)$/.exec(why);
  const [, share, reason] = match ?? [];
  if (reason === undefined || reason === 'within tolerance') return undefined;
  return { seconds, size, why: share === undefined ? reason : `${share}, ${reason}` };
}

/** How long a guard kept a size, in all, and since when. */
export interface GuardHold {
  readonly since: number;
  readonly seconds: number;
  /** Such as `the guard VanishedLoad does not believe that the load is gone yet`. */
  readonly why: string;
}

/** One for each guard that kept a size. `points` are in order of time. */
export function guardHolds(points: readonly Point[]): GuardHold[] {
  const holds = new Map<string, GuardHold>();
  points.forEach((point, index) => {
    const why = /\bthe guard \w+.*$/.exec(holdOf(point)?.why ?? '')?.[0];
    if (why === undefined) return;
    const { since, seconds } = holds.get(why) ?? { since: point.seconds, seconds: 0 };
    const next = points[index + 1];
    holds.set(why, { since, seconds: seconds + (next ? next.seconds - point.seconds : 0), why });
  });
  return [...holds.values()];
}

export interface Summary {
  readonly first: number;
  readonly peak: number;
  readonly last: number;
  readonly scaledOut: boolean;
  readonly scaledIn: boolean;
  /** From the first second of the storm until a larger size was written. */
  readonly reactionSeconds: number | undefined;
  /** From the first second of the storm until all pods of the peak were ready. */
  readonly peakReadySeconds: number | undefined;
  /** What kept a size although the load asked for another. */
  readonly holds: readonly GuardHold[];
  readonly podSeconds: number;
  /** What the peak size would have cost over the same time. */
  readonly peakPodSeconds: number;
  readonly requests: number;
  readonly failed: number;
  readonly worstP99: number | undefined;
  readonly lastP99: number | undefined;
}

/** Computes the summary of one target. `points` are in order of time and not empty. */
export function summarize(points: readonly Point[], stages: readonly LoadStage[]): Summary {
  const storm = stormStart(stages);
  const before = points.filter((point) => point.seconds <= storm).at(-1) ?? points[0];
  const first = before?.size ?? 0;
  const peak = Math.max(...points.map((point) => point.size));
  const last = points.at(-1)?.size ?? 0;
  const sinceStorm = points.filter((point) => point.seconds > storm);
  const grew = sinceStorm.find((point) => point.size > first);
  const peakReady = sinceStorm.find((point) => point.size === peak && point.ready >= peak);
  const latencies = points.flatMap((point) => (point.p99 === undefined ? [] : [point.p99]));
  const podSeconds = points.reduce(
    (sum, point, index) => sum + point.ready * (point.seconds - (points[index - 1]?.seconds ?? 0)),
    0,
  );
  return {
    first,
    peak,
    last,
    scaledOut: peak > first,
    scaledIn: peak > first && last <= first,
    reactionSeconds: grew && grew.seconds - storm,
    peakReadySeconds: peak > first && peakReady ? peakReady.seconds - storm : undefined,
    holds: guardHolds(points),
    podSeconds,
    peakPodSeconds: peak * (points.at(-1)?.seconds ?? 0),
    requests: points.reduce((sum, point) => sum + point.load, 0),
    failed: points.reduce((sum, point) => sum + point.failed, 0),
    worstP99: latencies.length > 0 ? Math.max(...latencies) : undefined,
    lastP99: latencies.at(-1),
  };
}
