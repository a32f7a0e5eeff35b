// What a shaping stage is: it takes the number on its way and hands it on, with a step where it changed it.
import type { Recommendation, Situation, Step } from '../types.ts';

/** The number between two stages. */
export interface Shape {
  readonly replicas: number;
  readonly steps: readonly Step[];
  /** The recommendations to keep after this decision. */
  readonly recommendations: readonly Recommendation[];
}

export interface ShapingContext {
  readonly situation: Situation;
  /** False: the number is a guard's hold and is not stored as a recommendation. */
  readonly stores: boolean;
}

export type ShapingStage = (shape: Shape, context: ShapingContext) => Shape;

/** The shape after a change; a stage that kept the number leaves no step. */
export function change(shape: Shape, step: Omit<Step, 'before'>): Shape {
  if (step.after === shape.replicas) return shape;
  return { ...shape, replicas: step.after, steps: [...shape.steps, { before: shape.replicas, ...step }] };
}
