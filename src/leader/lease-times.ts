// The three durations of an election and what must hold between them.

export interface LeaseTimes {
  /** How long others wait after the last renewal they saw. Default 15 s; whole seconds, as the Lease records it. */
  readonly leaseDurationMs: number;
  /** How long the leader tries to renew before it gives up. Default 10 s. */
  readonly renewDeadlineMs: number;
  /** Between two attempts. Default 2 s. */
  readonly retryPeriodMs: number;
}

export const DEFAULT_LEASE_TIMES: LeaseTimes = {
  leaseDurationMs: 15_000,
  renewDeadlineMs: 10_000,
  retryPeriodMs: 2000,
};

/** Candidates spread their attempts by up to this factor of the retry period on top of it. */
export const JITTER_FACTOR = 1.2;

/** One line for each relation that does not hold; none when all is well. */
export function leaseTimeFaults({ leaseDurationMs, renewDeadlineMs, retryPeriodMs }: LeaseTimes): string[] {
  const faults: string[] = [];
  const seconds = (ms: number) => `${ms / 1000} s`;
  if (!(retryPeriodMs > 0)) faults.push(`the retry period (${seconds(retryPeriodMs)}) must be longer than 0 s`);
  if (!(renewDeadlineMs > retryPeriodMs * JITTER_FACTOR)) {
    faults.push(
      `the renew deadline (${seconds(renewDeadlineMs)}) must be longer than ${JITTER_FACTOR} times the retry period (${seconds(retryPeriodMs)})`,
    );
  }
  if (!(leaseDurationMs > renewDeadlineMs)) {
    faults.push(
      `the lease duration (${seconds(leaseDurationMs)}) must be longer than the renew deadline (${seconds(renewDeadlineMs)})`,
    );
  }
  if (!(leaseDurationMs >= 1000 && leaseDurationMs % 1000 === 0)) {
    faults.push(`the lease duration (${seconds(leaseDurationMs)}) must be a whole number of seconds, at least 1`);
  }
  return faults;
}
