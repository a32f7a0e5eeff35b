// Whether a user may do what a request asks: rules given to the user at start, and the roles and bindings stored in the cluster.
import { type LabelSelectorObject, matches, selectorFromObject } from '../../base/selector.ts';
import { asArray, asObject, asString } from '../json-values.ts';
import type { KubeObject } from '../objects.ts';
import { ApiStatusError, forbidden } from '../status.ts';
import type { Storage } from '../storage/storage.ts';
import type { PolicyRule, User } from './auth.ts';
import type { RequestInfo } from './request-info.ts';

/** The rule that allows a request, and where it was found. */
export interface Grant {
  source: string;
  rule: PolicyRule;
}

export type Attributes = Pick<
  RequestInfo,
  'isResource' | 'verb' | 'group' | 'resource' | 'subresource' | 'namespace' | 'name' | 'path'
>;

/** Every authenticated user may look at what is served. */
const discoveryRule: PolicyRule = {
  verbs: ['get', 'head'],
  nonResourceURLs: [
    '/api',
    '/api/*',
    '/apis',
    '/apis/*',
    '/openapi',
    '/openapi/*',
    '/version',
    '/version/',
    '/healthz',
    '/livez',
    '/readyz',
    '/healthz/*',
    '/livez/*',
    '/readyz/*',
  ],
};
const selfReviewRule: PolicyRule = {
  verbs: ['create'],
  apiGroups: ['authorization.k8s.io'],
  resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
};

/** The first rule that allows it, `'unrestricted'` for administrators, or undefined: refused. */
export function authorize(storage: Storage, user: User, request: Attributes): Grant | 'unrestricted' | undefined {
  if (user.groups.includes('system:masters')) return 'unrestricted';
  for (const grant of grantsOf(storage, user, request.namespace)) {
    if (allows(grant.rule, request)) return grant;
  }
  return undefined;
}

function* grantsOf(storage: Storage, user: User, namespace: string): Generator<Grant> {
  yield { source: 'system:discovery', rule: discoveryRule };
  yield { source: 'system:basic-user', rule: selfReviewRule };
  for (const rule of user.rules) yield { source: `user ${user.name}`, rule };
  for (const binding of storage.list('clusterrolebindings.rbac.authorization.k8s.io')) {
    if (bindsTo(binding, user)) yield* rulesOf(storage, binding, '');
  }
  if (namespace === '') return;
  for (const binding of storage.list('rolebindings.rbac.authorization.k8s.io', namespace)) {
    if (bindsTo(binding, user)) yield* rulesOf(storage, binding, namespace);
  }
}

function bindsTo(binding: KubeObject, user: User): boolean {
  return asArray(binding.subjects).some((entry) => {
    const subject = asObject(entry);
    if (subject.kind === 'Group') return user.groups.includes(asString(subject.name));
    if (subject.kind === 'ServiceAccount') {
      const namespace = asString(subject.namespace) || (binding.metadata.namespace ?? '');
      return user.name === `system:serviceaccount:${namespace}:${asString(subject.name)}`;
    }
    return subject.kind === 'User' && subject.name === user.name;
  });
}

function rulesOf(storage: Storage, binding: KubeObject, namespace: string): Grant[] {
  const { kind, name } = asObject(binding.roleRef);
  const isCluster = kind === 'ClusterRole';
  const key = isCluster ? 'clusterroles.rbac.authorization.k8s.io' : 'roles.rbac.authorization.k8s.io';
  const role = storage.get(key, isCluster ? '' : namespace, asString(name));
  const source = `${asString(kind)} ${isCluster ? '' : `${namespace}/`}${asString(name)}`;
  const own = asArray(role?.rules).map((rule) => ({ source, rule: rule as PolicyRule }));
  return role?.aggregationRule === undefined ? own : [...own, ...aggregated(storage, role)];
}

/** An aggregated role has the rules of all roles that it selects, as the control plane would copy them into it. */
function aggregated(storage: Storage, role: KubeObject): Grant[] {
  const { clusterRoleSelectors } = asObject(role.aggregationRule);
  return asArray(clusterRoleSelectors).flatMap((entry) => {
    const { selector: wanted } = selectorFromObject(entry as LabelSelectorObject);
    if (wanted === undefined) return [];
    return storage
      .list('clusterroles.rbac.authorization.k8s.io')
      .filter(({ metadata }) => matches(wanted, metadata.labels ?? {}))
      .flatMap(({ metadata, rules }) =>
        asArray(rules).map((rule) => ({ source: `ClusterRole ${metadata.name}`, rule: rule as PolicyRule })),
      );
  });
}

export function allows(rule: PolicyRule, request: Attributes): boolean {
  if (!hasOrAll(rule.verbs, request.verb)) return false;
  if (!request.isResource) return (rule.nonResourceURLs ?? []).some((pattern) => matchesPath(pattern, request.path));
  const resource = request.subresource === '' ? request.resource : `${request.resource}/${request.subresource}`;
  const resources = rule.resources ?? [];
  const named = rule.resourceNames ?? [];
  return (
    hasOrAll(rule.apiGroups ?? [], request.group) &&
    (hasOrAll(resources, resource) || (request.subresource !== '' && resources.includes(`*/${request.subresource}`))) &&
    (named.length === 0 || named.includes(request.name))
  );
}

function hasOrAll(list: readonly string[], value: string): boolean {
  return list.includes('*') || list.includes(value);
}

function matchesPath(pattern: string, path: string): boolean {
  return pattern === '*' || pattern === path || (pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1)));
}

/** 403 in the words of the real server. */
export function forbiddenRequest(user: User, request: Attributes): Error {
  if (!request.isResource) {
    const what = `User "${user.name}" cannot ${request.verb} path "${request.path}"`;
    return new ApiStatusError(403, 'Forbidden', `forbidden: ${what}`, {});
  }
  const resource = request.subresource === '' ? request.resource : `${request.resource}/${request.subresource}`;
  const scope = request.namespace === '' ? 'at the cluster scope' : `in the namespace "${request.namespace}"`;
  const why = `User "${user.name}" cannot ${request.verb} resource "${resource}" in API group "${request.group}" ${scope}`;
  return forbidden({ group: request.group, plural: request.resource, kind: '' }, request.name, why);
}
