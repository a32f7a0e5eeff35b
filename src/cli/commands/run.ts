// `setpoint run`: the controller. Checks all options at once, then runs until a signal or the loss of the lease.
import { OPTION_TABLE, type OptionRow, optionHelp } from '../../option-table.ts';
import { parseOptions } from '../../options.ts';
import type { SourceSetOptions } from '../../sources/source-set.ts';
import { type Command, type Flag, type FlagValues, type Io, USAGE_ERROR } from '../command.ts';
import { keepMemorySmall } from '../v8-flags.ts';

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
    // Only this command needs the controller: the others start without loading it.
    const [{ runApp }, { sourceFaults }, { createJsonLogger }] = await Promise.all([
      import('../../app.ts'),
      import('../../sources/source-set.ts'),
      import('../../base/json-logger.ts'),
    ]);
    const outcome = parseOptions(flags, io.environment);
    const optionFaults = 'faults' in outcome ? outcome.faults : [];
    const faults = [...optionFaults, ...(await sourceFaults(sourcesGiven(flags, io.environment)))];
    // A wrong --prometheus-url is a fault of both.
    for (const fault of new Set(faults)) io.stderr.write(`setpoint run: ${fault}\n`);
    if ('faults' in outcome || faults.length > 0) return USAGE_ERROR;
    const { options } = outcome;
    keepMemorySmall();
    const logger = createJsonLogger(options.logLevel, { write: (line) => void io.stdout.write(line) });
    return runApp(options, { logger, signal: io.signal });
  },
};

/** Where the sources are said to be, whatever else is wrong: all faults are told at once. */
function sourcesGiven(flags: FlagValues, environment: Io['environment']): SourceSetOptions {
  const textOf = (flag: string, variable: string): string | undefined => {
    const value = flags[flag] ?? environment[variable];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  return {
    prometheusUrl: textOf('prometheusUrl', 'SETPOINT_PROMETHEUS_URL'),
    configFile: textOf('config', 'SETPOINT_CONFIG'),
  };
}

function toFlag(row: OptionRow): Flag {
  const value = row.kind === 'boolean' ? '[boolean]' : `<${row.kind}>`;
  return { flags: `${row.flag} ${value}`, meaning: optionHelp(row), repeatable: row.repeatable };
}
