// What is said of a metric that Setpoint exposes: the registry and the reference page are made from it.

export interface MetricDefinition {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  /** What one is one of: seconds, replicas, decisions. */
  readonly unit: string;
  /** One sentence. */
  readonly help: string;
  /** The question an operator answers with it. */
  readonly question: string;
  readonly buckets?: readonly number[];
}

type Labels = readonly string[];

export function counter(name: string, labels: Labels, unit: string, texts: readonly [string, string]) {
  return { name, type: 'counter', labels, unit, help: texts[0], question: texts[1] } as const;
}

export function gauge(name: string, labels: Labels, unit: string, texts: readonly [string, string]) {
  return { name, type: 'gauge', labels, unit, help: texts[0], question: texts[1] } as const;
}

/** Always in seconds. */
export function histogram(name: string, labels: Labels, buckets: readonly number[], texts: readonly [string, string]) {
  return { name, type: 'histogram', labels, unit: 'seconds', buckets, help: texts[0], question: texts[1] } as const;
}
