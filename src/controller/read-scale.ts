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

type Options = Pick<ReconcilerOptions, 'scales'>;

export function readScale(cycle: Cycle, options: Options): Promise<Scale | NoScale> {
  const { apiVersion } = cycle.spec.scaleTargetRef;
  if (apiVersion.indexOf('/') !== apiVersion.lastIndexOf('/')) {
    const message = `unexpected GroupVersion string: ${apiVersion}`;
    return Promise.resolve({
      problem: { what: 'apiVersion', message },
      error: new SetpointError('NotScalable', message),
    });
  }
  const watched = options.scales.watched(cycle.target.namespace, cycle.spec.scaleTargetRef);
  return watched ? Promise.resolve(watched) : askForScale(cycle, options);
}

async function askForScale({ target, spec, reading, request }: Cycle, { scales }: Options): Promise<Scale | NoScale> {
  try {
    return await request.away(scales.read(target.namespace, spec.scaleTargetRef, reading.signal));
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
