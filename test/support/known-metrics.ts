// Every metric that /metrics has, with its labels: of the catalogue, and of the process.
import { METRICS } from '../../src/record/metrics/catalogue.ts';
import type { MetricDefinition } from '../../src/record/metrics/definition.ts';
import { TARGET_METRICS } from '../../src/record/metrics/target-catalogue.ts';
import { Metrics } from '../../src/record/metrics.ts';

/** Given by whoever scrapes, to every series. */
const OF_THE_SCRAPE = ['job', 'instance'];

/** Labels by name. */
export async function knownMetrics(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const definitions: readonly MetricDefinition[] = [...Object.values(METRICS), ...Object.values(TARGET_METRICS)];
  const known = new Map(
    definitions.map(({ name, type, labels }) => [
      name,
      new Set([...labels, ...OF_THE_SCRAPE, ...(type === 'histogram' ? ['le'] : [])]),
    ]),
  );
  const text = String(await new Metrics({ perTarget: true, processMetrics: true, syncPeriodMs: 1 }).text());
  for (const [, name = ''] of text.matchAll(/^# TYPE (\S+) /gm)) {
    if (!known.has(name)) known.set(name, new Set(OF_THE_SCRAPE));
  }
  return known;
}
