// Speed limits: how far the size may move now, given how far it moved within the period of each policy. Acts only where it is
// tighter than the bound of its direction; the bounds themselves are for limit.ts.
import type { ScalingPolicy, ScalingRules } from '../../api/spec.ts';
import { changeWithin } from '../history.ts';
import { clampReplicas, type IntegerRules, integersOf } from '../numbers.ts';
import type { History, ScaleEvent, Situation } from '../types.ts';
import { change, type Shape, type ShapingContext } from './stage.ts';

export function limitRate(shape: Shape, { situation }: ShapingContext): Shape {
  const current = situation.scale.specReplicas;
  if (shape.replicas > current) return limitUp(shape, situation);
  return shape.replicas < current ? limitDown(shape, situation) : shape;
}

function limitUp(shape: Shape, { spec, scale, history, now }: Situation): Shape {
  // Without `behavior` the HPA looks at the minimum first: what is below it is raised, not limited. Only zero leaves such a size.
  if (!spec.behavior && shape.replicas < spec.minReplicas) return shape;
  const current = scale.specReplicas;
  const input = { current, events: history.scaleEvents, now, integers: integersOf(spec) };
  const limit = spec.behavior
    ? Math.max(current, upLimit({ ...input, rules: spec.behavior.scaleUp }))
    : upLimitWithoutBehavior(current);
  if (limit >= spec.maxReplicas || shape.replicas <= limit) return shape;
  const disabled = spec.behavior?.scaleUp.selectPolicy === 'Disabled';
  return change(shape, {
    stage: 'rate',
    after: limit,
    reason: disabled ? 'ScaleUpDisabled' : 'ScaleUpLimit',
    detail: disabled ? 'scaling up is disabled' : `from ${current} at most ${limit} at once by the scale-up policies`,
  });
}

function limitDown(shape: Shape, { spec, scale, history, now }: Situation): Shape {
  if (!spec.behavior) return shape;
  const current = scale.specReplicas;
  const input = { current, events: history.scaleEvents, now, integers: integersOf(spec) };
  const limit = Math.min(current, downLimit({ ...input, rules: spec.behavior.scaleDown }));
  if (limit <= spec.minReplicas || shape.replicas >= limit) return shape;
  const disabled = spec.behavior.scaleDown.selectPolicy === 'Disabled';
  return change(shape, {
    stage: 'rate',
    after: limit,
    reason: disabled ? 'ScaleDownDisabled' : 'ScaleDownLimit',
    detail: disabled
      ? 'scaling down is disabled'
      : `from ${current} down to ${limit} at most by the scale-down policies`,
  });
}

/** Without `behavior` the size may double, or reach four. */
function upLimitWithoutBehavior(current: number): number {
  return clampReplicas(Math.max(2 * current, 4));
}

/** What the policies are applied to. */
export interface RateInput {
  readonly current: number;
  readonly rules: ScalingRules;
  readonly events: History['scaleEvents'];
  readonly now: number;
  readonly integers: IntegerRules;
}

/** The highest size that the policies allow now. */
function upLimit(input: RateInput): number {
  const { rules, current, integers } = input;
  if (rules.selectPolicy === 'Disabled') return current;
  const limits = rules.policies.map((policy) => {
    const start = periodStart(policy, input, 'up');
    return policy.type === 'Pods' ? integers.size(start + policy.value) : Math.ceil(start * (1 + policy.value / 100));
  });
  return clampReplicas(rules.selectPolicy === 'Min' ? Math.min(...limits) : Math.max(...limits));
}

/** The lowest size that the policies allow now: of the policies, Max takes the largest change, so the smallest number. */
export function downLimit(input: RateInput): number {
  const { rules, current, integers } = input;
  if (rules.selectPolicy === 'Disabled') return current;
  const limits = rules.policies.map((policy) => {
    const start = periodStart(policy, input, 'down');
    // Adding zero turns -0 into 0.
    return policy.type === 'Pods'
      ? integers.size(start - policy.value)
      : Math.trunc(start * (1 - policy.value / 100)) + 0;
  });
  return clampReplicas(rules.selectPolicy === 'Min' ? Math.max(...limits) : Math.min(...limits));
}

/**
 * The size at the beginning of a policy's period, as far as own changes tell: both directions count for both, unless it is not
 * certain that a change was our own.
 */
function periodStart(
  policy: ScalingPolicy,
  { current, events, now, integers }: RateInput,
  direction: 'up' | 'down',
): number {
  const periodMs = policy.periodSeconds * 1000;
  const added = changeWithin(direction === 'up' ? events.up : confirmed(events.up), periodMs, now);
  const removed = changeWithin(direction === 'down' ? events.down : confirmed(events.down), periodMs, now);
  return integers.size(current - added + removed);
}

function confirmed(events: readonly ScaleEvent[]): readonly ScaleEvent[] {
  return events.some((event) => event.unconfirmed) ? events.filter((event) => !event.unconfirmed) : events;
}
