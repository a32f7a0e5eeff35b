// `npm run test:parity`: compares Setpoint with the real HPA controller on drawn situations, see docs/parity.md. Its flags and exit
// codes are arguments.ts's.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../src/base/errors.ts';
import { type Branch, codeAt, readBranches } from '../../test/parity/branches.ts';
import { smallestDisagreement, tell } from '../../test/parity/disagreement.ts';
import { HpaProcess } from '../../test/parity/hpa-process.ts';
import { CACHE, CannotBuild, type HpaProgram, hpaProgram } from '../../test/parity/hpa-program.ts';
import { CannotRead, type RecordedLine, readRecorded } from '../../test/parity/recorded.ts';
import { parityRun, reproduce, type RunResult, type Tally } from '../../test/parity/run.ts';
import { HELP, type ParityOptions, parseArguments } from './arguments.ts';

/**
 * From this many situations on, a run fails when something never occurred. The rarest things occur about once in 1,200
 * situations: among 20,000 chance alone leaves one of them out less than once in a million runs, among 3,000 in one of ten.
 */
const ENOUGH = 20_000;

/** Disagreements that are told at length. */
const MOST_TOLD = 3;

/** Wrong flags, or what the flags name is no good. */
const WRONG_USE = 2;

process.exitCode = await main(process.argv.slice(2));

/** Exit code. */
async function main(args: readonly string[]): Promise<number> {
  let options: ParityOptions | 'help';
  try {
    options = parseArguments(args);
  } catch (error) {
    return refuse(error);
  }
  if (options === 'help') {
    console.log(HELP.trimEnd());
    return 0;
  }
  try {
    const recorded = readRecorded(options.answers);
    return await run(await hpaProgram((sentence) => console.log(`parity: ${sentence}`)), recorded, options);
  } catch (error) {
    if (error instanceof CannotBuild || error instanceof CannotRead) return refuse(error);
    throw error;
  }
}

function refuse(error: unknown): number {
  console.error(`parity: ${messageOf(error)}`);
  return WRONG_USE;
}

async function run(
  program: HpaProgram,
  recorded: readonly RecordedLine[],
  { count, seed }: ParityOptions,
): Promise<number> {
  mkdirSync(CACHE, { recursive: true });
  const profile = join(CACHE, `coverage-${process.pid}.out`);
  const hpa = new HpaProcess(program, profile);
  const started = performance.now();
  const isSame = await checkRecorded(hpa, program, recorded);
  const result = await parityRun(hpa, { seed, count, progress: progressOf(count) });
  const seconds = (performance.now() - started) / 1000;
  const { tally } = result;
  console.log(
    `seed ${seed}: ${tally.agree} of ${tally.counted} counted situations agree (${tally.agreeInAll} also in messages, metrics, ` +
      `status, errors); ${tally.lines - tally.counted} of ${tally.lines} not counted; ${seconds.toFixed(1)} s`,
  );
  for (const [field, differ] of tally.differing) console.log(`  ${field}: ${differ} differ`);
  for (const line of [...tally.firsts.values()].slice(0, MOST_TOLD)) await tellFirst(line, hpa);
  await hpa.close();
  const branches = readBranches(readFileSync(profile, 'utf8'));
  rmSync(profile);
  const missing = tellOccurrences(result, branches, program);
  if (missing.length > 0) tellMissing(missing, count);
  return isSame && tally.firsts.size === 0 && (missing.length === 0 || count < ENOUGH) ? 0 : 1;
}

async function checkRecorded(
  hpa: HpaProcess,
  { version }: HpaProgram,
  recorded: readonly RecordedLine[],
): Promise<boolean> {
  const differing = await reproduce(hpa, recorded);
  const same = recorded.length - differing.length;
  console.log(`the HPA of Kubernetes ${version} gives ${same} of ${recorded.length} recorded answers again`);
  if (differing.length > 0) console.log(`  not those to ${differing.slice(0, 10).join(', ')}`);
  return differing.length === 0;
}

/** On a terminal one line that is written over; elsewhere a line for each tenth. */
function progressOf(count: number): (tally: Tally) => void {
  let told = 0;
  return ({ lines, agreeInAll, counted }) => {
    const isOver = lines === count;
    const text = `${lines} of ${count} situations, ${counted - agreeInAll} disagreements`;
    if (process.stdout.isTTY) process.stdout.write(`\r${text}${isOver ? '\n' : ''}`);
    else if (lines - told >= count / 10 || isOver) {
      told = lines;
      console.log(text);
    }
  };
}

async function tellFirst(line: string, hpa: HpaProcess): Promise<void> {
  console.log(`\nThe first disagreement of its kind\n${await tell(line)}`);
  const ask = async (text: string) => (await hpa.answers([text]))[0] ?? '';
  const smallest = await smallestDisagreement(line, ask);
  const { id, situation } = JSON.parse(smallest) as { id: string; situation: unknown };
  const file = join(CACHE, `${id}.jsonl`);
  writeFileSync(file, `${smallest}\n`);
  console.log(`\nThe same, as small as it gets\n${await tell(smallest)}\n  situation: ${JSON.stringify(situation)}`);
  console.log(`\nwritten to ${file}: setpoint decide --situations ${file} --explain\n`);
}

/** Prints how often everything occurred, and gives back what never did. */
function tellOccurrences({ reasons, kinds }: RunResult, branches: readonly Branch[], program: HpaProgram): string[] {
  const rarest = branches.toSorted((one, other) => one.count - other.count);
  const taken = branches.filter(({ count }) => count > 0).length;
  tellList('The HPA said', reasons.entries());
  tellList('Situations with', kinds.entries());
  console.log(`Branches of the HPA's code: ${taken} of ${branches.length} taken; the rarest:`);
  for (const branch of rarest.slice(0, 8)) {
    console.log(`  ${String(branch.count).padStart(8)}  ${branch.place}  ${codeAt(program.controllerFolder, branch)}`);
  }
  const table = join(CACHE, 'branches.txt');
  writeFileSync(table, branches.map(({ place, count }) => `${count}\t${place}\n`).join(''));
  console.log(`  all of them: ${table}`);
  const never = [...reasons.entries(), ...kinds.entries()].filter(([, count]) => count === 0).map(([name]) => name);
  const untaken = branches.filter(({ count }) => count === 0);
  return [...never, ...untaken.map((branch) => `${branch.place}: ${codeAt(program.controllerFolder, branch)}`)];
}

function tellList(title: string, entries: readonly (readonly [name: string, count: number])[]): void {
  console.log(title);
  for (const [name, count] of entries) console.log(`  ${String(count).padStart(8)}  ${name}`);
}

function tellMissing(missing: readonly string[], count: number): void {
  const verdict = count < ENOUGH ? `no failure below ${ENOUGH} situations` : 'the generator has to draw them';
  console.log(`Never occurred (${verdict}):`);
  for (const name of missing) console.log(`  ${name}`);
}
