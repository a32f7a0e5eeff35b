// Faults a test injects: answers that are late, cut, refused or stalled, for chosen requests and a chosen number of times.

import type { Clock } from '../../base/clock.ts';
import { ApiStatusError } from '../status.ts';
import type { RequestInfo } from './request-info.ts';

export interface FaultMatch {
  /** get, list, watch, create, update, patch, delete; unset matches all, like every other member. */
  verb?: string | readonly string[];
  /** The plural: `deployments`, `pods`; metrics are `pods` of group `metrics.k8s.io`. */
  resource?: string;
  group?: string;
  subresource?: string;
  namespace?: string;
  name?: string;
  user?: string;
  /** A part of the User-Agent. */
  userAgent?: string;
}

export type Fault =
  /** The answer comes `delayMs` later. */
  | { kind: 'latency'; delayMs: number }
  /** The connection is reset without an answer. */
  | { kind: 'reset' }
  /** The write happens, and then the connection is reset: the client cannot know. */
  | { kind: 'reset-after' }
  /** An error status, e.g. 500, 503, 410, or 429 with Retry-After. */
  | { kind: 'error'; code: number; retryAfterSeconds?: number; message?: string; reason?: string }
  /** An answer that is not from the API server at all. */
  | { kind: 'body'; code: number; body: string; contentType?: string }
  /** The request is taken and never answered. */
  | { kind: 'hang' }
  /** A watch gives `afterEvents` events (default 0), then not a byte more, while it stays open. */
  | { kind: 'stall-watch'; afterEvents?: number }
  /** A watch gives `afterEvents` events, then half a line, then its connection is cut. */
  | { kind: 'truncate-watch'; afterEvents?: number };

export interface FaultRule {
  match: FaultMatch;
  fault: Fault;
  /** How many requests it hits; unset means every one until it is removed. */
  times?: number;
}

interface ActiveRule extends FaultRule {
  left: number;
  hits: number;
}

export interface ActiveFault {
  /** How many requests it has hit so far. */
  readonly hits: number;
  remove(): void;
}

/** What a watch must know to be stalled or cut while it is open. */
export interface OpenWatch {
  info: RequestInfo;
  user: string;
  userAgent: string;
  stalled: boolean;
  cut: () => void;
}

export class Faults {
  readonly #rules: ActiveRule[] = [];
  readonly #watches = new Set<OpenWatch>();
  readonly #compact: (version?: number) => void;

  constructor(compact: (version?: number) => void) {
    this.#compact = compact;
  }

  add(rule: FaultRule): ActiveFault {
    const active: ActiveRule = { ...rule, left: rule.times ?? Number.POSITIVE_INFINITY, hits: 0 };
    this.#rules.push(active);
    return {
      get hits() {
        return active.hits;
      },
      remove: () => {
        active.left = 0;
      },
    };
  }

  /** Removes all rules; open watches that were stalled stay so. */
  clear(): void {
    this.#rules.length = 0;
  }

  /** Forgets the history of changes: watches and continued lists from before answer 410. */
  compactHistory(version?: number): void {
    this.#compact(version);
  }

  /** Open watches that match give no more bytes from now on; returns how many. */
  stallWatches(match: FaultMatch = {}): number {
    const hit = this.#open(match);
    for (const watch of hit) watch.stalled = true;
    return hit.length;
  }

  /** Cuts the connection of open watches that match; returns how many. */
  cutWatches(match: FaultMatch = {}): number {
    const hit = this.#open(match);
    for (const watch of hit) watch.cut();
    return hit.length;
  }

  countWatches(match: FaultMatch = {}): number {
    return this.#open(match).length;
  }

  registerWatch(watch: OpenWatch): () => void {
    this.#watches.add(watch);
    return () => {
      this.#watches.delete(watch);
    };
  }

  /** The faults of this request, used up by asking. */
  take(info: RequestInfo, user: string, userAgent: string): Fault[] {
    const hit = this.#rules.filter((rule) => rule.left > 0 && matchesFault(rule.match, info, user, userAgent));
    for (const rule of hit) {
      rule.left -= 1;
      rule.hits += 1;
    }
    return hit.map((rule) => rule.fault);
  }

  #open(match: FaultMatch): OpenWatch[] {
    return Array.from(this.#watches).filter((watch) => matchesFault(match, watch.info, watch.user, watch.userAgent));
  }
}

function matchesFault(match: FaultMatch, info: RequestInfo, user: string, userAgent: string): boolean {
  const { verb, userAgent: agent, user: wantedUser, ...same } = match;
  if (verb !== undefined && !(typeof verb === 'string' ? verb === info.verb : verb.includes(info.verb))) return false;
  if (agent !== undefined && !userAgent.includes(agent)) return false;
  if (wantedUser !== undefined && wantedUser !== user) return false;
  return Object.entries(same).every(([key, value]) => value === undefined || info[key as keyof typeof same] === value);
}

const reasons: Record<number, string> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Expired',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

export function errorOfFault(fault: Extract<Fault, { kind: 'error' }>): ApiStatusError {
  const reason = fault.reason ?? reasons[fault.code] ?? 'Unknown';
  const message = fault.message ?? `injected fault: ${reason}`;
  return new ApiStatusError(
    fault.code,
    reason,
    message,
    fault.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: fault.retryAfterSeconds },
  );
}

/** Waits without keeping the process alive. */
export function delay(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.setTimer(delayMs, resolve);
  });
}
