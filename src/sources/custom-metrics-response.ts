// What a MetricValueList of custom.metrics.k8s.io means, in v1beta2 and v1beta1 alike: values of described objects, and from them
// one sample per pod, or the one value of an object, by the HPA's rules. Pure.
import type { AbsentReading, PodSample, PodsReading, ValueReading } from '../decide/types.ts';
import { absent, isAbsent } from './absence.ts';
import { fieldsOf, itemsOf, optionalStampOf, quantityOf } from './api-fields.ts';

/** The value of one object. */
export interface ObjectValue {
  readonly name: string;
  /** Empty: the adapter does not say. */
  readonly namespace: string;
  /** Undefined: it cannot be read, or its time cannot. */
  readonly sample: PodSample | undefined;
}

/** The HPA's texts. */
const NOTHING = 'no metrics returned from custom metrics API';
const NOT_ONE = (count: number) =>
  `the custom metrics API server returned ${count} results when we asked for exactly one`;
/** What the HPA takes for the window of a value that names none. */
const DEFAULT_WINDOW_MS = 60_000;

/** Every value in the body, in its order; absent when the body is no list of them. */
export function parseMetricValues(body: unknown): readonly ObjectValue[] | AbsentReading {
  const items = itemsOf(body, 'MetricValueList');
  return isAbsent(items) ? items : items.map(objectValue);
}

function objectValue(item: unknown): ObjectValue {
  const { describedObject, timestamp, value, windowSeconds, window } = fieldsOf(item);
  const { name, namespace } = fieldsOf(describedObject);
  const atMs = optionalStampOf(timestamp);
  const valueMilli = quantityOf(value);
  const isReadable = atMs !== undefined && valueMilli !== undefined;
  return {
    name: typeof name === 'string' ? name : '',
    namespace: typeof namespace === 'string' ? namespace : '',
    // The field is called `windowSeconds` in v1beta2 and `window` in v1beta1.
    sample: isReadable ? { valueMilli, atMs, windowMs: windowOf(windowSeconds ?? window) } : undefined,
  };
}

function windowOf(seconds: unknown): number {
  return typeof seconds === 'number' && seconds >= 0 ? seconds * 1000 : DEFAULT_WINDOW_MS;
}

/**
 * One sample for each pod asked for; of two values for one pod the first that can be read counts, values of other namespaces do
 * not. Absent when no pod asked for has a value, with the HPA's text if none is in the list.
 */
export function podsReadingOf(
  values: readonly ObjectValue[],
  namespace: string,
  podNames: ReadonlySet<string>,
): PodsReading | AbsentReading {
  const samples = new Map<string, PodSample>();
  let unreadable = 0;
  for (const value of values) {
    const isForeign = value.namespace !== '' && value.namespace !== namespace;
    if (isForeign || !podNames.has(value.name) || samples.has(value.name)) continue;
    if (value.sample === undefined) unreadable += 1;
    else samples.set(value.name, value.sample);
  }
  if (samples.size > 0) return Object.freeze({ kind: 'pods', samples });
  return unreadable > 0 ? absent('BadValue', 'no pod has a value that can be read') : absent('Empty', NOTHING);
}

/** The value of one object: exactly one may be in the list. */
export function objectReadingOf(values: readonly ObjectValue[]): ValueReading | AbsentReading {
  const [first] = values;
  if (first === undefined) return absent('Empty', NOT_ONE(0));
  if (values.length > 1) return absent('TooManySeries', NOT_ONE(values.length));
  if (first.sample === undefined) return absent('BadValue', 'the value, or its time, cannot be read');
  const { valueMilli, atMs } = first.sample;
  return Object.freeze({ kind: 'value', valueMilli, atMs, scrapeIntervalMs: undefined, partial: false });
}
