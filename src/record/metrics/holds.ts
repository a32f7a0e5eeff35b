// What keeps a size from what the metrics ask for: guards, windows, speed limits, bounds, missing data. Pure.
import { type StepReason, STEP_REASONS } from '../../api/reasons.ts';
import type { Decision } from '../../decide/types.ts';

/** Reasons of steps that keep nothing back: the size is what was asked for, or goes where a changed bound says. */
const NO_HOLD: ReadonlySet<StepReason> = new Set<StepReason>([
  'AboveMaxReplicas',
  'BelowMinReplicas',
  'MetricProposal',
  'WithinTolerance',
  'ScaledToZeroWake',
]);

/** Each of the closed list that can hold a size. */
export const HOLD_REASONS: readonly StepReason[] = STEP_REASONS.filter((reason) => !NO_HOLD.has(reason));

/** What holds the size after this decision, each reason once: the guards of its metrics first, then its steps in order. */
export function reasonsOfHold({ proposals, steps }: Decision): readonly StepReason[] {
  const reasons: StepReason[] = [];
  const add = (reason: StepReason): void => {
    if (!NO_HOLD.has(reason) && !reasons.includes(reason)) reasons.push(reason);
  };
  for (const { guards } of proposals) for (const guard of guards) add(guard);
  for (const { reason } of steps) add(reason);
  return reasons;
}
