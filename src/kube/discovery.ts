// Which resource a kind is, and whether it has a scale: asked of the API server once per group version, again at most twice a
// minute when a kind is not found (its CRD may just have been installed), and afresh every ten minutes.
import type { Clock } from '../base/clock.ts';
import { isNotFound } from '../base/errors.ts';
import type { KubeClient } from './client.ts';
import { groupVersionPath } from './paths.ts';
import { arrayOf, objectOf, textOf } from './raw-object.ts';

const FRESH_MS = 600_000;
const MISS_AGAIN_MS = 30_000;
/** Far more group versions than any cluster serves. */
const MAX_CACHED = 2000;

export interface FoundKind {
  readonly group: string;
  readonly version: string;
  /** Plural. */
  readonly resource: string;
  readonly isScalable: boolean;
}

interface Cached {
  readonly at: number;
  /** Kinds of one group version, or versions of one group. */
  readonly value: Promise<ReadonlyMap<string, FoundKind>>;
}

export class Discovery {
  readonly #client: Pick<KubeClient, 'get'>;
  readonly #clock: Clock;
  readonly #cache = new Map<string, Cached>();

  constructor(options: { readonly client: Pick<KubeClient, 'get'>; readonly clock: Clock }) {
    this.#client = options.client;
    this.#clock = options.clock;
  }

  /** Answers kept, for tests and metrics. */
  get size(): number {
    return this.#cache.size;
  }

  /**
   * The kind in this version of its group, else in the versions that the group serves, its preferred one first: like the HPA,
   * which goes by group and kind. Undefined when there is none. Rejects when the API server cannot be asked.
   */
  async find(group: string, version: string, kind: string, signal: AbortSignal): Promise<FoundKind | undefined> {
    const direct = version === '' ? undefined : await this.#findIn(group, version, kind, signal);
    if (direct || group === '') return direct;
    for (const other of await this.#versionsOf(group, signal)) {
      const found = other === version ? undefined : await this.#findIn(group, other, kind, signal);
      if (found) return found;
    }
    return undefined;
  }

  async #findIn(group: string, version: string, kind: string, signal: AbortSignal): Promise<FoundKind | undefined> {
    const path = groupVersionPath(group, version);
    const read = async () => kindsOf(await this.#ask(path, signal), group, version);
    const found = (await this.#cached(path, FRESH_MS, read)).get(kind);
    return found ?? (await this.#cached(path, MISS_AGAIN_MS, read)).get(kind);
  }

  async #versionsOf(group: string, signal: AbortSignal): Promise<string[]> {
    const path = `/apis/${encodeURIComponent(group)}`;
    const read = async () => versionsOf(await this.#ask(path, signal), group);
    return [...(await this.#cached(path, MISS_AGAIN_MS, read)).keys()];
  }

  /** The body, or undefined when there is no such group or version. */
  async #ask(path: string, signal: AbortSignal): Promise<unknown> {
    try {
      return await this.#client.get(path, { signal });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  #cached(key: string, maxAgeMs: number, read: () => Promise<ReadonlyMap<string, FoundKind>>): Cached['value'] {
    const now = this.#clock.monotonic();
    const cached = this.#cache.get(key);
    if (cached && now - cached.at < maxAgeMs) return cached.value;
    // References are users' texts: what they name must not grow without end.
    if (this.#cache.size >= MAX_CACHED) this.#cache.clear();
    const value = read();
    const entry = { at: now, value };
    this.#cache.set(key, entry);
    // A failure is no knowledge: the next caller asks again.
    value.catch(() => {
      if (this.#cache.get(key) === entry) this.#cache.delete(key);
    });
    return value;
  }
}

function kindsOf(body: unknown, group: string, version: string): ReadonlyMap<string, FoundKind> {
  const resources = arrayOf(objectOf(body)['resources']).map(objectOf);
  const names = new Set(resources.map((resource) => textOf(resource['name'])));
  const kinds = new Map<string, FoundKind>();
  for (const { name, kind } of resources) {
    const resource = textOf(name);
    if (resource === '' || resource.includes('/')) continue;
    kinds.set(textOf(kind), { group, version, resource, isScalable: names.has(`${resource}/scale`) });
  }
  return kinds;
}

/** The versions of a group as keys, the preferred one first. */
function versionsOf(body: unknown, group: string): ReadonlyMap<string, FoundKind> {
  const { preferredVersion, versions } = objectOf(body);
  const names = [preferredVersion, ...arrayOf(versions)].map((one) => textOf(objectOf(one)['version']));
  return new Map(
    names
      .filter((name) => name !== '')
      .map((version) => [version, { group, version, resource: '', isScalable: false }]),
  );
}
