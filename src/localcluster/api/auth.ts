// Who asks: bearer tokens and the users behind them.

import { timingSafeEqual } from 'node:crypto';
import { unauthorized } from '../status.ts';

export interface PolicyRule {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
}

export interface User {
  name: string;
  groups: string[];
  /** Granted to this user directly, cluster-wide, beside what roles stored in the cluster grant. */
  rules: PolicyRule[];
}

export interface UserOptions {
  /** For a service account: `system:serviceaccount:<namespace>:<name>`. */
  user: string;
  /** Default none; `system:masters` may do everything. */
  groups?: string[];
  rules?: PolicyRule[];
}

/** May do everything; who asks without a token is this user as long as no users are configured. */
const administrator: User = { name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'], rules: [] };

export class Authenticator {
  readonly #users = new Map<string, User>();
  readonly #allowAnonymous: boolean;

  /** `users` maps token to user. The administrator's token always works. */
  constructor(adminToken: string, users: Record<string, UserOptions> | undefined) {
    this.#users.set(adminToken, administrator);
    this.#allowAnonymous = users === undefined;
    for (const [token, options] of Object.entries(users ?? {})) this.addUser(token, options);
  }

  addUser(token: string, options: UserOptions): void {
    const groups = groupsOf(options.user, options.groups ?? []);
    this.#users.set(token, { name: options.user, groups, rules: options.rules ?? [] });
  }

  /** Afterwards the token is unknown: 401. */
  removeUser(token: string): void {
    this.#users.delete(token);
  }

  /** Throws 401 for a token nobody has, and without a token when users are configured. */
  authenticate(authorization: string | undefined): User {
    if (authorization === undefined) {
      if (this.#allowAnonymous) return administrator;
      throw unauthorized();
    }
    const user = this.userOf(/^Bearer +(.+)$/i.exec(authorization)?.[1] ?? '');
    if (!user) throw unauthorized();
    return user;
  }

  /** Whose token it is; undefined when it is nobody's. */
  userOf(token: string): User | undefined {
    for (const [known, user] of this.#users) if (isSame(known, token)) return user;
    return undefined;
  }
}

/** The groups given, and those that everybody and service accounts are in. */
export function groupsOf(user: string, given: readonly string[]): string[] {
  const account = /^system:serviceaccount:([^:]+):/.exec(user);
  const ofAccounts = account === null ? [] : ['system:serviceaccounts', `system:serviceaccounts:${account[1]}`];
  return [...given, 'system:authenticated', ...ofAccounts];
}

function isSame(left: string, right: string): boolean {
  const a = Buffer.from(left);
  const b = Buffer.from(right);
  return a.length === b.length && timingSafeEqual(a, b);
}
