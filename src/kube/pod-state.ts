// Cuts a Pod down to what a decision needs of it: phase, readiness, start and requests, at a fraction of its size.
import { parseQuantityMilli } from '../base/quantity.ts';
import type { Labels } from '../base/selector.ts';
import type { PodState, Requests } from '../decide/types.ts';
import { Interner } from './interner.ts';
import { arrayOf, identityOf, objectOf, type RawObject, textOf, textsOf, timeOf } from './raw-object.ts';
import type { Stored } from './store.ts';

export interface StoredPod extends Stored {
  readonly labels: Labels;
  readonly state: PodState;
}

type Containers = Pick<PodState, 'containers' | 'initContainers' | 'podRequests'>;

/** Reads pods one after the other; pods of one template share their labels and requests in memory. */
export class PodTrimmer {
  readonly #labels = new Interner<Labels>();
  readonly #containers = new Interner<Containers>();

  trim(object: RawObject): StoredPod {
    const identity = identityOf(object);
    const metadata = objectOf(object['metadata']);
    const spec = objectOf(object['spec']);
    const status = objectOf(object['status']);
    const ready = arrayOf(status['conditions'])
      .map(objectOf)
      .find(({ type }) => type === 'Ready');
    const labels = objectOf(metadata['labels']);
    const containers = this.#containers.intern(containersKey(spec), () => containersOf(spec));
    return {
      ...identity,
      labels: this.#labels.intern(JSON.stringify(labels), () => textsOf(labels)),
      state: {
        name: identity.name,
        phase: textOf(status['phase']),
        deleting: metadata['deletionTimestamp'] !== undefined && metadata['deletionTimestamp'] !== null,
        ready: readinessOf(ready?.['status']),
        readyTransitionAtMs: timeOf(ready?.['lastTransitionTime']),
        startedAtMs: timeOf(status['startTime']),
        containers: containers.containers,
        initContainers: containers.initContainers,
        podRequests: containers.podRequests,
      },
    };
  }
}

/** Everything that containersOf reads. */
function containersKey(spec: RawObject): string {
  const parts = [spec['containers'], spec['initContainers']].map((containers) =>
    arrayOf(containers)
      .map(objectOf)
      .map(({ name, restartPolicy, resources }) => [name, restartPolicy, objectOf(resources)['requests']]),
  );
  return JSON.stringify([...parts, objectOf(spec['resources'])['requests']]);
}

function containersOf(spec: RawObject): Containers {
  return {
    containers: arrayOf(spec['containers']).map((container) => containerOf(objectOf(container))),
    initContainers: arrayOf(spec['initContainers'])
      .map(objectOf)
      .map((container) => ({ ...containerOf(container), restartable: container['restartPolicy'] === 'Always' })),
    podRequests: podRequestsOf(spec['resources']),
  };
}

function containerOf(container: RawObject): { readonly name: string; readonly requests: Requests } {
  return { name: textOf(container['name']), requests: requestsOf(objectOf(container['resources'])['requests']) };
}

function podRequestsOf(resources: unknown): Requests | undefined {
  const { requests } = objectOf(resources);
  return typeof requests === 'object' && requests !== null ? requestsOf(requests) : undefined;
}

/** A request that cannot be read is as if it were not there: it must not count as zero. */
function requestsOf(value: unknown): Requests {
  const requests = Object.create(null) as Record<string, bigint>;
  for (const [resource, quantity] of Object.entries(objectOf(value))) {
    const milli = parseQuantityMilli(typeof quantity === 'number' ? String(quantity) : textOf(quantity));
    if (milli !== undefined) requests[resource] = milli;
  }
  return requests;
}

function readinessOf(status: unknown): PodState['ready'] {
  return status === 'True' || status === 'False' || status === 'Unknown' ? status : undefined;
}
