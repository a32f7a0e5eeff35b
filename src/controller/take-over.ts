// Taking over a workload from another autoscaler, an HPA or an older ScaledTarget, without a jump. What was recommended beside it
// was never acted on, so it does not count: the windows begin anew, as after a restart, from the size that is found, or, if the
// target asks for that, from what the HPA recommended last. Who stands beside whom is conflicts.ts's.
import type { ScaledTarget } from '../api/spec.ts';
import { downWindowMs } from '../decide/stages/stabilize.ts';
import type { Recommendation, Situation } from '../decide/types.ts';
import type { Conflict } from './conflicts.ts';
import type { TargetMemory } from './memory.ts';

/**
 * The situation to decide in. To be called before each decision, with what stands against writing it: nothing may be awaited
 * between the look for a conflict and the decision, so that none ends unnoticed.
 */
export function takeOver(
  memory: TargetMemory,
  situation: Situation,
  target: ScaledTarget,
  conflict: Conflict | undefined,
): Situation {
  const { now, spec } = situation;
  if (conflict?.withholds === 'all') {
    const { recommendation: replicas } = conflict;
    memory.withheld = { recommendation: replicas === undefined ? undefined : { replicas, atMs: now } };
    return situation;
  }
  const { withheld } = memory;
  memory.withheld = undefined;
  // Who changes Recommend to Scale has seen what is recommended, and asks for it: that goes on, as in an HPA whose spec changes.
  if (!withheld || spec.mode === 'Recommend') return situation;
  const asked = target.takeOver?.from === 'recommendation';
  const begin = asked ? counting(withheld.recommendation, situation) : undefined;
  // Null is first sight, where the decision begins with the current size.
  memory.history = { ...memory.history, recommendations: begin ? [begin] : null };
  return { ...situation, history: memory.history };
}

/** One that the window no longer holds would leave nothing to hold the size. */
function counting(last: Recommendation | undefined, situation: Situation): Recommendation | undefined {
  return last && situation.now - last.atMs < downWindowMs(situation) ? last : undefined;
}
