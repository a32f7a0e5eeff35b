// All that the controller may do at the API server, and why: the one table from which deploy/rbac.yaml is made and under which
// tests run the controller. Discovery needs no rule: every account that is authenticated may read it.

export type PermissionVerb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch';

export interface Permission {
  /** Empty: the core group. */
  readonly apiGroup: string;
  /** Plurals, with `/subresource` where one is meant. `*` where the names are users': a metrics API has one for each metric. */
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
    resources: ['replicationcontrollers/scale'],
    verbs: ['get', 'update'],
    scope: 'targets',
    why: 'to scale what is older than Deployments',
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
    apiGroup: 'custom.metrics.k8s.io',
    resources: ['*'],
    verbs: ['get'],
    scope: 'targets',
    why: 'metrics of type Pods and Object, from whatever adapter serves them; nothing can be written there',
  },
  {
    apiGroup: 'external.metrics.k8s.io',
    resources: ['*'],
    verbs: ['list'],
    scope: 'targets',
    why: 'metrics of type External, likewise',
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

interface RbacObject<Kind extends string> {
  readonly apiVersion: 'rbac.authorization.k8s.io/v1';
  readonly kind: Kind;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

export interface RoleObject extends RbacObject<'ClusterRole' | 'Role'> {
  readonly rules: readonly PolicyRule[];
}

export interface AggregatedRoleObject extends RbacObject<'ClusterRole'> {
  readonly aggregationRule: {
    readonly clusterRoleSelectors: readonly { readonly matchLabels: Readonly<Record<string, string>> }[];
  };
}

export interface BindingObject extends RbacObject<'ClusterRoleBinding' | 'RoleBinding'> {
  readonly roleRef: { readonly apiGroup: string; readonly kind: RoleObject['kind']; readonly name: string };
  readonly subjects: readonly { readonly kind: 'ServiceAccount'; readonly name: string; readonly namespace: string }[];
}

/**
 * A ClusterRole of an administrator's with this label, set to "true", adds its rules to the controller's: for kinds of their own
 * with a /scale, whose names this table cannot know.
 */
export const AGGREGATION_LABEL = 'setpoint.dev/aggregate-to-controller';

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

export interface InstallOptions {
  /** Of the ServiceAccount and of every object. */
  readonly name: string;
  /** Of the controller, its ServiceAccount and its Lease. */
  readonly namespace: string;
  readonly leaseName: string;
}

/** Everything that a controller for the whole cluster is bound to, in the order to be applied. */
export function renderRbac({
  name,
  namespace,
  leaseName,
}: InstallOptions): readonly (RoleObject | AggregatedRoleObject | BindingObject)[] {
  const further = `${name}-further-kinds`;
  return [
    renderClusterRole({ name }),
    renderFurtherKindsRole(further),
    renderLeaseRole({ name, namespace, leaseName }),
    renderBinding({ name, namespace }, { kind: 'ClusterRole', name }),
    renderBinding({ name, namespace }, { kind: 'ClusterRole', name: further }),
    renderBinding({ name, namespace }, { kind: 'Role', name, namespace }),
  ];
}

/** Without rules of its own: the control plane fills it from the roles that carry the label. */
function renderFurtherKindsRole(name: string): AggregatedRoleObject {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name },
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [AGGREGATION_LABEL]: 'true' } }] },
  };
}

/** Binds a role to the ServiceAccount: with a namespace in that one only, else a ClusterRole everywhere. */
export function renderBinding(
  account: { readonly name: string; readonly namespace: string },
  role: { readonly kind: RoleObject['kind']; readonly name: string; readonly namespace?: string },
): BindingObject {
  const { namespace } = role;
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding',
    metadata: { name: role.name, ...(namespace === undefined ? {} : { namespace }) },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: role.kind, name: role.name },
    subjects: [{ kind: 'ServiceAccount', ...account }],
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
