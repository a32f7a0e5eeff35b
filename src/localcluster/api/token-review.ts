// authentication.k8s.io: answers whose bearer token it is, to those who may ask (a webhook, a page that lets viewers in).
import { asObject, asString, type JsonObject } from '../json-values.ts';
import { badRequest } from '../status.ts';
import type { Authenticator, User } from './auth.ts';

/** What tokens are made for where nothing else is said. */
const AUDIENCES = ['https://kubernetes.default.svc.cluster.local'];

/** The review with its status. A token that nobody has is an answer, not an error. */
export function reviewToken(
  authenticator: Authenticator,
  review: JsonObject,
  uidOf: (user: User) => string,
): JsonObject {
  const spec = asObject(review.spec);
  const token = asString(spec.token);
  if (token === '') throw badRequest('token is required for TokenReview in authentication');
  const user = authenticator.userOf(token);
  const status =
    user === undefined
      ? { user: {}, error: 'invalid bearer token' }
      : {
          authenticated: true,
          user: { username: user.name, ...withUid(uidOf(user)), groups: [...user.groups] },
          audiences: AUDIENCES,
        };
  return {
    ...review,
    metadata: { creationTimestamp: null },
    spec: { ...spec, audiences: AUDIENCES },
    status,
  };
}

function withUid(uid: string): { uid?: string } {
  return uid === '' ? {} : { uid };
}
