// How lists of built-in kinds merge: the keys of strategic merge patches and those of server-side apply, by type and field.
// They are part of the Go types and in no JavaScript package, so the ones that matter for the kinds served stand here.

import type { SchemaNode } from './schema-node.ts';

interface ListMerge {
  /** Strategic merge: the member that identifies an item; `''` for lists of plain values. Undefined: the list is replaced. */
  patchKey?: string;
  /** Also drops members of the same object that the patch does not name (volumes, rollout strategy). */
  retainKeys?: true;
  /** Server-side apply: the members that identify an item; `'set'` for lists of plain values. Undefined: atomic. */
  applyKeys?: string[] | 'set';
}

const byName: ListMerge = { patchKey: 'name', applyKeys: ['name'] };
const conditions: ListMerge = { patchKey: 'type', applyKeys: ['type'] };
const devices: ListMerge = { patchKey: 'devicePath', applyKeys: ['devicePath'] };

const container: Record<string, ListMerge> = {
  env: byName,
  ports: { patchKey: 'containerPort', applyKeys: ['containerPort', 'protocol'] },
  volumeMounts: { patchKey: 'mountPath', applyKeys: ['mountPath'] },
  volumeDevices: devices,
};

const merges: Record<string, Record<string, ListMerge>> = {
  V1ObjectMeta: {
    ownerReferences: { patchKey: 'uid', applyKeys: ['uid'] },
    finalizers: { patchKey: '', applyKeys: 'set' },
  },
  V1PodSpec: {
    containers: byName,
    initContainers: byName,
    ephemeralContainers: byName,
    volumes: { ...byName, retainKeys: true },
    imagePullSecrets: byName,
    hostAliases: { patchKey: 'ip', applyKeys: ['ip'] },
    topologySpreadConstraints: { patchKey: 'topologyKey', applyKeys: ['topologyKey', 'whenUnsatisfiable'] },
    schedulingGates: byName,
    resourceClaims: { ...byName, retainKeys: true },
  },
  V1Container: container,
  V1EphemeralContainer: container,
  V1ResourceRequirements: { claims: { applyKeys: ['name'] } },
  V1PodStatus: {
    conditions,
    podIPs: { patchKey: 'ip', applyKeys: ['ip'] },
    hostIPs: { patchKey: 'ip' },
  },
  V1DeploymentStatus: { conditions },
  V1ReplicaSetStatus: { conditions },
  V1StatefulSetStatus: { conditions },
  V1DaemonSetStatus: { conditions },
  V1ReplicationControllerStatus: { conditions },
  V1JobStatus: { conditions: { patchKey: 'type' } },
  V1NamespaceStatus: { conditions },
  V1NodeStatus: { conditions, addresses: { patchKey: 'type', applyKeys: ['type'] } },
  V1NodeSpec: { taints: {}, podCIDRs: { patchKey: '', applyKeys: 'set' } },
  V1ServiceSpec: { ports: { patchKey: 'port', applyKeys: ['port', 'protocol'] } },
  V1ServiceStatus: { conditions },
  V1PodDisruptionBudgetStatus: { conditions },
  V1APIServiceStatus: { conditions },
  V1CustomResourceDefinitionStatus: { conditions: { applyKeys: ['type'] } },
  V1CustomResourceDefinitionSpec: { versions: {} },
  V2HorizontalPodAutoscalerStatus: { conditions },
  V1FlowSchemaStatus: { conditions },
  V1PriorityLevelConfigurationStatus: { conditions },
  V1ServiceAccount: { secrets: byName },
};

/** Objects that server-side apply treats as one value. */
const atomicObjects = new Set([
  'V1LabelSelector',
  'V1ObjectReference',
  'V1SecretKeySelector',
  'V1ConfigMapKeySelector',
  'V1ObjectFieldSelector',
  'V1ResourceFieldSelector',
  'V1NodeSelector',
  'V1NodeSelectorTerm',
  'V1LocalObjectReference',
  'V1TypedLocalObjectReference',
  'V1RoleRef',
  'V1OwnerReference',
]);

/** Objects where a strategic patch may drop what it does not name. */
const retainKeysObjects: Record<string, string[]> = { V1DeploymentSpec: ['strategy'] };

/** Adds the merge extensions to the schema of one field. */
export function annotateField(typeName: string, field: string, schema: SchemaNode): SchemaNode {
  const merge = merges[typeName]?.[field];
  if (schema.type !== 'array') {
    if (retainKeysObjects[typeName]?.includes(field) === true)
      return { ...schema, 'x-kubernetes-patch-strategy': 'retainKeys' };
    return schema;
  }
  const annotated: SchemaNode = { ...schema };
  if (merge?.applyKeys === undefined) {
    annotated['x-kubernetes-list-type'] = 'atomic';
  } else if (merge.applyKeys === 'set') {
    annotated['x-kubernetes-list-type'] = 'set';
  } else {
    annotated['x-kubernetes-list-type'] = 'map';
    annotated['x-kubernetes-list-map-keys'] = merge.applyKeys;
  }
  if (merge?.patchKey !== undefined) {
    annotated['x-kubernetes-patch-strategy'] = merge.retainKeys === true ? 'merge,retainKeys' : 'merge';
    if (merge.patchKey !== '') annotated['x-kubernetes-patch-merge-key'] = merge.patchKey;
  }
  return annotated;
}

export function isAtomicObject(typeName: string): boolean {
  return atomicObjects.has(typeName);
}
