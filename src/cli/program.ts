// From arguments to a command and its exit code, with commander for parsing and help.
import { Command as Program, CommanderError, Option } from 'commander';
import { messageOf } from '../base/errors.ts';
import { type Command, type FlagValues, type Io, USAGE_ERROR } from './command.ts';

/** Runs one of `commands`. Resolves with the exit code and never rejects. */
export async function runProgram(
  program: { readonly version: string; readonly commands: readonly Command[] },
  args: readonly string[],
  io: Io,
): Promise<number> {
  let exitCode = 0;
  const root = new Program('setpoint')
    .description('A metrics-driven autoscaler for Kubernetes: decides, scales, and can say why.')
    .version(program.version)
    .showHelpAfterError('(--help lists commands and flags)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error:/, 'setpoint:')),
    });
  for (const command of program.commands) {
    const runs = async (flags: FlagValues, argument: string | undefined) => {
      exitCode = await command.run(io, flags, argument);
    };
    root.addCommand(toProgram(command, runs).copyInheritedSettings(root));
  }
  try {
    await root.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE_ERROR;
    io.stderr.write(`setpoint: ${messageOf(error)}\n`);
    return 1;
  }
}

type Run = (flags: FlagValues, argument: string | undefined) => Promise<void>;

function toProgram(command: Command, run: Run): Program {
  const program = new Program(command.name).summary(command.summary).description(command.description).exitOverride();
  for (const { flags, meaning, required, repeatable } of command.flags) {
    const option = new Option(flags, meaning);
    if (required) option.makeOptionMandatory();
    if (repeatable) option.argParser((value, before: readonly string[] | undefined) => [...(before ?? []), value]);
    program.addOption(option);
  }
  program.addHelpText('after', () => {
    const examples = command.examples.map((line) => `  ${line}`).join('\n');
    const codes = [[0, 'done'] as const, ...command.exitCodes]
      .map(([code, meaning]) => `  ${code}  ${meaning}`)
      .join('\n');
    return `\nExamples:\n${examples}\n\nExit codes:\n${codes}\n`;
  });
  if (command.argument) program.argument(command.argument.syntax, command.argument.meaning);
  return program.action(() => run(program.opts<FlagValues>(), program.args[0]));
}
