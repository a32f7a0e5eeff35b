// The bounds, last of all: whatever the stages before made of the number, it leaves within minReplicas and maxReplicas.
import { change, type Shape, type ShapingContext } from './stage.ts';

export function limitToBounds(shaped: Shape, { situation }: ShapingContext): Shape {
  const { minReplicas, maxReplicas } = situation.spec;
  // No stage makes such a number of whole ones; should one ever come in from outside, the size is safer than the number.
  const shape = Number.isInteger(shaped.replicas) ? shaped : { ...shaped, replicas: situation.scale.specReplicas };
  if (shape.replicas > maxReplicas) {
    const detail = `maxReplicas is ${maxReplicas}`;
    return change(shape, { stage: 'limit', after: maxReplicas, reason: 'TooManyReplicas', detail });
  }
  if (shape.replicas < minReplicas && !isWaking(shape, situation.scale.specReplicas, situation.spec.behavior)) {
    const after = Math.min(minReplicas, maxReplicas);
    return change(shape, { stage: 'limit', after, reason: 'TooFewReplicas', detail: `minReplicas is ${minReplicas}` });
  }
  if (shape.replicas < minReplicas) {
    return change(shape, {
      stage: 'limit',
      after: Math.min(minReplicas, maxReplicas),
      reason: 'ScaledToZeroWake',
      detail: `the workload was at zero and minReplicas is now ${minReplicas}`,
    });
  }
  return shape;
}

/**
 * Coming from zero after minReplicas was raised. The HPA raises such a size to the minimum without calling it limited: with
 * `behavior` always, without it when the speed limit was what left it too small.
 */
function isWaking(shape: Shape, current: number, behavior: object | undefined): boolean {
  return current === 0 && (behavior !== undefined || shape.steps.some((step) => step.stage === 'rate'));
}
