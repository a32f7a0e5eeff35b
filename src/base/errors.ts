// The catalogue of errors: each has a code, says what was seen and what to do, and keeps its cause.
// Expected absence is a value, never an error.

export const ERROR_CODES = [
  /** An option, environment variable or configuration file is wrong; the process does not start. */
  'InvalidOptions',
  /** The API server answered with an error status. */
  'ApiStatus',
  /** No connection, or it broke. */
  'Network',
  /** No complete answer within the deadline. */
  'Deadline',
  /** The answer was not what the protocol says. */
  'BadAnswer',
  /** This process is not, or no longer, the leader: nothing was written. */
  'NotLeader',
  /** The write gate is closed: the lease could run out before a write took effect. */
  'GateClosed',
  /** The lease was lost; the process ends. */
  'LeaseLost',
  /** The kind cannot be scaled: no such kind, or no scale subresource. */
  'NotScalable',
  /** The work was cancelled: shutdown, or the cycle's deadline. */
  'Cancelled',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

export class SetpointError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'SetpointError';
    this.code = code;
  }
}

/** An error status of the API server. */
export class ApiStatusError extends SetpointError {
  /** HTTP status code. */
  readonly status: number;
  /** The reason of the Status object, such as `Conflict` or `NotFound`; empty when the body was none. */
  readonly reason: string;
  /** From the Retry-After header. */
  readonly retryAfterMs: number | undefined;

  constructor(status: number, reason: string, message: string, retryAfterMs?: number) {
    super('ApiStatus', message);
    this.name = 'ApiStatusError';
    this.status = status;
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }
}

export function isConflict(error: unknown): boolean {
  return error instanceof ApiStatusError && error.status === 409;
}

export function isNotFound(error: unknown): boolean {
  return error instanceof ApiStatusError && error.status === 404;
}

export function isForbidden(error: unknown): boolean {
  return error instanceof ApiStatusError && error.status === 403;
}

export function isGone(error: unknown): boolean {
  return error instanceof ApiStatusError && error.status === 410;
}

/** The message of anything thrown, for logs and conditions. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
