// The flags of the demo. Pure: text in, options or one clear line out.
import { readFlags } from '../flags.ts';
import { type LoadStage, parseStages, stretchTo } from './stages.ts';

export interface DemoOptions {
  /** Undefined: what the file, or else the demo itself, has as its load. */
  readonly load: readonly LoadStage[] | undefined;
  readonly seconds: number | undefined;
  /** A file, or a folder of files. */
  readonly file: string | undefined;
  readonly record: string | undefined;
  readonly keep: boolean;
  readonly help: boolean;
}

export const HELP = `Usage: npm run demo -- [flags]

Starts a local Kubernetes API whose pods are real processes, a Deployment and
its ScaledTarget, the controller, and a load from calm to storm to calm. Shows
what happens, and ends with exit code 0 only if the size went up and came back.

  --duration SECONDS  how long the load lasts in all (default 180); the last calm
                      goes on, four minutes at most, until the size is back
  --load LIST         stages as SECONDS:RATE, RATE in requests per second
                      (default 20:8,60:40,100:8)
  -f, --file PATH     your own ScaledTarget (default examples/demo/web.yaml); a
                      file without a Deployment scales the demo's \`web\`. The
                      last stage then outlasts the file's down window. Of a
                      folder all YAML files count, in order of their names; a
                      Job is the load, its variable STAGES what --load says
  --record FILE       write all that was seen as JSON, second by second
  --keep              leave all running at the end, until Ctrl-C
  -h, --help          this text

Exit codes: 0 scaled out and back in; 1 it did not, or something failed; 2 wrong
flags; 130 Ctrl-C
`;

/** @throws Error with one line that names the flag, the value and the remedy. */
export function parseArguments(args: readonly string[]): DemoOptions {
  const values = readFlags('npm run demo', args, {
    duration: { type: 'string' },
    load: { type: 'string' },
    file: { type: 'string', short: 'f' },
    record: { type: 'string' },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  });
  return {
    load: values.load === undefined ? undefined : parseStages(values.load),
    seconds: values.duration === undefined ? undefined : durationOf(values.duration),
    file: values.file,
    record: values.record,
    keep: values.keep,
    help: values.help,
  };
}

/** The load that the flags ask for; `preset` where they leave it to others. */
export function askedStages({ load, seconds }: DemoOptions, preset: readonly LoadStage[]): readonly LoadStage[] {
  const stages = load ?? preset;
  return seconds === undefined ? stages : stretchTo(stages, seconds);
}

function durationOf(text: string): number {
  const match = /^(\d+)(s|m)?$/.exec(text);
  const value = Number(match?.[1]) * (match?.[2] === 'm' ? 60 : 1);
  if (!match || value < 30 || value > 86_400) {
    throw new Error(
      `--duration: "${text}" is not between 30 and 86400 seconds; write a number such as 180, 180s or 3m`,
    );
  }
  return value;
}
