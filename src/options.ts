// The options of the controller: read from what was typed and from the environment by the rows of option-table.ts, with all faults
// reported at once. This is the only file that reads the environment; the sources file is read in sources/config.ts.
import { readFileSync } from 'node:fs';
import type { DecisionDefaults } from './decide/types.ts';
import { formatDurationMs } from './base/duration.ts';
import { type LogLevel, OPTION_ROWS, type OptionRow, type PageAuth } from './option-table.ts';
import { readValue, type OptionKind, type OptionValues } from './option-values.ts';

type Rows = typeof OPTION_ROWS;
type Name = keyof Rows;
/** Unset is possible for the rows that have no default. */
type ValueOf<Key extends Name> = OptionValues[Rows[Key]['kind']] | undefined;
type Values = { readonly [Key in Name]: ValueOf<Key> } & {
  readonly namespaces: readonly string[];
  readonly pageHosts: readonly string[];
};

export interface Options {
  /** Unset: KUBECONFIG, ~/.kube/config, or the pod's service account. */
  readonly kubeconfig: string | undefined;
  /** Empty: all namespaces. No duplicates. */
  readonly namespaces: readonly string[];
  readonly prometheusUrl: string | undefined;
  /** Path of the sources file. */
  readonly configFile: string | undefined;
  readonly bindAddress: string;
  readonly port: number;
  readonly leaderElection: {
    readonly enabled: boolean;
    readonly namespace: string;
    readonly name: string;
    readonly leaseDurationMs: number;
    readonly renewDeadlineMs: number;
    readonly retryPeriodMs: number;
  };
  readonly workers: number;
  /** Undefined: no limit. */
  readonly apiRate: { readonly qps: number; readonly burst: number } | undefined;
  readonly logLevel: LogLevel;
  readonly syncPeriodMs: number;
  readonly defaults: DecisionDefaults;
  readonly metricsPerTarget: boolean;
  readonly statusRefreshQps: number;
  /** Undefined: no page. */
  readonly page:
    | {
        readonly bindAddress: string;
        readonly port: number;
        /** Beside those of this machine. */
        readonly hosts: readonly string[];
        readonly auth: PageAuth;
      }
    | undefined;
  readonly journalBytes: number;
}

export type Environment = Readonly<Record<string, string | undefined>>;
export type OptionsOutcome = { readonly options: Options } | { readonly faults: readonly string[] };

/** The environment of this process, as it is now. */
export function environment(): Environment {
  return { ...process.env };
}

const NAMESPACE_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';
const FALLBACK_NAMESPACE = 'setpoint-system';

/** The namespace that this pod runs in; undefined outside a cluster. */
export function podNamespace(file: string = NAMESPACE_FILE): string | undefined {
  try {
    const text = readFileSync(file, 'utf8').trim();
    return 'value' in readValue('namespace', text, {}) ? text : undefined;
  } catch {
    // No such file: not in a cluster, or no token mounted. That is what undefined says.
    return undefined;
  }
}

/**
 * Options from what was typed and from the environment.
 *
 * @param given what was typed, by camel-case name as commander gives it: a text, a boolean, or a list for repeatable options;
 *   only what was really typed, no defaults.
 * @param env the environment; an empty variable is as if unset.
 * @param ownNamespace where this pod runs, for the Lease.
 * @returns the options, or every fault in a line of its own that names the flag or variable, its value and the remedy.
 */
export function parseOptions(
  given: Readonly<Record<string, unknown>>,
  env: Environment,
  ownNamespace: string | undefined = podNamespace(),
): OptionsOutcome {
  const faults: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, row] of Object.entries(OPTION_ROWS)) {
    const read = readRow(row, given[name], env, faults);
    if (row.repeatable) values[`${name}s`] = [...new Set(read)];
    else values[name] = read[0];
  }
  faults.push(...relationFaults(values as unknown as Values));
  return faults.length > 0 ? { faults } : { options: assemble(values as unknown as Values, ownNamespace) };
}

/** The values of one option; none when it is unset or wrong. */
function readRow(row: OptionRow, typed: unknown, env: Environment, faults: string[]): unknown[] {
  const { texts, origin } = textsOf(row, typed, env);
  const values: unknown[] = [];
  for (const text of texts) {
    const outcome = readValue(row.kind, text, row.limits);
    if ('value' in outcome) values.push(outcome.value);
    else faults.push(faultLine(row.kind, origin, text, outcome.remedy));
  }
  return values;
}

/** What an option's value is written as, and where. */
function textsOf(row: OptionRow, typed: unknown, env: Environment): { texts: readonly string[]; origin: string } {
  if (typed !== undefined) {
    const list: readonly unknown[] = Array.isArray(typed) ? typed : [typed];
    return { texts: list.map(String), origin: row.flag };
  }
  const variable = env[row.env];
  if (variable !== undefined && variable !== '' && !isServiceLink(row.env, variable)) {
    const texts = row.repeatable ? variable.split(',').map((part) => part.trim()) : [variable];
    return { texts, origin: row.env };
  }
  return { texts: row.default === undefined ? [] : [row.default], origin: row.flag };
}

/** Kubernetes sets SETPOINT_PORT=tcp://10.0.0.1:80 in pods beside a Service named setpoint: not ours. */
function isServiceLink(name: string, value: string): boolean {
  return name === OPTION_ROWS.port.env && /^(?:tcp|udp|sctp):\/\//.test(value);
}

function faultLine(kind: OptionKind, origin: string, text: string, remedy: string): string {
  // A URL may hold a password: what is wrong with it is said without repeating it.
  if (kind === 'url') return `${origin} ${remedy}`;
  return `${origin} is ${JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)}: ${remedy}`;
}

function relationFaults(values: Values): string[] {
  return [...pageFaults(values), ...leaseFaults(values)];
}

function pageFaults({ page, port, pagePort, bindAddress, pageBindAddress }: Values): string[] {
  if (page !== true || port === undefined || port === 0 || port !== pagePort) return [];
  const isSame = bindAddress === pageBindAddress || bindAddress === '0.0.0.0' || pageBindAddress === '0.0.0.0';
  return isSame ? [`--page-port is ${pagePort}: give another one than --port, or 0 for a free one`] : [];
}

function leaseFaults(values: Values): string[] {
  if (values.leaderElect !== true) return [];
  const { leaseDuration, renewDeadline, retryPeriod } = values;
  // A value that is itself wrong has its fault already.
  if (leaseDuration === undefined || renewDeadline === undefined || retryPeriod === undefined) return [];
  const faults: string[] = [];
  if (leaseDuration % 1000 !== 0) {
    faults.push(
      `--lease-duration is ${formatDurationMs(leaseDuration)}: give whole seconds, the Lease holds no others`,
    );
  }
  if (leaseDuration <= renewDeadline) {
    const seen = `--lease-duration is ${formatDurationMs(leaseDuration)}`;
    faults.push(`${seen}: give more than --renew-deadline, which is ${formatDurationMs(renewDeadline)}`);
  }
  if (renewDeadline <= retryPeriod * 1.2) {
    const seen = `--renew-deadline is ${formatDurationMs(renewDeadline)}`;
    faults.push(`${seen}: give more than 1.2 times --retry-period, which is ${formatDurationMs(retryPeriod)}`);
  }
  return faults;
}

/** Throws for a row that lost its default: a fault of the table, never of the user. */
function known<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new TypeError('an option without a default was taken for one with a default');
  return value;
}

function assemble(values: Values, ownNamespace: string | undefined): Options {
  const qps = known(values.qps);
  const burst = known(values.burst);
  return Object.freeze({
    kubeconfig: values.kubeconfig,
    namespaces: values.namespaces,
    prometheusUrl: values.prometheusUrl,
    configFile: values.config,
    bindAddress: known(values.bindAddress),
    port: known(values.port),
    leaderElection: {
      enabled: known(values.leaderElect),
      namespace: values.leaseNamespace ?? ownNamespace ?? FALLBACK_NAMESPACE,
      name: known(values.leaseName),
      leaseDurationMs: known(values.leaseDuration),
      renewDeadlineMs: known(values.renewDeadline),
      retryPeriodMs: known(values.retryPeriod),
    },
    workers: known(values.workers),
    apiRate: qps === -1 || burst === -1 ? undefined : { qps, burst },
    logLevel: known(values.logLevel) as LogLevel,
    syncPeriodMs: known(values.syncPeriod),
    defaults: {
      tolerance: known(values.tolerance),
      downscaleStabilizationMs: known(values.downscaleStabilization),
      cpuInitializationPeriodMs: known(values.cpuInitializationPeriod),
      initialReadinessDelayMs: known(values.initialReadinessDelay),
    },
    metricsPerTarget: known(values.metricsPerTarget),
    statusRefreshQps: known(values.statusRefreshQps),
    page: known(values.page)
      ? {
          bindAddress: known(values.pageBindAddress),
          port: known(values.pagePort),
          hosts: values.pageHosts,
          auth: known(values.pageAuth) as PageAuth,
        }
      : undefined,
    journalBytes: known(values.journalBytes),
  });
}
