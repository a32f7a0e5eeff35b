// A ScaledTarget as the controller and the decision use it: parsed, defaulted, quantities as numbers.
// schema.ts says what users may write; scaled-target.ts turns that into these types.
import type { ConditionReason, ConditionType } from './reasons.ts';

/** What a metric is compared with. Loose on purpose: a stored object may carry a target that does not fit its metric. */
export interface MetricTarget {
  readonly type: string;
  /** Percent of the request. */
  readonly averageUtilization?: number;
  /** Thousandths per replica. */
  readonly averageValueMilli?: bigint;
  /** Thousandths in all. */
  readonly valueMilli?: bigint;
}

export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

interface MetricBase {
  /** How status, events, metrics and logs call this metric; unique in the object. */
  readonly name: string;
  readonly target: MetricTarget;
  readonly maxAgeSeconds: number;
  readonly direction: 'Both' | 'Up' | 'Down';
}

export interface ResourceMetric extends MetricBase {
  readonly type: 'Resource';
  readonly resource: string;
}
export interface ContainerResourceMetric extends MetricBase {
  readonly type: 'ContainerResource';
  readonly resource: string;
  readonly container: string;
}
export interface PodsMetric extends MetricBase {
  readonly type: 'Pods';
  readonly metricName: string;
  readonly selector?: LabelSelector;
}
export interface ObjectMetric extends MetricBase {
  readonly type: 'Object';
  readonly metricName: string;
  readonly selector?: LabelSelector;
  readonly describedObject: { readonly apiVersion?: string; readonly kind: string; readonly name: string };
}
export interface ExternalMetric extends MetricBase {
  readonly type: 'External';
  readonly metricName: string;
  readonly selector?: LabelSelector;
}
export interface PrometheusMetric extends MetricBase {
  readonly type: 'Prometheus';
  readonly query: string;
  /** Name of a source the administrator configured. */
  readonly source: string;
  /** Query whose value is the Unix time, in seconds, of the newest sample behind `query`. */
  readonly timestampQuery?: string;
}
/** A metric type this version does not know, as an object from another version may hold. */
export interface UnknownMetric extends MetricBase {
  readonly type: 'Unknown';
  readonly typeName: string;
}
export type Metric =
  | ResourceMetric
  | ContainerResourceMetric
  | PodsMetric
  | ObjectMetric
  | ExternalMetric
  | PrometheusMetric
  | UnknownMetric;

export interface ScalingPolicy {
  readonly type: 'Pods' | 'Percent';
  readonly value: number;
  readonly periodSeconds: number;
}
/** The rules of one direction, with the HPA's defaults filled in. */
export interface ScalingRules {
  /** Unset: the controller's default (0 up, --downscale-stabilization down). */
  readonly stabilizationWindowSeconds?: number;
  readonly selectPolicy: 'Max' | 'Min' | 'Disabled';
  readonly policies: readonly ScalingPolicy[];
  /** A double computed as the HPA does from the quantity (integer times a power of ten); unset: the controller's default. */
  readonly tolerance?: number;
}

export interface ScaleTargetRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
}

export interface TargetSpec {
  readonly scaleTargetRef: ScaleTargetRef;
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly metrics: readonly Metric[];
  /** Absent: the HPA's rules without `behavior`. Present, even empty: both directions are filled in. */
  readonly behavior?: { readonly scaleUp: ScalingRules; readonly scaleDown: ScalingRules };
  /** Unset: --sync-period. */
  readonly syncPeriodSeconds?: number;
  readonly mode: 'Scale' | 'Recommend';
  readonly guards: 'Enabled' | 'Disabled';
  /** Unset members: --cpu-initialization-period, --initial-readiness-delay. */
  readonly initialization: {
    readonly cpuInitializationPeriodSeconds?: number;
    readonly initialReadinessDelaySeconds?: number;
  };
}

/** A rule of the spec that the object breaks: one clear line for a condition. */
export interface SpecFault {
  /** Such as `spec.metrics[0].prometheus.source`. */
  readonly field: string;
  /** Names the field, the value and the remedy. */
  readonly message: string;
}

export interface Condition {
  readonly type: ConditionType;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: ConditionReason;
  readonly message: string;
}

/** What the status said before this cycle, read leniently: an implausible field is as if it were absent. */
export interface PreviousStatus {
  readonly currentReplicas?: number;
  readonly desiredReplicas?: number;
  readonly lastScaleTimeMs?: number;
  readonly conditions: readonly Condition[];
  /** Scale events kept for the rate policies across a restart. */
  readonly scaleEvents: { readonly up: readonly PreviousScaleEvent[]; readonly down: readonly PreviousScaleEvent[] };
}

export interface PreviousScaleEvent {
  /** Without sign. */
  readonly change: number;
  readonly atMs: number;
  /** Perhaps somebody else's. */
  readonly unconfirmed?: true;
}

/** One ScaledTarget from the store. `spec` is undefined when the object breaks a rule; `faults` then says which. */
/** Where to go on from when the HPA on the workload goes; `problem` says what is wrong with the annotation. */
export type TakeOver = { readonly from: 'recommendation' } | { readonly from: 'size'; readonly problem: string };

export interface ScaledTarget {
  /** namespace/name */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  readonly resourceVersion: string;
  readonly createdAtMs: number;
  readonly deleting: boolean;
  readonly spec: TargetSpec | undefined;
  readonly faults: readonly SpecFault[];
  /** Unset: no annotation, which is from the size. */
  readonly takeOver?: TakeOver | undefined;
  readonly previous: PreviousStatus;
  /** The status as the API server last showed it, unparsed, to compare before writing. */
  readonly rawStatus: unknown;
}
