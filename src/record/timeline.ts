// Recent numbers of each target for charts: sizes, bounds, and each metric's value against its target, one point per cycle.
// Bounded: a number of points per target, fewer when there are many targets. In memory only.
import type { CycleObserver, CycleReport } from './cycle-report.ts';
import { type MetricMeasured, measuredOf } from './measured.ts';

export interface TimelinePoint {
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  readonly current: number;
  readonly desired: number;
  readonly min: number;
  readonly max: number;
  /** Undefined: metrics were not looked at. */
  readonly unclamped: number | undefined;
  /** Undefined: the pods could not be told apart. */
  readonly ready: number | undefined;
  /** By name of the metric; one that could not be read is not in it. */
  readonly metrics: Readonly<Record<string, MetricMeasured>>;
  /** Whether a new size was written. */
  readonly written: boolean;
}

export interface TimelineOptions {
  /** Points over all targets. */
  readonly maxPoints: number;
  /** Points of one target at most. */
  readonly maxPointsPerTarget: number;
}

/** However many targets there are. */
const LEAST_POINTS = 20;

export class Timelines implements CycleObserver {
  readonly #options: TimelineOptions;
  readonly #targets = new Map<string, TimelinePoint[]>();

  constructor(options: TimelineOptions) {
    this.#options = options;
  }

  /** The points of the target `namespace/name`, oldest first. */
  points(key: string): readonly TimelinePoint[] {
    return this.#targets.get(key) ?? [];
  }

  finished(report: CycleReport): void {
    const point = pointOf(report);
    if (!point) return;
    const { key } = report.target;
    const points = this.#targets.get(key);
    if (!points) this.#targets.set(key, [point]);
    else points.push(point);
    const room = this.#room();
    if (points && points.length > room) points.splice(0, points.length - room);
  }

  forgotten(namespace: string, name: string): void {
    this.#targets.delete(`${namespace}/${name}`);
  }

  #room(): number {
    const { maxPoints, maxPointsPerTarget } = this.#options;
    const share = Math.floor(maxPoints / Math.max(1, this.#targets.size));
    return Math.max(LEAST_POINTS, Math.min(maxPointsPerTarget, share));
  }
}

/** The point of a cycle; undefined when nothing was decided. */
export function pointOf({ target, decision, outcome, readyPods, atMs }: CycleReport): TimelinePoint | undefined {
  if (!decision || !target.spec) return undefined;
  const { minReplicas, maxReplicas, metrics } = target.spec;
  return {
    atMs,
    current: decision.currentReplicas,
    desired: decision.desiredReplicas,
    min: minReplicas,
    max: maxReplicas,
    unclamped: decision.unclampedReplicas,
    ready: readyPods,
    metrics: measuredOf(decision, metrics),
    written: outcome.kind === 'written',
  };
}
