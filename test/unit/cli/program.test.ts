import { describe, expect, it } from 'vitest';
import type { Command, FlagValues } from '../../../src/cli/command.ts';
import { runCli } from '../../support/run-cli.ts';

function greet(seen: FlagValues[], exitCode = 0): Command {
  return {
    name: 'greet',
    summary: 'says hello',
    description: 'Says hello to someone.',
    flags: [
      { flags: '--name <name>', meaning: 'whom to greet', required: true },
      { flags: '--loud', meaning: 'in capitals' },
      { flags: '--also <name>', meaning: 'someone else (repeatable)', repeatable: true },
    ],
    examples: ['setpoint greet --name Ada'],
    exitCodes: [[3, 'nobody there']],
    run(io, flags) {
      seen.push(flags);
      io.stdout.write('hello\n');
      return Promise.resolve(exitCode);
    },
  };
}

describe('the command line', () => {
  it('hands flags to the command and its exit code back', async () => {
    const seen: FlagValues[] = [];
    const result = await runCli(
      [greet(seen, 3)],
      ['greet', '--name', 'Ada', '--loud', '--also', 'Bob', '--also', 'Cy'],
    );
    expect(result).toEqual({ exitCode: 3, stdout: 'hello\n', stderr: '' });
    expect(seen).toEqual([{ name: 'Ada', loud: true, also: ['Bob', 'Cy'] }]);
  });

  it('shows flags, examples and exit codes with --help', async () => {
    const { exitCode, stdout } = await runCli([greet([])], ['greet', '--help']);
    expect(exitCode).toBe(0);
    for (const text of [
      'Says hello to someone.',
      '--name <name>',
      'whom to greet',
      'setpoint greet --name Ada',
      '3  nobody there',
    ]) {
      expect(stdout).toContain(text);
    }
  });

  it('lists the commands', async () => {
    expect((await runCli([greet([])], ['--help'])).stdout).toContain('says hello');
  });

  it.each([
    ['an unknown flag', ['greet', '--name', 'x', '--nmae', 'y'], '--nmae'],
    ['a missing flag', ['greet'], '--name <name>'],
    ['an unknown command', ['great'], 'great'],
  ])('refuses %s by name, with exit code 2', async (_what, args, named) => {
    const { exitCode, stderr, stdout } = await runCli([greet([])], args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(named);
    expect(stdout).toBe('');
  });

  it('says in one line what a command threw', async () => {
    const broken: Command = { ...greet([]), run: () => Promise.reject(new Error('no cluster')) };
    expect(await runCli([broken], ['greet', '--name', 'x'])).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: 'setpoint: no cluster\n',
    });
  });
});
