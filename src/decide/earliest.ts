// When a lower size may be taken at the earliest, given what windows and scale-down policies remember after a decision.
import { storeScaleEvent } from './history.ts';
import { integersOf } from './numbers.ts';
import { downLimit } from './stages/rate.ts';
import { downWindowMs } from './stages/stabilize.ts';
import type { Recommendation, Situation } from './types.ts';

/**
 * The first moment at which neither a stored recommendation nor a scale-down policy stands in the way of a size below
 * `replicas`; undefined when nothing does already, when the size is the lowest allowed, or when scaling down is disabled.
 */
export function earliestScaleDown(
  situation: Situation,
  replicas: number,
  recommendations: readonly Recommendation[],
): number | undefined {
  const { spec, now } = situation;
  if (replicas <= spec.minReplicas) return undefined;
  if (spec.behavior?.scaleDown.selectPolicy === 'Disabled') return undefined;
  const windowEndMs = windowEnd(situation, replicas, recommendations);
  const allowedMs = policyEnd(situation, replicas, Math.max(windowEndMs, now));
  return allowedMs > now ? allowedMs : undefined;
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
