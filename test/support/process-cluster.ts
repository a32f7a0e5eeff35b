// The workload side with real processes over the real storage, on the system's clock.
import { existsSync, readFileSync } from 'node:fs';
import { systemClock } from '../../src/base/clock.ts';
import { Kubelet, type KubeletOptions } from '../../src/localcluster/kubelet/kubelet.ts';
import { startScheduler } from '../../src/localcluster/kubelet/scheduler.ts';
import { EventRecorder } from '../../src/localcluster/workloads/event-recorder.ts';
import type { Pod } from '../../src/localcluster/workloads/types.ts';
import { startWorkloads } from '../../src/localcluster/workloads/workloads.ts';
import { objectStore } from './object-store.ts';

export function processCluster(options: Partial<KubeletOptions> = {}) {
  const { store } = objectStore(systemClock);
  const errors: unknown[] = [];
  const events = new EventRecorder(store, systemClock);
  const deps = { store, clock: systemClock, events, onError: (_: string, error: unknown) => errors.push(error) };
  const stops = [startWorkloads(deps), startScheduler(deps, 110)];
  const kubelet = new Kubelet(deps, {
    cwd: process.cwd(),
    images: {},
    host: process.env,
    startDelaySeconds: 0,
    backoff: { firstMs: 100, longestMs: 1_000 },
    ...options,
  });
  return {
    store,
    deps,
    kubelet,
    errors,
    pod: (name: string) => store.get('pods', 'shop', name) as Pod | undefined,
    pods: () => store.list('pods', 'shop') as readonly Pod[],
    events: () => store.list('events', 'shop').map((event) => String(event['message'])),
    async close() {
      for (const stop of stops) stop();
      await kubelet.close(500);
    },
  };
}

/** Waits until `condition` gives a truthy value; looks every 20 ms, for ten seconds at most. */
export async function until<T>(
  condition: () => T | Promise<T>,
  what: string,
  timeoutMs = 10_000,
): Promise<NonNullable<T>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Whether it still runs. One that has ended and waits for its parent to take note, as a zombie, does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // Only Linux tells; elsewhere whoever can be signalled runs.
  if (!existsSync('/proc/self/stat')) return true;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // `pid (name) state ...`, and a name may hold anything.
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
}

/** Fails the test when the cluster's own parts reported failures. */
export function throwAny(errors: readonly unknown[]): void {
  if (errors.length > 0) throw new AggregateError(errors, `the cluster reported ${String(errors)}`);
}
