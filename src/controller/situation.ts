// Brings together everything the decision needs: the scale, its pods, what was remembered, and the metrics, read once a cycle.
import { needsReadings } from '../decide/decide.ts';
import type { Reading, Situation } from '../decide/types.ts';
import { type Cycle, isCurrent, type ReconcilerOptions } from './cycle.ts';
import { gather } from './gather.ts';
import type { PodSelection, Scale } from './ports.ts';
import { besideStalePods } from './stale-pods.ts';

type Options = Pick<ReconcilerOptions, 'targets' | 'pods' | 'rivals' | 'reader' | 'logger' | 'defaults'>;

/** Undefined when the target changed, or the process is stopping, while metrics were read. */
export async function situationOf(cycle: Cycle, scale: Scale, options: Options): Promise<Situation | undefined> {
  const { target, spec, memory, request } = cycle;
  const selection = options.pods.select(target.namespace, scale.selector);
  cycle.readyPods = selection.problem ? undefined : countReady(selection.pods);
  const known: Situation = {
    now: cycle.atMs,
    namespace: target.namespace,
    name: target.name,
    spec,
    scale: { specReplicas: scale.specReplicas, statusReplicas: scale.statusReplicas },
    selectorProblem: selection.problem ?? overlapOf(cycle, scale, selection, options),
    pods: selection.pods ?? [],
    previous: target.previous,
    history: memory.history,
    defaults: options.defaults,
    readings: [],
  };
  if (!needsReadings(known)) return known;
  if (!cycle.readings) {
    const readings = await readMetrics(cycle, scale, selection, options);
    cycle.readings = selection.isStale ? besideStalePods(spec.metrics, readings) : readings;
  }
  if (request.stopping.aborted || !isCurrent(cycle, options.targets)) return undefined;
  return { ...known, readings: cycle.readings };
}

/** Other workloads whose pods the selector finds too. */
function overlapOf(
  { target, spec }: Cycle,
  scale: Scale,
  { pods = [] }: PodSelection,
  { rivals }: Pick<Options, 'rivals'>,
): Situation['selectorProblem'] {
  if (spec.mode !== 'Scale') return undefined;
  const overlapping = rivals.overlapping(target, scale, pods);
  if (overlapping.length < 2) return undefined;
  return { kind: 'ambiguous', rivals: overlapping, selector: scale.selector ?? '' };
}

function readMetrics(
  { id, span, target, spec, request, reading }: Cycle,
  scale: Scale,
  { pods = [] }: PodSelection,
  { reader, logger }: Pick<Options, 'reader' | 'logger'>,
): Promise<readonly Reading[]> {
  const context = {
    namespace: target.namespace,
    name: target.name,
    cycle: id,
    span,
    podNames: pods.map(({ name }) => name),
    selector: scale.selector ?? '',
    tickMs: request.tickMs,
  };
  return request.away(gather(reader, spec.metrics, context, { deadline: reading, logger }));
}

function countReady(pods: readonly { readonly ready: string | undefined; readonly deleting: boolean }[]): number {
  let ready = 0;
  for (const pod of pods) if (pod.ready === 'True' && !pod.deleting) ready += 1;
  return ready;
}
