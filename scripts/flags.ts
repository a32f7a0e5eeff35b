// Flags of the scripts that npm runs. Pure: text in, values or one clear line out.
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { messageOf } from '../src/base/errors.ts';

/**
 * The flags in `args`, each by its name; nothing else may stand there. `command` is what the user typed, such as `npm run demo`.
 * @throws Error with one line.
 */
export function readFlags<const Options extends ParseArgsOptionsConfig>(
  command: string,
  args: readonly string[],
  options: Options,
) {
  try {
    return parseArgs({ args: [...args], strict: true, options }).values;
  } catch (error) {
    // Node's own advice on arguments that begin with a dash helps nobody here.
    const [first = ''] = messageOf(error).split(/[.\n]/, 1);
    throw new Error(`${first}; ${command} -- --help lists the flags`, { cause: error });
  }
}

/** @throws Error with one line that names the flag, the value and the bounds. */
export function wholeNumber(flag: string, text: string, [least, most]: readonly [number, number]): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new Error(`${flag}: "${text}" is no whole number from ${least} to ${most}`);
}
