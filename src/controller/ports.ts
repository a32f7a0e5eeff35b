// What the controller needs of the outside world. `kube` implements these; tests and `setpoint decide` play them in memory.
import type { ScaledTarget, ScaleTargetRef } from '../api/spec.ts';
import type { DecisionEvent, PodState, SelectorProblem } from '../decide/types.ts';

/** The ScaledTargets as last watched. */
export interface Targets {
  get(key: string): ScaledTarget | undefined;
  all(): Iterable<ScaledTarget>;
}

/** The scale of a workload at one resourceVersion. */
export interface Scale {
  /** Group, version and plural that answered, with the object's coordinates. */
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly specReplicas: number;
  readonly statusReplicas: number;
  /** String form; undefined or empty when the scale names none. */
  readonly selector: string | undefined;
}

export interface Scales {
  /** The scale as a watch shows it, at once; undefined where none can be believed, or shows none: then `read` tells. */
  watched(namespace: string, ref: ScaleTargetRef): Scale | undefined;
  /**
   * The scale of a workload: from a watch where the kind is watched, else by GET. Rejects with a SetpointError:
   * `NotScalable` (bad apiVersion, no such kind, no scale subresource), ApiStatusError 404 when the workload is missing.
   */
  read(namespace: string, ref: ScaleTargetRef, signal: AbortSignal): Promise<Scale>;
  /** Asks the API server for the scale as it is now, after a conflict. */
  refresh(scale: Scale, signal: AbortSignal): Promise<Scale>;
  /** PUT /scale with uid and resourceVersion. Rejects with a conflict when the workload changed since `scale` was read. */
  write(scale: Scale, replicas: number, signal: AbortSignal): Promise<Scale>;
}

export interface Pods {
  /**
   * The pods of a namespace that a selector in string form finds, in order of name; the selector's problem when it is empty
   * or unparsable.
   */
  select(namespace: string, selector: string | undefined): PodSelection;
}
export type PodSelection =
  | {
      readonly pods: readonly PodState[];
      readonly problem?: undefined;
      /** True: the pods have not been followed for so long that nothing may be lowered by them. */
      readonly isStale?: boolean;
    }
  | { readonly pods?: undefined; readonly problem: SelectorProblem; readonly isStale?: undefined };

/** A HorizontalPodAutoscaler. */
export interface Autoscaler {
  readonly name: string;
  /** The size it last decided on; undefined when it has decided nothing yet. */
  readonly desiredReplicas: number | undefined;
}

/** Other autoscalers on the same workload or the same pods. */
export interface Rivals {
  /** The HorizontalPodAutoscalers of the namespace that scale this workload, in order of name. */
  autoscalersOf(namespace: string, scale: Scale): readonly Autoscaler[];
  /**
   * Names of all ScaledTargets in mode Scale (this one included, sorted) whose workload is another one but whose selector finds
   * any of these pods; fewer than two names mean no overlap.
   */
  overlapping(target: ScaledTarget, scale: Scale, pods: readonly PodState[]): readonly string[];
}

export interface StatusWriter {
  /** Replaces /status of the object at this uid. Rejects with an ApiStatusError. */
  write(target: ScaledTarget, status: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<void>;
}

export interface EventSink {
  /** Never blocks and never throws; merges repeats. */
  record(target: ScaledTarget, event: DecisionEvent): void;
}

/** Closed unless this process is the leader with time to spare. */
export interface WriteGate {
  /** Throws a SetpointError `GateClosed` when a write begun now might take effect after the lease can be lost. */
  check(): void;
  /** Counts the leaderships of this Lease; names the leader that decided. */
  readonly epoch: number;
}
