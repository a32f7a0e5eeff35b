// Stabilization windows: the number may not fall below what was recommended lately, nor (with `behavior`) rise above it.
// Stores the raw recommendation. Speed is for rate.ts.
import { storeRecommendation } from '../history.ts';
import type { Recommendation, Situation } from '../types.ts';
import { change, type Shape, type ShapingContext } from './stage.ts';

export function stabilize(shape: Shape, context: ShapingContext): Shape {
  return context.situation.spec.behavior === undefined ? downOnly(shape, context) : bothWays(shape, context);
}

/** Without `behavior`: the highest recommendation of the down window, both ends included. */
function downOnly(shape: Shape, { situation, stores }: ShapingContext): Shape {
  const windowMs = downWindowMs(situation);
  const isExpired = isExpiredIn(situation);
  let highest = shape.replicas;
  for (const entry of shape.recommendations) {
    if (!isExpired(entry) && entry.replicas > highest) highest = entry.replicas;
  }
  const stabilized =
    highest === shape.replicas
      ? shape
      : change(shape, {
          stage: 'stabilize',
          after: highest,
          reason: 'ScaleDownStabilized',
          detail: `the highest recommendation of the last ${windowMs / 1000} s was ${highest}`,
        });
  return stores ? { ...stabilized, recommendations: store(shape, situation) } : stabilized;
}

/** With `behavior`: the current size, moved only as far as all recommendations of the window of its direction agree. */
function bothWays(shape: Shape, { situation, stores }: ShapingContext): Shape {
  const { now } = situation;
  const upCutoffMs = now - upWindowMs(situation);
  const downCutoffMs = now - downWindowMs(situation);
  let lowest = shape.replicas;
  let highest = shape.replicas;
  for (const entry of shape.recommendations) {
    if (entry.atMs > upCutoffMs) lowest = Math.min(lowest, entry.replicas);
    if (entry.atMs > downCutoffMs) highest = Math.max(highest, entry.replicas);
  }
  const after = Math.min(Math.max(situation.scale.specReplicas, lowest), highest);
  const isDown = after >= shape.replicas;
  const stabilized = change(shape, {
    stage: 'stabilize',
    after,
    reason: isDown ? 'ScaleDownStabilized' : 'ScaleUpStabilized',
    detail: isDown
      ? `the highest recommendation of the last ${downWindowMs(situation) / 1000} s was ${highest}`
      : `the lowest recommendation of the last ${upWindowMs(situation) / 1000} s was ${lowest}`,
  });
  return stores ? { ...stabilized, recommendations: store(shape, situation) } : stabilized;
}

function store(shape: Shape, situation: Situation): readonly Recommendation[] {
  const entry = { replicas: shape.replicas, atMs: situation.now };
  return storeRecommendation(shape.recommendations, entry, isExpiredIn(situation));
}

/** Whether a recommendation is older than every window: its place is free. Without any window each one is. */
export function isExpiredIn(situation: Situation): (entry: Recommendation) => boolean {
  const longestMs = Math.max(upWindowMs(situation), downWindowMs(situation));
  return (entry) => longestMs === 0 || entry.atMs < situation.now - longestMs;
}

export function upWindowMs({ spec }: Situation): number {
  return (spec.behavior?.scaleUp.stabilizationWindowSeconds ?? 0) * 1000;
}

export function downWindowMs({ spec, defaults }: Situation): number {
  const seconds = spec.behavior?.scaleDown.stabilizationWindowSeconds;
  return seconds === undefined ? defaults.downscaleStabilizationMs : seconds * 1000;
}
