// Pods of a situation, and what the metrics APIs would answer about them. The API's rules for who is in an answer are played
// here; what an answer means is the decision's business.
import { parseQuantityMilli } from '../../base/quantity.ts';
import type { Metric } from '../../api/spec.ts';
import type { PodSample, PodState, Reading, Requests } from '../../decide/types.ts';
import { type Fields, FieldError } from './fields.ts';

/** A pod with what is known of its usage. */
export interface PlayedPod extends Answered {
  readonly state: PodState;
}

/** What the metrics APIs know of a pod. */
interface Answered {
  readonly name: string;
  /** Its containers in the resource metrics answer, by resource; undefined: the pod is not in that answer. */
  readonly resourceAnswer: readonly MeasuredContainer[] | undefined;
  readonly customUsage: Usage;
  readonly sampleAtMs: number;
  readonly windowMs: number;
}

interface MeasuredContainer {
  readonly name: string;
  readonly usage: Usage;
}

type Usage = ReadonlyMap<string, bigint>;

const PHASES = ['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown'] as const;
const NO_USAGE: Usage = new Map();

export function readPod(fields: Fields, name: string, now: number): PlayedPod {
  const usage = readUsage(fields) ?? NO_USAGE;
  const containers = readContainers(fields, usage);
  const initContainers = readInitContainers(fields);
  return {
    name,
    state: {
      name,
      phase: fields.choice('phase', PHASES),
      deleting: fields.boolean('deleted', false),
      ready: readReady(fields),
      readyTransitionAtMs: readAge(fields, 'readyTransitionAgoSeconds', now),
      startedAtMs: readAge(fields, 'startedAgoSeconds', now),
      containers,
      initContainers,
      podRequests: fields.has('podLevelRequests') ? readRequests(fields, 'podLevelRequests') : undefined,
    },
    resourceAnswer: resourceAnswerOf(containers, initContainers),
    customUsage: usage,
    sampleAtMs: now - fields.number('sampleAgeSeconds', 0) * 1000,
    windowMs: fields.number('windowSeconds', 60) * 1000,
  };
}

/** A pod without a list of them has one, which uses what the pod does. */
function readContainers(fields: Fields, usage: Usage) {
  if (!fields.has('containers')) {
    return [{ name: 'main', requests: readRequests(fields, 'requests'), usage, absent: false }];
  }
  return fields.objects('containers').map((container) => ({
    name: container.string('name'),
    requests: readRequests(container, 'requests'),
    usage: readUsage(container) ?? NO_USAGE,
    absent: container.boolean('absentFromMetrics', false),
  }));
}

function readInitContainers(fields: Fields) {
  return fields.objects('initContainers').map((init) => ({
    name: init.string('name'),
    requests: readRequests(init, 'requests'),
    restartable: init.optionalString('restartPolicy') === 'Always',
    usage: readUsage(init),
  }));
}

/** Who is in the resource metrics answer for a pod: its containers, and of the others those that keep running beside them. */
function resourceAnswerOf(
  containers: ReturnType<typeof readContainers>,
  initContainers: ReturnType<typeof readInitContainers>,
): Answered['resourceAnswer'] {
  const answer: MeasuredContainer[] = [];
  let measured = false;
  for (const container of containers) {
    if (container.absent) continue;
    answer.push(container);
    measured ||= container.usage.has('cpu') || container.usage.has('memory');
  }
  for (const { name, restartable, usage } of initContainers) {
    if (!restartable || usage === undefined) continue;
    answer.push({ name, usage });
    measured = true;
  }
  return measured ? answer : undefined;
}

function readReady(fields: Fields): PodState['ready'] {
  const value = fields.raw('ready') ?? null;
  if (value === null) return undefined;
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (value === 'unknown') return 'Unknown';
  throw fields.fail('ready', 'true, false, "unknown" or null');
}

function readAge(fields: Fields, name: string, now: number): number | undefined {
  const seconds = fields.optionalNumber(name);
  return seconds === undefined ? undefined : now - seconds * 1000;
}

function readUsage(fields: Fields): Usage | undefined {
  const usage = fields.optionalObject('usage');
  return usage && usageOf(usage);
}

function usageOf(usage: Fields): Usage {
  const values = new Map<string, bigint>();
  for (const name of usage.names()) if (usage.has(name)) values.set(name, usage.milli(name));
  return values;
}

function readRequests(fields: Fields, name: string): Requests {
  const requests = fields.optionalObject(name);
  const values: Record<string, bigint> = {};
  for (const resource of requests?.names() ?? []) {
    const text = requests?.string(resource) ?? '';
    const milli = cachedMilli(text);
    if (milli === undefined) throw new FieldError(`${requests?.path}.${resource}`, text, 'a Kubernetes quantity');
    values[resource] = milli;
  }
  return values;
}

const knownQuantities = new Map<string, bigint>();

/** The quantities of a file are few, and its pods are many. */
function cachedMilli(text: string): bigint | undefined {
  const known = knownQuantities.get(text);
  if (known !== undefined) return known;
  const milli = exactMilli(text);
  if (milli !== undefined && knownQuantities.size < 10_000) knownQuantities.set(text, milli);
  return milli;
}

/** Thousandths of a quantity, also above 64 bits: what the decision makes of such numbers is what is compared. */
function exactMilli(text: string): bigint | undefined {
  const large = /^(\d+)(P|E|Pi|Ei)$/.exec(text);
  if (large === null) return parseQuantityMilli(text);
  const [, count = '0', suffix = ''] = large;
  return BigInt(count) * 1000n * (suffix.endsWith('i') ? 1024n : 1000n) ** (suffix.startsWith('P') ? 5n : 6n);
}

/** A sample of a pod outside the list. */
export interface ExtraSample {
  readonly podName: string;
  readonly usage: Usage;
}

export function readExtra(fields: Fields): ExtraSample {
  return { podName: fields.string('podName'), usage: usageOf(fields.object('usage')) };
}

/** What the metrics API answers for a metric that is measured per pod. */
export function podsReading(
  metric: Extract<Metric, { type: 'Resource' | 'ContainerResource' | 'Pods' }>,
  pods: readonly PlayedPod[],
  extras: readonly ExtraSample[],
  now: number,
): Reading {
  const samples = new Map<string, PodSample>();
  let answered = false;
  const container = metric.type === 'ContainerResource' ? metric.container : undefined;
  const others = extras.map((extra) => answeredByExtra(extra, now));
  for (const pod of others.length === 0 ? pods : [...pods, ...others]) {
    if (metric.type === 'Pods') {
      const value = pod.customUsage.get(metric.metricName);
      answered ||= value !== undefined;
      if (value !== undefined) samples.set(pod.name, sampleOf(pod, value));
    } else if (pod.resourceAnswer !== undefined) {
      answered = true;
      const value = usedOf(pod.resourceAnswer, metric.resource, container);
      if (value !== undefined) samples.set(pod.name, sampleOf(pod, value));
    }
  }
  if (!answered) return { kind: 'absent', reason: 'Empty', message: 'no sample' };
  return { kind: 'pods', samples };
}

function answeredByExtra({ podName, usage }: ExtraSample, now: number): Answered {
  const measured = usage.has('cpu') || usage.has('memory');
  const resourceAnswer = measured ? [{ name: 'main', usage }] : undefined;
  return { name: podName, resourceAnswer, customUsage: usage, sampleAtMs: now, windowMs: 60_000 };
}

function sampleOf(pod: Answered, valueMilli: bigint): PodSample {
  return { valueMilli, atMs: pod.sampleAtMs, windowMs: pod.windowMs };
}

/** The sum over the containers of an answer, or one of them; a container without the resource leaves the pod without any. */
function usedOf(
  containers: readonly MeasuredContainer[],
  resource: string,
  only: string | undefined,
): bigint | undefined {
  let total: bigint | undefined;
  for (const { name, usage } of containers) {
    if (only !== undefined && name !== only) continue;
    const value = usage.get(resource);
    if (value === undefined) return undefined;
    total = BigInt.asIntN(64, (total ?? 0n) + value);
  }
  return total;
}
