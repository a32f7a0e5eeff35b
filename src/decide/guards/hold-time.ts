// How long holds have kept a size, and what that means for stabilization: a hold stores nothing among the
// recommendations, but one that outlasted the down window stores the current size once when it ends, so that the first
// good sample after a long outage waits a whole window. Storing itself is history.ts's.

import type { History } from '../types.ts';

/** What the end of a cycle means for the recommendations. */
export interface HoldOutcome {
  /** For `History.holdSinceMs`. */
  readonly holdSinceMs: number | undefined;
  /** Store the current size, at `now`, before stabilizing and storing the cycle's own proposal. */
  readonly storeCurrent: boolean;
  /** Store this cycle's proposal, as the HPA always does. */
  readonly storeProposal: boolean;
}

/**
 * @param held true when the size stays only because of holds (every proposal that reaches the combined size was lifted
 * to it by a hold), or because missing metrics leave no decision. Never true with guards Disabled.
 * @param downWindowMs the stabilization window of scale-down that applies.
 */
export function trackHold(
  holdSinceMs: number | undefined,
  held: boolean,
  now: number,
  downWindowMs: number,
): HoldOutcome {
  if (held) return { holdSinceMs: holdSinceMs ?? now, storeCurrent: false, storeProposal: false };
  const outlasted = holdSinceMs !== undefined && now - holdSinceMs > downWindowMs;
  return { holdSinceMs: undefined, storeCurrent: outlasted, storeProposal: true };
}

/** The history after a cycle without a decision: a time in which nothing is known counts like one without metrics. */
export function withoutDecision(history: History, now: number): History {
  // A target seen for the first time starts from its current size anyway.
  if (history.recommendations === null || history.holdSinceMs !== undefined) return history;
  return { ...history, holdSinceMs: now };
}
