// What is put into a fresh cluster: namespaces, what kwok and metrics-server may do, kwok's own resources, the fake nodes.
import type { ApiClient } from './api-client.ts';
import { RESOURCE_METRICS_PATH } from './kwok.ts';
import type { PlaneOptions } from './options.ts';
import { poll } from './poll.ts';

const READY_TIMEOUT_MS = 30_000;

/** Returns when the system's namespaces and those of the options are there, and whatever components need. */
export async function bootstrapApi(api: ApiClient, options: PlaneOptions): Promise<void> {
  // The API server makes its namespaces after it says that it is ready.
  for (const name of ['default', 'kube-system']) {
    const isThere = async () => (await api.call('GET', `/api/v1/namespaces/${name}`)).status === 200;
    if (!(await poll(READY_TIMEOUT_MS, isThere))) throw new Error(`kube-apiserver makes no namespace ${name}`);
  }
  const namespaces = options.namespaces.map((name) =>
    api.apply(`/api/v1/namespaces/${name}`, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }),
  );
  await Promise.all(namespaces);
  if (options.flavour === 'api') return;
  await Promise.all([...RBAC, ...KWOK_CRDS].map(({ path, object }) => api.apply(path, object)));
  const isEstablished = async (path: string) => {
    const { status } = await api.get(path);
    const conditions = (status as { conditions?: { type: string; status: string }[] }).conditions ?? [];
    return conditions.some((condition) => condition.type === 'Established' && condition.status === 'True');
  };
  for (const { path } of KWOK_CRDS) {
    if (!(await poll(READY_TIMEOUT_MS, () => isEstablished(path)))) throw new Error(`${path} is not established`);
  }
}

/** Makes the fake nodes and returns when all of them are ready and may be given pods. */
export async function bootstrapNodes(api: ApiClient, options: PlaneOptions): Promise<void> {
  const names = Array.from({ length: options.nodes }, (_, index) => `node-${index}`);
  await Promise.all(names.map((name) => api.create('/api/v1/nodes', nodeOf(name))));
  let waiting = names;
  const ready = async () => {
    const { items } = await api.get('/api/v1/nodes');
    const isReady = ({ spec, status }: { spec: object; status?: unknown }) =>
      !('taints' in spec) &&
      (status as { conditions?: { type: string; status: string }[] }).conditions?.some(
        (condition) => condition.type === 'Ready' && condition.status === 'True',
      );
    waiting = items.filter((node) => !isReady(node)).map((node) => node.metadata.name);
    return waiting.length === 0;
  };
  if (await poll(READY_TIMEOUT_MS, ready)) return;
  throw new Error(`not ready after ${READY_TIMEOUT_MS / 1000} s: ${waiting.join(', ')} (see kwok.log)`);
}

function nodeOf(name: string) {
  const capacity = { cpu: '64', memory: '256Gi', pods: '1000' };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux' },
      annotations: { 'metrics.k8s.io/resource-metrics-path': RESOURCE_METRICS_PATH.replace('{nodeName}', name) },
    },
    status: { capacity, allocatable: capacity, nodeInfo: { operatingSystem: 'linux', kubeletVersion: 'kwok' } },
  };
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const RBAC_API = '/apis/rbac.authorization.k8s.io/v1';
const READ = ['get', 'list', 'watch'];

function clusterRole(name: string, rules: readonly Rule[], labels: Readonly<Record<string, string>> = {}) {
  return {
    path: `${RBAC_API}/clusterroles/${name}`,
    object: {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name, labels },
      rules,
    },
  };
}

/** In a namespace, or everywhere. */
function binding(name: string, user: string, role: { kind: 'Role' | 'ClusterRole'; name: string }, namespace?: string) {
  const kind = namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding';
  const folder = namespace === undefined ? 'clusterrolebindings' : `namespaces/${namespace}/rolebindings`;
  return {
    path: `${RBAC_API}/${folder}/${name}`,
    object: {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind,
      metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', ...role },
    },
  };
}

const RBAC = [
  clusterRole('kwok', [
    { apiGroups: [''], resources: ['nodes'], verbs: [...READ, 'update', 'patch', 'delete'] },
    { apiGroups: [''], resources: ['nodes/status', 'pods/status'], verbs: ['update', 'patch'] },
    { apiGroups: [''], resources: ['pods'], verbs: [...READ, 'update', 'patch', 'delete'] },
    { apiGroups: ['', 'events.k8s.io'], resources: ['events'], verbs: ['create', 'update', 'patch'] },
    {
      apiGroups: ['coordination.k8s.io'],
      resources: ['leases'],
      verbs: [...READ, 'create', 'update', 'patch', 'delete'],
    },
    { apiGroups: ['kwok.x-k8s.io'], resources: ['*'], verbs: [...READ, 'update', 'patch'] },
  ]),
  binding('kwok', 'kwok', { kind: 'ClusterRole', name: 'kwok' }),
  clusterRole('metrics-server', [
    { apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] },
    { apiGroups: [''], resources: ['pods', 'nodes'], verbs: READ },
  ]),
  binding('metrics-server', 'metrics-server', { kind: 'ClusterRole', name: 'metrics-server' }),
  binding('metrics-server-auth', 'metrics-server', { kind: 'ClusterRole', name: 'system:auth-delegator' }),
  binding(
    'metrics-server-auth',
    'metrics-server',
    { kind: 'Role', name: 'extension-apiserver-authentication-reader' },
    'kube-system',
  ),
  clusterRole('metrics-reader', [{ apiGroups: ['metrics.k8s.io'], resources: ['pods', 'nodes'], verbs: READ }], {
    'rbac.authorization.k8s.io/aggregate-to-view': 'true',
    'rbac.authorization.k8s.io/aggregate-to-edit': 'true',
    'rbac.authorization.k8s.io/aggregate-to-admin': 'true',
  }),
];

/** What kwok reads in the place of what kubelets know of themselves: usages of pods, and where their ports lead. */
const KWOK_CRDS = [kwokCrd('ClusterResourceUsage', 'Cluster'), kwokCrd('PortForward', 'Namespaced')];

function kwokCrd(kind: string, scope: 'Cluster' | 'Namespaced') {
  const singular = kind.toLowerCase();
  const plural = `${singular}s`;
  const name = `${plural}.kwok.x-k8s.io`;
  return {
    path: `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`,
    object: {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: {
        name,
        // The API server wants it said that the group is the Kubernetes community's.
        annotations: { 'api-approved.kubernetes.io': 'unapproved, for tests' },
      },
      spec: {
        group: 'kwok.x-k8s.io',
        scope,
        names: { plural, singular, kind },
        versions: [
          {
            name: 'v1alpha1',
            served: true,
            storage: true,
            subresources: { status: {} },
            schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        ],
      },
    },
  };
}
