// What stands in the way of a lower size after a decision, and until when: bounds, windows and scale-down policies.
import { storeScaleEvent } from './history.ts';
import { integersOf } from './numbers.ts';
import { downLimit } from './stages/rate.ts';
import { downWindowMs } from './stages/stabilize.ts';
import type { StepReason } from '../api/reasons.ts';
import type { Recommendation, Situation } from './types.ts';

export interface ScaleDownBlock {
  readonly by: StepReason;
  /** Milliseconds since the epoch; undefined: time does not end it. */
  readonly untilMs: number | undefined;
}

/**
 * What keeps the size from going below `replicas` whatever the metrics say, and the first moment at which neither a stored
 * recommendation nor a scale-down policy does; undefined when nothing stands in the way.
 */
export function scaleDownBlock(
  situation: Situation,
  replicas: number,
  recommendations: readonly Recommendation[],
): ScaleDownBlock | undefined {
  const { spec, now } = situation;
  if (replicas <= spec.minReplicas) return { by: 'TooFewReplicas', untilMs: undefined };
  if (spec.behavior?.scaleDown.selectPolicy === 'Disabled') return { by: 'ScaleDownDisabled', untilMs: undefined };
  const windowEndMs = windowEnd(situation, replicas, recommendations);
  const allowedMs = policyEnd(situation, replicas, Math.max(windowEndMs, now));
  if (allowedMs <= now) return undefined;
  return { by: allowedMs > windowEndMs ? 'ScaleDownLimit' : 'ScaleDownStabilized', untilMs: allowedMs };
}

/** When the youngest recommendation of at least this size leaves the down window. */
function windowEnd(situation: Situation, replicas: number, recommendations: readonly Recommendation[]): number {
  // Without `behavior` the end of the window itself still counts.
  const lengthMs = downWindowMs(situation) + (situation.spec.behavior === undefined ? 1 : 0);
  let endMs = Number.NEGATIVE_INFINITY;
  for (const entry of recommendations) if (entry.replicas >= replicas) endMs = Math.max(endMs, entry.atMs + lengthMs);
  return endMs;
}

/** The first moment, not before `fromMs`, at which the scale-down policies allow less than `replicas`. */
function policyEnd(situation: Situation, replicas: number, fromMs: number): number {
  const { spec, scale, history, now } = situation;
  if (spec.behavior === undefined) return fromMs;
  const { scaleDown } = spec.behavior;
  const events =
    replicas === scale.specReplicas
      ? history.scaleEvents
      : storeScaleEvent(history.scaleEvents, spec.behavior, { from: scale.specReplicas, to: replicas, atMs: now });
  const input = { current: replicas, rules: scaleDown, events, integers: integersOf(spec) };
  if (downLimit({ ...input, now: fromMs }) < replicas) return fromMs;
  const moments = [...events.up, ...events.down]
    .flatMap((event) => scaleDown.policies.map((policy) => event.atMs + policy.periodSeconds * 1000))
    .filter((atMs) => atMs > fromMs)
    .sort((left, right) => left - right);
  return moments.find((atMs) => downLimit({ ...input, now: atMs }) < replicas) ?? fromMs;
}
