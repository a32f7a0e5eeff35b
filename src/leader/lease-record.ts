// What a candidate, a leader and one that leaves write into a Lease, by client-go's rules. When to write is the elector's business.
import type { LeaseRecord } from './lease-store.ts';

export interface Claim {
  readonly identity: string;
  /** Whole seconds. */
  readonly leaseDurationMs: number;
  /** Wall clock when the claim is sent. */
  readonly atMs: number;
}

/** The record that makes `identity` the holder: a renewal where it is the holder already, else one transition more. */
export function claimedRecord(seen: LeaseRecord | undefined, { identity, leaseDurationMs, atMs }: Claim): LeaseRecord {
  const now = microTime(atMs);
  const isRenewal = seen?.holderIdentity === identity;
  return {
    holderIdentity: identity,
    leaseDurationSeconds: leaseDurationMs / 1000,
    acquireTime: isRenewal ? seen.acquireTime : now,
    renewTime: now,
    leaseTransitions: seen ? seen.leaseTransitions + (isRenewal ? 0 : 1) : 0,
  };
}

/** The record of a lease that nobody holds: its second is for those that judge by the duration alone. */
export function releasedRecord(seen: LeaseRecord, atMs: number): LeaseRecord {
  const now = microTime(atMs);
  return {
    holderIdentity: '',
    leaseDurationSeconds: 1,
    acquireTime: now,
    renewTime: now,
    leaseTransitions: seen.leaseTransitions,
  };
}

export function isSameRecord(a: LeaseRecord, b: LeaseRecord | undefined): boolean {
  return (
    a.holderIdentity === b?.holderIdentity &&
    a.leaseDurationSeconds === b.leaseDurationSeconds &&
    a.acquireTime === b.acquireTime &&
    a.renewTime === b.renewTime &&
    a.leaseTransitions === b.leaseTransitions
  );
}

/** RFC 3339 with the six decimals that a MicroTime must have. */
function microTime(atMs: number): string {
  return new Date(atMs).toISOString().replace('Z', '000Z');
}
