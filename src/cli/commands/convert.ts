// `setpoint convert`: HorizontalPodAutoscalers in, ScaledTargets out, and what is different about them. Changes nothing anywhere.
import { SetpointError } from '../../base/errors.ts';
import { OPTION_ROWS, optionHelp } from '../../option-table.ts';
import { parseOptions } from '../../options.ts';
import { type Command, type FlagValues, type Io, USAGE_ERROR } from '../command.ts';
import type { ConvertOptions } from '../convert/convert-all.ts';

export const convertCommand: Command = {
  name: 'convert',
  summary: 'turn HorizontalPodAutoscalers into ScaledTargets',
  description:
    'Reads HorizontalPodAutoscalers (autoscaling/v2, v1, v2beta2, v2beta1) from manifests or from a cluster and prints ScaledTargets ' +
    'that decide the same. What is different, what was left out and what to do next is said on standard error, and as comments in the ' +
    'YAML. Nothing is written to the cluster.',
  flags: [
    {
      flags: '-f, --filename <path>',
      meaning:
        'YAML or JSON file with HPAs, a directory of such files, or - for standard input; may be given several times',
      repeatable: true,
    },
    { flags: '--from-cluster', meaning: 'read the HPAs of the cluster instead of files; off by default' },
    { flags: '--kubeconfig <path>', meaning: optionHelp(OPTION_ROWS.kubeconfig) },
    {
      flags: '--namespace <namespace>',
      meaning: `With --from-cluster: only HPAs in this namespace; may be given several times (default: all namespaces; env: ${OPTION_ROWS.namespace.env})`,
      repeatable: true,
    },
    {
      flags: '--guards',
      meaning: 'switch the guards on (guards: Enabled); by default they are Disabled, which is the plain HPA',
    },
    { flags: '--output <format>', meaning: 'yaml or json; yaml by default' },
  ],
  examples: [
    'setpoint convert -f hpa.yaml > scaledtarget.yaml',
    'helm template shop charts/shop | setpoint convert -f - --guards',
    'setpoint convert --from-cluster --namespace shop > scaledtargets.yaml',
  ],
  exitCodes: [
    [1, 'something could not be read or converted, or the manifests hold no HPA; what could be is printed'],
    [2, 'a flag is wrong, or there is no usable kubeconfig'],
  ],
  async run(io, flags) {
    const usage = readUsage(io, flags);
    if ('faults' in usage) {
      for (const fault of usage.faults) io.stderr.write(`setpoint convert: ${fault}\n`);
      return USAGE_ERROR;
    }
    // YAML, the schema and the client are loaded for this command alone.
    const { convertAll } = await import('../convert/convert-all.ts');
    try {
      return await convertAll(io, usage);
    } catch (error) {
      if (!(error instanceof SetpointError) || error.code !== 'InvalidOptions') throw error;
      io.stderr.write(`setpoint convert: ${error.message}\n`);
      return USAGE_ERROR;
    }
  },
};

function readUsage({ environment }: Io, flags: FlagValues): ConvertOptions | { readonly faults: readonly string[] } {
  const { filename, fromCluster, output = 'yaml' } = flags;
  const from = fromCluster === true ? fromTheCluster(environment, flags) : fromFiles(flags);
  const faults = 'faults' in from ? [...from.faults] : [];
  if (fromCluster === true && filename !== undefined) {
    faults.push('-f and --from-cluster exclude each other: give one of them');
  }
  if (output !== 'yaml' && output !== 'json') faults.push(`--output is ${JSON.stringify(output)}: give yaml or json`);
  if ('faults' in from || faults.length > 0) return { faults };
  return { from, guards: flags.guards === true ? 'Enabled' : 'Disabled', output: output === 'json' ? 'json' : 'yaml' };
}

type From = ConvertOptions['from'] | { readonly faults: readonly string[] };

function fromFiles({ filename, kubeconfig, namespace }: FlagValues): From {
  if (kubeconfig !== undefined || namespace !== undefined) {
    return { faults: ['--kubeconfig and --namespace say what to read from a cluster: give --from-cluster too'] };
  }
  if (Array.isArray(filename)) return { files: filename.map(String) };
  return { faults: ['nothing to convert: give -f FILE, -f - or --from-cluster'] };
}

/** By the rules of `setpoint run`, whose other variables are none of our business. */
function fromTheCluster(environment: Io['environment'], { kubeconfig, namespace }: FlagValues): From {
  const variables = [OPTION_ROWS.kubeconfig.env, OPTION_ROWS.namespace.env];
  const typed = {
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(namespace === undefined ? {} : { namespace }),
  };
  const outcome = parseOptions(typed, Object.fromEntries(variables.map((name) => [name, environment[name]])));
  return 'options' in outcome ? outcome.options : outcome;
}
