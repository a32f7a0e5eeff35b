// The built-in resources in one table, named and abbreviated as in a real cluster.

import { builtinSchema } from '../schema/builtin-schema.ts';
import { apiVersionOf, type ResourceDefinition, type ScalePaths } from './definition.ts';

interface Row {
  plural: string;
  kind: string;
  /** In the type table; default `V1<kind>`. */
  type?: string;
  short?: string[];
  categories?: string[];
  cluster?: true;
  status?: true;
  generation?: true;
  needsVersion?: true;
  createsOnUpdate?: true;
  scale?: true;
  /** Storage of another served resource that this one is a view of. */
  key?: string;
  storedApiVersion?: string;
}

const scalePaths: ScalePaths = {
  specReplicas: '.spec.replicas',
  statusReplicas: '.status.replicas',
  selector: '.spec.selector',
};

const workload = { status: true, generation: true, categories: ['all'] } as const;
const scaledWorkload = { ...workload, scale: true } as const;

const table: Record<string, Row[]> = {
  v1: [
    { plural: 'namespaces', kind: 'Namespace', short: ['ns'], cluster: true, status: true },
    { plural: 'nodes', kind: 'Node', short: ['no'], cluster: true, status: true },
    { plural: 'pods', kind: 'Pod', short: ['po'], ...workload, categories: ['all'] },
    { plural: 'services', kind: 'Service', short: ['svc'], status: true, categories: ['all'] },
    { plural: 'endpoints', kind: 'Endpoints', short: ['ep'] },
    { plural: 'configmaps', kind: 'ConfigMap', short: ['cm'] },
    { plural: 'secrets', kind: 'Secret' },
    { plural: 'serviceaccounts', kind: 'ServiceAccount', short: ['sa'] },
    { plural: 'events', kind: 'Event', type: 'CoreV1Event', short: ['ev'], createsOnUpdate: true },
    {
      plural: 'replicationcontrollers',
      kind: 'ReplicationController',
      short: ['rc'],
      ...scaledWorkload,
      categories: ['all'],
    },
    { plural: 'resourcequotas', kind: 'ResourceQuota', short: ['quota'], status: true },
    { plural: 'limitranges', kind: 'LimitRange', short: ['limits'] },
    { plural: 'persistentvolumeclaims', kind: 'PersistentVolumeClaim', short: ['pvc'], status: true },
    { plural: 'persistentvolumes', kind: 'PersistentVolume', short: ['pv'], cluster: true, status: true },
  ],
  'apps/v1': [
    { plural: 'deployments', kind: 'Deployment', short: ['deploy'], ...scaledWorkload, categories: ['all'] },
    { plural: 'replicasets', kind: 'ReplicaSet', short: ['rs'], ...scaledWorkload, categories: ['all'] },
    { plural: 'statefulsets', kind: 'StatefulSet', short: ['sts'], ...scaledWorkload, categories: ['all'] },
    { plural: 'daemonsets', kind: 'DaemonSet', short: ['ds'], ...workload, categories: ['all'] },
    { plural: 'controllerrevisions', kind: 'ControllerRevision' },
  ],
  'autoscaling/v2': [
    {
      plural: 'horizontalpodautoscalers',
      kind: 'HorizontalPodAutoscaler',
      type: 'V2HorizontalPodAutoscaler',
      short: ['hpa'],
      categories: ['all'],
      status: true,
    },
  ],
  'autoscaling/v1': [
    {
      plural: 'horizontalpodautoscalers',
      kind: 'HorizontalPodAutoscaler',
      short: ['hpa'],
      categories: ['all'],
      status: true,
      storedApiVersion: 'autoscaling/v2',
    },
  ],
  'batch/v1': [
    { plural: 'jobs', kind: 'Job', ...workload, categories: ['all'] },
    { plural: 'cronjobs', kind: 'CronJob', short: ['cj'], ...workload, categories: ['all'] },
  ],
  'policy/v1': [
    { plural: 'poddisruptionbudgets', kind: 'PodDisruptionBudget', short: ['pdb'], status: true, generation: true },
  ],
  'coordination.k8s.io/v1': [{ plural: 'leases', kind: 'Lease', needsVersion: true, createsOnUpdate: true }],
  'events.k8s.io/v1': [
    {
      plural: 'events',
      kind: 'Event',
      type: 'EventsV1Event',
      short: ['ev'],
      key: 'events',
      storedApiVersion: 'v1',
      createsOnUpdate: true,
    },
  ],
  'discovery.k8s.io/v1': [{ plural: 'endpointslices', kind: 'EndpointSlice' }],
  'networking.k8s.io/v1': [
    { plural: 'networkpolicies', kind: 'NetworkPolicy', short: ['netpol'], generation: true },
    { plural: 'ingresses', kind: 'Ingress', short: ['ing'], status: true, generation: true },
  ],
  'rbac.authorization.k8s.io/v1': [
    { plural: 'roles', kind: 'Role' },
    { plural: 'rolebindings', kind: 'RoleBinding' },
    { plural: 'clusterroles', kind: 'ClusterRole', cluster: true },
    { plural: 'clusterrolebindings', kind: 'ClusterRoleBinding', cluster: true },
  ],
  'scheduling.k8s.io/v1': [
    { plural: 'priorityclasses', kind: 'PriorityClass', short: ['pc'], cluster: true, generation: true },
  ],
  'flowcontrol.apiserver.k8s.io/v1': [
    { plural: 'flowschemas', kind: 'FlowSchema', cluster: true, status: true, generation: true },
    {
      plural: 'prioritylevelconfigurations',
      kind: 'PriorityLevelConfiguration',
      cluster: true,
      status: true,
      generation: true,
    },
  ],
  'apiextensions.k8s.io/v1': [
    {
      plural: 'customresourcedefinitions',
      kind: 'CustomResourceDefinition',
      short: ['crd', 'crds'],
      categories: ['api-extensions'],
      cluster: true,
      status: true,
      generation: true,
    },
  ],
  'apiregistration.k8s.io/v1': [
    { plural: 'apiservices', kind: 'APIService', categories: ['api-extensions'], cluster: true, status: true },
  ],
};

export function builtinResources(): ResourceDefinition[] {
  return Object.entries(table).flatMap(([apiVersion, rows]) => rows.map((row) => fromRow(apiVersion, row)));
}

function fromRow(apiVersion: string, row: Row): ResourceDefinition {
  const slash = apiVersion.indexOf('/');
  const group = slash < 0 ? '' : apiVersion.slice(0, slash);
  const version = apiVersion.slice(slash + 1);
  const typeName = row.type ?? `V1${row.kind}`;
  return {
    group,
    version,
    plural: row.plural,
    kind: row.kind,
    singular: row.kind.toLowerCase(),
    listKind: `${row.kind}List`,
    shortNames: row.short ?? [],
    categories: row.categories ?? [],
    namespaced: row.cluster !== true,
    key: row.key ?? (group === '' ? row.plural : `${row.plural}.${group}`),
    storedApiVersion: row.storedApiVersion ?? apiVersionOf({ group, version }),
    hasStatus: row.status === true,
    hasGeneration: row.generation === true,
    needsVersion: row.needsVersion === true,
    createsOnUpdate: row.createsOnUpdate === true,
    scale: row.scale === true ? scalePaths : undefined,
    custom: false,
    get schema() {
      return builtinSchema(typeName);
    },
    printerColumns: undefined,
  };
}
