// Reads the scale of a target's workload. Promises: a scale that cannot be read is a value that says why; the cycle goes on to tell.
import { messageOf, SetpointError } from '../base/errors.ts';
import type { UnreadableScale } from '../decide/conclude.ts';
import type { Cycle, ReconcilerOptions } from './cycle.ts';
import type { Scale } from './ports.ts';

/** Why no scale was read: in words for the status, and as the error that says when to come again. */
export interface NoScale {
  readonly problem: UnreadableScale;
  readonly error: unknown;
}

/** A store that shows a workload as it was before our own write is waited for this long. */
const STORE_BEHIND_MS = 5_000;

export async function readScale(cycle: Cycle, { scales }: Pick<ReconcilerOptions, 'scales'>): Promise<Scale | NoScale> {
  const { scaleTargetRef } = cycle.spec;
  if (scaleTargetRef.apiVersion.split('/').length > 2) {
    const message = `unexpected GroupVersion string: ${scaleTargetRef.apiVersion}`;
    return { problem: { what: 'apiVersion', message }, error: new SetpointError('NotScalable', message) };
  }
  const watched = scales.watched(cycle.target.namespace, scaleTargetRef);
  if (watched) return watched;
  try {
    const read = scales.read(cycle.target.namespace, scaleTargetRef, cycle.reading.signal);
    return await cycle.request.away(read);
  } catch (error) {
    const unknown = error instanceof SetpointError && error.code === 'NotScalable';
    return { problem: { what: unknown ? 'kind' : 'scale', message: messageOf(error) }, error };
  }
}

/** Whether the store still shows the workload as it was before the size we wrote. */
export function isBehind({ memory }: Cycle, scale: Scale, { clock }: Pick<ReconcilerOptions, 'clock'>): boolean {
  const { wrote } = memory;
  if (!wrote || wrote.over !== scale.resourceVersion) return false;
  return clock.monotonic() - wrote.atMs < STORE_BEHIND_MS;
}
