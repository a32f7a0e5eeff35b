// The way of a load into a metric: samples every so often, seen after a delay, per pod and in all. Promises what a metrics API or a
// Prometheus would answer at a moment; what goes wrong on the way is laid over it by who plays.
import type { Metric } from '../api/spec.ts';
import type { PodSample, Reading } from '../decide/types.ts';
import type { SimulatedPod } from './workload.ts';

/** More samples than the longest delay can be behind. */
const MOST_SNAPSHOTS = 100;

export interface PipelineRules {
  readonly scrapeSeconds: number;
  /** From a sample to its being seen. */
  readonly delaySeconds: number;
  /** What one pod can do at most; its metric shows no more. */
  readonly capacity: number;
}

/** What is there to be measured. */
export interface Measurable {
  readonly seconds: number;
  readonly load: number;
  /** Pods that were not told to go. */
  readonly pods: readonly SimulatedPod[];
  readonly readyPods: number;
}

interface Snapshot {
  readonly atSeconds: number;
  readonly perPod: ReadonlyMap<string, number>;
  readonly value: number;
}

export class Pipeline {
  readonly #rules: PipelineRules;
  #snapshots: Snapshot[] = [];

  constructor(rules: PipelineRules) {
    this.#rules = rules;
  }

  /** Takes a sample when one is due. `value` is what a metric with one value measures. */
  scrape(now: Measurable, value: number): void {
    const { scrapeSeconds, capacity } = this.#rules;
    if (now.seconds % scrapeSeconds !== 0) return;
    const share = Math.min(capacity, now.load / Math.max(1, now.readyPods));
    const perPod = new Map<string, number>();
    for (const pod of now.pods) {
      if (now.seconds - pod.createdSeconds >= scrapeSeconds) perPod.set(pod.name, pod.ready ? share : 0);
    }
    this.#snapshots = [...this.#snapshots, { atSeconds: now.seconds, perPod, value }].slice(-MOST_SNAPSHOTS);
  }

  /** What a source answers; pods that are gone, by `hasPod`, have no samples. */
  read(metric: Metric, seconds: number, epochMs: number, hasPod: (name: string) => boolean): Reading {
    const { scrapeSeconds, delaySeconds } = this.#rules;
    const snapshot = this.#snapshots.findLast(({ atSeconds }) => seconds - atSeconds >= delaySeconds);
    if (snapshot === undefined) return { kind: 'absent', reason: 'Empty', message: 'nothing was sampled yet' };
    const atMs = epochMs + snapshot.atSeconds * 1000;
    if (isPerPod(metric)) {
      const samples = new Map<string, PodSample>();
      for (const [name, value] of snapshot.perPod) {
        if (hasPod(name)) samples.set(name, { valueMilli: milli(value), atMs, windowMs: scrapeSeconds * 1000 });
      }
      if (samples.size === 0) return { kind: 'absent', reason: 'Empty', message: 'no pod was sampled' };
      return { kind: 'pods', samples };
    }
    const isPrometheus = metric.type === 'Prometheus';
    return {
      kind: 'value',
      valueMilli: milli(snapshot.value),
      atMs: isPrometheus ? undefined : atMs,
      scrapeIntervalMs: isPrometheus ? scrapeSeconds * 1000 : undefined,
      partial: false,
    };
  }
}

/** Whether a metric is measured pod by pod. */
function isPerPod({ type }: Metric): boolean {
  return type === 'Resource' || type === 'ContainerResource' || type === 'Pods';
}

function milli(value: number): bigint {
  return BigInt(Math.round(value * 1000));
}
