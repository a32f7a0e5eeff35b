// The restricted profile of the Pod Security Standards (1.30), as far as it is about pods on Linux: what is wrong, one line each.
import type { KubeObject } from '../../src/localcluster/objects.ts';

interface SecurityContext {
  runAsNonRoot?: boolean;
  runAsUser?: number;
  allowPrivilegeEscalation?: boolean;
  privileged?: boolean;
  procMount?: string;
  seccompProfile?: { type?: string };
  capabilities?: { drop?: string[]; add?: string[] };
}

interface Container {
  name: string;
  securityContext?: SecurityContext;
  ports?: { name: string; containerPort: number; hostPort?: number }[];
}

export interface PodSpec {
  securityContext?: SecurityContext & { sysctls?: unknown[] };
  hostNetwork?: boolean;
  hostPID?: boolean;
  hostIPC?: boolean;
  volumes?: Record<string, unknown>[];
  containers: Container[];
  initContainers?: Container[];
}

const VOLUMES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
];
const SECCOMP = ['RuntimeDefault', 'Localhost'];

/** Of a Deployment or another object with a pod template. */
export function podSpecOf(object: KubeObject): PodSpec {
  return (object['spec'] as { template: { spec: PodSpec } }).template.spec;
}

export function restrictedFaults(pod: PodSpec): string[] {
  const faults: string[] = [];
  for (const field of ['hostNetwork', 'hostPID', 'hostIPC'] as const) if (pod[field]) faults.push(`${field} is set`);
  for (const volume of pod.volumes ?? []) {
    const kind = Object.keys(volume).find((key) => key !== 'name') ?? 'emptyDir';
    if (!VOLUMES.includes(kind)) faults.push(`volume of kind ${kind}`);
  }
  if (pod.securityContext?.sysctls?.length) faults.push('sysctls are set');
  for (const container of [...pod.containers, ...(pod.initContainers ?? [])])
    faults.push(...containerFaults(container, pod.securityContext ?? {}).map((fault) => `${container.name}: ${fault}`));
  return faults;
}

function containerFaults({ securityContext: own = {}, ports = [] }: Container, pod: SecurityContext): string[] {
  const faults: string[] = [];
  if (own.allowPrivilegeEscalation !== false) faults.push('allowPrivilegeEscalation is not false');
  if (own.privileged) faults.push('privileged');
  if ((own.runAsNonRoot ?? pod.runAsNonRoot) !== true) faults.push('runAsNonRoot is not true');
  if ((own.runAsUser ?? pod.runAsUser) === 0) faults.push('runAsUser is 0');
  if (!SECCOMP.includes((own.seccompProfile ?? pod.seccompProfile)?.type ?? '')) faults.push('no seccomp profile');
  if (!own.capabilities?.drop?.includes('ALL')) faults.push('capabilities are not dropped');
  if (own.capabilities?.add?.some((name) => name !== 'NET_BIND_SERVICE')) faults.push('capabilities are added');
  if ((own.procMount ?? 'Default') !== 'Default') faults.push('procMount');
  if (ports.some(({ hostPort }) => hostPort)) faults.push('hostPort');
  return faults;
}
