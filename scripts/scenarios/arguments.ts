// The flags of `npm run scenarios`. Pure: text in, options or one clear line out.
import { readFlags } from '../flags.ts';

export interface ScenarioOptions {
  /** Undefined: all. */
  readonly name: string | undefined;
  readonly beside: boolean;
  readonly list: boolean;
  readonly write: boolean;
  readonly help: boolean;
}

export const HELP = `Usage: npm run scenarios [-- NAME] [-- flags]

Plays the scenarios of examples/scenarios in counted time: a real load, a
workload, its metrics, and the decision that the controller makes. Shows every
change of size and its why, and checks what must be true.

  NAME      one of them; all when left out
  --beside  show the changes under the other spec too that stands beside
  --list    their names, and what they are
  --write   write the pictures and examples/scenarios/README.md anew
  -h, --help  this text

Exit codes: 0 all that must be true is; 1 something is not, or a scenario cannot
be read; 2 wrong flags
`;

/** @throws Error with one line that names what is wrong and the remedy. */
export function parseArguments(args: readonly string[], known: readonly string[]): ScenarioOptions {
  const names = args.filter((argument) => !argument.startsWith('-'));
  const flags = readFlags(
    'npm run scenarios',
    args.filter((argument) => argument.startsWith('-')),
    {
      beside: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  );
  const [name, ...more] = names;
  if (more.length > 0) throw new Error(`${names.length} names: give one, or none for all`);
  if (name !== undefined && !known.includes(name)) {
    throw new Error(`"${name}" is no scenario: give one of ${known.join(', ')}`);
  }
  return { name, ...flags };
}
