// PartialView: a view of a part is no view of the whole. A metric may not shrink the size while over a third of the running pods
// that are past their warm-up have no usable sample, while one of them was never seen, or while the workload counts pods that the
// list has not; each for 15 minutes at most, and then the HPA's fill-in decides alone. An answer that its source calls partial may
// not shrink the size either, for as long as the source says so. What pods that were seen last used is for unseen-pods.ts; a
// `Value` over few ready pods for few-ready.ts.
// Promises nothing for pods that are starting: they have no sample yet in every rollout, and the HPA's fill-in is made for them.
import { countOf } from '../pods-rule.ts';
import type { MetricMemory, PodSample, PodsReading } from '../types.ts';
import type { Aged } from './stale-sample.ts';
import type { GuardContext, Objection } from './types.ts';
import { type Found, HOLD_MS, lookForPods } from './unseen-pods.ts';

type ViewMemory = Pick<MetricMemory, 'partialSinceMs' | 'absentSinceMs' | 'unseen'>;
type Known = ViewMemory & Pick<MetricMemory, 'last'>;
type Ask = Pick<GuardContext, 'now' | 'pods' | 'scale' | 'cpuInitializationPeriodMs'>;

export interface View {
  readonly memory: ViewMemory;
  readonly objection: Objection | undefined;
  /** The last samples of pods that have none now, where they count. */
  readonly remembered: ReadonlyMap<string, PodSample>;
}

const NO_SAMPLES: ReadonlyMap<string, PodSample> = new Map();

/** What of the whole a reading shows. `known`: what was remembered before this reading. */
export function judgeView({ usable, fresh }: Aged, known: Known, ask: Ask): View {
  if (usable.kind === 'pods') return judgePods(usable, fresh.kind === 'pods' ? fresh : undefined, known, ask);
  // Without a reading nothing shrinks anyway, and who was not seen before it is not seen still: no hold begins anew by it.
  const { partialSinceMs, absentSinceMs, unseen } = known;
  const memory = { partialSinceMs, absentSinceMs, unseen };
  const isPartial = fresh.kind === 'value' && fresh.partial;
  const objection = isPartial ? objectionOf(['the source says that its answer is partial']) : undefined;
  return { memory, objection, remembered: NO_SAMPLES };
}

function judgePods(usable: PodsReading, fresh: PodsReading | undefined, known: Known, ask: Ask): View {
  const { now, scale } = ask;
  const found = lookForPods(usable, fresh, known, ask);
  const absent = Math.max(0, scale.statusReplicas - found.listed);
  // Where nothing at all is fresh, StaleSample objects.
  const isPartial = fresh !== undefined && (found.blind + absent) * 3 > found.warm + absent;
  const memory: ViewMemory = {
    partialSinceMs: isPartial ? (known.partialSinceMs ?? now) : undefined,
    absentSinceMs: absent > 0 ? (known.absentSinceMs ?? now) : undefined,
    unseen: found.unseen,
  };
  return { memory, remembered: found.remembered ?? NO_SAMPLES, objection: objectionOf(faultsOf(found, memory, ask)) };
}

function faultsOf(found: Found, memory: ViewMemory, { now, scale }: Ask): string[] {
  const lasts = (sinceMs: number | undefined): boolean => sinceMs !== undefined && now - sinceMs < HOLD_MS;
  const faults: string[] = [];
  if (found.blind > 0 && lasts(memory.partialSinceMs)) {
    faults.push(`${found.blind} of ${found.warm} running pods have no usable sample`);
  } else if (found.neverSeen > 0) {
    faults.push(`${found.neverSeen} of ${found.warm} running pods have not been seen yet`);
  }
  const absent = scale.statusReplicas - found.listed;
  if (absent > 0 && (lasts(memory.absentSinceMs) || lasts(memory.partialSinceMs))) {
    faults.push(
      `${absent} of the ${countOf(scale.statusReplicas, 'pod')} that the workload counts are not in the list`,
    );
  }
  return faults;
}

function objectionOf(faults: readonly string[]): Objection | undefined {
  return faults.length === 0 ? undefined : { guard: 'PartialView', detail: faults.join(', and ') };
}
