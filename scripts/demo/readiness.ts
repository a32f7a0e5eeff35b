// Waits for what the time-line should not begin without: pods that are ready, and a first sample of each.
import { setTimeout as wait } from 'node:timers/promises';
import type { LocalCluster } from '../../src/localcluster/cluster.ts';
import type { WatchedTarget } from './watcher.ts';

const READY_MS = 60_000;
/** Two samples of five seconds, on a busy machine. Without them the demo goes on: its rows then say <unknown>. */
const MEASURED_MS = 30_000;

/** It starts in under a second, on a busy machine in several. */
const DECIDED_MS = 20_000;

/** @throws Error that names the workload which is missing or not ready in time. */
export async function untilReady(
  cluster: LocalCluster,
  targets: readonly WatchedTarget[],
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + READY_MS;
  for (const target of targets) {
    for (;;) {
      const workload = cluster.store.get(target.resource, target.namespace, target.workload);
      const { replicas = 1 } = (workload?.['spec'] ?? {}) as { replicas?: number };
      const { readyReplicas = 0 } = (workload?.['status'] ?? {}) as { readyReplicas?: number };
      if (workload && readyReplicas >= replicas) break;
      if (!workload)
        throw new Error(`${target.workload}: the ScaledTarget ${target.name} names it, and no file brings it`);
      if (performance.now() > deadline) throw new Error(`${target.workload}: its pods were not ready within 60 s`);
      await wait(100, undefined, { signal });
    }
  }
}

/** As on a cluster that has run for a while: the metrics server knows the pods before they are scaled. */
export async function untilMeasured(
  url: string,
  targets: readonly WatchedTarget[],
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + MEASURED_MS;
  for (const namespace of new Set(targets.map((target) => target.namespace))) {
    const pods = await countOf(`${url}/api/v1/namespaces/${namespace}/pods`, signal);
    const samples = `${url}/apis/metrics.k8s.io/v1beta1/namespaces/${namespace}/pods`;
    while ((await countOf(samples, signal)) < pods && performance.now() < deadline) {
      await wait(250, undefined, { signal });
    }
  }
}

/** The controller has said something about each target, or has ended, which the time-line tells. */
export async function untilDecided(
  cluster: LocalCluster,
  targets: readonly WatchedTarget[],
  controller: { readonly exitCode: number | null },
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + DECIDED_MS;
  const isDecided = ({ namespace, name }: WatchedTarget): boolean =>
    cluster.store.get('scaledtargets.setpoint.dev', namespace, name)?.['status'] !== undefined;
  while (!targets.every(isDecided) && controller.exitCode === null && performance.now() < deadline) {
    await wait(100, undefined, { signal });
  }
}

async function countOf(list: string, signal: AbortSignal): Promise<number> {
  const answer = await fetch(list, { signal });
  const { items = [] } = (await answer.json()) as { items?: readonly unknown[] };
  return items.length;
}
