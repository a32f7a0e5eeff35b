// Events of the cluster's own parts (`kubectl describe`, `kubectl events`): equal ones are merged into a count, old ones
// are taken out after an hour as the API server would. Recording never fails the work it tells about.
import type { Clock } from '../../base/clock.ts';
import type { KubeObject, ObjectStore } from '../objects.ts';
import { changeObject, timestamp } from './writes.ts';

const KEEP_MS = 3_600_000;
/** Keeps a long crash loop or a load test from filling the storage. */
const MOST_EVENTS = 5_000;

interface Known {
  namespace: string;
  name: string;
  at: number;
  count: number;
}

export class EventRecorder {
  readonly #store: ObjectStore;
  readonly #clock: Clock;
  /** In order of the last occurrence. */
  readonly #known = new Map<string, Known>();
  readonly #most: number;
  #serial = 0;

  /** Keeps `most` events at a time; the one that occurred longest ago goes first. */
  constructor(store: ObjectStore, clock: Clock, most = MOST_EVENTS) {
    this.#most = most;
    this.#store = store;
    this.#clock = clock;
  }

  /** Records that `component` did or saw something about `object`. Refusals by the storage (a namespace going away) are dropped. */
  record(
    object: KubeObject,
    event: { component: string; type?: 'Normal' | 'Warning'; reason: string; message: string },
  ) {
    const id = `${object.metadata.uid} ${event.reason} ${event.message}`;
    const now = this.#clock.now();
    const known = this.#known.get(id);
    try {
      const repeated = known && this.#repeat(known, now);
      const entry = repeated ?? this.#create(object, event, now);
      this.#known.delete(id);
      this.#known.set(id, entry);
    } catch {
      // An event is a courtesy: the object's own status tells the truth.
      this.#known.delete(id);
    }
    this.#forget(now);
  }

  #repeat(known: Known, now: number): Known | undefined {
    const count = known.count + 1;
    const key = { resource: 'events', namespace: known.namespace, name: known.name };
    const changed = changeObject(this.#store, key, (copy) => {
      copy['count'] = count;
      copy['lastTimestamp'] = timestamp(now);
    });
    return changed && { ...known, at: now, count };
  }

  #create(
    object: KubeObject,
    event: { component: string; type?: 'Normal' | 'Warning'; reason: string; message: string },
    now: number,
  ): Known {
    const { apiVersion, kind, metadata } = object;
    const namespace = metadata.namespace ?? 'default';
    const name = `${metadata.name}.${(now * 1000 + (this.#serial++ % 1000)).toString(16)}`;
    this.#store.create('events', {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name, namespace },
      involvedObject: {
        apiVersion,
        kind,
        name: metadata.name,
        uid: metadata.uid,
        resourceVersion: metadata.resourceVersion,
        ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      },
      type: event.type ?? 'Normal',
      reason: event.reason,
      message: event.message,
      source: { component: event.component },
      reportingComponent: event.component,
      reportingInstance: '',
      count: 1,
      firstTimestamp: timestamp(now),
      lastTimestamp: timestamp(now),
    });
    return { namespace, name, at: now, count: 1 };
  }

  #forget(now: number): void {
    for (const [id, known] of this.#known) {
      if (this.#known.size <= this.#most && known.at > now - KEEP_MS) return;
      this.#known.delete(id);
      this.#store.remove('events', known.namespace, known.name);
    }
  }
}
