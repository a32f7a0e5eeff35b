// PartialView: a view of a part is no view of the whole. While over a third of the running pods that are past their warm-up have no
// usable sample, the metric may not shrink the size, for 15 minutes at most; after that the HPA's fill-in decides alone. An answer
// that its source calls partial may not shrink the size either, for as long as the source says so.
// Promises nothing for pods that are starting: they have no sample yet in every rollout, and the HPA's fill-in is made for them.
import type { PodsReading, PodState, Reading } from '../types.ts';
import type { Objection } from './types.ts';

const HOLD_MS = 900_000;

interface Ask {
  readonly now: number;
  readonly pods: readonly PodState[];
  readonly warmUpMs: number;
  readonly sinceMs: number | undefined;
}

export interface View {
  /** Since when the view has been partial; undefined: it is not. */
  readonly sinceMs: number | undefined;
  readonly objection: Objection | undefined;
}

export function judgeView(fresh: Reading, ask: Ask): View {
  if (fresh.kind === 'absent') return { sinceMs: undefined, objection: undefined };
  if (fresh.kind === 'value') {
    const detail = 'the source says that its answer is partial';
    return { sinceMs: undefined, objection: fresh.partial ? { guard: 'PartialView', detail } : undefined };
  }
  return judgePods(fresh, ask);
}

function judgePods({ samples }: PodsReading, { now, pods, warmUpMs, sinceMs }: Ask): View {
  let warm = 0;
  let unseen = 0;
  for (const pod of pods) {
    if (!isWarm(pod, now - warmUpMs)) continue;
    warm += 1;
    if (!samples.has(pod.name)) unseen += 1;
  }
  if (unseen * 3 <= warm) return { sinceMs: undefined, objection: undefined };
  const since = sinceMs ?? now;
  if (now - since >= HOLD_MS) return { sinceMs: since, objection: undefined };
  const detail = `${unseen} of ${warm} running pods have no usable sample`;
  return { sinceMs: since, objection: { guard: 'PartialView', detail } };
}

function isWarm(pod: PodState, startedBeforeMs: number): boolean {
  if (pod.deleting || pod.phase !== 'Running' || pod.startedAtMs === undefined) return false;
  return pod.startedAtMs <= startedBeforeMs;
}
