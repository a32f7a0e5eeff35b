// The port of the elector: one Lease record with optimistic locking. Times are strings as the API server keeps them;
// the elector never compares them with its own clock.

export interface LeaseRecord {
  /** Empty when the last holder released it. */
  readonly holderIdentity: string;
  readonly leaseDurationSeconds: number;
  /** RFC 3339 with six decimals. */
  readonly acquireTime: string;
  readonly renewTime: string;
  readonly leaseTransitions: number;
}

export interface StoredLease {
  readonly record: LeaseRecord;
  readonly resourceVersion: string;
}

export interface LeaseStore {
  /** Undefined when there is no Lease yet. */
  get(signal: AbortSignal): Promise<StoredLease | undefined>;
  /** Rejects with a conflict (see `isConflict` in base/errors.ts) when someone else was faster. */
  create(record: LeaseRecord, signal: AbortSignal): Promise<StoredLease>;
  /** Rejects with a conflict when the Lease is no longer at `resourceVersion`. */
  update(record: LeaseRecord, resourceVersion: string, signal: AbortSignal): Promise<StoredLease>;
  /**
   * Calls `onChange` soon after the Lease changed, until `signal` aborts. A hint only: it may come late, twice or never. A store
   * without it is asked every retry period.
   */
  watch?(onChange: () => void, signal: AbortSignal): void;
}
