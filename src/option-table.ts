// The options of `setpoint run`, one row each: flags, variables, help and the reference page are made from these rows.
// How a value is read is in option-values.ts; what the values become, and how they relate, in options.ts.
import type { OptionKind, OptionLimits } from './option-values.ts';

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
const PAGE_AUTHS = ['none', 'kubernetes'] as const;
export type PageAuth = (typeof PAGE_AUTHS)[number];

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

/** By the name of the value, as commander spells it. */
export const OPTION_ROWS = {
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
    limits: { min: 0 },
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
  page: row('page', {
    kind: 'boolean',
    default: 'true',
    meaning: 'Serve the page that shows all targets and why they have their size, and its API; read-only',
  }),
  pageBindAddress: row('pageBindAddress', {
    kind: 'address',
    // Reachable by kubectl port-forward, and from nowhere else.
    default: '127.0.0.1',
    meaning: 'Address that the page is served on',
  }),
  pagePort: row('pagePort', {
    kind: 'integer',
    default: '8081',
    limits: { min: 0, max: 65_535 },
    meaning: 'Port that the page is served on; 0 takes a free one',
  }),
  pageHost: row('pageHost', {
    kind: 'host',
    repeatable: true,
    unset: 'localhost, 127.0.0.1 and [::1]',
    meaning: 'A further Host name that the page answers to; may be given several times',
  }),
  pageAuth: row('pageAuth', {
    kind: 'choice',
    default: 'none',
    unit: PAGE_AUTHS.join(', '),
    limits: { choices: PAGE_AUTHS },
    meaning:
      'Who may see the page: whoever reaches it, or who has a Kubernetes token, and then only namespaces it may list',
  }),
  journalBytes: row('journalBytes', {
    kind: 'integer',
    default: '4194304',
    unit: 'bytes',
    limits: { min: 65_536, max: 1_073_741_824 },
    meaning:
      'Memory for the last decisions of all targets together, of which the newest of each stays, and as much again for their numbers over time',
  }),
} as const;

/** Every option, in the order of the help. */
export const OPTION_TABLE: readonly OptionRow[] = Object.values(OPTION_ROWS);

/** Meaning, unit, default and variable of an option in one line, for --help and the reference page. */
export function optionHelp(row: OptionRow): string {
  const unit = row.unit === undefined ? '' : ` [${row.unit}]`;
  return `${row.meaning}${unit} (default: ${row.default ?? row.unset}; env: ${row.env})`;
}
