// What goes into a decision and what comes out. Plain frozen data: no clock, no I/O, no log.
import type { AbsenceReason, EventReason, GuardName, MetricFailure, Stage, StepReason } from '../api/reasons.ts';
import type { Condition, PreviousStatus, TargetSpec } from '../api/spec.ts';

/** One pod's sample of one metric. */
export interface PodSample {
  readonly valueMilli: bigint;
  /** When the sample was taken; undefined when the source does not say. */
  readonly atMs: number | undefined;
  readonly windowMs: number;
}

/** Samples per pod, for Resource, ContainerResource and Pods metrics. Pods without a usable sample are not in the map. */
export interface PodsReading {
  readonly kind: 'pods';
  readonly samples: ReadonlyMap<string, PodSample>;
}

/** One value, for Object, External and Prometheus metrics. */
export interface ValueReading {
  readonly kind: 'value';
  readonly valueMilli: bigint;
  /** When the data was taken, where that is known (a stamp of its own, or a timestamp query). */
  readonly atMs: number | undefined;
  /** Of a sum of several series, where `atMs` is the time of the oldest: that of the newest. Unset: they have one time. */
  readonly newestMs?: number | undefined;
  /** How often new data can appear at all, for sources whose stamps do not say (Prometheus). */
  readonly scrapeIntervalMs: number | undefined;
  /** True when the source said that its answer is partial: it may raise, not lower. */
  readonly partial: boolean;
}

/** No usable answer. Never zero. `message` is safe to show: none of the source's bytes. */
export interface AbsentReading {
  readonly kind: 'absent';
  readonly reason: AbsenceReason;
  readonly message: string;
}

export type Reading = PodsReading | ValueReading | AbsentReading;

/** Requests in thousandths by resource name. */
export type Requests = Readonly<Record<string, bigint>>;

/** What the decision needs of a pod. */
export interface PodState {
  readonly name: string;
  readonly phase: string;
  readonly deleting: boolean;
  /** Status of the Ready condition; undefined when the pod has none. */
  readonly ready: 'True' | 'False' | 'Unknown' | undefined;
  readonly readyTransitionAtMs: number | undefined;
  readonly startedAtMs: number | undefined;
  readonly containers: readonly { readonly name: string; readonly requests: Requests }[];
  readonly initContainers: readonly {
    readonly name: string;
    readonly requests: Requests;
    /** restartPolicy Always: a native sidecar. */
    readonly restartable: boolean;
  }[];
  /** spec.resources.requests of the pod as a whole. */
  readonly podRequests: Requests | undefined;
}

export interface ScaleState {
  readonly specReplicas: number;
  readonly statusReplicas: number;
}

/** Why the target's pods cannot be told apart. */
export type SelectorProblem =
  | { readonly kind: 'missing' }
  | { readonly kind: 'unparsable'; readonly message: string }
  /** `rivals` are the names of all autoscalers that select these pods, this one included, sorted. */
  | { readonly kind: 'ambiguous'; readonly rivals: readonly string[]; readonly selector: string };

export interface Recommendation {
  readonly replicas: number;
  readonly atMs: number;
}
export interface ScaleEvent {
  /** Without sign. */
  readonly change: number;
  readonly atMs: number;
  /** Older than the longest period of its direction when a later event was stored: its place is free. */
  readonly outdated: boolean;
  /** Perhaps somebody else's: it counts against more of the same, and makes no room for the other direction. */
  readonly unconfirmed?: true;
}

/**
 * What the guards remember of one metric between decisions; plain data, never changed in place. Bounded: three samples
 * per pod at most, and a score of peaks.
 */
export interface MetricMemory {
  /** What the metric measures: another subject under the same name starts afresh. */
  readonly subject: string;
  /** The last present reading after the guards: a sample may not be older than the one known. */
  readonly last?: PodsReading | ValueReading | undefined;
  /** When `last` was decided on. */
  readonly lastSeenAtMs?: number | undefined;
  /** The sample that counts as the newest one, and the highest size it may ask for. */
  readonly sample?: SampleMemory | undefined;
  /** Trusted totals in thousandths, falling in value and rising in time: the highest of the last minutes comes first. */
  readonly peaks?: readonly { readonly totalMilli: bigint; readonly atMs: number }[] | undefined;
  /** A fall that is not believed yet. */
  readonly fall?: { readonly peakMilli: bigint; readonly sinceMs: number; readonly agreed: number } | undefined;
  /** Since when too many pods have no sample. */
  readonly partialSinceMs?: number | undefined;
  /** Since when the workload has counted more pods than the list has. */
  readonly absentSinceMs?: number | undefined;
  /** Running pods without a usable sample, by name; unset: none. */
  readonly unseen?: ReadonlyMap<string, UnseenPod> | undefined;
}

/** A pod without a sample: since when, and the last one it had, if any. */
export interface UnseenPod {
  readonly sinceMs: number;
  readonly sample: PodSample | undefined;
}

/** A sample as it was when it counted as new. */
export interface SampleMemory {
  readonly reading: PodsReading | ValueReading;
  readonly newAtMs: number;
  /** The target that the ceiling was computed with. */
  readonly target: string;
  /** The first unlimited proposal from this sample; undefined: none yet. */
  readonly ceiling: number | undefined;
}

export interface History {
  /** Null: this target is seen for the first time. Order is the HPA's storage order. */
  readonly recommendations: readonly Recommendation[] | null;
  readonly scaleEvents: { readonly up: readonly ScaleEvent[]; readonly down: readonly ScaleEvent[] };
  /** By metric name. Empty with guards Disabled. */
  readonly metrics: Readonly<Record<string, MetricMemory>>;
  /** Since when holds alone, or missing metrics, have kept the size; unset: they do not. See guards/hold-time.ts. */
  readonly holdSinceMs?: number | undefined;
}

/** The controller's defaults: what the HPA has as flags of the controller manager. */
export interface DecisionDefaults {
  readonly tolerance: number;
  readonly downscaleStabilizationMs: number;
  readonly cpuInitializationPeriodMs: number;
  readonly initialReadinessDelayMs: number;
}

/** All that a decision depends on. */
export interface Situation {
  readonly now: number;
  readonly namespace: string;
  readonly name: string;
  readonly spec: TargetSpec;
  readonly scale: ScaleState;
  readonly selectorProblem: SelectorProblem | undefined;
  /** The pods that the selector finds, in every phase. */
  readonly pods: readonly PodState[];
  /** One per metric of the spec, in its order. May be empty when `needsReadings` says that none is looked at. */
  readonly readings: readonly Reading[];
  readonly previous: PreviousStatus;
  readonly history: History;
  readonly defaults: DecisionDefaults;
}

/** Value and target of a metric as status shows them: the HPA's MetricStatus, kept as numbers. */
export interface MetricStatus {
  readonly name: string;
  readonly averageUtilization?: number;
  readonly averageValueMilli?: bigint;
  readonly valueMilli?: bigint;
  /** Time of the newest sample, where known. */
  readonly sampleAtMs?: number;
}

/** The pods or replicas that a value was taken over, and the pods that it says nothing of. */
export interface Counted {
  readonly over: number;
  /** Pods without a sample, and pods that are not ready to be judged: filled in against the change. */
  readonly missing: number;
  readonly unready: number;
}

/** What one metric asks for. */
export interface Proposal {
  readonly name: string;
  /** Undefined: the metric failed; `error` says why. */
  readonly replicas: number | undefined;
  /** What the metric asked for before guards; equal to `replicas` where no guard acted. */
  readonly rawReplicas: number | undefined;
  /** value / target, where it was computed. */
  readonly ratio: number | undefined;
  /** What the ratio was taken over, where it was computed. */
  readonly counted?: Counted | undefined;
  readonly status: MetricStatus | undefined;
  /** Whether the metric keeps its right to vote for fewer. False: at most a hold. */
  readonly mayLower: boolean;
  readonly guards: readonly GuardName[];
  readonly steps: readonly Step[];
  readonly failure: { readonly reason: MetricFailure; readonly message: string } | undefined;
}

/** One change of the number, or a hold against a change, with its reason. */
export interface Step {
  readonly stage: Stage;
  readonly before: number;
  readonly after: number;
  readonly reason: StepReason;
  /** The numbers behind it in one sentence. */
  readonly detail: string;
}

export interface DecisionEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: EventReason;
  readonly message: string;
}

/** A size and the whole story of it. */
export interface Decision {
  readonly currentReplicas: number;
  readonly desiredReplicas: number;
  /** True when `desiredReplicas` is to be written to /scale. */
  readonly rescale: boolean;
  /** The HPA's reason text of the rescale event; may be empty. */
  readonly rescaleReason: string;
  /** Before stabilization, rates and bounds; undefined when metrics were not looked at. */
  readonly unclampedReplicas: number | undefined;
  readonly proposals: readonly Proposal[];
  /** Name of the metric that won, if any. */
  readonly winner: string | undefined;
  readonly steps: readonly Step[];
  /** When the next lower size may be taken at the earliest; undefined when nothing holds one back. */
  readonly earliestScaleDownAtMs: number | undefined;
  /** What keeps a lower size from being taken whatever the metrics say: a window, a speed limit, a bound; undefined: nothing does. */
  readonly scaleDownBlockedBy: StepReason | undefined;
  /** All conditions after the decision, in the HPA's order of first setting; before the outcome of a write is known. */
  readonly conditions: readonly Condition[];
  /** In the order of recording; before the outcome of a write is known. */
  readonly events: readonly DecisionEvent[];
  /** One per metric (undefined: that metric failed); empty: metrics were not looked at. */
  readonly currentMetrics: readonly (MetricStatus | undefined)[];
  /** The desired size to show in status: the old one when no decision was possible. */
  readonly statusDesiredReplicas: number;
  /** The failure of this cycle, or undefined. A decision can rescale and still carry one. */
  readonly error: { readonly kind: 'spec' | 'internal'; readonly message: string } | undefined;
}

/** What became of the write of a rescale. */
export type WriteOutcome =
  | { readonly kind: 'written' }
  | { readonly kind: 'failed'; readonly message: string }
  /** Decided and shown, not written: mode Recommend, or a conflict with another autoscaler. */
  | { readonly kind: 'withheld'; readonly why: 'Recommend' | 'Conflict' };
