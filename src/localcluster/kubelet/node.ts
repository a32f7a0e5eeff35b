// The one node of the cluster: this machine.
import { arch, cpus, platform, release, totalmem } from 'node:os';
import type { ObjectStore } from '../objects.ts';
import { timestamp } from '../workloads/writes.ts';
import { LOCAL_IP } from './annotations.ts';

/** Makes the Node object, Ready and with the machine's figures. It has no heartbeat: it is there as long as the cluster is. */
export function createNode(
  store: ObjectStore,
  { name, maxPods, now }: { name: string; maxPods: number; now: number },
): void {
  const resources = {
    cpu: String(cpus().length),
    memory: `${Math.floor(totalmem() / 1024)}Ki`,
    pods: String(maxPods),
  };
  const time = timestamp(now);
  const labels = { 'kubernetes.io/hostname': name, 'kubernetes.io/os': platform(), 'kubernetes.io/arch': arch() };
  const node = store.create('nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name, labels }, spec: {} });
  store.updateStatus('nodes', {
    ...structuredClone(node),
    status: {
      capacity: resources,
      allocatable: resources,
      addresses: [
        { type: 'InternalIP', address: LOCAL_IP },
        { type: 'Hostname', address: name },
      ],
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'KubeletReady',
          message: 'pods run as processes of this machine',
          lastHeartbeatTime: time,
          lastTransitionTime: time,
        },
      ],
      nodeInfo: {
        machineID: '',
        systemUUID: '',
        bootID: '',
        kernelVersion: release(),
        osImage: platform(),
        containerRuntimeVersion: 'process://1',
        kubeletVersion: 'v1.32.0',
        kubeProxyVersion: 'v1.32.0',
        operatingSystem: platform(),
        architecture: arch(),
      },
    },
  });
}
