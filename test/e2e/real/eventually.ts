// Waits for what a cluster does in its own time: says what was awaited and what was seen last.
import { isDeepStrictEqual } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../../src/base/errors.ts';

const PERIOD_MS = 250;
/** Far more than anything here takes on an idle machine. */
const PATIENCE_MS = 180_000;

/**
 * Looks until it is so, and returns what was seen then. A look that fails counts as not yet: the API server may be away.
 * @throws Error that names what was awaited and what was seen last.
 */
export async function eventually<T>(
  what: string,
  look: () => T | Promise<T>,
  isSo: (seen: T) => boolean,
  timeoutMs: number = PATIENCE_MS,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (let last = 'nothing'; ; await sleep(PERIOD_MS)) {
    try {
      const seen = await look();
      if (isSo(seen)) return seen;
      last = JSON.stringify(seen) ?? 'undefined';
    } catch (error) {
      last = messageOf(error);
    }
    if (performance.now() > deadline) {
      throw new Error(`${what}: waited ${timeoutMs / 1000} s in vain; last seen: ${last}`);
    }
  }
}

/** Looks until this is what is seen. */
export async function eventuallyIs<T>(
  what: string,
  look: () => T | Promise<T>,
  wanted: T,
  timeoutMs?: number,
): Promise<void> {
  await eventually(`${what} (${JSON.stringify(wanted)})`, look, (seen) => isDeepStrictEqual(seen, wanted), timeoutMs);
}
