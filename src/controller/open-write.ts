// A write of a size whose answer was lost: whether it took effect is not known until the workload is seen at another version.
// A size that did take effect is ours: it counts for the rate policies, and is no foreign writer's.
import type { TargetSpec } from '../api/spec.ts';
import { ApiStatusError } from '../base/errors.ts';
import { storeScaleEvent } from '../decide/history.ts';
import type { TargetMemory } from './memory.ts';
import type { Scale } from './ports.ts';

export interface OpenWrite {
  readonly from: number;
  readonly to: number;
  /** Version of the workload that the write was to replace. */
  readonly over: string;
  /** Wall clock and monotonic clock of the cycle. */
  readonly atMs: number;
  readonly sentAt: number;
}

/** Whether a write that failed with this error may have taken effect: only a refusal says that it did not. */
export function mayHaveTakenEffect(error: unknown): boolean {
  return !(error instanceof ApiStatusError) || error.status >= 500;
}

/** To be called with each scale that is read, before anything is made of its size. */
export function settleOpenWrite(memory: TargetMemory, scale: Scale, { behavior }: TargetSpec): void {
  const { openWrite } = memory;
  if (!openWrite || scale.resourceVersion === openWrite.over) return;
  memory.openWrite = undefined;
  const { from, to, over, atMs, sentAt } = openWrite;
  if (scale.specReplicas !== to) return;
  memory.wrote = { replicas: to, over, atMs: sentAt };
  const scaleEvents = storeScaleEvent(memory.history.scaleEvents, behavior, { from, to, atMs });
  memory.history = { ...memory.history, scaleEvents };
}
