// Counts what the HPA said in its answers: conditions, events, and ways to decide. All of it has to occur in a large run.
import type { NamedSituation } from './situation.ts';

const CONDITIONS = [
  'AbleToScale=True/SucceededGetScale',
  'AbleToScale=True/ReadyForNewScale',
  'AbleToScale=True/ScaleDownStabilized',
  'AbleToScale=True/ScaleUpStabilized',
  'AbleToScale=True/SucceededRescale',
  'AbleToScale=False/FailedGetScale',
  'AbleToScale=False/FailedUpdateScale',
  'ScalingActive=True/ValidMetricFound',
  'ScalingActive=False/ScalingDisabled',
  'ScalingActive=False/InvalidSelector',
  'ScalingActive=False/AmbiguousSelector',
  'ScalingActive=False/FailedGetResourceMetric',
  'ScalingActive=False/FailedGetContainerResourceMetric',
  'ScalingActive=False/FailedGetPodsMetric',
  'ScalingActive=False/FailedGetObjectMetric',
  'ScalingActive=False/FailedGetExternalMetric',
  'ScalingActive=False/InvalidMetricSourceType',
  'ScalingLimited=False/DesiredWithinRange',
  'ScalingLimited=True/TooManyReplicas',
  'ScalingLimited=True/TooFewReplicas',
  'ScalingLimited=True/ScaleUpLimit',
  'ScalingLimited=True/ScaleDownLimit',
  'ScaledToZero=True/ScaledToZero',
  'ScaledToZero=False/NotScaledToZero',
];
const EVENTS = [
  'SuccessfulRescale',
  'SelectorRequired',
  'InvalidSelector',
  'AmbiguousSelector',
  'FailedGetScale',
  'FailedGetResourceMetric',
  'FailedGetContainerResourceMetric',
  'FailedGetPodsMetric',
  'FailedGetObjectMetric',
  'FailedGetExternalMetric',
  'InvalidMetricSourceType',
  'FailedComputeMetricsReplicas',
  'FailedRescale',
  'FailedUpdateStatus',
];
const RESULTS = [
  'scale_up/none',
  'scale_up/internal',
  'scale_down/none',
  'scale_down/internal',
  'none/none',
  'none/internal',
  'none/spec',
  'status as it was',
  'an overflow of the size',
  'an overflow of a shown average',
];

/** What is read of an answered line. */
export interface Answered extends NamedSituation {
  readonly overflow?: readonly string[];
  readonly expected: {
    readonly statusWritten: boolean;
    readonly conditions: readonly { type: string; status: string; reason: string; message: string }[];
    readonly events: readonly { reason: string }[];
    readonly actionLabel: string;
    readonly errorLabel: string;
  };
}

export class Reasons {
  readonly #counts = new Map<string, number>(
    [...CONDITIONS, ...EVENTS.map(asEvent), ...RESULTS].map((name) => [name, 0]),
  );

  add({ situation, overflow = [], expected }: Answered): void {
    const before = situation.previousStatus?.conditions ?? [];
    for (const { type, status, reason, message } of expected.conditions) {
      // A condition that stood there before may have been left alone.
      const isOld = before.some((old) => old.type === type && old.reason === reason && old.message === message);
      if (!isOld) this.#count(`${type}=${status}/${reason}`);
    }
    for (const { reason } of expected.events) this.#count(asEvent(reason));
    this.#count(`${expected.actionLabel}/${expected.errorLabel}`);
    if (!expected.statusWritten) this.#count('status as it was');
    if (overflow.includes('size')) this.#count('an overflow of the size');
    if (overflow.includes('status')) this.#count('an overflow of a shown average');
  }

  #count(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  /** Every reason with how often it occurred, those of the closed lists first. */
  entries(): (readonly [name: string, count: number])[] {
    return [...this.#counts];
  }
}

function asEvent(reason: string): string {
  return `event ${reason}`;
}
