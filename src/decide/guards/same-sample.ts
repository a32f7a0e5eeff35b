// SameSample: one sample is one reason to grow. The first unlimited proposal from a sample is the highest size it may ask for:
// climbing to it under speed limits goes on, beyond it waits for a newer sample. Without it a controller faster than its metrics
// multiplies one overload by the pods that its own last answer has brought, before these can show in the metric.
// Promises: never asks for fewer than the current size, never delays the first answer to a sample; a changed target starts anew.
import type { SampleMemory } from '../types.ts';
import { isNewSample, type Present } from './samples.ts';
import type { Objection } from './types.ts';

export interface SampleCheck {
  readonly sample: SampleMemory;
  readonly isNew: boolean;
}

/** Decides whether a reading is new, and carries its ceiling along. `replicas`: what it asks for now; undefined: it failed. */
export function followSample(
  reading: Present,
  known: SampleMemory | undefined,
  ask: { readonly now: number; readonly target: string; readonly replicas: number | undefined },
): SampleCheck {
  const { now, target, replicas } = ask;
  const isNew = isNewSample(reading, known, now);
  if (isNew || known === undefined) return { isNew, sample: { reading, newAtMs: now, target, ceiling: replicas } };
  const keepsCeiling = known.target === target && known.ceiling !== undefined;
  return { isNew, sample: keepsCeiling ? known : { ...known, target, ceiling: replicas } };
}

/** The highest size the sample may ask for, where the proposal is beyond it. */
export function objectToGrowth(
  sample: SampleMemory,
  ask: { readonly now: number; readonly replicas: number; readonly current: number },
): (Objection & { readonly ceiling: number }) | undefined {
  const ceiling = Math.max(sample.ceiling ?? ask.replicas, ask.current);
  if (ask.replicas <= ceiling) return undefined;
  const detail =
    `the same sample asked for ${sample.ceiling} replicas ${Math.round((ask.now - sample.newAtMs) / 1000)} s ago; ` +
    'more needs a newer sample';
  return { guard: 'SameSample', detail, ceiling };
}
