// Starts the workload controllers together. They only read and write the storage; pods are run by the kubelet,
// and what a deleted owner leaves behind is collected by the storage's own rules.
import type { WorkloadDeps } from './controller.ts';
import { startDeploymentController } from './deployments.ts';
import { startReplicaSetController } from './replicasets.ts';
import { startStatefulSetController } from './statefulsets.ts';

/** Returns the stop function. */
export function startWorkloads(deps: WorkloadDeps): () => void {
  const stops = [
    startDeploymentController(deps),
    startReplicaSetController(deps),
    startStatefulSetController(deps),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
