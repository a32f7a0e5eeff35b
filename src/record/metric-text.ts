// How values, targets and metrics read in columns, conditions and events: `cpu: 73%/60%, rps: 120/100`, much as
// `kubectl get hpa` shows them. Texts for people: quantities on the wire are base/quantity.ts.
import type { Metric } from '../api/spec.ts';
import type { MetricStatus } from '../decide/types.ts';

/** As kubectl: what could not be read. */
export const UNKNOWN = '<unknown>';
/** Columns stay narrow: beyond this many metrics only their number is shown. */
const MAX_SHOWN = 3;

const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const;
const DECIMAL = ['', 'k', 'M', 'G', 'T', 'P', 'E'] as const;

/** How a quantity is counted: bytes by 1024, cpu below one core in thousandths as `kubectl top` does, all else as a number. */
type Unit = 'bytes' | 'cores' | 'plain';

function unitOf(metric: Metric): Unit {
  if (metric.type !== 'Resource' && metric.type !== 'ContainerResource') return 'plain';
  if (metric.resource === 'cpu') return 'cores';
  return /^(memory|ephemeral-storage|hugepages-)/.test(metric.resource) ? 'bytes' : 'plain';
}

/**
 * Thousandths as a short text: whole below one (`450m` of a core, else `0.45`), then at most two decimals and four significant
 * digits: `73`, `2.08`, `120.5`, `12.35k`, `113.6Mi`. Not a canonical quantity.
 */
export function readable(milli: bigint, unit: Unit = 'plain'): string {
  if (milli < 0n) return `-${readable(-milli, unit)}`;
  if (milli < 1000n && unit !== 'plain') return milli === 0n ? '0' : `${milli}m`;
  if (milli < 1000n) return String(Number(milli) / 1000);
  const bytes = unit === 'bytes';
  const step = bytes ? 1024 : 1000;
  // Four digits are read as they are: 1234 is clearer than 1.234k.
  let power = 0;
  let scaled = Number(milli) / 1000;
  while (scaled >= (power === 0 && !bytes ? 10_000 : step) && power < BINARY.length - 1) {
    scaled /= step;
    power += 1;
  }
  return `${shortened(scaled)}${(bytes ? BINARY : DECIMAL)[power]}`;
}

function shortened(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return String(Number(value < 10 ? value.toFixed(2) : value.toPrecision(4)));
}

/** Thousandths as the values of this metric read. */
export function quantityText(metric: Metric, milli: bigint): string {
  return readable(milli, unitOf(metric));
}

/** The value in the form its target has: `73%`, `120`, `0.45`; undefined when it was not read. */
export function valueText(metric: Metric, status: MetricStatus | undefined): string | undefined {
  if (!status) return undefined;
  const { target } = metric;
  const unit = unitOf(metric);
  if (target.averageValueMilli !== undefined && status.averageValueMilli !== undefined) {
    return readable(status.averageValueMilli, unit);
  }
  if (target.averageUtilization !== undefined && status.averageUtilization !== undefined) {
    return `${status.averageUtilization}%`;
  }
  const milli = status.valueMilli ?? status.averageValueMilli;
  return milli === undefined ? undefined : readable(milli, unit);
}

/** What the metric is compared with, in the same form; undefined when the target is none. */
export function targetText(metric: Metric): string | undefined {
  const { target } = metric;
  const unit = unitOf(metric);
  if (target.averageValueMilli !== undefined) return readable(target.averageValueMilli, unit);
  if (target.averageUtilization !== undefined) return `${target.averageUtilization}%`;
  return target.valueMilli === undefined ? undefined : readable(target.valueMilli, unit);
}

/** A metric as it is shown: absent texts are what could not be read. */
interface ShownMetric {
  readonly name: string;
  readonly value?: string | undefined;
  readonly target?: string | undefined;
}

/** `cpu: 73%/60%` */
export function metricText(metric: Metric, status: MetricStatus | undefined): string {
  return shownText({ name: metric.name, value: valueText(metric, status), target: targetText(metric) });
}

/** All metrics of a target for one column. */
export function metricsText(metrics: readonly Metric[], statuses: readonly (MetricStatus | undefined)[]): string {
  return lineOf(
    metrics.length,
    metrics.slice(0, MAX_SHOWN).map((metric, index) => metricText(metric, statuses[index])),
  );
}

/** The same of a decision's record. */
export function metricsLine(metrics: readonly ShownMetric[]): string {
  return lineOf(metrics.length, metrics.slice(0, MAX_SHOWN).map(shownText));
}

function shownText({ name, value = UNKNOWN, target = UNKNOWN }: ShownMetric): string {
  return `${name}: ${value}/${target}`;
}

function lineOf(count: number, shown: readonly string[]): string {
  return [...shown, ...(count > MAX_SHOWN ? [`+ ${count - MAX_SHOWN} more...`] : [])].join(', ');
}
