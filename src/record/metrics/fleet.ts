// How many targets are in which state, counted as they change: the fleet as a whole can be seen without a series for each target.
import { GUARDS } from '../../api/reasons.ts';
import type { Decision } from '../../decide/types.ts';
import type { CycleReport } from '../cycle-report.ts';

export const TARGET_STATES = ['at_max', 'at_min', 'unmet_demand', 'held_by_guard', 'conflict', 'undecided'] as const;
export type TargetState = (typeof TARGET_STATES)[number];

const GUARD_NAMES: ReadonlySet<string> = new Set(GUARDS);

/** The states a target is in after a cycle. */
export function statesOf({ target: { spec }, decision, conditions }: CycleReport): readonly TargetState[] {
  const states: TargetState[] = [];
  if (!decision || !spec) states.push('undecided');
  else {
    const { desiredReplicas, unclampedReplicas = 0 } = decision;
    if (desiredReplicas >= spec.maxReplicas) states.push('at_max');
    if (desiredReplicas <= spec.minReplicas) states.push('at_min');
    if (unclampedReplicas > spec.maxReplicas) states.push('unmet_demand');
    if (isHeldByGuard(decision)) states.push('held_by_guard');
  }
  if (conditions.some(({ type, status }) => type === 'Conflict' && status === 'True')) states.push('conflict');
  return states;
}

/** Guards act on a metric, or, as a step, on the size. */
function isHeldByGuard({ proposals, steps }: Decision): boolean {
  return proposals.some(({ guards }) => guards.length > 0) || steps.some(({ reason }) => GUARD_NAMES.has(reason));
}

function isSame(before: readonly TargetState[], after: readonly TargetState[]): boolean {
  return before.length === after.length && before.every((state, index) => state === after[index]);
}

export class Fleet {
  readonly #states = new Map<string, readonly TargetState[]>();
  readonly #counts = new Map<TargetState, number>(TARGET_STATES.map((state) => [state, 0]));

  get size(): number {
    return this.#states.size;
  }

  /** Each state with how many targets are in it. */
  counts(): Iterable<[TargetState, number]> {
    return this.#counts;
  }

  /** True when it changed a count. */
  note(key: string, states: readonly TargetState[]): boolean {
    const before = this.#states.get(key);
    if (before && isSame(before, states)) return false;
    this.#add(before ?? [], -1);
    this.#add(states, 1);
    this.#states.set(key, states);
    return true;
  }

  forget(key: string): void {
    this.#add(this.#states.get(key) ?? [], -1);
    this.#states.delete(key);
  }

  #add(states: readonly TargetState[], by: number): void {
    for (const state of states) this.#counts.set(state, (this.#counts.get(state) ?? 0) + by);
  }
}
