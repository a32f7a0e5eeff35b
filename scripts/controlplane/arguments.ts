// The flags of `npm run controlplane`. Pure: text in, options or one clear line out.
import type { ControlPlaneOptions } from '../../test/controlplane/options.ts';
import { readFlags, wholeNumber } from '../flags.ts';

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

Exit codes: 0 stopped by Ctrl-C; 1 it could not start; 2 wrong flags; 130 Ctrl-C
while it was starting
`;

/** @throws Error with one line that names the flag, the value and the remedy. */
export function parseArguments(args: readonly string[]): ControlPlaneOptions | 'help' {
  const values = readFlags('npm run controlplane', args, {
    api: { type: 'boolean', default: false },
    'no-hpa': { type: 'boolean', default: false },
    nodes: { type: 'string' },
    port: { type: 'string' },
    'start-delay': { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  });
  if (values.help) return 'help';
  return {
    flavour: values.api ? 'api' : 'full',
    controllerManager: { hpa: !values['no-hpa'] },
    ...(values.nodes === undefined ? {} : { nodes: wholeNumber('--nodes', values.nodes, [1, 1000]) }),
    ...(values.port === undefined ? {} : { port: wholeNumber('--port', values.port, [1, 65_535]) }),
    ...(values['start-delay'] === undefined
      ? {}
      : { startSeconds: wholeNumber('--start-delay', values['start-delay'], [0, 3600]) }),
  };
}
