// The port of metric sources: a metric and where it is read for, in; a reading with its time, or absence with a reason, out.
// A source never throws for what the outside world does: every failure is an absent reading.
import type { Metric } from '../api/spec.ts';
import type { Span } from '../base/tracing.ts';
import type { Reading } from '../decide/types.ts';

/** For whom a metric is read. */
export interface ReadContext {
  readonly namespace: string;
  /** Name of the ScaledTarget, for logs only. */
  readonly name: string;
  /** The cycle that asks, for logs only. */
  readonly cycle?: string;
  /** The span of this read, or of what asks for several; undefined when nobody records it. */
  readonly span?: Span | undefined;
  /** Names of the pods that the target's selector finds. */
  readonly podNames: Iterable<string>;
  /** The selector in string form, as the metrics APIs take it. */
  readonly selector: string;
  /**
   * The scheduled time of this decision, in milliseconds since the epoch. Reads of the same data with the same tick are one
   * request; see shared.ts.
   */
  readonly tickMs: number;
}

export interface MetricReader {
  /** Resolves within the source's own deadline, or at once when `signal` aborts, with an absent reading. */
  read(metric: Metric, context: ReadContext, signal: AbortSignal): Promise<Reading>;
  /**
   * What the first read of this metric is shared by, such as `pods/shop` or `prometheus/default/sum(rate(...))`: targets with
   * the same key are decided at the same moment.
   */
  sharedKey(metric: Metric, namespace: string): string;
}
