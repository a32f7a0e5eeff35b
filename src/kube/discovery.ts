// Which resource a kind is, whether it has a scale, and which versions a group is served in: asked of the API server at most twice
// a minute per group or group version while somebody wants to know, so that a CRD or an API that comes, changes or goes is
// noticed within half a minute, whatever was known before.
import type { Clock } from '../base/clock.ts';
import { untilAborted } from '../base/deadline.ts';
import { isNotFound, SetpointError } from '../base/errors.ts';
import type { KubeClient } from './client.ts';
import { groupVersionPath } from './paths.ts';
import { arrayOf, objectOf, textOf } from './raw-object.ts';

const KNOWN_MS = 30_000;
/** Answers are shared, so no single asker may call a request off; the client's own deadline ends it. */
const unending = new AbortController().signal;
/** Far more group versions than any cluster serves. */
const MAX_CACHED = 2000;

export interface FoundKind {
  readonly group: string;
  readonly version: string;
  /** Plural. */
  readonly resource: string;
  readonly isScalable: boolean;
}

/** Kinds of one group version, or versions of one group. */
type Found = ReadonlyMap<string, FoundKind>;

interface Cached {
  readonly at: number;
  readonly value: Promise<Found>;
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
   * which goes by group and kind. The core group has one version, whatever is named. Undefined when there is none. Rejects when
   * the API server cannot be asked.
   */
  async find(group: string, version: string, kind: string, signal: AbortSignal): Promise<FoundKind | undefined> {
    if (group === '') return await this.#findIn('', 'v1', kind, signal);
    const direct = await this.#findIn(group, version, kind, signal);
    if (direct) return direct;
    for (const other of await this.versionsOf(group, signal)) {
      const found = other === version ? undefined : await this.#findIn(group, other, kind, signal);
      if (found) return found;
    }
    return undefined;
  }

  /** The versions in which a group is served, its preferred one first; none when there is no such group. Rejects as `find`. */
  async versionsOf(group: string, signal: AbortSignal): Promise<readonly string[]> {
    const path = `/apis/${encodeURIComponent(group)}`;
    return [...(await this.#known(path, signal, (body) => versionsIn(body, group))).keys()];
  }

  async #findIn(group: string, version: string, kind: string, signal: AbortSignal): Promise<FoundKind | undefined> {
    const path = groupVersionPath(group, version);
    return (await this.#known(path, signal, (body) => kindsIn(body, group, version))).get(kind);
  }

  async #known(path: string, signal: AbortSignal, read: (body: unknown) => Found): Promise<Found> {
    try {
      return await untilAborted(
        this.#cached(path, async () => read(await this.#ask(path))),
        signal,
      );
    } catch (error) {
      if (!signal.aborted) throw error;
      throw new SetpointError('Cancelled', 'the look-up of a kind was cancelled', { cause: error });
    }
  }

  /** The body, or undefined when there is no such group or version. */
  async #ask(path: string): Promise<unknown> {
    try {
      return await this.#client.get(path, { signal: unending });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  #cached(key: string, read: () => Promise<Found>): Promise<Found> {
    const now = this.#clock.monotonic();
    const cached = this.#cache.get(key);
    if (cached && now - cached.at < KNOWN_MS) return cached.value;
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

function kindsIn(body: unknown, group: string, version: string): Found {
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
function versionsIn(body: unknown, group: string): Found {
  const { preferredVersion, versions } = objectOf(body);
  const names = [preferredVersion, ...arrayOf(versions)].map((one) => textOf(objectOf(one)['version']));
  return new Map(
    names
      .filter((name) => name !== '')
      .map((version) => [version, { group, version, resource: '', isScalable: false }]),
  );
}
