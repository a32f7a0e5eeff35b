// VanishedLoad: a load that is suddenly gone is more often a broken source than a quiet one. When the total is under a tenth of
// the highest trusted one of the last three minutes, the metric may not shrink the size until two newer samples, and 60 s, have
// said the same; zero replicas (where minReplicas is 0) take five newer samples.
// Promises: a true fall is held no longer than 60 s or two samples, whichever is later, also when it comes to rest near the tenth.
// A slow decline, and a fall within a tenth, are never held. A source that stays wrong for longer is believed: for that there are the windows, and a second metric.
import { countOf } from '../pods-rule.ts';
import type { MetricMemory } from '../types.ts';
import type { Objection } from './types.ts';

const TRUST_MS = 180_000;
const AGREE_MS = 60_000;
const AGREE_SAMPLES = 2;
const AGREE_SAMPLES_ZERO = 5;
/** A fall begins under a tenth of the peak, and is over above a fifth: between them a load that wavers begins no second one. */
const FALLEN = 10n;
const BACK = 5n;
/** Peaks closer together than this are one: it bounds the memory to 20 at an exactness nobody can tell. */
const PEAK_GRAIN_MS = 10_000;

export type LoadMemory = Pick<MetricMemory, 'peaks' | 'fall'>;
type Peaks = NonNullable<MetricMemory['peaks']>;

export interface Observation {
  readonly now: number;
  readonly totalMilli: bigint;
  readonly isNew: boolean;
  /** When the metric last had a trusted reading; the three minutes end there, so that an outage between does not use them up. */
  readonly lastSeenAtMs: number | undefined;
}

/** Takes a trusted total into the memory: it raises the peaks, or begins, confirms or refutes a fall. */
export function observeLoad(memory: LoadMemory, seen: Observation): LoadMemory {
  const { now, totalMilli } = seen;
  const peaks = recent(memory.peaks ?? [], (seen.lastSeenAtMs ?? now) - TRUST_MS);
  const peakMilli = memory.fall?.peakMilli ?? peaks[0]?.totalMilli ?? 0n;
  if (totalMilli * (memory.fall === undefined ? FALLEN : BACK) >= peakMilli)
    return { peaks: withPeak(peaks, totalMilli, now), fall: undefined };
  if (memory.fall === undefined) return { peaks, fall: { peakMilli, sinceMs: now, agreed: 0 } };
  const agreed = memory.fall.agreed + (seen.isNew ? 1 : 0);
  const believed = agreed >= AGREE_SAMPLES_ZERO && now - memory.fall.sinceMs >= AGREE_MS;
  if (believed) return { peaks: [{ totalMilli, atMs: now }], fall: undefined };
  return { peaks, fall: { ...memory.fall, agreed } };
}

/** The lowest size the metric may ask for while a fall is not believed yet, and why; undefined: any. */
export function objectToFall(
  { fall }: LoadMemory,
  ask: { readonly now: number; readonly replicas: number; readonly current: number; readonly minReplicas: number },
): (Objection & { readonly floor: number }) | undefined {
  // At the minimum there is nothing to hold.
  if (fall === undefined || Math.max(ask.replicas, ask.minReplicas) >= ask.current) return undefined;
  const forMs = ask.now - fall.sinceMs;
  const detail =
    `the load fell to under a tenth of its highest of late, ${Number(fall.peakMilli) / 1000}, ` +
    `${Math.round(forMs / 1000)} s ago, and ${countOf(fall.agreed, 'newer sample')} confirmed it since`;
  if (fall.agreed < AGREE_SAMPLES || forMs < AGREE_MS) return { guard: 'VanishedLoad', detail, floor: ask.current };
  const toZero = ask.minReplicas === 0 && ask.replicas <= 0;
  return toZero ? { guard: 'VanishedLoad', detail, floor: 1 } : undefined;
}

function recent(peaks: Peaks, sinceMs: number): Peaks {
  const first = peaks.findIndex((peak) => peak.atMs >= sinceMs);
  if (first === 0) return peaks;
  return first < 0 ? [] : peaks.slice(first);
}

/** Keeps only what can still become the highest: a total that a later, higher one covers is forgotten. */
function withPeak(peaks: Peaks, totalMilli: bigint, now: number): Peaks {
  const isHigher = (peak: Peaks[number]) => peak.totalMilli > totalMilli;
  const higher = peaks.every(isHigher) ? peaks : peaks.filter(isHigher);
  const last = higher.at(-1);
  const covered = last !== undefined && now - last.atMs < PEAK_GRAIN_MS;
  return covered ? higher : higher.concat({ totalMilli, atMs: now });
}
