// What becomes of a decision: withheld, not needed, or written, and what is remembered of the write. How the size is written is
// apply.ts.
import type { TargetSpec } from '../api/spec.ts';
import { startDeadline } from '../base/deadline.ts';
import { conclude } from '../decide/conclude.ts';
import type { Decided } from '../decide/decide.ts';
import type { Decision, Situation, WriteOutcome } from '../decide/types.ts';
import { type Applied, applySize } from './apply.ts';
import type { Conflict } from './conflicts.ts';
import { type Concluded, type Cycle, isCurrent, type ReconcilerOptions } from './cycle.ts';
import { type CycleEnd, failedWith } from './cycle-end.ts';
import { mayHaveTakenEffect } from './open-write.ts';
import type { Scale } from './ports.ts';
import { endScaleWrite, startScaleWrite } from './spans.ts';

/** For writing one size, attempts included. */
const WRITE_TIMEOUT_MS = 20_000;
const DONE = { kind: 'done' } as const;
const UNCHANGED = { kind: 'none' } as const;

type Options = Pick<ReconcilerOptions, 'targets' | 'scales' | 'gate' | 'clock'>;

/** A decision, what it was made of, and who stands against it. */
export interface Decisive {
  readonly scale: Scale;
  readonly situation: Situation;
  readonly decided: Decided;
  readonly conflict: Conflict | undefined;
}

export type Settled =
  | { readonly kind: 'concluded'; readonly concluded: Concluded }
  /** Nothing is to be recorded: this was not the moment. */
  | { readonly kind: 'ended'; readonly end: CycleEnd }
  /** Somebody else changed the size meanwhile: decide again on this one. */
  | { readonly kind: 'moved'; readonly scale: Scale };

/** Writes the size that was decided, if it is to be written, and says what became of it. */
export function writeSize(cycle: Cycle, decisive: Decisive, options: Options): Promise<Settled> {
  const { situation, decided, conflict } = decisive;
  const withheld = withholding(cycle.spec, decided.decision, conflict);
  if (withheld) return Promise.resolve(concluded(decisive, withheld, DONE));
  if (decided.decision.rescale) return write(cycle, decisive, options);
  return Promise.resolve({
    kind: 'concluded',
    concluded: { situation, decided, outcome: UNCHANGED, conflict, end: DONE },
  });
}

async function write(cycle: Cycle, decisive: Decisive, options: Options): Promise<Settled> {
  const { scale, decided } = decisive;
  const applied = await apply(cycle, scale, decided.decision.desiredReplicas, options);
  switch (applied.kind) {
    case 'written':
      return concluded(decisive, applied, DONE);
    case 'failed':
      return concluded(decisive, { kind: 'failed', message: applied.message }, failedWith(applied.error));
    case 'closed':
      // The recommendation counts although it could not be written: the window must not have a hole.
      cycle.memory.history = decided.history;
      return { kind: 'ended', end: { kind: 'waiting', retry: 'period' } };
    case 'void':
      return { kind: 'ended', end: { kind: 'waiting', retry: 'soon' } };
    case 'moved':
    default:
      return applied;
  }
}

function concluded({ decided, situation, conflict }: Decisive, outcome: WriteOutcome, end: CycleEnd): Settled {
  return {
    kind: 'concluded',
    concluded: { situation, decided: conclude(decided, outcome, situation), outcome, conflict, end },
  };
}

async function apply(cycle: Cycle, scale: Scale, replicas: number, options: Options): Promise<Applied> {
  const { targets, scales, gate, clock } = options;
  const { attempts } = cycle;
  const left = attempts.left;
  const span = startScaleWrite(cycle.span, scale, replicas);
  const deadline = startDeadline(clock, WRITE_TIMEOUT_MS, cycle.request.signal);
  const writing = applySize(scale, replicas, deadline.signal, {
    scales,
    gate,
    isCurrent: () => isCurrent(cycle, targets),
    attempts,
  });
  // Writes may hang as well, behind an admission webhook: they hold no worker.
  const applied = await cycle.request.away(writing);
  deadline.dispose();
  endScaleWrite(span, applied, left - attempts.left);
  remember(cycle, { scale, replicas, applied }, clock.monotonic());
  return applied;
}

/** `now` is of the monotonic clock. */
function remember(
  { id, memory, atMs }: Cycle,
  { scale, replicas, applied }: { readonly scale: Scale; readonly replicas: number; readonly applied: Applied },
  now: number,
): void {
  const { specReplicas: from, resourceVersion: over } = scale;
  if (applied.kind === 'written') {
    memory.wrote = { replicas, over, atMs: now };
    memory.openWrite = undefined;
  } else if (applied.kind === 'failed' && mayHaveTakenEffect(applied.error)) {
    const cycle = applied.at === 'write' ? id : undefined;
    memory.openWrite = { from, to: replicas, over, cycle, atMs, sentAt: now };
  }
}

/** Why a size that was decided is not to be written, if so. */
function withholding(
  spec: TargetSpec,
  { rescale, desiredReplicas, currentReplicas }: Decision,
  conflict: Conflict | undefined,
): Extract<WriteOutcome, { kind: 'withheld' }> | undefined {
  if (!rescale) return undefined;
  if (spec.mode === 'Recommend') return { kind: 'withheld', why: 'Recommend' };
  if (!conflict) return undefined;
  if (conflict.withholds === 'lowering' && desiredReplicas > currentReplicas) return undefined;
  return { kind: 'withheld', why: 'Conflict' };
}
