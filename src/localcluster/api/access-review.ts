// authorization.k8s.io: answers whether a user may do something (`kubectl auth can-i`).

import { asArray, asObject, asString, type JsonObject } from '../json-values.ts';
import type { Storage } from '../storage/storage.ts';
import type { User } from './auth.ts';
import { type Attributes, authorize } from './rbac.ts';

/** The review with its status; a SelfSubjectAccessReview is about `asking`, a SubjectAccessReview about spec.user. */
export function reviewAccess(storage: Storage, asking: User, review: JsonObject): JsonObject {
  const spec = asObject(review.spec);
  const user: User =
    review.kind === 'SelfSubjectAccessReview'
      ? asking
      : { name: asString(spec.user), groups: asArray(spec.groups).map(asString), rules: [] };
  const grant = authorize(storage, user, attributesOf(spec));
  const reason =
    grant === undefined ? {} : { reason: grant === 'unrestricted' ? '' : `RBAC: allowed by ${grant.source}` };
  return { ...review, metadata: { creationTimestamp: null }, status: { allowed: grant !== undefined, ...reason } };
}

function attributesOf(spec: JsonObject): Attributes {
  const resource = asObject(spec.resourceAttributes);
  const other = asObject(spec.nonResourceAttributes);
  const isResource = spec.resourceAttributes !== undefined;
  return {
    isResource,
    verb: asString((isResource ? resource : other).verb),
    group: asString(resource.group),
    resource: asString(resource.resource),
    subresource: asString(resource.subresource),
    namespace: asString(resource.namespace),
    name: asString(resource.name),
    path: asString(other.path),
  };
}
