// A record of every request, for tests that count requests and for those that compare rules with what was used.

import type { PolicyRule } from './auth.ts';

export interface AuditEntry {
  /** Milliseconds since the epoch, when the request came in. */
  time: number;
  durationMs: number;
  method: string;
  path: string;
  query: string;
  verb: string;
  group: string;
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
  user: string;
  userAgent: string;
  /** 0 when the connection was cut without an answer. A watch is entered when it starts. */
  code: number;
  /** The rule that allowed it and where it stands; undefined for administrators and for what was refused. */
  allowedBy: { source: string; rule: PolicyRule } | undefined;
}

type AuditMatch = Partial<
  Pick<AuditEntry, 'verb' | 'group' | 'resource' | 'subresource' | 'namespace' | 'name' | 'user' | 'code' | 'method'>
>;

/** The oldest entries go first when there are more than this. */
const maxEntries = 200_000;

export class AuditLog {
  #entries: AuditEntry[] = [];
  readonly #listeners = new Set<(entry: AuditEntry) => void>();

  /** All requests so far that have every given property; oldest first. */
  entries(match: AuditMatch = {}): AuditEntry[] {
    const wanted = Object.entries(match);
    return this.#entries.filter((entry) => wanted.every(([key, value]) => entry[key as keyof AuditEntry] === value));
  }

  count(match: AuditMatch = {}): number {
    return this.entries(match).length;
  }

  clear(): void {
    this.#entries = [];
  }

  /** Calls `listener` for each entry from now on; returns the stop function. */
  subscribe(listener: (entry: AuditEntry) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  add(entry: AuditEntry): void {
    this.#entries.push(entry);
    if (this.#entries.length > maxEntries) this.#entries = this.#entries.slice(maxEntries >> 2);
    for (const listener of this.#listeners) listener(entry);
  }
}
