// What a metric measures and what it is compared with, as text: by these a memory is known to belong to the metric at hand.
// The name is not enough, since a user may give another query the same name.
import type { Metric } from '../../api/spec.ts';

/** All of a metric but what does not change the samples. Targets hold big integers, which JSON cannot carry. */
export function subjectOf(metric: Metric): string {
  let subject = subjects.get(metric);
  if (subject === undefined) {
    const rest = { ...metric, name: undefined, target: undefined, maxAgeSeconds: undefined, direction: undefined };
    subject = JSON.stringify(rest);
    subjects.set(metric, subject);
  }
  return subject;
}

/** A metric of a spec never changes, and is asked about in every cycle. */
const subjects = new WeakMap<Metric, string>();

export function targetOf({ target }: Metric): string {
  return `${target.type} ${target.averageUtilization} ${target.averageValueMilli} ${target.valueMilli}`;
}
