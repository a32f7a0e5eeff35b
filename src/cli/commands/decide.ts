// `setpoint decide`: recorded situations in, decisions out. The work is done in situations/.
import type { Command } from '../command.ts';

export const decideCommand: Command = {
  name: 'decide',
  summary: 'decide recorded situations, without a cluster',
  description:
    'Reads situations, one JSON object a line, plays a whole cycle of the controller for each with guards Disabled, and ' +
    'prints what it does: the size, conditions, events, kept history and status. With --explain it says why, in sentences.',
  flags: [
    {
      flags: '--situations <file>',
      meaning: 'file of situations, plain or gzip; - reads standard input',
      required: true,
    },
    { flags: '--explain', meaning: 'print the steps of each decision in sentences; off by default' },
  ],
  examples: [
    'setpoint decide --situations situations.jsonl.gz > answers.jsonl',
    'zcat situations.jsonl.gz | grep basic-00012 | setpoint decide --situations - --explain',
  ],
  exitCodes: [
    [1, 'the file cannot be read to its end'],
    [2, 'at least one line is no situation; the others are answered'],
  ],
  async run(io, flags) {
    // The controller's cycle is loaded for this command alone.
    const { answerAll } = await import('../situations/answer-all.ts');
    return answerAll(io, { situations: String(flags.situations), explain: flags.explain === true });
  },
};
