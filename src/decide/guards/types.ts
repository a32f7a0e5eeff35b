// The hook between the plain arithmetic of one metric and its guards. guard-metric.ts wraps the arithmetic
// (`Propose`); the arithmetic itself knows no guard. What each guard promises stands on top of its own file.
import type { GuardName } from '../../api/reasons.ts';
import type { Metric } from '../../api/spec.ts';
import type { MetricMemory, PodState, Reading, ScaleState, Step } from '../types.ts';

/**
 * Which replica count the tolerance of an AverageValue of Object, External and Prometheus is judged by:
 * scale.status (the HPA) or scale.spec (SurgeIsNotSize). From zero `spec` is the same as `status`.
 */
export type AverageOver = 'status' | 'spec';

/** What the guards need of one metric's plain answer; the arithmetic may return more. */
export interface PlainProposal {
  /** Undefined: the metric failed. Unlimited: before combining, stabilization, rates and bounds. */
  readonly replicas: number | undefined;
  /** value / target before any fill-in, by the replica count asked for; undefined where none was computed. */
  readonly ratio: number | undefined;
  /** The ready pods that the ratio was multiplied by, for one value against a target of the whole. */
  readonly serving?: number | undefined;
}

/** One metric's plain arithmetic, the HPA's number for number with `status`. Pure; an absent reading gives a failure. */
export type Propose<P extends PlainProposal> = (reading: Reading, averageOver: AverageOver) => P;

/** What surrounds one metric in a decision. */
export interface GuardContext {
  readonly now: number;
  readonly metric: Metric;
  readonly scale: ScaleState;
  readonly minReplicas: number;
  /** The pods that the selector finds, in every phase. */
  readonly pods: readonly PodState[];
  /** What scale-up tolerates above 1. */
  readonly toleranceUp: number;
  /** A pod counts as warmed up this long after its start. */
  readonly cpuInitializationPeriodMs: number;
  /** What was remembered of this metric; undefined: nothing. */
  readonly memory: MetricMemory | undefined;
}

/** One metric's answer after its guards. */
export interface GuardedProposal<P extends PlainProposal> {
  /** What the arithmetic said as the HPA would have: for status, ratio and failure. */
  readonly plain: P;
  /** What the metric asks for; undefined when it failed. */
  readonly replicas: number | undefined;
  /** A hold lifted `replicas` to the current size: nothing was recommended, fewer was refused. */
  readonly held: boolean;
  /** The guards that changed the number or held it, each once, in the order in which they acted. */
  readonly guards: readonly GuardName[];
  /** One per acting guard, each starting where the one before ended, the first at the plain number. */
  readonly steps: readonly Step[];
  readonly memory: MetricMemory;
}

/** A guard's word against a proposal, with the numbers behind it in one sentence. */
export interface Objection {
  readonly guard: GuardName;
  readonly detail: string;
}
