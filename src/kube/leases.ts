// One Lease of coordination.k8s.io/v1 as the elector's store: optimistic locking, times with the six decimals that the API
// server demands, first place in the queue for tokens, connections of its own, one attempt per call. Rules are the elector's.
import type { Clock } from '../base/clock.ts';
import { isNotFound, SetpointError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { silentLogger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import type { LeaseRecord, LeaseStore, StoredLease } from '../leader/lease-store.ts';
import type { KubeClient } from './client.ts';
import { listWatchOf } from './list-watch.ts';
import { resourcePath } from './paths.ts';
import { countOf, identityOf, objectOf, type RawObject, textOf } from './raw-object.ts';
import { Store } from './store.ts';
import { Reflector } from './watch.ts';

const LEASES = { group: 'coordination.k8s.io', version: 'v1', resource: 'leases' } as const;

export interface KubeLeasesOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly namespace: string;
  readonly name: string;
  /** Of one request. At most half the renew deadline, so that one hung call cannot eat it. */
  readonly timeoutMs: number;
  readonly logger?: Logger;
}

export class KubeLeases implements LeaseStore {
  readonly #options: KubeLeasesOptions;

  constructor(options: KubeLeasesOptions) {
    this.#options = options;
  }

  async get(signal: AbortSignal): Promise<StoredLease | undefined> {
    try {
      return parseLease(await this.#options.client.get(this.#path(true), this.#call(signal)));
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async create(record: LeaseRecord, signal: AbortSignal): Promise<StoredLease> {
    return parseLease(await this.#options.client.create(this.#path(false), this.#body(record), this.#call(signal)));
  }

  async update(record: LeaseRecord, resourceVersion: string, signal: AbortSignal): Promise<StoredLease> {
    const body = this.#body(record, resourceVersion);
    return parseLease(await this.#options.client.replace(this.#path(true), body, this.#call(signal)));
  }

  watch(onChange: () => void, signal: AbortSignal): void {
    const { client, clock, random, name, namespace } = this.#options;
    const logger = this.#options.logger ?? silentLogger;
    const store = new Store({ logger });
    store.onChange(onChange);
    const reflector = new Reflector({
      name: 'lease',
      source: listWatchOf(client, this.#path(false), { fieldSelector: `metadata.name=${name}` }),
      store,
      trim: identityOf,
      clock,
      random,
      logger: logger.with({ namespace, lease: name }),
    });
    if (signal.aborted) return;
    reflector.start();
    const stop = () =>
      void reflector.stop().catch((error: unknown) => logger.error('lease watch did not stop', { error }));
    signal.addEventListener('abort', stop, { once: true });
  }

  #call(signal: AbortSignal) {
    return { signal, timeoutMs: this.#options.timeoutMs, lane: 'lease', retry: false } as const;
  }

  #path(named: boolean): string {
    const { namespace, name } = this.#options;
    return resourcePath({ ...LEASES, namespace, ...(named ? { name } : {}) });
  }

  #body(record: LeaseRecord, resourceVersion?: string): RawObject {
    const { namespace, name } = this.#options;
    const metadata = resourceVersion === undefined ? { namespace, name } : { namespace, name, resourceVersion };
    // A released Lease has no holder rather than an empty one, as client-go writes it.
    const { holderIdentity, ...rest } = record;
    const spec = holderIdentity === '' ? rest : record;
    return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec };
  }
}

function parseLease(body: unknown): StoredLease {
  const object = objectOf(body);
  const spec = objectOf(object['spec']);
  const { resourceVersion } = identityOf(object);
  if (object['kind'] !== 'Lease' || resourceVersion === '') {
    throw new SetpointError('BadAnswer', 'the API server answered for the Lease with something else');
  }
  const record = {
    holderIdentity: textOf(spec['holderIdentity']),
    leaseDurationSeconds: countOf(spec['leaseDurationSeconds']) ?? 0,
    acquireTime: textOf(spec['acquireTime']),
    renewTime: textOf(spec['renewTime']),
    leaseTransitions: countOf(spec['leaseTransitions']) ?? 0,
  };
  return { record, resourceVersion };
}
