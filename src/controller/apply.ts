// Writes a decided size: only as leader, only to the workload that was read, only while its size is still the one decided on.
// A rollout's status writes make conflicts routine, so a conflict is read again and written again a few times; a conflict over
// the size itself goes back to the decision. Nothing is ever forced. Promises P1, P6, P7.
import { isConflict, messageOf } from '../base/errors.ts';
import type { Scale, Scales, WriteGate } from './ports.ts';

export type Applied =
  | { readonly kind: 'written'; readonly scale: Scale }
  /** Somebody else changed the size meanwhile: decide again on this one. */
  | { readonly kind: 'moved'; readonly scale: Scale }
  /** The name is now another workload's, or the target changed: what was decided is void. */
  | { readonly kind: 'void' }
  /** This process may not write now. */
  | { readonly kind: 'closed'; readonly error: unknown }
  /** The write, or the look at the workload after a conflict, which no later attempt could follow. */
  | { readonly kind: 'failed'; readonly at: 'write' | 'refresh'; readonly error: unknown; readonly message: string };

/** Attempts left in a cycle, for all its decisions together. */
export interface Attempts {
  left: number;
}

export interface ApplyOptions {
  readonly scales: Scales;
  readonly gate: WriteGate;
  /** Whether the target that was decided on is still the one in the store. */
  readonly isCurrent: () => boolean;
  readonly attempts: Attempts;
}

export async function applySize(
  decidedOn: Scale,
  replicas: number,
  signal: AbortSignal,
  options: ApplyOptions,
): Promise<Applied> {
  const { scales, gate, isCurrent, attempts } = options;
  let scale = decidedOn;
  for (;;) {
    if (!isCurrent()) return { kind: 'void' };
    try {
      gate.check();
    } catch (error) {
      return { kind: 'closed', error };
    }
    attempts.left -= 1;
    try {
      return { kind: 'written', scale: await scales.write(scale, replicas, signal) };
    } catch (error) {
      if (!isConflict(error) || attempts.left <= 0) return failedAt('write', error);
    }
    try {
      scale = await scales.refresh(scale, signal);
    } catch (error) {
      return failedAt('refresh', error);
    }
    if (scale.uid !== decidedOn.uid) return { kind: 'void' };
    // Written by an attempt whose answer was lost, or by somebody else: it is the size that was decided either way.
    if (scale.specReplicas === replicas) return { kind: 'written', scale };
    if (scale.specReplicas !== decidedOn.specReplicas) return { kind: 'moved', scale };
  }
}

function failedAt(at: 'write' | 'refresh', error: unknown): Applied {
  return { kind: 'failed', at, error, message: messageOf(error) };
}
