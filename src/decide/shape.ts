// The stages between the combined proposal and the size, in their order.
import { limitToBounds } from './stages/limit.ts';
import { limitRate } from './stages/rate.ts';
import { stabilize } from './stages/stabilize.ts';
import type { Shape, ShapingContext, ShapingStage } from './stages/stage.ts';

const STAGES: readonly ShapingStage[] = [
  // First what was wanted lately, since a number that a window rejects must not use up a policy's allowance.
  stabilize,
  // Then how fast the size may get there.
  limitRate,
  // The bounds last of all, so that nothing after them can leave them.
  limitToBounds,
];

export function shapeReplicas(start: Shape, context: ShapingContext): Shape {
  return STAGES.reduce((shape, stage) => stage(shape, context), start);
}
