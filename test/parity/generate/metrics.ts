// Draws metrics, and how far each is from its target: pods.ts gives the pods the usage that makes it so.
import type { BehaviorJson, MetricJson, Milli, Profile, SituationJson } from '../situation.ts';
import type { Draw } from './draw.ts';
import type { Sizes } from './sizes.ts';

/** What draws of metrics and pods share about a metric. */
export interface DrawnMetric {
  readonly json: MetricJson;
  /** value / target that the pods are to show. */
  readonly ratio: number;
}

interface Tolerances {
  readonly config: SituationJson['config'];
  readonly behavior: BehaviorJson | undefined;
}

const MAX_MILLI = 2n ** 63n - 1n;

/** A count of thousandths in the form of the format; what does not fit is held at the bounds. */
export function milli(value: number): Milli {
  if (Math.abs(value) <= 2 ** 53) return Math.round(value);
  const whole = BigInt(Math.round(value));
  if (whole > MAX_MILLI) return String(MAX_MILLI);
  return String(whole < -MAX_MILLI ? -MAX_MILLI : whole);
}

export function drawMetrics(draw: Draw, profile: Profile, sizes: Sizes, tolerances: Tolerances): DrawnMetric[] {
  const count =
    profile === 'multi'
      ? draw.int(2, 3)
      : draw.weighted([
          [9, 1],
          [1, 2],
        ]);
  return draw.list(count, () => drawMetric(draw, profile, sizes, tolerances));
}

function drawMetric(draw: Draw, profile: Profile, sizes: Sizes, tolerances: Tolerances): DrawnMetric {
  const ratio = profile === 'zero' && draw.chance(0.2) ? 0 : drawRatio(draw, tolerances);
  const outside = profile === 'zero' ? 40 : 12;
  const type = draw.weighted([
    [32, 'Resource'],
    [14, 'ContainerResource'],
    [14, 'Pods'],
    [outside, 'Object'],
    [outside * 1.2, 'External'],
    [0.8, 'Unheard'],
  ]);
  const json = drawJson(draw, type, profile, valueOf(draw, profile, ratio, sizes));
  if (draw.chance(profile === 'multi' ? 0.1 : 0.04)) json.fetchError = draw.pick(FETCH_ERRORS);
  return { json, ratio };
}

const FETCH_ERRORS = ['connection refused', 'backend did not answer', 'the server could not find the metric'];

/** Right on the limit of a tolerance, right on the target, or anywhere. */
function drawRatio(draw: Draw, { config, behavior }: Tolerances): number {
  const up = Number(behavior?.scaleUp?.tolerance ?? config.tolerance);
  const down = Number(behavior?.scaleDown?.tolerance ?? config.tolerance);
  return draw.weighted([
    [8, Number.isFinite(up) ? 1 + up : 1.1],
    [8, Number.isFinite(down) ? Math.max(0, 1 - down) : 0.9],
    [6, 1],
    [8, 0],
    [35, draw.fraction() * 1.3],
    [30, 1 + draw.fraction() * 3],
    [5, draw.int(2, 40)],
  ]);
}

interface Value {
  readonly target: number;
  readonly current: number;
  readonly perPod: number;
}

/** A target, and the value of the whole that stands at `ratio` to it. */
function valueOf(draw: Draw, profile: Profile, ratio: number, sizes: Sizes): Value {
  const isExtreme = profile === 'extreme' && draw.chance(0.5);
  const target = isExtreme
    ? Math.max(1, Math.floor(10 ** (draw.fraction() * 18.9)))
    : draw.pick([1, 500, 1000, 5000, 7000, 10_000, 100_000, draw.int(1, 200_000)]);
  const wild =
    isExtreme && draw.chance(0.6) ? draw.pick([10 ** (draw.fraction() * 18.9), 2 ** 62, 2 ** 63]) : undefined;
  const size = draw.chance(0.5) ? sizes.specReplicas : sizes.statusReplicas;
  return { target, current: wild ?? target * ratio, perPod: wild ?? target * ratio * Math.max(1, size) };
}

function drawJson(draw: Draw, type: string, profile: Profile, value: Value): MetricJson {
  switch (type) {
    case 'Resource':
      return { type, name: draw.weighted(RESOURCES), target: drawResourceTarget(draw, profile) };
    case 'ContainerResource': {
      const container = draw.weighted(CONTAINERS);
      return { type, name: draw.weighted(RESOURCES), container, target: drawResourceTarget(draw, profile) };
    }
    case 'Pods': {
      const target = { type: 'AverageValue', averageValueMilli: milli(value.target) };
      return { type, name: draw.pick(['rps', 'queue_length']), ...drawSelector(draw), target };
    }
    case 'Object':
      return {
        type,
        name: draw.pick(['backlog', 'qps']),
        describedKind: draw.pick(['Ingress', 'Service', 'Namespace', 'Deployment']),
        ...drawSelector(draw),
        ...drawValueTarget(draw, value, (current) => ({ currentValueMilli: milli(signed(draw, profile, current)) })),
      };
    case 'External':
      return {
        type,
        name: draw.pick(['backlog', 'qps', 'messages']),
        ...drawSelector(draw),
        ...drawValueTarget(draw, value, (current) => ({ currentValuesMilli: drawSeries(draw, profile, current) })),
      };
    default:
      return { type, name: 'x', target: {} };
  }
}

const RESOURCES = [
  [3, 'cpu'],
  [1, 'memory'],
] as const;
const CONTAINERS = [
  [6, 'main'],
  [4, 'app'],
  [3, 'proxy'],
  [2, 'mesh'],
  [1, 'absent'],
] as const;

function drawSelector(draw: Draw): Pick<MetricJson, 'metricSelector'> {
  return draw.chance(0.3) ? { metricSelector: { matchLabels: { queue: draw.pick(['mail', 'orders']) } } } : {};
}

function drawResourceTarget(draw: Draw, profile: Profile): MetricJson['target'] {
  const isExtreme = profile === 'extreme' && draw.chance(0.3);
  const percent = isExtreme
    ? draw.pick([1, 2, 1000, 100_000, 2 ** 31 - 1])
    : draw.pick([10, 25, 50, 60, 80, 100, 150, 200]);
  const average = isExtreme
    ? 10 ** (draw.fraction() * 18.9)
    : draw.pick([100, 250, 500, 1000]) * 10 ** draw.pick([0, 0, 9]);
  return draw.weighted<MetricJson['target']>([
    [65, { type: 'Utilization', averageUtilization: draw.chance(0.8) ? percent : draw.int(1, 250) }],
    [32, { type: 'AverageValue', averageValueMilli: milli(Math.max(1, average)) }],
    [1, { type: 'Value', valueMilli: 1000 }],
  ]);
}

/** `Value` or `AverageValue`, rarely one that does not fit the type, with the value that belongs to it. */
function drawValueTarget(
  draw: Draw,
  { target, current, perPod }: Value,
  show: (current: number) => Partial<MetricJson>,
): Pick<MetricJson, 'target'> & Partial<MetricJson> {
  return draw.weighted<Pick<MetricJson, 'target'> & Partial<MetricJson>>([
    [50, { target: { type: 'Value', valueMilli: milli(target) }, ...show(current) }],
    [47, { target: { type: 'AverageValue', averageValueMilli: milli(target) }, ...show(perPod) }],
    [2, { target: { type: 'Utilization', averageUtilization: 50 }, ...show(current) }],
  ]);
}

function signed(draw: Draw, profile: Profile, value: number): number {
  return profile === 'extreme' && draw.chance(0.03) ? -value : value;
}

/** Every series of an answer; none in an empty one. */
function drawSeries(draw: Draw, profile: Profile, total: number): Milli[] {
  if (draw.chance(0.03)) return [];
  const isExtreme = profile === 'extreme' && draw.chance(0.5);
  const count = draw.weighted([
    [isExtreme ? 2 : 6, 1],
    [3, draw.int(2, 4)],
  ]);
  const parts = draw.list(count, () => (isExtreme ? total : Math.floor(total / count)));
  const rest = isExtreme ? 0 : Math.round(total) - parts.reduce((sum, part) => sum + part, 0);
  return parts.map((part, index) => milli(signed(draw, profile, index === 0 ? part + rest : part)));
}
