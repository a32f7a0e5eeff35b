// Bounds of the API that more than its schema keeps to: here, because loading the schema and zod takes as long as Node's own start.

/** Kubernetes counts replicas and seconds in signed 32-bit numbers. */
export const MAX_INT32 = 2_147_483_647;
/** Longest given or derived metric name: what a label value may hold. */
export const MAX_METRIC_NAME = 63;
/** The HPA sets no limit; the cost of CEL rules needs one. */
export const MAX_METRICS = 100;
/** The longest of everything in a decision record. */
export const RECORD_LIMITS = { text: 1024, metrics: MAX_METRICS, steps: 128, cycle: 64 } as const;
/** The longest of everything in a status; a status beyond them is refused by the API server. */
export const STATUS_LIMITS = {
  /** Of a condition's message, as Kubernetes bounds it. */
  conditionMessage: 32_768,
  /** Of `summary.*`, `detail` and `reason` texts. */
  text: RECORD_LIMITS.text,
  metricName: MAX_METRIC_NAME,
  metrics: MAX_METRICS,
  conditions: 16,
  scaleEvents: 512,
  history: 10,
} as const;
