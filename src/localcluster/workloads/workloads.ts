// Starts the workload controllers together. They only read and write the storage; pods are run by the kubelet,
// and what a deleted owner leaves behind is collected by the storage's own rules.
import type { WorkloadDeps } from './controller.ts';
import { OwnerIndex } from './owner-index.ts';
import type { Pod, ReplicaSet } from './types.ts';
import { startDeploymentController } from './deployments.ts';
import { startJobController } from './jobs.ts';
import { startReplicaSetController } from './replicasets.ts';
import { startStatefulSetController } from './statefulsets.ts';

/** Returns the stop function. */
export function startWorkloads(deps: WorkloadDeps): () => void {
  const pods = new OwnerIndex<Pod>(deps.store, 'pods');
  const replicaSets = new OwnerIndex<ReplicaSet>(deps.store, 'replicasets.apps');
  const shared = { ...deps, pods, replicaSets };
  const stops = [
    startDeploymentController(shared),
    startReplicaSetController(shared),
    startStatefulSetController(shared),
    startJobController(shared),
  ];
  return () => {
    for (const stop of stops) stop();
    pods.stop();
    replicaSets.stop();
  };
}
