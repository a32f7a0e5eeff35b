// `npm run test:twins`: the real HPA and Setpoint side by side on a real control plane, under the same load; see docs/twins.md.
// Exit code 0: they agreed in every stair of every pair; 1: they did not, or the run failed.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { comparePair } from './compare.ts';
import { plotOf } from './plot.ts';
import { faultsOf, tableOf } from './report.ts';
import { LEAST_MINUTES, type Stair, stairsOf } from './stairs.ts';
import { type Run, watchTwins } from './watch.ts';
import { startWorld } from './world.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const IMAGES = join(ROOT, 'docs/img');

interface Arguments {
  readonly minutes: number;
  readonly out: string;
  readonly writeDocs: boolean;
}

const program = new Command('test:twins')
  .description(
    'The real HPA and Setpoint with `guards: Disabled` on twins of the same Deployments, under the same load.',
  )
  .option('--minutes <minutes>', `of load, at least ${LEAST_MINUTES}`, minutes, 10)
  .option('--out <file>', 'where the time-lines go', resolve(ROOT, '.cache/twins.json'))
  .option('--write-docs', 'draw docs/img/twins-*.svg', false);

function minutes(text: string): number {
  const value = Number(text);
  if (!(value >= LEAST_MINUTES && value <= 1440)) {
    throw new InvalidArgumentError(`give minutes between ${LEAST_MINUTES} and 1440.`);
  }
  return value;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(): Promise<number> {
  const options = program.parse().opts<Arguments>();
  const stairs = stairsOf(options.minutes);
  const run = await watch(stairs);
  const results = run.pairs.map(({ pair, lines }) => ({ pair, lines, stairs: comparePair(pair, lines, stairs) }));
  write(options.out, `${JSON.stringify({ ...run, load: stairs, pairs: results }, null, 2)}\n`);
  if (options.writeDocs) {
    for (const { pair, lines } of run.pairs) write(join(IMAGES, `twins-${pair.name}.svg`), plotOf(pair, lines, stairs));
  }
  say(`\n${tableOf(results)}\n`);
  say(`longest time between two looks at the sizes: ${run.longestGapSeconds.toFixed(1)} s`);
  const faults = faultsOf(results);
  for (const fault of faults) say(`twins: ${fault}`);
  return faults.length === 0 ? 0 : 1;
}

async function watch(stairs: readonly Stair[]): Promise<Run> {
  await using world = await startWorld(say);
  return await watchTwins(world.plant, stairs, say);
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  say(`written: ${file}`);
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`twins: ${error instanceof Error ? error.message : String(error)}\n`);
  return 1;
});
