// Health as named checks, answered as the API server does: `ok`, or 503 with the failing part named; `?verbose` lists all.

export interface HealthCheck {
  /** In lower case with dashes, such as `watches-synced`. */
  readonly name: string;
  /** Undefined when healthy, else one line that says what is wrong. Never waits. */
  readonly check: () => string | undefined;
}

export interface HealthAnswer {
  readonly status: 200 | 503;
  readonly body: string;
}

/** Runs all checks. `prefix` is the endpoint's name as it appears in the verbose answer, such as `readyz`. */
export function answerHealth(prefix: string, checks: readonly HealthCheck[], verbose: boolean): HealthAnswer {
  const lines: string[] = [];
  let failed = false;
  for (const { name, check } of checks) {
    const fault = check();
    if (fault !== undefined) failed = true;
    lines.push(fault === undefined ? `[+]${name} ok` : `[-]${name} failed: ${fault}`);
  }
  if (failed) return { status: 503, body: `${lines.join('\n')}\n${prefix} check failed\n` };
  return { status: 200, body: verbose ? `${lines.join('\n')}\n${prefix} check passed\n` : 'ok' };
}
