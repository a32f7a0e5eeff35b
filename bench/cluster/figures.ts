// From what was observed to the figures of a contender: requests per decision, times and their spread. Pure.
import type { AuditEntry } from '../../test/controlplane/audit.ts';
import { type Spread, spreadOf } from './statistics.ts';

/** From `fromMs` up to `toMs`, milliseconds since 1970. */
export interface Period {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The requests of one contender that were answered in the period. A watch counts when it begins. */
export function requestsOf(entries: readonly AuditEntry[], userAgent: RegExp, { fromMs, toMs }: Period): AuditEntry[] {
  return entries.filter(
    (entry) =>
      userAgent.test(entry.userAgent) &&
      entry.atMs >= fromMs &&
      entry.atMs < toMs &&
      (entry.stage === 'ResponseStarted') === (entry.verb === 'watch'),
  );
}

/** How many requests of each verb and resource, such as `get deployments/scale`, the most frequent first. */
export function byVerbAndResource(entries: readonly AuditEntry[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { verb, resource, subresource, group } of entries) {
    const plural =
      resource === undefined ? 'other' : `${resource}${group.endsWith('metrics.k8s.io') ? `.${group}` : ''}`;
    const name = `${verb} ${plural}${subresource === undefined ? '' : `/${subresource}`}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return new Map([...counts].toSorted(([, a], [, b]) => b - a));
}

/** Seconds between two successive reads of the same target's scale, which the HPA makes once a decision. */
export function scaleReadIntervals(entries: readonly AuditEntry[]): readonly number[] {
  const last = new Map<string, number>();
  const intervals: number[] = [];
  for (const { verb, subresource, namespace, name, receivedAtMs } of entries) {
    if (verb !== 'get' || subresource !== 'scale') continue;
    const key = `${namespace}/${name}`;
    const before = last.get(key);
    if (before !== undefined) intervals.push((receivedAtMs - before) / 1000);
    last.set(key, receivedAtMs);
  }
  return intervals;
}

export interface StepFigures {
  /** How many targets got another size. */
  readonly accepted: number;
  /** Seconds from the flip of all values to the accepted write of each target's first new size. */
  readonly reaction: Spread;
}

/** What came of a step of all targets at `flippedAtMs`. */
export function stepFigures(entries: readonly AuditEntry[], flippedAtMs: number): StepFigures {
  const first = new Map<string, number>();
  for (const { verb, subresource, code, namespace, name, atMs } of entries) {
    const isWrite = (verb === 'update' || verb === 'patch') && subresource === 'scale' && code === 200;
    if (!isWrite || atMs < flippedAtMs) continue;
    const key = `${namespace}/${name}`;
    first.set(key, Math.min(first.get(key) ?? Number.POSITIVE_INFINITY, atMs));
  }
  return { accepted: first.size, reaction: spreadOf([...first.values()].map((atMs) => (atMs - flippedAtMs) / 1000)) };
}

/** Cumulative counts of a histogram by upper bound, as scraped. */
export type Buckets = ReadonlyMap<number, number>;

/**
 * The smallest bound that `share` of what came between two scrapes did not exceed: the histogram knows no more than that.
 * Infinity above the last bound, NaN when nothing came.
 */
export function boundOf(before: Buckets, after: Buckets, share: number): number {
  const came = [...after].map(([bound, count]) => [bound, count - (before.get(bound) ?? 0)] as const);
  const total = Math.max(0, ...came.map(([, count]) => count));
  if (total === 0) return Number.NaN;
  return (
    came.toSorted(([a], [b]) => a - b).find(([, count]) => count >= total * share)?.[0] ?? Number.POSITIVE_INFINITY
  );
}
