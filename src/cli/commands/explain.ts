// `setpoint explain`: why a target has its size, in sentences, from its status or from the controller. Changes nothing anywhere.
import { systemClock } from '../../base/clock.ts';
import { OPTION_ROWS, optionHelp } from '../../option-table.ts';
import { type Command, USAGE_ERROR } from '../command.ts';

export const explainCommand: Command = {
  name: 'explain',
  summary: 'say why a target has its size',
  description:
    'Says in sentences why a ScaledTarget has its size: what each metric asks for, what changed the number, whether it was written, ' +
    'what would make it grow or shrink now, and when it may shrink at the earliest. Speaks from the status of the object; where the ' +
    "controller can be reached, from its memory: by --controller, else at a port forwarded from the leader's pod.",
  argument: { syntax: '[name]', meaning: 'name of the ScaledTarget, also as st/NAME' },
  flags: [
    {
      flags: '-n, --namespace <namespace>',
      meaning: "namespace of the ScaledTarget (default: the context's, else default)",
    },
    { flags: '-w, --watch', meaning: 'go on, and print a new explanation when the story changes; until Ctrl-C' },
    { flags: '-o, --output <format>', meaning: 'text or json; text by default' },
    {
      flags: '--at <time>',
      meaning:
        'the decision that was in force then: a time such as 2026-01-05T14:05:00Z, 14:05 here, or -5m for five minutes ago',
    },
    {
      flags: '--diff <file>',
      meaning:
        'what the spec of a ScaledTarget or HorizontalPodAutoscaler in this file would decide on the same readings, side by side; - reads standard input',
    },
    { flags: '--kubeconfig <path>', meaning: optionHelp(OPTION_ROWS.kubeconfig) },
    { flags: '--context <name>', meaning: "context of the kubeconfig; the file's current one by default" },
    {
      flags: '--controller <url>',
      meaning:
        'where the API of the controller is, such as http://127.0.0.1:8081; none asks nobody (default: the pod that holds the Lease, its ' +
        'port forwarded as kubectl port-forward does; env: SETPOINT_CONTROLLER, with a token in SETPOINT_CONTROLLER_TOKEN)',
    },
  ],
  examples: [
    'setpoint explain -n shop web',
    'kubectl setpoint explain web --watch',
    'setpoint explain -n shop web --at -5m',
    'setpoint explain -n shop web --diff web-new.yaml',
  ],
  exitCodes: [
    [
      1,
      'the ScaledTarget cannot be read, nothing is known of the time of --at, or the controller that --diff needs cannot be asked',
    ],
    [2, 'a flag, the name or the file is wrong, or there is no usable kubeconfig'],
  ],
  async run(io, flags, argument) {
    const { readUsage } = await import('../explain/usage.ts');
    const usage = readUsage(io, flags, argument, systemClock.now());
    if ('faults' in usage) {
      for (const fault of usage.faults) io.stderr.write(`setpoint explain: ${fault}\n`);
      return USAGE_ERROR;
    }
    // The client and the schema are loaded for this command alone.
    const { explainTarget } = await import('../explain/explain-target.ts');
    return explainTarget(io, usage);
  },
};
