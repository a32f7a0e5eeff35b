// How a cycle ends, and what that means for the next one. Nothing sleeps in a cycle: waiting is said here and done by the queue.
import { ApiStatusError, type ErrorCode, SetpointError } from '../base/errors.ts';

/** When to come again: as scheduled; soon, with growing waits; or late, since the same answer would come again. */
export type Retry = 'period' | 'soon' | 'late';

export type CycleEnd =
  | { readonly kind: 'done' }
  /** The target is gone, or going: nothing is left to do. */
  | { readonly kind: 'gone' }
  /** Nothing failed, but this was not the moment: the spec changed meanwhile, the store is behind, this process may not write. */
  | { readonly kind: 'waiting'; readonly retry: Retry }
  | { readonly kind: 'error'; readonly error: Error; readonly retry: Retry; readonly afterMs?: number | undefined };

/** The end of a cycle that failed with this error: its code says how to retry. */
export function failedWith(error: unknown): CycleEnd {
  const cause = error instanceof Error ? error : new Error(String(error));
  return {
    kind: 'error',
    error: cause,
    retry: retryOf(cause),
    ...(cause instanceof ApiStatusError && { afterMs: cause.retryAfterMs }),
  };
}

/** No answer, or none that counts: the next one may be better. */
const PASSING: readonly ErrorCode[] = ['Network', 'Deadline', 'BadAnswer'];

function retryOf(error: Error): Retry {
  if (error instanceof ApiStatusError) return retryOfStatus(error.status);
  if (!(error instanceof SetpointError)) return 'period';
  if (PASSING.includes(error.code)) return 'soon';
  return error.code === 'NotScalable' ? 'late' : 'period';
}

/**
 * A workload that is missing may come with any moment; what is forbidden or invalid stays so until somebody acts; the rest
 * passes.
 */
function retryOfStatus(status: number): Retry {
  if (status === 404) return 'period';
  if (status === 401 || status === 408 || status === 409 || status === 429 || status >= 500) return 'soon';
  return 'late';
}
