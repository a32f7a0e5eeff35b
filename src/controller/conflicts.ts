// Who else wants to set this workload's size, and what that means: beside an HPA or an older ScaledTarget nothing is written;
// against a foreign writer that keeps undoing our sizes nothing is lowered. Recommend is beside everybody.
import type { ConditionReason } from '../api/reasons.ts';
import type { Condition, ScaledTarget } from '../api/spec.ts';
import { withCondition } from '../decide/conditions.ts';
import type { TargetMemory } from './memory.ts';
import type { Owners } from './owners.ts';
import type { Autoscaler, Rivals, Scale } from './ports.ts';

export interface Conflict {
  readonly reason: Extract<ConditionReason, 'HorizontalPodAutoscaler' | 'ScaledTarget' | 'ForeignWriter'>;
  readonly message: string;
  /**
   * Beside another autoscaler nothing is written. A foreign writer is different: too few replicas hurt users, too many cost
   * money, so sizes are still raised against it and only lowering waits.
   */
  readonly withholds: 'all' | 'lowering';
  /** What the other autoscaler wants, where that is known. */
  readonly recommendation?: number | undefined;
}

/** So many sizes of ours undone within the window are no accident. */
const UNDONE_LIMIT = 3;
const UNDONE_WINDOW_MS = 10 * 60_000;

export function findConflict(
  target: ScaledTarget,
  scale: Scale,
  context: { readonly owners: Owners; readonly rivals: Rivals; readonly memory: TargetMemory },
): Conflict | undefined {
  if (target.spec?.mode === 'Recommend') return undefined;
  const elder = context.owners.elderOf(target);
  if (elder) {
    const message = `ScaledTarget ${elder.name} is older and scales the same workload: nothing is written here; delete one of the two, or set mode: Recommend on this one`;
    return { reason: 'ScaledTarget', message, withholds: 'all' };
  }
  const autoscalers = context.rivals.autoscalersOf(target.namespace, scale);
  if (autoscalers.length > 0) return besideAutoscalers(target, autoscalers);
  const undone = context.memory.undoneAtMs.length;
  if (undone < UNDONE_LIMIT) return undefined;
  const message = `another writer has undone ${undone} sizes within ${UNDONE_WINDOW_MS / 60_000} min: nothing is lowered until it stops; remove spec.replicas from what it applies`;
  return { reason: 'ForeignWriter', message, withholds: 'lowering' };
}

function besideAutoscalers({ takeOver }: ScaledTarget, autoscalers: readonly Autoscaler[]): Conflict {
  const names = autoscalers.map(({ name }) => name).join(', ');
  const message = `HorizontalPodAutoscaler ${names} scales the same workload: nothing is written here; delete it, or set mode: Recommend on this ScaledTarget`;
  const wanted = autoscalers.flatMap(({ desiredReplicas }) => desiredReplicas ?? []);
  return {
    reason: 'HorizontalPodAutoscaler',
    message: takeOver?.from === 'size' ? `${message}; ${takeOver.problem}` : message,
    withholds: 'all',
    // Of several the highest: too few replicas hurt users.
    recommendation: wanted.length > 0 ? Math.max(...wanted) : undefined,
  };
}

/** Takes note of a size that was found: one that differs from the size written last was set by somebody else. */
export function noteFoundSize(memory: TargetMemory, replicas: number, now: number): void {
  if (memory.undoneAtMs.length > 0) {
    memory.undoneAtMs = memory.undoneAtMs.filter((atMs) => Math.abs(now - atMs) < UNDONE_WINDOW_MS);
  }
  if (memory.wrote === undefined || memory.wrote.replicas === replicas) return;
  memory.wrote = undefined;
  memory.undoneAtMs = [...memory.undoneAtMs, now].slice(-UNDONE_LIMIT * 3);
}

/** The conditions with the conflict told; a conflict that ended is told too, one that never was is not. */
export function tellConflict(conditions: readonly Condition[], conflict: Conflict | undefined): readonly Condition[] {
  if (conflict) {
    return withCondition(conditions, {
      type: 'Conflict',
      status: 'True',
      reason: conflict.reason,
      message: conflict.message,
    });
  }
  if (!conditions.some(({ type }) => type === 'Conflict')) return conditions;
  return withCondition(conditions, {
    type: 'Conflict',
    status: 'False',
    reason: 'NoConflict',
    message: 'nobody else scales this workload',
  });
}
