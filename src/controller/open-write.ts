// A write of a size whose answer was lost: whether it took effect is not known until the workload is seen at another version.
// A size that did take effect is ours: it counts for the rate policies, is told in the history, and is no foreign writer's.
import type { ScaledTarget, TargetSpec } from '../api/spec.ts';
import { ApiStatusError } from '../base/errors.ts';
import { storeScaleEvent } from '../decide/history.ts';
import { changeOf, fieldsOf, withChange } from '../record/status.ts';
import type { TargetMemory } from './memory.ts';
import type { Scale } from './ports.ts';

export interface OpenWrite {
  readonly from: number;
  readonly to: number;
  /** Version of the workload that the write was to replace. */
  readonly over: string;
  /** That wrote it, as the history is to tell; undefined where the last attempt was refused, and nothing speaks for it being ours. */
  readonly cycle: string | undefined;
  /** In short; undefined until its decision is recorded. */
  readonly why?: string;
  /** Wall clock and monotonic clock of the cycle. */
  readonly atMs: number;
  readonly sentAt: number;
}

/** Whose size it is. */
type SettledTarget = Pick<ScaledTarget, 'rawStatus'> & { readonly spec: TargetSpec };

/** Whether a write that failed with this error may have taken effect: only a refusal says that it did not. */
export function mayHaveTakenEffect(error: unknown): boolean {
  return !(error instanceof ApiStatusError) || error.status >= 500;
}

/** To be called with each scale that is read, before anything is made of its size. */
export function settleOpenWrite(memory: TargetMemory, scale: Scale, { spec, rawStatus }: SettledTarget): void {
  const { openWrite } = memory;
  if (!openWrite || scale.resourceVersion === openWrite.over) return;
  memory.openWrite = undefined;
  const { from, to, over, cycle, why = '', atMs, sentAt } = openWrite;
  if (scale.specReplicas !== to) return;
  memory.wrote = { replicas: to, over, atMs: sentAt };
  const scaleEvents = storeScaleEvent(memory.history.scaleEvents, spec.behavior, { from, to, atMs });
  memory.history = { ...memory.history, scaleEvents };
  if (cycle === undefined) return;
  const change = changeOf({ currentReplicas: from, desiredReplicas: to }, { cycle, why, now: atMs });
  const history = withChange(memory.untold ? memory.untold.history : fieldsOf(rawStatus)['history'], change);
  memory.untold = { history, lastScaleTimeMs: atMs };
  memory.compared = undefined;
}
