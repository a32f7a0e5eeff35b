// StaleSample: an old number is no news. A sample older than the metric's maxAgeSeconds may raise a size until it is five
// minutes old and may not lower one; then, and when it is stamped more than 60 s in the future, it is missing. A sample older
// than one already seen is not believed: the one seen stands, so that replicas of a metrics server that lag behind each other
// do not make the size swing. A sum of several series may lower by the age of its oldest, and raise by that of its newest. Samples
// without a stamp are of unknown age and pass; whether they are new is for samples.ts.
import type { AbsentReading, PodSample, PodsReading, Reading, ValueReading } from '../types.ts';
import type { Present } from './samples.ts';

/** Clocks of a cluster differ by seconds; a minute is a wrong clock or a wrong unit. */
export const MAX_FUTURE_MS = 60_000;
/** So long an old sample may still raise: by then the load of the time it was taken tells nothing. */
export const MAX_RAISE_AGE_MS = 300_000;

/** A reading by age. Both are what was read while nothing is wrong. */
export interface Aged {
  /** What may raise; absent when no sample is young enough even for that. */
  readonly usable: Reading;
  /** What may lower: without the samples older than maxAgeSeconds; absent when none is left. */
  readonly fresh: Reading;
  /** Why they differ from what was read or from each other; empty when they do not. */
  readonly detail: string;
}

/**
 * @param last the last reading that counted, if any
 * @param maxAgeMs age up to which a sample may lower a size
 */
export function judgeAge(reading: Reading, last: Present | undefined, now: number, maxAgeMs: number): Aged {
  if (reading.kind === 'absent') return unchanged(reading);
  if (reading.kind === 'value') return judgeValue(reading, last?.kind === 'value' ? last : undefined, now, maxAgeMs);
  return judgePods(reading, last?.kind === 'pods' ? last : undefined, now, maxAgeMs);
}

function judgeValue(reading: ValueReading, last: ValueReading | undefined, now: number, maxAgeMs: number): Aged {
  if (isFuture(reading.atMs, now)) return nothing(future(`${seconds((reading.atMs ?? now) - now)} ahead`));
  const stands = last !== undefined && lagsBehind(reading, last, now);
  const usable = stands ? last : reading;
  const youngestMs = ageOf(newestOf(usable, now), now);
  if (youngestMs > raiseAgeMs(maxAgeMs)) return nothing(stale(`${seconds(youngestMs)} old`));
  const ageMs = ageOf(usable.atMs, now);
  if (ageMs > maxAgeMs) {
    const what = usable.newestMs === undefined ? 'the sample' : 'the oldest of its series';
    const detail = `${what} is ${seconds(ageMs)} old, more than the ${seconds(maxAgeMs)} of maxAgeSeconds`;
    return { usable, fresh: stale(`${seconds(ageMs)} old`), detail };
  }
  if (!stands) return unchanged(usable);
  const earlier = seconds((newestOf(last, now) ?? now) - (newestOf(reading, now) ?? now));
  return { usable, fresh: usable, detail: `the sample is ${earlier} older than the one before, which stands` };
}

/**
 * Whether all of a reading is older than the one known. A series that comes late, or goes, moves one end alone: that is another
 * sum, and no server that lags.
 */
function lagsBehind(reading: ValueReading, last: ValueReading, now: number): boolean {
  return isBefore(newestOf(reading, now), newestOf(last, now)) && !isBefore(last.atMs, reading.atMs);
}

/** A series that is stamped in the future says nothing of the age of the others. */
function newestOf({ atMs, newestMs = atMs }: ValueReading, now: number): number | undefined {
  return isFuture(newestMs, now) ? atMs : newestMs;
}

function ageOf(atMs: number | undefined, now: number): number {
  return atMs === undefined ? 0 : now - atMs;
}

interface Counts {
  future: number;
  stood: number;
  old: number;
  expired: number;
}

function judgePods(reading: PodsReading, last: PodsReading | undefined, now: number, maxAgeMs: number): Aged {
  if (isFaultless(reading, last, now, maxAgeMs)) return unchanged(reading);
  const usable = new Map<string, PodSample>();
  const fresh = new Map<string, PodSample>();
  const counts: Counts = { future: 0, stood: 0, old: 0, expired: 0 };
  for (const [name, read] of reading.samples) {
    const sample = standing(read, last?.samples.get(name), now);
    if (sample !== read) counts.stood += 1;
    const fate = fateOf(sample, now, maxAgeMs);
    if (fate !== 'fresh') counts[fate] += 1;
    if (fate === 'fresh' || fate === 'old') usable.set(name, sample);
    if (fate === 'fresh') fresh.set(name, sample);
  }
  const detail = describe(counts, reading.samples.size, maxAgeMs);
  if (usable.size === 0) return nothing(counts.expired > 0 ? stale(detail) : future(detail));
  const whole: PodsReading =
    counts.stood + counts.future + counts.expired === 0 ? reading : { kind: 'pods', samples: usable };
  const part: PodsReading = counts.old === 0 ? whole : { kind: 'pods', samples: fresh };
  return { usable: whole, fresh: fresh.size === 0 ? stale(detail) : part, detail };
}

/** The usual case, in which nothing needs to be built. */
function isFaultless(reading: PodsReading, last: PodsReading | undefined, now: number, maxAgeMs: number): boolean {
  let isFaultless = true;
  reading.samples.forEach(({ atMs }, name) => {
    if (atMs === undefined) return;
    const isFine = atMs >= now - maxAgeMs && !isFuture(atMs, now) && !isBefore(atMs, last?.samples.get(name)?.atMs);
    if (!isFine) isFaultless = false;
  });
  return isFaultless;
}

/** The sample that counts: the last one known where the one read is earlier. */
function standing(sample: PodSample, last: PodSample | undefined, now: number): PodSample {
  return last !== undefined && !isFuture(sample.atMs, now) && isBefore(sample.atMs, last.atMs) ? last : sample;
}

function fateOf({ atMs }: PodSample, now: number, maxAgeMs: number): 'fresh' | keyof Omit<Counts, 'stood'> {
  if (isFuture(atMs, now)) return 'future';
  const ageMs = atMs === undefined ? 0 : now - atMs;
  if (ageMs > raiseAgeMs(maxAgeMs)) return 'expired';
  return ageMs > maxAgeMs ? 'old' : 'fresh';
}

function describe(counts: Counts, size: number, maxAgeMs: number): string {
  const parts: string[] = [];
  if (counts.old > 0) parts.push(`${counts.old} older than the ${seconds(maxAgeMs)} of maxAgeSeconds`);
  if (counts.expired > 0) parts.push(`${counts.expired} too old to be of use`);
  if (counts.future > 0) parts.push(`${counts.future} stamped more than ${seconds(MAX_FUTURE_MS)} in the future`);
  if (counts.stood > 0) parts.push(`${counts.stood} older than the one before, which stands`);
  return `of the samples of ${size} pods: ${parts.join(', ')}`;
}

function isFuture(atMs: number | undefined, now: number): boolean {
  return atMs !== undefined && atMs - now > MAX_FUTURE_MS;
}

function isBefore(atMs: number | undefined, knownMs: number | undefined): boolean {
  return atMs !== undefined && knownMs !== undefined && atMs < knownMs;
}

/** A metric that is allowed to be older than five minutes may of course raise as long as it may lower. */
function raiseAgeMs(maxAgeMs: number): number {
  return Math.max(maxAgeMs, MAX_RAISE_AGE_MS);
}

function unchanged(reading: Reading): Aged {
  return { usable: reading, fresh: reading, detail: '' };
}

function nothing(absent: AbsentReading): Aged {
  return { usable: absent, fresh: absent, detail: absent.message };
}

function stale(what: string): AbsentReading {
  return { kind: 'absent', reason: 'StaleSample', message: `the sample is too old to be of use: ${what}` };
}

function future(what: string): AbsentReading {
  const message = `the sample is stamped in the future (${what}); check the clocks of the source and of the controller`;
  return { kind: 'absent', reason: 'FutureSample', message };
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
