// Starts the workload controllers together. They only read and write the storage; pods are run by the kubelet.
import type { WorkloadDeps } from './controller.ts';
import { startDeploymentController } from './deployments.ts';
import { startGarbageCollector } from './garbage-collector.ts';
import { startReplicaSetController } from './replicasets.ts';
import { startStatefulSetController } from './statefulsets.ts';

/** Returns the stop function. */
export function startWorkloads(deps: WorkloadDeps): () => void {
  const stops = [
    startDeploymentController(deps),
    startReplicaSetController(deps),
    startStatefulSetController(deps),
    startGarbageCollector(deps),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
