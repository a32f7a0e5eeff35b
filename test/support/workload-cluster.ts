// The workload side on a fake clock: controllers, scheduler and simulated pods over the real storage.
import { startScheduler } from '../../src/localcluster/kubelet/scheduler.ts';
import { startSimulatedKubelet } from '../../src/localcluster/kubelet/simulated.ts';
import { EventRecorder } from '../../src/localcluster/workloads/event-recorder.ts';
import type { Deployment, Pod, ReplicaSet, StatefulSet } from '../../src/localcluster/workloads/types.ts';
import { startWorkloads } from '../../src/localcluster/workloads/workloads.ts';
import { FakeClock } from './fake-clock.ts';
import { objectStore } from './object-store.ts';

export interface WorkloadClusterOptions {
  readySeconds?: number;
  terminationSeconds?: number;
  maxPods?: number;
}

export function workloadCluster(options: WorkloadClusterOptions = {}) {
  const clock = new FakeClock();
  const { store, version } = objectStore(clock);
  const errors: unknown[] = [];
  const deps = {
    store,
    clock,
    events: new EventRecorder(store, clock),
    onError: (_key: string, error: unknown) => errors.push(error),
  };
  startWorkloads(deps);
  startScheduler(deps, options.maxPods ?? 110);
  startSimulatedKubelet(deps, {
    startDelaySeconds: 0,
    readyDelaySeconds: options.readySeconds ?? 1,
    terminationSeconds: options.terminationSeconds ?? 0,
  });
  const get = (resource: string, name: string) => store.get(resource, 'shop', name)!;
  return {
    clock,
    store,
    /** Counts all writes. */
    version,
    errors,
    deployment: (name = 'web') => get('deployments.apps', name) as Deployment,
    statefulSet: (name = 'db') => get('statefulsets.apps', name) as StatefulSet,
    replicaSet: (name: string) => get('replicasets.apps', name) as ReplicaSet,
    /** In order of their revisions. */
    replicaSets: () =>
      ([...store.list('replicasets.apps', 'shop')] as ReplicaSet[]).sort((a, b) => revisionOf(a) - revisionOf(b)),
    pods: () => store.list('pods', 'shop') as readonly Pod[],
    events: () => store.list('events', 'shop').map((event) => String(event['message'])),
    /** Changes the spec of a workload as a user would. */
    edit(resource: string, name: string, change: (spec: Record<string, never>) => void) {
      const copy = structuredClone(get(resource, name));
      change(copy['spec'] as Record<string, never>);
      store.update(resource, copy);
    },
    /** Writes a pod's Ready condition as a failing or recovering probe would. */
    setReady(name: string, ready: boolean) {
      const copy = structuredClone(get('pods', name)) as Pod;
      for (const condition of copy.status?.conditions ?? [])
        if (condition.type === 'Ready') {
          condition.status = ready ? 'True' : 'False';
          condition.lastTransitionTime = new Date(clock.now()).toISOString();
        }
      store.updateStatus('pods', copy);
    },
  };
}

export function deploymentObject(name: string, spec: Record<string, unknown> = {}, image = 'web:1') {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'shop' },
    spec: { replicas: 3, selector: { matchLabels: { app: name } }, template: template(name, image), ...spec },
  };
}

export function template(app: string, image = 'web:1') {
  return { metadata: { labels: { app } }, spec: { containers: [{ name: 'main', image }] } };
}

function revisionOf(set: ReplicaSet): number {
  return Number(set.metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0);
}
