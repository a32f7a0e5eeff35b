// The values at which a metric would ask for another size than now, found by the HPA's arithmetic itself: a search over whole
// thousandths or percents, with the pods that the last decision counted. Only what one metric asks for; windows and bounds are not here.
import type { Metric, TargetSpec } from '../../api/spec.ts';
import type { DecidedMetric } from '../../api/schema-decision.ts';
import { ceilToReplicas, type Tolerance } from '../../decide/numbers.ts';
import { sizeByRatio, sizeFilledIn } from '../../decide/pods-rule.ts';
import { applyAverageRule } from '../../decide/value-rule.ts';
import { quantityText } from '../metric-text.ts';

/** Values in the form that the metric's target has. */
export interface Thresholds {
  /** More than this asks for a larger size; undefined: no value does, or it is not known. */
  readonly above: string | undefined;
  /** This or less asks for a smaller size; undefined: no value does, or it is not known. */
  readonly atMost: string | undefined;
}

export interface ThresholdInput {
  readonly metric: Metric;
  readonly decided: Pick<DecidedMetric, 'over' | 'missing' | 'unready'>;
  /** The size to grow or shrink from. */
  readonly size: number;
  readonly guards: TargetSpec['guards'];
  readonly tolerance: Tolerance;
}

export function thresholdsOf(input: ThresholdInput): Thresholds {
  const rule = ruleOf(input);
  if (!rule) return { above: undefined, atMost: undefined };
  const { size } = input;
  const { direction } = input.metric;
  const { asks, target, text } = rule;
  // At its target a metric asks for the size there is, whatever is assumed for pods without a sample: that parts the two searches.
  const above =
    direction === 'Down' ? undefined : lastWhere((value) => asks(value) <= size, rule.monotone ? 0 : target);
  const atMost =
    direction === 'Up' || size === 0
      ? undefined
      : lastWhere((value) => (rule.monotone || value <= target) && asks(value) < size, 0);
  return {
    above: above === undefined ? undefined : text(above),
    atMost: atMost === undefined ? undefined : text(atMost),
  };
}

interface Rule {
  /** The size asked for at a value, in whole thousandths or percents. */
  readonly asks: (value: number) => number;
  readonly target: number;
  /** A larger value never asks for fewer. */
  readonly monotone: boolean;
  readonly text: (value: number) => string;
}

function ruleOf(input: ThresholdInput): Rule | undefined {
  // What the spec and the status say is read without trust: from a count that is none there is nothing to tell.
  if (!isCount(input.decided.over) || !isCount(input.size)) return undefined;
  switch (input.metric.type) {
    case 'Resource':
    case 'ContainerResource':
    case 'Pods':
      return podsRule(input);
    case 'Object':
    case 'External':
    case 'Prometheus':
      return valueRule(input);
    case 'Unknown':
    default:
      return undefined;
  }
}

function isCount(value: number | undefined): boolean {
  return value !== undefined && Number.isInteger(value) && value >= 0 && value < MOST;
}

function podsRule(input: ThresholdInput): Rule | undefined {
  const { averageValueMilli, averageUtilization: percent } = input.metric.target;
  if (averageValueMilli !== undefined) {
    const target = Number(averageValueMilli);
    return { asks: perPod(input, target, target), target, monotone: false, text: (value) => milliText(input, value) };
  }
  if (percent === undefined) return undefined;
  const asks = perPod(input, percent, Math.max(100, percent));
  return { asks, target: percent, monotone: false, text: (value) => `${value}%` };
}

function valueRule(input: ThresholdInput): Rule | undefined {
  const { type, target } = input.metric;
  const { averageValueMilli, valueMilli } = target;
  const byAverage = type !== 'Object' || target.type === 'AverageValue';
  if (averageValueMilli !== undefined && byAverage) return average(input, averageValueMilli);
  if (valueMilli === undefined) return undefined;
  const goal = Number(valueMilli);
  // From zero there is no tolerance: any value wakes the workload.
  const monotone = input.size === 0;
  return { asks: whole(input, goal), target: goal, monotone, text: (value) => milliText(input, value) };
}

function milliText({ metric }: ThresholdInput, value: number): string {
  return quantityText(metric, BigInt(Math.round(value)));
}

/** For pods that all have the same value: the HPA cuts averages and percents to whole numbers. */
function perPod({ decided, size, tolerance }: ThresholdInput, target: number, assumed: number) {
  const { over = 0, missing = 0, unready = 0 } = decided;
  return (value: number): number => {
    const before = value / target;
    const idle = before > 1 ? unready : 0;
    if (idle === 0 && missing === 0) return sizeByRatio(before, over, size, tolerance).replicas;
    const filledIn = before === 1 ? 0 : missing;
    const count = over + filledIn + idle;
    const total = value * over + (before < 1 ? filledIn * assumed : 0);
    return sizeFilledIn({ before, ratio: Math.trunc(total / count) / target, count }, size, tolerance).replicas;
  };
}

function whole({ decided, size, tolerance }: ThresholdInput, target: number) {
  return (value: number): number => {
    if (size === 0) return ceilToReplicas(value / target, 0);
    return sizeByRatio(value / target, decided.over ?? 0, size, tolerance).replicas;
  };
}

/** By totals, shown per replica. With guards a rollout's surge does not count. */
function average(input: ThresholdInput, target: bigint): Rule {
  const { decided, size, tolerance, guards } = input;
  const shownOver = Math.max(1, decided.over ?? 1);
  const over = guards === 'Enabled' && size !== 0 ? size : (decided.over ?? size);
  return {
    asks: (total) => applyAverageRule(BigInt(total), target, tolerance, over).computed.replicas,
    target: Number(target) * over,
    monotone: true,
    text: (total) => milliText(input, total / shownOver),
  };
}

/** Beyond this no whole number is exact. */
const MOST = 2 ** 52;

/**
 * The largest whole number from `from` on up to which `holds`; undefined: it does not even hold there, it never ends, or there are no
 * whole numbers to be told apart.
 */
function lastWhere(holds: (value: number) => boolean, from: number): number | undefined {
  if (!Number.isInteger(from) || Math.abs(from) >= MOST || !holds(from)) return undefined;
  let step = 1;
  while (from + step < MOST && holds(from + step)) step *= 2;
  if (from + step >= MOST) return undefined;
  let low = from + Math.floor(step / 2);
  let high = from + step;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}
