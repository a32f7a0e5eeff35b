// What an HPA's spec means, told without Setpoint's schema: as the local API server fills it in, and in the words of a situations
// file, which has a reader of its own. Conversions are held against it.
import { parseQuantityMilliClamped } from '../../src/base/quantity.ts';
import type { KubeObject } from '../../src/localcluster/objects.ts';
import { defaultBuiltin } from '../../src/localcluster/resources/builtin-defaults.ts';

type Json = Readonly<Record<string, unknown>>;

/** The object as the API server stores it: without nulls, with defaults, quantities in one spelling, lists of older names aside. */
export function storedHpa(hpa: KubeObject): KubeObject {
  const plain = withoutNulls(hpa) as KubeObject;
  return sameSpelling(defaultBuiltin('horizontalpodautoscalers.autoscaling', plain)) as KubeObject;
}

const QUANTITIES = new Set(['averageValue', 'value', 'tolerance']);

/** Quantities in thousandths; a policy's `value` is a plain number and stays one. */
function sameSpelling(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sameSpelling);
  if (typeof value !== 'object' || value === null) return value;
  const isPolicy = 'periodSeconds' in value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const isQuantity = QUANTITIES.has(key) && !isPolicy && (typeof item === 'string' || typeof item === 'number');
      return [key, isQuantity ? `${parseQuantityMilliClamped(String(item))}m` : sameSpelling(item)];
    }),
  );
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([, item]) => item !== null);
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutNulls(item)]));
}

/** The circumstances of a decision. */
export interface Circumstances {
  readonly specReplicas: number;
  /** What each metric reads, relative to its target. */
  readonly load: number;
  readonly recommendations?: readonly { readonly replicas: number; readonly ageSeconds: number }[];
}

/** A line of a situations file: this stored HPA in these circumstances. */
export function situationLine(hpa: KubeObject, { specReplicas, load, recommendations }: Circumstances): string {
  const spec = hpa['spec'] as Json & { metrics: readonly Json[] };
  const metrics = spec.metrics.map((metric) => metricOf(metric, load, specReplicas));
  return JSON.stringify({
    id: hpa.metadata.name,
    situation: {
      config: {},
      specReplicas,
      minReplicas: spec['minReplicas'],
      maxReplicas: spec['maxReplicas'],
      metrics: metrics.map(({ line }) => line),
      pods: Array.from({ length: specReplicas }, () => podOf(metrics)),
      ...(spec['behavior'] === undefined ? {} : { behavior: spec['behavior'] }),
      ...(recommendations === undefined ? {} : { recommendationsHistory: recommendations }),
    },
  });
}

const REQUEST_MILLI = 1_000_000n;
const MAX_INT64 = 2n ** 63n - 1n;

/** Thousandths, as texts: they may be longer than a double holds. */
type Usage = Readonly<Record<string, string>>;

interface Told {
  readonly line: Json;
  /** Usage of each pod that makes it so, where the metric is one of the pods'. */
  readonly usage: Usage;
}

function metricOf(metric: Json, load: number, replicas: number): Told {
  const type = metric['type'] as string;
  const source = metric[`${type[0]?.toLowerCase()}${type.slice(1)}`] as Json & { target: Json; metric?: Json };
  const { per, isAverage, line: target } = targetOf(source.target);
  const name = (source.metric?.['name'] ?? source['name']) as string;
  const line = { type, name, target };
  const wanted = (per * BigInt(Math.round(load * 100))) / 100n;
  const each = wanted < MAX_INT64 ? wanted : MAX_INT64;
  if (type === 'Resource' || type === 'Pods') return { line, usage: { [name]: String(each) } };
  if (type === 'ContainerResource') {
    return { line: { ...line, container: source['container'] }, usage: { [name]: String(each) } };
  }
  const total = String(isAverage ? each * BigInt(replicas) : each);
  if (type === 'External') return { line: { ...line, currentValuesMilli: [total] }, usage: {} };
  const described = source['describedObject'] as Json;
  return { line: { ...line, describedKind: described['kind'], currentValueMilli: total }, usage: {} };
}

function targetOf(target: Json): { readonly per: bigint; readonly isAverage: boolean; readonly line: Json } {
  const { type, averageUtilization: percent, averageValue, value } = target;
  const milli = (text: unknown) => (typeof text === 'string' ? text.slice(0, -1) : undefined);
  const [averageValueMilli, valueMilli] = [milli(averageValue), milli(value)];
  const utilization = typeof percent === 'number' ? (BigInt(percent) * REQUEST_MILLI) / 100n : 0n;
  return {
    per: BigInt(averageValueMilli ?? valueMilli ?? utilization),
    isAverage: averageValueMilli !== undefined,
    line: {
      type,
      ...(percent === undefined ? {} : { averageUtilization: percent }),
      ...(averageValueMilli === undefined ? {} : { averageValueMilli }),
      ...(valueMilli === undefined ? {} : { valueMilli }),
    },
  };
}

function podOf(metrics: readonly Told[]): Json {
  const usage = Object.assign({}, ...metrics.map((metric) => metric.usage)) as Usage;
  const requests = { cpu: `${REQUEST_MILLI}m`, memory: `${REQUEST_MILLI}m` };
  const container = { name: 'app', requests, usage };
  const times = { startedAgoSeconds: 7200, readyTransitionAgoSeconds: 7190 };
  return { phase: 'Running', ready: true, ...times, containers: [container], usage };
}
