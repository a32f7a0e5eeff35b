// What a list of pod metrics means: per pod its time, its window and its containers' usage; and from that one sample per pod, by
// the HPA's rules. Pure. A broken item costs that item alone, never the list.
import type { AbsentReading, PodSample } from '../decide/types.ts';
import { absent, isAbsent } from './absence.ts';
import { durationOf, type Fields, isFields, itemsOf, quantityOf, stampOf } from './api-fields.ts';

/** Usage of one pod as last measured. */
interface PodUsage {
  readonly atMs: number;
  readonly windowMs: number;
  /** As the list has them; quantities are read when somebody asks for them, since for most pods one of them is all that is asked. */
  readonly containers: readonly unknown[];
}

/** Pods of one namespace by name. */
export type NamespaceUsage = ReadonlyMap<string, PodUsage>;

/** The HPA's text for a list without a pod that was asked for. */
const NOTHING = 'no metrics returned from resource metrics API';
const MAX_CONTAINERS = 1000;
const NONE: readonly unknown[] = [];

/** The usage in the body of a PodMetricsList; absent when the body is none. Of two items with one name the first counts. */
export function parsePodMetrics(body: unknown, namespace: string): NamespaceUsage | AbsentReading {
  const items = itemsOf(body, 'PodMetricsList');
  if (isAbsent(items)) return items;
  const usage = new Map<string, PodUsage>();
  for (const item of items) {
    const metadata = isFields(item) ? item['metadata'] : undefined;
    if (!isFields(item) || !isFields(metadata) || typeof metadata['name'] !== 'string') continue;
    if (metadata['namespace'] !== namespace || usage.has(metadata['name'])) continue;
    const pod = podUsage(item);
    if (pod !== undefined) usage.set(metadata['name'], pod);
  }
  return usage;
}

/** Undefined: nothing of this pod can be used, since it is not known when it was measured. */
function podUsage(item: Fields): PodUsage | undefined {
  const { timestamp, window, containers } = item;
  const atMs = stampOf(timestamp);
  if (atMs === undefined) return undefined;
  return { atMs, windowMs: durationOf(window), containers: containersOf(containers) };
}

function containersOf(containers: unknown): readonly unknown[] {
  if (!Array.isArray(containers)) return NONE;
  return containers.length > MAX_CONTAINERS ? containers.slice(0, MAX_CONTAINERS) : containers;
}

/**
 * One sample for each pod asked for that has one. Of a whole pod: the sum over its containers, sidecars included, if each of them
 * has the resource; of a container: its own. Absent with the HPA's text when none of the pods is in the list at all.
 */
export function samplesOf(
  usage: NamespaceUsage | AbsentReading,
  podNames: Iterable<string>,
  resource: string,
  container: string | undefined,
): ReadonlyMap<string, PodSample> | AbsentReading {
  if (isAbsent(usage)) return usage;
  const samples = new Map<string, PodSample>();
  let found = false;
  for (const name of podNames) {
    const pod = usage.get(name);
    if (pod === undefined) continue;
    found = true;
    const valueMilli = container === undefined ? sumOf(pod, resource) : ownOf(pod, resource, container);
    if (valueMilli !== undefined) samples.set(name, { valueMilli, atMs: pod.atMs, windowMs: pod.windowMs });
  }
  return found ? samples : absent('Empty', NOTHING);
}

function sumOf(pod: PodUsage, resource: string): bigint | undefined {
  if (pod.containers.length === 0) return undefined;
  let sum = 0n;
  for (const container of pod.containers) {
    const milli = usageOf(container, resource);
    if (milli === undefined) return undefined;
    sum += milli;
  }
  return sum;
}

function ownOf(pod: PodUsage, resource: string, container: string): bigint | undefined {
  return usageOf(
    pod.containers.find((one) => isFields(one) && one['name'] === container),
    resource,
  );
}

/** Own fields only. A container that cannot be read lacks every resource. */
function usageOf(container: unknown, resource: string): bigint | undefined {
  const usage = isFields(container) ? container['usage'] : undefined;
  const quantity = isFields(usage) && Object.hasOwn(usage, resource) ? usage[resource] : undefined;
  return typeof quantity === 'string' ? quantityOf(quantity) : undefined;
}
