// The options of `setpoint run`, in one table: flags, environment twins, help and reference pages all come from its rows.
// All faults are reported at once. This is the only file that reads the environment; the sources file is sources/config.ts.
import { readFileSync } from 'node:fs';
import type { DecisionDefaults } from './decide/types.ts';
import { formatDurationMs } from './base/duration.ts';
import { readValue, type OptionKind, type OptionLimits, type OptionValues } from './option-values.ts';

export interface OptionRow {
  /** As typed, with the two dashes. */
  readonly flag: string;
  /** The environment variable that means the same; the flag wins. Repeatable ones take a list with commas. */
  readonly env: string;
  readonly kind: OptionKind;
  /** As one would type it; undefined: unset, and `unset` says what that means. */
  readonly default: string | undefined;
  readonly unset?: string;
  readonly unit: string | undefined;
  readonly meaning: string;
  readonly repeatable: boolean;
  readonly limits: OptionLimits;
}

const SECOND = 1000;
const DAY = 86_400 * SECOND;
const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

type RowInput<Kind extends OptionKind> = Partial<OptionRow> & { readonly kind: Kind; readonly meaning: string };

/** `leaseName` as a flag is `--lease-name` and as a variable SETPOINT_LEASE_NAME. */
const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function row<Kind extends OptionKind>(name: string, input: RowInput<Kind>): OptionRow & { readonly kind: Kind } {
  const dashed = kebab(name);
  return {
    flag: `--${dashed}`,
    env: `SETPOINT_${dashed.replaceAll('-', '_').toUpperCase()}`,
    default: undefined,
    unit: undefined,
    repeatable: false,
    limits: {},
    ...input,
  };
}

// By the name of the value, as commander spells it.
const ROWS = {
  kubeconfig: row('kubeconfig', {
    kind: 'path',
    unset: 'KUBECONFIG, ~/.kube/config, or the service account of the pod',
    meaning: 'File that says how to reach the API server',
  }),
  namespace: row('namespace', {
    kind: 'namespace',
    repeatable: true,
    unset: 'all namespaces',
    meaning: 'Only look at ScaledTargets in this namespace; may be given several times',
  }),
  prometheusUrl: row('prometheusUrl', {
    kind: 'url',
    unset: 'no source of that name',
    meaning: 'Base URL of the Prometheus server that metrics with the source "default" are read from',
  }),
  config: row('config', {
    kind: 'path',
    unset: 'no further sources',
    meaning: 'YAML file with metric sources: certificates, credentials, headers; read again when it changes',
  }),
  bindAddress: row('bindAddress', {
    kind: 'address',
    default: '0.0.0.0',
    meaning: 'Address that health and metrics are served on',
  }),
  port: row('port', {
    kind: 'integer',
    default: '8080',
    limits: { min: 0, max: 65_535 },
    meaning: 'Port that health and metrics are served on; 0 takes a free one',
  }),
  leaderElect: row('leaderElect', {
    kind: 'boolean',
    default: 'true',
    meaning: 'Only act while holding the Lease, so that several replicas can run',
  }),
  leaseNamespace: row('leaseNamespace', {
    kind: 'namespace',
    unset: 'the namespace of the pod, else setpoint-system',
    meaning: 'Namespace of the Lease',
  }),
  leaseName: row('leaseName', { kind: 'name', default: 'setpoint', meaning: 'Name of the Lease' }),
  leaseDuration: row('leaseDuration', {
    kind: 'duration',
    default: '15s',
    unit: 'whole seconds',
    limits: { min: SECOND, max: 3600 * SECOND },
    meaning: 'How long others wait after the last renewal before they take the Lease',
  }),
  renewDeadline: row('renewDeadline', {
    kind: 'duration',
    default: '10s',
    unit: 'duration',
    limits: { min: 100, max: 3600 * SECOND },
    meaning: 'How long the leader tries to renew before it gives up; shorter than --lease-duration',
  }),
  retryPeriod: row('retryPeriod', {
    kind: 'duration',
    default: '2s',
    unit: 'duration',
    limits: { min: 10, max: 3600 * SECOND },
    meaning: 'Pause between attempts to take or renew the Lease; 1.2 times it is shorter than --renew-deadline',
  }),
  workers: row('workers', {
    kind: 'integer',
    // They mostly wait for answers: enough that a source which hangs cannot hold them all before its breaker opens.
    default: '32',
    unit: 'targets at once',
    limits: { min: 1, max: 1000 },
    meaning: 'How many targets are decided at the same time',
  }),
  qps: row('qps', {
    kind: 'number',
    default: '200',
    unit: 'requests per second',
    limits: { min: 0.1, max: 100_000, also: -1 },
    meaning: 'Lasting rate of requests to the API server; -1 means no limit',
  }),
  burst: row('burst', {
    kind: 'integer',
    default: '400',
    unit: 'requests',
    limits: { min: 1, max: 100_000, also: -1 },
    meaning: 'Requests to the API server that may exceed --qps at once; -1 means no limit',
  }),
  logLevel: row('logLevel', {
    kind: 'choice',
    default: 'info',
    unit: LOG_LEVELS.join(', '),
    limits: { choices: LOG_LEVELS },
    meaning: 'Least severe log lines to write',
  }),
  syncPeriod: row('syncPeriod', {
    kind: 'duration',
    default: '15s',
    unit: 'duration',
    limits: { min: SECOND, max: 3600 * SECOND },
    meaning: 'How often a target is decided that sets no syncPeriodSeconds',
  }),
  tolerance: row('tolerance', {
    kind: 'number',
    default: '0.1',
    unit: 'ratio',
    limits: { min: 0, max: 1, belowMax: true },
    meaning:
      'How far a metric may be from its target, relative to it, before the size changes, where behavior sets none',
  }),
  downscaleStabilization: row('downscaleStabilization', {
    kind: 'duration',
    default: '5m',
    unit: 'duration',
    limits: { min: 0, max: DAY },
    meaning: 'How far back the highest recommendation holds a scale-down, where behavior sets no window',
  }),
  cpuInitializationPeriod: row('cpuInitializationPeriod', {
    kind: 'duration',
    default: '5m',
    unit: 'duration',
    limits: { min: 0, max: DAY },
    meaning: 'How long after its start the cpu of a pod counts only from when it was ready',
  }),
  initialReadinessDelay: row('initialReadinessDelay', {
    kind: 'duration',
    default: '30s',
    unit: 'duration',
    limits: { min: 0, max: DAY },
    meaning: 'How long after its start changes of readiness count as the first ones',
  }),
  metricsPerTarget: row('metricsPerTarget', {
    kind: 'boolean',
    default: 'true',
    meaning: 'Serve metrics with the namespace and name of each target; false keeps only the totals',
  }),
  statusRefreshQps: row('statusRefreshQps', {
    kind: 'number',
    default: '2',
    unit: 'writes per second',
    limits: { min: 0, max: 1000 },
    meaning: 'Status writes that only bring the columns up to date, for all targets together; 0 means none',
  }),
} as const;

type Rows = typeof ROWS;
type Name = keyof Rows;
/** Unset is possible for the rows that have no default. */
type ValueOf<Key extends Name> = OptionValues[Rows[Key]['kind']] | undefined;
type Values = { readonly [Key in Name]: ValueOf<Key> } & { readonly namespaces: readonly string[] };

/** Every option, in the order of the help. */
export const OPTION_TABLE: readonly OptionRow[] = Object.values(ROWS);

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
  const values: Record<string, unknown> = { namespaces: [] };
  for (const [name, row] of Object.entries(ROWS)) {
    const read = readRow(row, given[name], env, faults);
    if (row.repeatable) values[`${name}s`] = [...new Set(read)];
    else values[name] = read[0];
  }
  faults.push(...relationFaults(values as unknown as Values));
  return faults.length > 0 ? { faults } : { options: assemble(values as unknown as Values, ownNamespace) };
}

/** Meaning, unit, default and variable of an option in one line, for --help and the reference page. */
export function optionHelp(row: OptionRow): string {
  const unit = row.unit === undefined ? '' : ` [${row.unit}]`;
  return `${row.meaning}${unit} (default: ${row.default ?? row.unset}; env: ${row.env})`;
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
  return name === ROWS.port.env && /^(?:tcp|udp|sctp):\/\//.test(value);
}

function faultLine(kind: OptionKind, origin: string, text: string, remedy: string): string {
  // A URL may hold a password: what is wrong with it is said without repeating it.
  if (kind === 'url') return `${origin} ${remedy}`;
  return `${origin} is ${JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)}: ${remedy}`;
}

function relationFaults(values: Values): string[] {
  if (values.leaderElect !== true) return [];
  const { leaseDuration, renewDeadline, retryPeriod } = values;
  // A value that is itself wrong has its fault already.
  if (leaseDuration === undefined || renewDeadline === undefined || retryPeriod === undefined) return [];
  const faults: string[] = [];
  if (leaseDuration % SECOND !== 0) {
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

/** Throws for a row that lost its default: a fault of the table above, never of the user. */
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
  });
}
