// The API server as the judge of who may see the page: whose token it is, and whether that one may list ScaledTargets.
import { asRecord, own, ownList, ownText } from '../api/json-input.ts';
import type { Identity, Reviews } from '../server/access.ts';
import type { KubeClient } from './client.ts';
import { resourcePath } from './paths.ts';
import { SCALED_TARGETS } from './scaled-targets.ts';

/** Somebody waits for the page. */
const TIMEOUT_MS = 5000;

export class KubeReviews implements Reviews {
  readonly #client: KubeClient;
  readonly #signal: AbortSignal;

  /** `signal` aborts when the process ends. */
  constructor(client: KubeClient, signal: AbortSignal) {
    this.#client = client;
    this.#signal = signal;
  }

  async authenticate(token: string): Promise<Identity | undefined> {
    const status = await this.#review('authentication.k8s.io', 'tokenreviews', 'TokenReview', { token });
    const user = asRecord(own(status, 'user'));
    const username = ownText(user, 'username') ?? '';
    // Both have to be said: an answer of another shape lets nobody in.
    if (own(status, 'authenticated') !== true || username === '') return undefined;
    const extra = Object.entries(asRecord(own(user, 'extra')) ?? {});
    return {
      username,
      uid: ownText(user, 'uid') ?? '',
      groups: textsIn(ownList(user, 'groups')),
      extra: Object.fromEntries(extra.map(([key, values]) => [key, Array.isArray(values) ? textsIn(values) : []])),
    };
  }

  async mayList({ username, uid, groups, extra }: Identity, namespace: string | undefined): Promise<boolean> {
    const { group, resource } = SCALED_TARGETS;
    const status = await this.#review('authorization.k8s.io', 'subjectaccessreviews', 'SubjectAccessReview', {
      user: username,
      uid,
      groups,
      extra,
      resourceAttributes: { group, resource, verb: 'list', ...(namespace !== undefined && { namespace }) },
    });
    return own(status, 'allowed') === true && own(status, 'denied') !== true;
  }

  async #review(group: string, resource: string, kind: string, spec: unknown) {
    const body = { apiVersion: `${group}/v1`, kind, spec };
    const path = resourcePath({ group, version: 'v1', resource });
    const answer = await this.#client.create(path, body, { signal: this.#signal, timeoutMs: TIMEOUT_MS, retry: false });
    return asRecord(own(asRecord(answer), 'status'));
  }
}

function textsIn(values: readonly unknown[]): string[] {
  return values.filter((value) => typeof value === 'string');
}
