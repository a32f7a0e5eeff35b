// Replaces the status of a ScaledTarget, which is ours alone, by PUT of /status at the object's uid. A conflict means that the
// spec changed meanwhile or that the watch lags: read again, and written once more if it is still the same object.
import type { ScaledTarget } from '../api/spec.ts';
import { ApiStatusError, isConflict } from '../base/errors.ts';
import type { StatusWriter } from '../controller/ports.ts';
import type { KubeClient } from './client.ts';
import { resourcePath } from './paths.ts';
import { identityOf, objectOf } from './raw-object.ts';
import { isOlder } from './resource-version.ts';
import { SCALED_TARGETS } from './scaled-targets.ts';

const TIMEOUT_MS = 3000;
/** Versions remembered until the watch shows them; one per target is enough. */
const MAX_REMEMBERED = 20_000;

export interface KubeStatusOptions {
  readonly client: KubeClient;
  /** Asked right before a write is sent. */
  readonly gate?: { check(): void };
  /** For a whole write, so that its last effect is known before the lease can be lost; see leader/gate.ts. Default 3 s. */
  readonly writeTimeoutMs?: number;
}

export class KubeStatus implements StatusWriter {
  readonly #options: KubeStatusOptions;
  /** uid → version after our last write, newer than what the watch may show. */
  readonly #written = new Map<string, string>();
  /** uid → the write asked for last: writes of one object follow each other, so that a slow one does not undo a later one. */
  readonly #underWay = new Map<string, Promise<void>>();

  constructor(options: KubeStatusOptions) {
    this.#options = options;
  }

  async write(target: ScaledTarget, status: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<void> {
    const { uid } = target;
    const mine = () => this.#write(target, status, signal);
    const before = this.#underWay.get(uid);
    const writing = before ? before.then(mine, mine) : mine();
    this.#underWay.set(uid, writing);
    try {
      await writing;
    } finally {
      if (this.#underWay.get(uid) === writing) this.#underWay.delete(uid);
    }
  }

  async #write(target: ScaledTarget, status: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<void> {
    const remembered = this.#written.get(target.uid);
    const isAhead = remembered !== undefined && isOlder(target.resourceVersion, remembered);
    try {
      await this.#put(target, isAhead ? remembered : target.resourceVersion, status, signal);
    } catch (error) {
      if (!isConflict(error)) throw error;
      this.#written.delete(target.uid);
      await this.#put(target, await this.#versionOf(target, signal), status, signal);
    }
  }

  async #put(
    target: ScaledTarget,
    resourceVersion: string,
    status: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<void> {
    const { namespace, name, uid } = target;
    const body = {
      apiVersion: `${SCALED_TARGETS.group}/${SCALED_TARGETS.version}`,
      kind: 'ScaledTarget',
      metadata: { namespace, name, uid, resourceVersion },
      status,
    };
    const answer = await this.#options.client.replace(pathOf(target, 'status'), body, {
      signal,
      timeoutMs: this.#options.writeTimeoutMs ?? TIMEOUT_MS,
      conditional: true,
      beforeSend: () => this.#options.gate?.check(),
    });
    if (this.#written.size >= MAX_REMEMBERED) this.#written.clear();
    this.#written.set(uid, identityOf(objectOf(answer)).resourceVersion);
  }

  /** The version of the object as it is now. Rejects with a conflict when another object has taken the name. */
  async #versionOf(target: ScaledTarget, signal: AbortSignal): Promise<string> {
    const found = identityOf(
      objectOf(await this.#options.client.get(pathOf(target), { signal, timeoutMs: TIMEOUT_MS })),
    );
    if (found.uid !== target.uid) {
      throw new ApiStatusError(409, 'Conflict', `scaledtarget ${target.key} was deleted and created again`);
    }
    return found.resourceVersion;
  }
}

function pathOf({ namespace, name }: ScaledTarget, subresource?: string): string {
  return resourcePath({ ...SCALED_TARGETS, namespace, name, ...(subresource === undefined ? {} : { subresource }) });
}
