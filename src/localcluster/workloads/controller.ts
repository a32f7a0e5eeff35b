// What all workload controllers share: their inputs, and how a watched object becomes a key in the queue.
import type { Clock } from '../../base/clock.ts';
import type { KubeObject, ObjectStore, StoreEvent } from '../objects.ts';
import type { EventRecorder } from './event-recorder.ts';
import { KeyQueue } from './key-queue.ts';
import type { OwnerIndex } from './owner-index.ts';
import type { Pod, ReplicaSet } from './types.ts';

export interface WorkloadDeps {
  store: ObjectStore;
  clock: Clock;
  events: EventRecorder;
  /** Told of each failed pass (it is tried again). */
  onError: (key: string, error: unknown) => void;
}

export interface ControllerDeps extends WorkloadDeps {
  pods: OwnerIndex<Pod>;
  replicaSets: OwnerIndex<ReplicaSet>;
}

export interface Watched {
  resource: string;
  /** The key that the event concerns, if any. */
  key: (object: KubeObject, type: StoreEvent['type']) => string | undefined;
}

/**
 * Runs `sync` for each key that the watched objects name. Returns the stop function; `sync` gets the queue to come
 * back to a key later.
 */
export function runController(
  deps: WorkloadDeps,
  watched: readonly Watched[],
  sync: (key: string, queue: KeyQueue) => void,
): () => void {
  const queue = new KeyQueue(deps.clock, (key) => sync(key, queue), deps.onError);
  const stops = watched.map(({ resource, key }) =>
    deps.store.watch(resource, (event) => {
      const concerned = key(event.object, event.type);
      if (concerned !== undefined) queue.add(concerned);
    }),
  );
  return () => {
    for (const stop of stops) stop();
    queue.stop();
  };
}
