// `npm run scenarios`: plays the scenarios of examples/scenarios, shows them and checks what must be true of them. Its flags and exit
// codes are arguments.ts's.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../src/base/errors.ts';
import { HELP, parseArguments, type ScenarioOptions } from './arguments.ts';
import { playResult, readScenario, type Result, ROOT, scenarioNames } from './files.ts';
import { scenarioPages } from './pages.ts';
import { resultLines } from './print.ts';

process.exitCode = main(process.argv.slice(2));

/** Exit code. */
function main(args: readonly string[]): number {
  const names = scenarioNames();
  let options: ScenarioOptions;
  try {
    options = parseArguments(args, names);
  } catch (error) {
    console.error(`scenarios: ${messageOf(error)}`);
    return 2;
  }
  if (options.help) {
    console.log(HELP.trimEnd());
    return 0;
  }
  try {
    return run(options, names);
  } catch (error) {
    console.error(messageOf(error));
    return 1;
  }
}

function run({ name, beside, list, write }: ScenarioOptions, names: readonly string[]): number {
  const scenarios = (name === undefined ? names : [name]).map(readScenario);
  if (list) {
    for (const { name: of, file } of scenarios) console.log(`${of.padEnd(20)} ${file.brief}`);
    return 0;
  }
  const results = scenarios.map(playResult);
  for (const result of results) console.log(`${resultLines(result, beside).join('\n')}\n`);
  if (write) writePages();
  return tell(results);
}

function writePages(): void {
  for (const { path, render } of scenarioPages()) {
    writeFileSync(join(ROOT, path), render());
    console.log(`wrote ${path}`);
  }
}

function tell(results: readonly Result[]): number {
  const verdicts = results.flatMap((result) => result.verdicts);
  const failed = verdicts.filter(({ holds }) => !holds).length;
  console.log(
    `${results.length} scenario${results.length === 1 ? '' : 's'}, ${verdicts.length} expectations: ${failed === 0 ? 'all met' : `${failed} not met`}`,
  );
  return failed === 0 ? 0 : 1;
}
