// The flags of `npm run controlplane`. Pure: text in, options or one clear line out.
import { parseArgs } from 'node:util';
import { messageOf } from '../../src/base/errors.ts';
import type { ControlPlaneOptions } from '../../test/controlplane/options.ts';

export const HELP = `Usage: npm run controlplane -- [flags]

Starts etcd, kube-apiserver, kube-controller-manager, kube-scheduler, kwok (fake
nodes and pods) and metrics-server on 127.0.0.1 and stops them at Ctrl-C. The
first run fetches or builds the programs, which takes minutes.

  --api             only etcd and kube-apiserver
  --no-hpa          without the HorizontalPodAutoscaler's controller
  --nodes N         fake nodes (default 2)
  --port N          of the API server (default any free one)
  --start-delay S   seconds from a pod's start to its readiness (default 2); the
                    annotation setpoint.dev/start-delay on a pod goes before
  -h, --help        this text
`;

function flagsOf(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      strict: true,
      options: {
        api: { type: 'boolean', default: false },
        'no-hpa': { type: 'boolean', default: false },
        nodes: { type: 'string' },
        port: { type: 'string' },
        'start-delay': { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    throw new Error(`${messageOf(error)}; npm run controlplane -- --help lists the flags`, { cause: error });
  }
}

/** @throws Error with one line that names the flag, the value and the remedy. */
export function parseArguments(args: readonly string[]): ControlPlaneOptions | 'help' {
  const values = flagsOf(args);
  if (values.help) return 'help';
  return {
    flavour: values.api ? 'api' : 'full',
    controllerManager: { hpa: !values['no-hpa'] },
    ...(values.nodes === undefined ? {} : { nodes: wholeNumber('--nodes', values.nodes, 1, 1000) }),
    ...(values.port === undefined ? {} : { port: wholeNumber('--port', values.port, 1, 65_535) }),
    ...(values['start-delay'] === undefined
      ? {}
      : { startSeconds: wholeNumber('--start-delay', values['start-delay'], 0, 3600) }),
  };
}

function wholeNumber(flag: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new Error(`${flag}: "${text}" is no whole number from ${least} to ${most}`);
}
