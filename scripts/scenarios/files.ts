// The scenarios of examples/scenarios on disk: a folder each. Reads them and plays them; what they say is src/simulator's.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { judge, type Runs, type Verdict } from '../../src/simulator/figures.ts';
import { parseScenario, playScenario, type Scenario } from '../../src/simulator/scenario.ts';

export const ROOT = join(import.meta.dirname, '../..');
export const FOLDER = 'examples/scenarios';

/** In the order in which they are told: from the quiet to the unusual. What is not named here comes at the end. */
const ORDER: readonly string[] = [
  'steady',
  'daily-wave',
  'flash-crowd',
  'sawtooth',
  'slow-start',
  'source-outage',
  'rollout-during-peak',
  'vanished-load',
];

/** Everything about one scenario that was played. */
export interface Result {
  readonly scenario: Scenario;
  readonly runs: Runs;
  readonly verdicts: readonly Verdict[];
}

export function scenarioNames(): readonly string[] {
  const entries = readdirSync(join(ROOT, FOLDER), { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory() && entry.name !== 'licences').map(({ name }) => name);
  return names.toSorted((left, right) => placeOf(left) - placeOf(right) || left.localeCompare(right));
}

function placeOf(name: string): number {
  const place = ORDER.indexOf(name);
  return place < 0 ? ORDER.length : place;
}

/** @throws Error with a line per fault of the files. */
export function readScenario(name: string): Scenario {
  const folder = `${FOLDER}/${name}`;
  const read = (file: string): string => {
    try {
      return readFileSync(join(ROOT, folder, file), 'utf8');
    } catch (error) {
      throw new Error(`${folder}/${file} cannot be read: a scenario is scenario.yaml, scaledtarget.yaml and load.csv`, {
        cause: error,
      });
    }
  };
  return parseScenario({
    name,
    folder,
    scenario: read('scenario.yaml'),
    manifests: read('scaledtarget.yaml'),
    load: read('load.csv'),
  });
}

export function playResult(scenario: Scenario): Result {
  const runs = { itself: playScenario(scenario, 'itself'), beside: playScenario(scenario, 'beside') };
  return { scenario, runs, verdicts: judge(scenario, runs) };
}
