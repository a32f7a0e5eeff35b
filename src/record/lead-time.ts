// How long a scale-out takes from the write of a larger size until as many pods are Ready: measured, one target at a time.

/** What is known between two cycles; begins as `{}`. */
export interface LeadTime {
  /** A larger size that was written and is not Ready yet. */
  readonly pending?: { readonly replicas: number; readonly atMs: number } | undefined;
  /** Of the last scale-out that was followed to its end. */
  readonly lastMs?: number | undefined;
}

export interface SizeSeen {
  readonly atMs: number;
  /** Of the spec, as the cycle found it. */
  readonly replicas: number;
  /** Undefined: the pods could not be told apart. */
  readonly readyPods: number | undefined;
  /** The sizes before and after, when a new one was written in this cycle. */
  readonly written: { readonly from: number; readonly to: number } | undefined;
}

/** What is known after a cycle; `measuredMs` is set in the cycle in which a scale-out came to its end. */
export function followLeadTime(
  before: LeadTime,
  { atMs, replicas, readyPods, written }: SizeSeen,
): { readonly leadTime: LeadTime; readonly measuredMs: number | undefined } {
  const { lastMs } = before;
  // Somebody made it smaller: however many pods are ready some day, it is not this change that they come from.
  const pending = before.pending && replicas >= before.pending.replicas ? before.pending : undefined;
  const isReady = pending !== undefined && readyPods !== undefined && readyPods >= pending.replicas;
  const measuredMs = isReady ? Math.max(0, atMs - pending.atMs) : undefined;
  if (!isReady && !written) return { leadTime: pending === before.pending ? before : { lastMs }, measuredMs };
  return {
    leadTime: { pending: written ? begun(written, atMs) : undefined, lastMs: measuredMs ?? lastMs },
    measuredMs,
  };
}

/** A smaller size ends what was waited for. */
function begun({ from, to }: { readonly from: number; readonly to: number }, atMs: number): LeadTime['pending'] {
  return to > from ? { replicas: to, atMs } : undefined;
}
