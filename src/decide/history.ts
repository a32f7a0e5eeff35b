// What a target remembers between decisions, in the HPA's storage order: a new entry takes the place of the last one that no
// longer matters, or goes to the end. Lists come in and go out; none is changed in place.
import type { ScalingRules, TargetSpec } from '../api/spec.ts';
import type { History, Recommendation, ScaleEvent } from './types.ts';

/** Nothing remembered: a target seen for the first time. */
export const emptyHistory: History = { recommendations: null, scaleEvents: { up: [], down: [] }, metrics: {} };

/** Stores a recommendation over the last one that `isExpired`, or at the end. */
export function storeRecommendation(
  list: readonly Recommendation[],
  entry: Recommendation,
  isExpired: (entry: Recommendation) => boolean,
): readonly Recommendation[] {
  return storeAt(list, list.findLastIndex(isExpired), entry);
}

/** Stores a size change for the rate policies; without `behavior` none is kept. */
export function storeScaleEvent(
  events: History['scaleEvents'],
  behavior: TargetSpec['behavior'],
  change: { readonly from: number; readonly to: number; readonly atMs: number; readonly unconfirmed?: true },
): History['scaleEvents'] {
  if (behavior === undefined) return events;
  const up = change.to > change.from;
  const rules = up ? behavior.scaleUp : behavior.scaleDown;
  const cutoffMs = change.atMs - longestPeriodMs(rules);
  const marked = (up ? events.up : events.down).map((event) =>
    event.outdated || event.atMs < cutoffMs ? { ...event, outdated: true } : event,
  );
  const entry: ScaleEvent = {
    change: Math.abs(change.to - change.from),
    atMs: change.atMs,
    outdated: false,
    ...(change.unconfirmed && { unconfirmed: true }),
  };
  const index = marked.findLastIndex((event) => event.outdated);
  const stored = storeAt(marked, index, entry);
  return up ? { up: stored, down: events.down } : { up: events.up, down: stored };
}

function storeAt<T>(list: readonly T[], index: number, entry: T): readonly T[] {
  return index < 0 ? [...list, entry] : list.with(index, entry);
}

function longestPeriodMs(rules: ScalingRules): number {
  return rules.policies.reduce((longest, policy) => Math.max(longest, policy.periodSeconds * 1000), 0);
}

/** The sum of the changes strictly younger than a period. */
export function changeWithin(events: readonly ScaleEvent[], periodMs: number, now: number): number {
  let sum = 0;
  for (const event of events) if (event.atMs > now - periodMs) sum += event.change;
  return sum;
}
