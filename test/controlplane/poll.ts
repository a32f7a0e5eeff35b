// Looks until something is so, or the time is over.
import { setTimeout as sleep } from 'node:timers/promises';

const PERIOD_MS = 100;

/** Whether it became true in time. */
export async function poll(timeoutMs: number, isSo: () => Promise<boolean>): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) return false;
    await sleep(PERIOD_MS);
  }
  return true;
}
