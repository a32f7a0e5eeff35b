// Which readings hold news: the same sample read twice is one observation. Sources that stamp their samples are believed by
// their stamps; for the others (a Prometheus instant query) a sample is new when its value changed or a scrape interval has passed.
import type { PodSample, PodsReading, PodState, SampleMemory, ValueReading } from '../types.ts';

export type Present = PodsReading | ValueReading;

/** Where nobody says how often new data can appear: the usual Prometheus scrape interval. */
export const DEFAULT_SCRAPE_INTERVAL_MS = 30_000;

/** Whether a reading holds a newer sample than the one known; for pods: whether at least half of them have one. */
export function isNewSample(reading: Present, known: SampleMemory | undefined, now: number): boolean {
  if (known === undefined || known.reading.kind !== reading.kind) return true;
  const knownForMs = now - known.newAtMs;
  if (reading.kind === 'value') {
    if (known.reading.kind !== 'value') return true;
    return isNewer(reading, known.reading, knownForMs, reading.scrapeIntervalMs);
  }
  if (known.reading.kind !== 'pods') return true;
  const { samples } = known.reading;
  let newer = 0;
  reading.samples.forEach((sample, name) => {
    const before = samples.get(name);
    if (before === undefined || isNewer(sample, before, knownForMs, undefined)) newer += 1;
  });
  return newer * 2 >= reading.samples.size;
}

type Stamped = Pick<PodSample, 'valueMilli' | 'atMs'> & Pick<ValueReading, 'newestMs'>;

function isNewer(sample: Stamped, before: Stamped, knownForMs: number, scrapeIntervalMs: number | undefined): boolean {
  if (sample.atMs !== undefined && before.atMs !== undefined) {
    // The time that a query gives is often that of its oldest series: the others may be newer, and show it by the value.
    const isChanged = scrapeIntervalMs !== undefined && sample.valueMilli !== before.valueMilli;
    if (sample.atMs > before.atMs || (isChanged && sample.atMs === before.atMs)) return true;
    return (sample.newestMs ?? sample.atMs) > (before.newestMs ?? before.atMs);
  }
  return sample.valueMilli !== before.valueMilli || knownForMs >= (scrapeIntervalMs ?? DEFAULT_SCRAPE_INTERVAL_MS);
}

/** All of a reading in one number, in thousandths: its value, or the sum over its pods. */
export function totalOf(reading: Present): bigint {
  if (reading.kind === 'value') return reading.valueMilli;
  let total = 0n;
  for (const { valueMilli } of reading.samples.values()) total += valueMilli;
  return total;
}

/**
 * What to remember of a reading: its samples, and of pods that still exist but are not in it the last ones known, while they
 * were taken at `youngerThanMs` or later. So there is at most one sample for each pod of the reading and of the list.
 */
export function rememberReading(
  reading: Present,
  last: Present | undefined,
  pods: readonly PodState[],
  youngerThanMs: number,
): Present {
  if (reading.kind === 'value' || last?.kind !== 'pods') return reading;
  let merged: Map<string, PodSample> | undefined;
  for (const { name } of pods) {
    if (reading.samples.has(name)) continue;
    const before = last.samples.get(name);
    if (before?.atMs === undefined || before.atMs < youngerThanMs) continue;
    merged ??= new Map(reading.samples);
    merged.set(name, before);
  }
  return merged === undefined ? reading : { kind: 'pods', samples: merged };
}
