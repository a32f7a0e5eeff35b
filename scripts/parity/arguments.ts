// The flags of `npm run test:parity`. Pure: text in, options or one clear line out.
import { join } from 'node:path';
import { readFlags, wholeNumber } from '../flags.ts';

export interface ParityOptions {
  readonly count: number;
  readonly seed: number;
  /** File of recorded situations with their answers. */
  readonly answers: string;
}

const RECORDED = join(import.meta.dirname, '../../test/fixtures/hpa/situations.jsonl.gz');

export const HELP = `Usage: npm run test:parity -- [flags]

Lets the real HorizontalPodAutoscaler controller and Setpoint decide drawn
situations, and compares all they say. Needs Go. See docs/parity.md.

  --count N        how many situations (default 3000)
  --seed N         the same seed gives the same situations (default 1)
  --answers FILE   recorded situations, plain or gzip, that the HPA has to answer
                   as recorded (default test/fixtures/hpa/situations.jsonl.gz)
  -h, --help       this text

Exit codes: 0 they agree; 1 they disagree, the HPA gives other answers than those
recorded, or something that has to occur did not; 2 wrong flags or no Go
`;

/** @throws Error with one line that names the flag, the value and the remedy. */
export function parseArguments(args: readonly string[]): ParityOptions | 'help' {
  const values = readFlags('npm run test:parity', args, {
    count: { type: 'string', default: '3000' },
    seed: { type: 'string', default: '1' },
    answers: { type: 'string', default: RECORDED },
    help: { type: 'boolean', short: 'h', default: false },
  });
  if (values.help) return 'help';
  return {
    count: wholeNumber('--count', values.count, [1, 1_000_000_000]),
    seed: wholeNumber('--seed', values.seed, [1, Number.MAX_SAFE_INTEGER]),
    answers: values.answers,
  };
}
