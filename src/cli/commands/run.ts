// `setpoint run`: the controller. Checks all options at once, then runs until a signal or the loss of the lease.
import { createJsonLogger } from '../../base/json-logger.ts';
import { runApp } from '../../app.ts';
import { OPTION_TABLE, type OptionRow, optionHelp, parseOptions } from '../../options.ts';
import { type Command, type Flag, USAGE_ERROR } from '../command.ts';

export const runCommand: Command = {
  name: 'run',
  summary: 'run the controller',
  description:
    'Runs the controller: watches ScaledTargets, reads their metrics, decides, writes /scale, and says why. ' +
    'Every flag can be given by the environment variable named beside it; a flag wins over its variable.',
  flags: OPTION_TABLE.map(toFlag),
  examples: [
    'setpoint run --prometheus-url http://prometheus.monitoring.svc:9090',
    'setpoint run --kubeconfig ~/.kube/config --namespace shop --leader-elect=false',
    'SETPOINT_SYNC_PERIOD=5s setpoint run --config /etc/setpoint/sources.yaml',
  ],
  exitCodes: [
    [1, 'it could not start, or the lease was lost: start it again'],
    [2, 'an option is wrong'],
  ],
  async run(io, flags) {
    const outcome = parseOptions(flags, io.environment);
    if ('faults' in outcome) {
      for (const fault of outcome.faults) io.stderr.write(`setpoint run: ${fault}\n`);
      return USAGE_ERROR;
    }
    const { options } = outcome;
    const logger = createJsonLogger(options.logLevel, { write: (line) => void io.stdout.write(line) });
    return runApp(options, { logger, signal: io.signal });
  },
};

function toFlag(row: OptionRow): Flag {
  const value = row.kind === 'boolean' ? '[boolean]' : `<${row.kind}>`;
  return { flags: `${row.flag} ${value}`, meaning: optionHelp(row), repeatable: row.repeatable };
}
