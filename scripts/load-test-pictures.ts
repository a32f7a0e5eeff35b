// The pictures of docs/load-test.md. `node scripts/load-test-pictures.ts RECORD` takes what `npm run demo -- -f examples/load-test --record RECORD`
// has seen and keeps of it what is drawn; without RECORD it draws what was kept last.
import { readFile, writeFile } from 'node:fs/promises';
import { CPU_PANEL, draw, LATENCY_PANEL, LOAD_PANEL, PODS_PANEL, type Seen } from './demo/picture.ts';
import { stormStart } from './demo/stages.ts';

const FOLDER = new URL('../docs/img/', import.meta.url);
const KEPT = new URL('load-test.json', FOLDER);
/** Of the storm: before it, and until all pods are there. */
const CLOSE_UP_SECONDS = [10, 60] as const;

/** File name → picture. */
export function picturesOf(seen: Seen): Record<string, string> {
  const end = Math.ceil(seen.points.at(-1)?.seconds ?? 0);
  const storm = stormStart(seen.stages);
  const [before, after] = CLOSE_UP_SECONDS;
  return {
    'load-test.svg': draw(seen, {
      title: 'A load test: the size follows the load',
      from: 0,
      to: end,
      panels: [LOAD_PANEL, CPU_PANEL, PODS_PANEL],
    }),
    'load-test-storm.svg': draw(seen, {
      title: 'The first minute of the storm',
      from: Math.max(0, storm - before),
      to: Math.min(end, storm + after),
      panels: [LOAD_PANEL, LATENCY_PANEL, PODS_PANEL],
    }),
  };
}

/** What is kept of a record: of its first target, a line for each second. */
function keptOf(record: { stages: Seen['stages']; targets: readonly Omit<Seen, 'stages'>[] }): Seen {
  const { points = [], changes = [] } = record.targets[0] ?? {};
  return {
    stages: record.stages,
    points: points.map(({ seconds, load, p99, metrics, size, wanted, ready }) => ({
      seconds: Math.round(seconds * 10) / 10,
      load,
      p99,
      metrics,
      size,
      wanted,
      ready,
    })),
    changes: changes.map(({ seconds, from, to }) => ({ seconds: Math.round(seconds * 10) / 10, from, to })),
  };
}

function textOf({ stages, changes, points }: Seen): string {
  const lines = points.map((point) => `    ${JSON.stringify(point)}`).join(',\n');
  return `{\n  "stages": ${JSON.stringify(stages)},\n  "changes": ${JSON.stringify(changes)},\n  "points": [\n${lines}\n  ]\n}\n`;
}

async function main(recordFile: string | undefined): Promise<void> {
  if (recordFile !== undefined) {
    const record = JSON.parse(await readFile(recordFile, 'utf8')) as Parameters<typeof keptOf>[0];
    await writeFile(KEPT, textOf(keptOf(record)));
  }
  const seen = JSON.parse(await readFile(KEPT, 'utf8')) as Seen;
  for (const [name, picture] of Object.entries(picturesOf(seen))) await writeFile(new URL(name, FOLDER), picture);
}

if (import.meta.main) await main(process.argv[2]);
