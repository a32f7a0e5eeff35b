// What an ExternalMetricValueList of external.metrics.k8s.io means: the sum of its series, by the HPA's rules. Pure.
import type { AbsentReading, ValueReading } from '../decide/types.ts';
import { absent, isAbsent } from './absence.ts';
import { fieldsOf, itemsOf, optionalStampOf, quantityOf } from './api-fields.ts';

/** The HPA's text. */
const NOTHING = 'no metrics returned from external metrics API';
/** The HPA's sum ends here. */
const MAX_INT64 = 2n ** 63n - 1n;

/**
 * The sum, as old as its oldest series; the time of the newest is told where it is another. Absent when there is none, and when
 * any series cannot be read: without it the sum would be too small.
 */
export function parseExternalMetric(body: unknown): ValueReading | AbsentReading {
  const items = itemsOf(body, 'ExternalMetricValueList');
  if (isAbsent(items)) return items;
  if (items.length === 0) return absent('Empty', NOTHING);
  let sum = 0n;
  let oldestMs = Number.POSITIVE_INFINITY;
  let newestMs = Number.NEGATIVE_INFINITY;
  for (const item of items) {
    const { timestamp, value } = fieldsOf(item);
    const milli = quantityOf(value);
    const atMs = optionalStampOf(timestamp);
    if (milli === undefined || atMs === undefined) {
      return absent('BadValue', `the value of one of ${items.length} series, or its time, cannot be read`);
    }
    sum += milli;
    oldestMs = Math.min(oldestMs, atMs);
    newestMs = Math.max(newestMs, atMs);
  }
  const valueMilli = sum > MAX_INT64 ? MAX_INT64 : sum;
  return Object.freeze({
    kind: 'value',
    valueMilli,
    atMs: oldestMs,
    ...(newestMs > oldestMs && { newestMs }),
    scrapeIntervalMs: undefined,
    partial: false,
  });
}
