// Gives a lease back, so that the next leader need not wait for it to run out. Best effort: whoever calls it leads no longer.
import { type Clock, sleep } from '../base/clock.ts';
import { startDeadline } from '../base/deadline.ts';
import { isConflict, messageOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { releasedRecord } from './lease-record.ts';
import type { LeaseStore, StoredLease } from './lease-store.ts';

export interface ReleaseOptions {
  readonly store: LeaseStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Only a lease that this one holds is given back. */
  readonly identity: string;
  /** Longest it may take in all. */
  readonly timeoutMs: number;
  /** Pause after a conflict. */
  readonly retryMs: number;
}

/** Resolves when the lease is not held by `identity` any more, or when that could not be reached in time, which is logged. */
export async function releaseLease({
  store,
  clock,
  logger,
  identity,
  timeoutMs,
  retryMs,
}: ReleaseOptions): Promise<void> {
  const deadline = startDeadline(clock, timeoutMs, new AbortController().signal);
  try {
    for (;;) {
      const found = await store.get(deadline.signal);
      if (found?.record.holderIdentity !== identity) return;
      if (await writeReleased(store, found, clock.now(), deadline.signal)) return;
      await sleep(clock, retryMs, deadline.signal);
    }
  } catch (error) {
    logger.warn('lease not given back: it runs out by itself', { error: messageOf(error) });
  } finally {
    deadline.dispose();
  }
}

/** False on a conflict: a write of before, whose answer was lost, may have come in between. */
async function writeReleased(
  store: LeaseStore,
  found: StoredLease,
  atMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await store.update(releasedRecord(found.record, atMs), found.resourceVersion, signal);
    return true;
  } catch (error) {
    if (isConflict(error)) return false;
    throw error;
  }
}
