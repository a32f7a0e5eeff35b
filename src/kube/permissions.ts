// All that the controller may do at the API server, and why: the one table from which deploy/rbac.yaml is made and under which
// tests run the controller. Discovery needs no rule: every account that is authenticated may read it.

export type PermissionVerb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch';

export interface Permission {
  /** Empty: the core group. */
  readonly apiGroup: string;
  /** Plurals, with `/subresource` where one is meant. */
  readonly resources: readonly string[];
  readonly verbs: readonly PermissionVerb[];
  /** `targets`: wherever targets are, all namespaces or the given ones. `own`: the namespace of the Lease. */
  readonly scope: 'targets' | 'own';
  /** Only the object of the Lease's name. */
  readonly onlyTheLease?: true;
  readonly why: string;
}

export const PERMISSIONS: readonly Permission[] = [
  {
    apiGroup: 'setpoint.dev',
    resources: ['scaledtargets'],
    verbs: ['get', 'list', 'watch'],
    scope: 'targets',
    why: 'what is to be scaled; read again when a status write meets a conflict',
  },
  {
    apiGroup: 'setpoint.dev',
    resources: ['scaledtargets/status'],
    verbs: ['update'],
    scope: 'targets',
    why: 'to say what was decided; the spec is never written',
  },
  {
    apiGroup: 'apps',
    resources: ['deployments', 'statefulsets', 'replicasets'],
    verbs: ['list', 'watch'],
    scope: 'targets',
    why: 'sizes and selectors of workloads without a request per decision',
  },
  {
    apiGroup: 'apps',
    resources: ['deployments/scale', 'statefulsets/scale', 'replicasets/scale'],
    verbs: ['get', 'update'],
    scope: 'targets',
    why: 'to scale; read again after a conflict',
  },
  {
    apiGroup: '',
    resources: ['pods'],
    verbs: ['list', 'watch'],
    scope: 'targets',
    why: 'readiness, start and requests of the pods behind a metric',
  },
  {
    apiGroup: 'metrics.k8s.io',
    resources: ['pods'],
    verbs: ['list'],
    scope: 'targets',
    why: 'cpu and memory of pods',
  },
  {
    apiGroup: 'autoscaling',
    resources: ['horizontalpodautoscalers'],
    verbs: ['list', 'watch'],
    scope: 'targets',
    why: 'to leave alone what an HPA scales',
  },
  {
    apiGroup: '',
    resources: ['events'],
    verbs: ['create', 'patch'],
    scope: 'targets',
    why: 'to tell changes of size and failures; repeats are counted on the first event',
  },
  {
    apiGroup: 'coordination.k8s.io',
    resources: ['leases'],
    verbs: ['create'],
    scope: 'own',
    why: 'leader election: the first replica makes the Lease (a rule for create cannot name it)',
  },
  {
    apiGroup: 'coordination.k8s.io',
    resources: ['leases'],
    verbs: ['get', 'list', 'watch', 'update'],
    scope: 'own',
    onlyTheLease: true,
    why: 'leader election: to take, renew and give back the Lease, and to see at once that it was given back',
  },
];

export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly PermissionVerb[];
}

export interface RoleObject {
  readonly apiVersion: 'rbac.authorization.k8s.io/v1';
  readonly kind: 'ClusterRole' | 'Role';
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules: readonly PolicyRule[];
}

/** What is needed wherever targets are, for the whole cluster. */
export function renderClusterRole(options: { readonly name: string }): RoleObject {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: options.name },
    rules: rulesOf('targets'),
  };
}

/** The same for one namespace, for a controller that runs with --namespace and no ClusterRole at all. */
export function renderTargetRole(options: { readonly name: string; readonly namespace: string }): RoleObject {
  return {
    ...renderClusterRole(options),
    kind: 'Role',
    metadata: { name: options.name, namespace: options.namespace },
  };
}

/** What is needed in the namespace of the Lease. */
export function renderLeaseRole(options: {
  readonly name: string;
  readonly namespace: string;
  readonly leaseName: string;
}): RoleObject {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name: options.name, namespace: options.namespace },
    rules: rulesOf('own', options.leaseName),
  };
}

function rulesOf(scope: Permission['scope'], leaseName = ''): PolicyRule[] {
  return PERMISSIONS.filter((permission) => permission.scope === scope).map(
    ({ apiGroup, resources, verbs, onlyTheLease }) => ({
      apiGroups: [apiGroup],
      resources,
      ...(onlyTheLease ? { resourceNames: [leaseName] } : {}),
      verbs,
    }),
  );
}
