// Who may see which targets. Without authentication everybody who reaches the page sees all; with it a bearer token is reviewed by the
// API server, and a viewer sees the namespaces whose ScaledTargets it may list. Answers are kept for a minute; what cannot be
// checked is refused.
import { createHash } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';

export interface Identity {
  readonly username: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** The API server as the judge. Both reject, and soon, when it cannot be asked. */
export interface Reviews {
  /** Whose token this is; undefined when it is nobody's. */
  authenticate(token: string): Promise<Identity | undefined>;
  /** Whether ScaledTargets may be listed in the namespace; undefined: in all of them. */
  mayList(identity: Identity, namespace: string | undefined): Promise<boolean>;
}

/** What a viewer may see. */
export interface Scope {
  /** The same for viewers who see the same. */
  readonly id: string;
  readonly allows: (namespace: string) => boolean;
  /** After so long it is to be asked again. */
  readonly validForMs: number | undefined;
}

export interface Refusal {
  readonly status: 401 | 403 | 503;
  readonly message: string;
}

export interface Access {
  /** `authorization` is the header; `namespaces` those that there is something to see in. */
  enter(authorization: string | undefined, namespaces: () => Iterable<string>): Promise<Scope | Refusal>;
}

/** No namespace is called like that: `all` may be one's name. */
const EVERYTHING: Pick<Scope, 'id' | 'allows'> = { id: '*', allows: () => true };

/** For whoever reaches the page. */
export const openAccess: Access = {
  enter: () => Promise.resolve({ ...EVERYTHING, validForMs: undefined }),
};

const KEPT_MS = 60_000;
/** A token may become valid any moment; a wrong one is not asked for at every request. */
const REFUSED_KEPT_MS = 5000;
/** Of those that are known, and of those that are not. */
const MAX_VIEWERS = 1000;
/** Reviews at the same time: a flood of made-up tokens does not become one of requests to the API server. */
const MAX_REVIEWS = 8;

interface Viewer {
  readonly identity: Identity | undefined;
  readonly seesAll: boolean;
  readonly namespaces: Map<string, Promise<boolean>>;
  readonly untilMs: number;
}

export class KubernetesAccess implements Access {
  readonly #reviews: Reviews;
  readonly #clock: Clock;
  readonly #viewers = new Map<string, Promise<Viewer>>();
  /** Apart, so that made-up tokens, of which there are any number, push nobody out. */
  readonly #refused = new Map<string, Promise<Viewer>>();
  #running = 0;

  constructor(reviews: Reviews, clock: Clock) {
    this.#reviews = reviews;
    this.#clock = clock;
  }

  async enter(authorization: string | undefined, namespaces: () => Iterable<string>): Promise<Scope | Refusal> {
    const token = tokenIn(authorization);
    if (token === undefined) return { status: 401, message: 'a Kubernetes token is needed: as Bearer, or as password' };
    try {
      const viewer = await this.#viewer(token);
      if (!viewer.identity) return { status: 401, message: 'the API server does not know this token' };
      return await this.#scopeOf(viewer, viewer.identity, namespaces());
    } catch (error) {
      // Whatever the reason: what cannot be checked is not shown.
      return { status: 503, message: `access cannot be checked: ${messageOf(error)}` };
    }
  }

  /** Reviewed once for all who ask at the same time. */
  async #viewer(token: string): Promise<Viewer> {
    const key = createHash('sha256').update(token).digest('base64');
    const kept = await (this.#viewers.get(key) ?? this.#refused.get(key));
    if (kept && kept.untilMs > this.#clock.monotonic()) return kept;
    const review = this.#review(token);
    keep(this.#viewers, key, review);
    try {
      const viewer = await review;
      if (!viewer.identity && this.#viewers.get(key) === review) {
        this.#viewers.delete(key);
        keep(this.#refused, key, review);
      }
      return viewer;
    } catch (error) {
      if (this.#viewers.get(key) === review) this.#viewers.delete(key);
      throw error;
    }
  }

  async #review(token: string): Promise<Viewer> {
    const identity = await this.#ask(() => this.#reviews.authenticate(token));
    const seesAll = identity !== undefined && (await this.#ask(() => this.#reviews.mayList(identity, undefined)));
    const untilMs = this.#clock.monotonic() + (identity ? KEPT_MS : REFUSED_KEPT_MS);
    return { identity, seesAll, namespaces: new Map(), untilMs };
  }

  async #scopeOf(viewer: Viewer, identity: Identity, present: Iterable<string>): Promise<Scope | Refusal> {
    const validForMs = Math.max(0, viewer.untilMs - this.#clock.monotonic());
    if (viewer.seesAll) return { ...EVERYTHING, validForMs };
    const allowed = new Set<string>();
    // One after another: at most one review runs for a viewer.
    for (const namespace of new Set(present)) {
      if (await this.#mayList(viewer, identity, namespace)) allowed.add(namespace);
    }
    if (allowed.size === 0) {
      return { status: 403, message: `${identity.username} may list scaledtargets in no namespace that has some` };
    }
    const id = [...allowed].sort().join('/');
    return { id, allows: (namespace) => allowed.has(namespace), validForMs };
  }

  async #mayList({ namespaces }: Viewer, identity: Identity, namespace: string): Promise<boolean> {
    let answer = namespaces.get(namespace);
    if (!answer) {
      answer = this.#ask(() => this.#reviews.mayList(identity, namespace));
      namespaces.set(namespace, answer);
    }
    try {
      return await answer;
    } catch (error) {
      if (namespaces.get(namespace) === answer) namespaces.delete(namespace);
      throw error;
    }
  }

  async #ask<Answer>(question: () => Promise<Answer>): Promise<Answer> {
    if (this.#running >= MAX_REVIEWS) throw new Error('too many reviews at once, try again');
    this.#running += 1;
    try {
      return await question();
    } finally {
      this.#running -= 1;
    }
  }
}

/** As the youngest; the oldest goes when there are too many. */
function keep(viewers: Map<string, Promise<Viewer>>, key: string, review: Promise<Viewer>): void {
  viewers.delete(key);
  viewers.set(key, review);
  for (const oldest of viewers.keys()) {
    if (viewers.size <= MAX_VIEWERS) break;
    viewers.delete(oldest);
  }
}

/** `Bearer TOKEN`, or `Basic` with the token as password, as browsers ask for one; the name does not matter. */
function tokenIn(authorization: string | undefined): string | undefined {
  const [, scheme = '', credentials = ''] = /^(\w+) +(\S+)$/.exec(authorization ?? '') ?? [];
  if (scheme.toLowerCase() === 'bearer') return credentials;
  if (scheme.toLowerCase() !== 'basic') return undefined;
  const pair = Buffer.from(credentials, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  return colon < 0 || colon === pair.length - 1 ? undefined : pair.slice(colon + 1);
}
