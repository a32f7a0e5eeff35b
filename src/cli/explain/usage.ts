// What `setpoint explain` was asked for: flags and name into one object, or a line for each thing that is wrong.
import { OPTION_ROWS } from '../../option-table.ts';
import { parseOptions } from '../../options.ts';
import type { FlagValues, Io } from '../command.ts';
import { type Moment, readMoment } from './moment.ts';

export interface ExplainOptions {
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  /** Unset: of the context, else `default`. */
  readonly namespace: string | undefined;
  readonly name: string;
  readonly watch: boolean;
  readonly output: 'text' | 'json';
  readonly at: Moment | undefined;
  /** A manifest to compare with. */
  readonly diff: string | undefined;
  readonly controller: ControllerChoice;
}

/** Where the controller is asked: by its own URL, at a forwarded port of the pod that leads, or not at all. */
export type ControllerChoice =
  | { readonly kind: 'url'; readonly url: string; readonly token: string | undefined }
  | {
      readonly kind: 'forward';
      readonly namespace: string;
      readonly lease: string;
      readonly port: number;
      readonly token: string | undefined;
    }
  | { readonly kind: 'none'; readonly why: string };

export type Usage = ExplainOptions | { readonly faults: readonly string[] };

const KINDS: readonly string[] = ['st', 'scaledtarget', 'scaledtargets', 'scaledtargets.setpoint.dev'];
const DNS_NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

export function readUsage({ environment }: Io, flags: FlagValues, argument: string | undefined, nowMs: number): Usage {
  const faults: string[] = [];
  const name = readName(argument, faults);
  const { watch, at, diff, namespace, kubeconfig, context } = flags;
  const output = readOutput(flags, faults);
  if (namespace !== undefined && !DNS_NAME.test(String(namespace))) {
    faults.push(`--namespace is ${JSON.stringify(namespace)}: give the name of a namespace`);
  }
  const moment = typeof at === 'string' ? momentOf(at, nowMs, faults) : undefined;
  for (const [one, other] of exclusive(flags)) faults.push(`${one} and ${other} exclude each other: give one of them`);
  const controller = readController(environment, flags, faults);
  if (faults.length > 0 || controller === undefined) return { faults };
  return {
    kubeconfig: textOf(kubeconfig) ?? environment[OPTION_ROWS.kubeconfig.env],
    context: textOf(context),
    namespace: textOf(namespace),
    name,
    watch: watch === true,
    output,
    at: moment,
    diff: textOf(diff),
    controller,
  };
}

function readOutput({ output = 'text' }: FlagValues, faults: string[]): ExplainOptions['output'] {
  if (output !== 'text' && output !== 'json') faults.push(`--output is ${JSON.stringify(output)}: give text or json`);
  return output === 'json' ? 'json' : 'text';
}

function momentOf(text: string, nowMs: number, faults: string[]): Moment | undefined {
  const moment = readMoment(text, nowMs);
  if ('atMs' in moment) return moment;
  faults.push(moment.fault);
  return undefined;
}

function exclusive({ watch, at, diff }: FlagValues): [string, string][] {
  const given = [
    ['--watch', watch],
    ['--at', at],
    ['--diff', diff],
  ].flatMap(([flag, value]) => (value === undefined ? [] : [String(flag)]));
  const [one, other] = given;
  return one !== undefined && other !== undefined ? [[one, other]] : [];
}

function readName(argument: string | undefined, faults: string[]): string {
  if (argument === undefined) {
    faults.push('which ScaledTarget? Give its name, as in setpoint explain web; kubectl get st lists them');
    return '';
  }
  const slash = argument.indexOf('/');
  const kind = slash === -1 ? 'st' : argument.slice(0, slash).toLowerCase();
  const name = argument.slice(slash + 1);
  if (!KINDS.includes(kind)) {
    faults.push(`${JSON.stringify(argument)} is no ScaledTarget: give its name, or st/NAME; -n says the namespace`);
  } else if (!DNS_NAME.test(name)) {
    faults.push(`${JSON.stringify(argument)} is no name: give that of a ScaledTarget, such as web or st/web`);
  }
  return name;
}

function readController(
  environment: Io['environment'],
  flags: FlagValues,
  faults: string[],
): ControllerChoice | undefined {
  const token = environment['SETPOINT_CONTROLLER_TOKEN'];
  const given = textOf(flags.controller) ?? environment['SETPOINT_CONTROLLER'];
  if (given === 'none') return { kind: 'none', why: 'it was not to be asked (--controller none)' };
  if (given !== undefined && given !== '') {
    const url = URL.canParse(given) ? new URL(given) : undefined;
    if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
      faults.push(`--controller is ${JSON.stringify(given)}: give a URL such as http://127.0.0.1:8081, or none`);
      return undefined;
    }
    return { kind: 'url', url: given.replace(/\/+$/, ''), token };
  }
  // Lease and port are those of the controller: the same variables mean the same here.
  const variables = [OPTION_ROWS.leaseNamespace.env, OPTION_ROWS.leaseName.env, OPTION_ROWS.pagePort.env];
  const outcome = parseOptions({}, Object.fromEntries(variables.map((name) => [name, environment[name]])));
  if ('faults' in outcome) {
    faults.push(...outcome.faults);
    return undefined;
  }
  const { leaderElection, page } = outcome.options;
  if (!page?.port)
    return { kind: 'none', why: `its port is not known (${OPTION_ROWS.pagePort.env} is 0): give --controller` };
  return { kind: 'forward', namespace: leaderElection.namespace, lease: leaderElection.name, port: page.port, token };
}

function textOf(value: FlagValues[string]): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
