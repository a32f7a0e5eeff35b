// Scales of workloads: Deployments, StatefulSets and ReplicaSets from watches that run while a target refers to the kind, all
// others by GET; written by PUT with uid and resourceVersion. What was written is what the next read shows, watch or no watch.
import type { ScaleTargetRef } from '../api/spec.ts';
import { ApiStatusError, isForbidden, SetpointError } from '../base/errors.ts';
import type { CancelTimer } from '../base/clock.ts';
import { startDeadline, untilAborted } from '../base/deadline.ts';
import { Slots } from '../base/slots.ts';
import type { Scale, Scales, Targets } from '../controller/ports.ts';
import { Collection, type CollectionState, type WatchContext } from './collection.ts';
import { Discovery } from './discovery.ts';
import { resourcePath } from './paths.ts';
import { isOlder } from './resource-version.ts';
import { parseScale, scaleBody, type ScaleOf } from './scale-object.ts';
import { REFUSAL_IS_MEANT_AFTER_MS } from './watch.ts';
import { trimWorkload, type WatchedKind, watchedKindOf, type Workload } from './workloads.ts';

export const WRITE_TIMEOUT_MS = 3000;
/** How long a read waits for the first list of a watch before it asks by GET. */
const SYNC_WAIT_MS = 5000;
/** A watch that has not been heard of for longer is not believed. Above the watch's own watchdog. */
const SILENT_MS = 150_000;
/** Nor is one that is broken, or not allowed, for longer than it takes to resume. */
const FAILING_MS = 10_000;
/** A watch that does not show our own write by then is not believed for that workload. */
const CATCH_UP_MS = 30_000;
const SWEEP_EVERY_MS = 60_000;
/** A kind that no target refers to is watched for so many more sweeps: targets are often deleted and created again. */
const SWEEPS_KEPT = 5;
/** A watch that is not allowed is asked for again this often. */
const FORBIDDEN_RETRY_MS = 300_000;
/** GETs of one kind. */
const READS_AT_ONCE = 8;
const MAX_READS_WAITING = 20_000;

interface KindWatch {
  readonly kind: WatchedKind;
  readonly collection: Collection<Workload>;
  /** Resolves when the first list is in, or the watch turns out not to be allowed. */
  readonly settled: Promise<void>;
  isForbidden: boolean;
  unusedSweeps: number;
}

export interface KubeScalesOptions extends WatchContext {
  /** Whose references decide what is watched. */
  readonly targets: Pick<Targets, 'all'>;
  /** Asked right before a write is sent. */
  readonly gate?: { check(): void };
  /** For a whole write, so that its last effect is known before the lease can be lost; see leader/gate.ts. Default 3 s. */
  readonly writeTimeoutMs?: number;
}

export class KubeScales implements Scales {
  readonly #options: KubeScalesOptions;
  readonly #discovery: Discovery;
  /** By resource and group: others have kinds of the same plural, such as `statefulsets.apps.kruise.io`. */
  readonly #watches = new Map<string, KindWatch>();
  /** Answers of the API server newer than what the watch shows, by workload. */
  readonly #ahead = new Map<string, { readonly scale: Scale; readonly at: number }>();
  /** By kind: GETs under way. */
  readonly #slots = new Map<string, Slots>();
  #cancelSweep: CancelTimer | undefined;
  #isStopped = false;

  constructor(options: KubeScalesOptions) {
    this.#options = options;
    this.#discovery = new Discovery(options);
  }

  /** Starts to watch what targets refer to, so that first reads need not wait, and follows the references. Reading starts watches as well. */
  start(): void {
    this.#watchReferenced();
    this.#scheduleSweep();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelSweep?.();
    await Promise.all([...this.#watches.values()].map(({ collection }) => collection.stop()));
  }

  /** Resolves when every watch that runs has its first list or is not allowed. */
  async waitForSync(signal: AbortSignal): Promise<void> {
    await untilAborted(Promise.all([...this.#watches.values()].map(({ settled }) => settled)), signal);
  }

  /** By resource. */
  get state(): Readonly<Record<string, CollectionState>> {
    const watches = [...this.#watches.values()];
    return Object.fromEntries(watches.map(({ kind, collection }) => [kind.resource, collection.state]));
  }

  async read(namespace: string, ref: ScaleTargetRef, signal: AbortSignal): Promise<Scale> {
    const group = groupOf(ref.apiVersion);
    if (group === undefined) {
      throw new SetpointError('NotScalable', `unexpected GroupVersion string: ${ref.apiVersion.slice(0, 100)}`);
    }
    const kind = watchedKindOf(group, ref.kind);
    if (!kind) return await this.#get(await this.#locate(namespace, group, ref, signal), signal);
    const of: ScaleOf = { ...kind, namespace, name: ref.name };
    const watch = this.#watchOf(kind);
    const isUsable = await this.#isUsable(watch, signal);
    return (isUsable ? this.#fromWatch(watch, of) : undefined) ?? (await this.#get(of, signal));
  }

  watched(namespace: string, ref: ScaleTargetRef): Scale | undefined {
    const kind = watchedKindOf(groupOf(ref.apiVersion) ?? '', ref.kind);
    const watch = kind && this.#watches.get(resourceOf(kind));
    if (!watch || !isFollowed(watch) || !watch.collection.get(namespace, ref.name)) return undefined;
    watch.unusedSweeps = 0;
    return this.#fromWatch(watch, { ...kind, namespace, name: ref.name });
  }

  /** The scale as a watch shows it, without a request or a wait; undefined where none does. */
  known(namespace: string, ref: ScaleTargetRef): Scale | undefined {
    const kind = watchedKindOf(groupOf(ref.apiVersion) ?? '', ref.kind);
    const watch = kind && this.#watches.get(resourceOf(kind));
    const workload = watch?.collection.synced ? watch.collection.get(namespace, ref.name) : undefined;
    return workload && kind && watchedScale({ ...kind, namespace, name: ref.name }, workload);
  }

  refresh(scale: Scale, signal: AbortSignal): Promise<Scale> {
    return this.#get(scale, signal);
  }

  async write(scale: Scale, replicas: number, signal: AbortSignal): Promise<Scale> {
    const answer = await this.#options.client.replace(pathOf(scale), scaleBody(scale, replicas), {
      signal,
      timeoutMs: this.#options.writeTimeoutMs ?? WRITE_TIMEOUT_MS,
      lane: 'scale',
      conditional: true,
      beforeSend: () => this.#options.gate?.check(),
    });
    return this.#remember(parseScale(answer, scale));
  }

  async #get(of: ScaleOf, signal: AbortSignal): Promise<Scale> {
    const slot = await this.#slotsOf(of).take(signal);
    if (typeof slot === 'string') throw new SetpointError('Cancelled', `the scale was not read: ${slot}`);
    try {
      const answer = await this.#options.client.get(pathOf(of), { signal });
      return this.#remember(parseScale(answer, of));
    } finally {
      slot();
    }
  }

  /** Of each kind so many at once: one whose API hangs (a conversion webhook, an aggregated API) holds up no other. */
  #slotsOf(of: ScaleOf): Slots {
    const key = resourceOf(of);
    let slots = this.#slots.get(key);
    if (!slots) {
      slots = new Slots(READS_AT_ONCE, MAX_READS_WAITING);
      this.#slots.set(key, slots);
    }
    return slots;
  }

  #remember(scale: Scale): Scale {
    // Kinds that are not watched are always read anew.
    if (this.#watches.has(resourceOf(scale))) {
      this.#ahead.set(keyOf(scale), { scale, at: this.#options.clock.monotonic() });
    }
    return scale;
  }

  /** Undefined when the watch cannot be believed for this workload. Throws 404 when it shows that there is none. */
  #fromWatch({ collection }: KindWatch, of: ScaleOf): Scale | undefined {
    const workload = collection.get(of.namespace, of.name);
    const ahead = this.#ahead.get(keyOf(of));
    if (ahead) {
      if (workload && isOlder(workload.resourceVersion, ahead.scale.resourceVersion)) {
        return this.#options.clock.monotonic() - ahead.at < CATCH_UP_MS ? ahead.scale : undefined;
      }
      this.#ahead.delete(keyOf(of));
      // Deleted since, or not seen yet: only the API server can tell.
      if (!workload) return undefined;
    }
    if (!workload) {
      throw new ApiStatusError(404, 'NotFound', `${of.resource}.${of.group} "${of.name}" not found`);
    }
    return watchedScale(of, workload);
  }

  async #isUsable(watch: KindWatch, signal: AbortSignal): Promise<boolean> {
    if (!watch.collection.synced && !watch.isForbidden) {
      const deadline = startDeadline(this.#options.clock, SYNC_WAIT_MS, signal);
      try {
        await untilAborted(watch.settled, deadline.signal);
      } catch (error) {
        if (signal.aborted)
          throw new SetpointError('Cancelled', 'the read of the scale was cancelled', { cause: error });
      } finally {
        deadline.dispose();
      }
    }
    return isFollowed(watch);
  }

  async #locate(namespace: string, group: string, ref: ScaleTargetRef, signal: AbortSignal): Promise<ScaleOf> {
    const found = await this.#discovery.find(group, versionOf(ref.apiVersion), ref.kind, signal);
    if (!found) throw new SetpointError('NotScalable', `no matches for kind "${ref.kind}" in group "${group}"`);
    if (!found.isScalable) {
      throw new SetpointError('NotScalable', `kind "${ref.kind}" in group "${group}" has no scale subresource`);
    }
    return { group, version: found.version, resource: found.resource, kind: ref.kind, namespace, name: ref.name };
  }

  #watchOf(kind: WatchedKind): KindWatch {
    const known = this.#watches.get(resourceOf(kind));
    if (known) {
      known.unusedSweeps = 0;
      return known;
    }
    const forbidden = Promise.withResolvers<void>();
    const collection = new Collection<Workload>(this.#options, {
      ...kind,
      trim: trimWorkload,
      onFailure: (error, sameMs) => {
        if (!isForbidden(error)) return undefined;
        forbidden.resolve();
        if (sameMs < REFUSAL_IS_MEANT_AFTER_MS) return undefined;
        this.#forbid(watch, error);
        return FORBIDDEN_RETRY_MS;
      },
    });
    const settled = Promise.race([collection.waitForSync(new AbortController().signal), forbidden.promise]);
    const watch: KindWatch = { kind, collection, settled, isForbidden: false, unusedSweeps: 0 };
    this.#watches.set(resourceOf(kind), watch);
    if (!this.#isStopped) collection.start();
    return watch;
  }

  #forbid(watch: KindWatch, error: SetpointError): void {
    if (watch.isForbidden) return;
    watch.isForbidden = true;
    const { resource } = watch.kind;
    this.#options.logger.warn('watch not allowed: each read is a request', { resource, error: error.message });
  }

  #scheduleSweep(): void {
    this.#cancelSweep = this.#options.clock.setTimer(SWEEP_EVERY_MS, () => {
      this.#sweep();
      this.#scheduleSweep();
    });
  }

  /** A standby reads nothing: what it is to know when it takes over is watched because of the references. */
  #watchReferenced(): void {
    for (const { spec } of this.#options.targets.all()) {
      const kind = spec && watchedKindOf(groupOf(spec.scaleTargetRef.apiVersion) ?? '', spec.scaleTargetRef.kind);
      if (kind) this.#watchOf(kind);
    }
  }

  #sweep(): void {
    for (const watch of this.#watches.values()) watch.unusedSweeps += 1;
    this.#watchReferenced();
    for (const [resource, watch] of this.#watches) {
      if (watch.unusedSweeps <= SWEEPS_KEPT) continue;
      this.#watches.delete(resource);
      watch.collection.stop().catch((error: unknown) => {
        this.#options.logger.error('watch did not stop', { resource, error });
      });
    }
    for (const [key, { scale }] of this.#ahead) {
      const workload = this.#watches.get(resourceOf(scale))?.collection.get(scale.namespace, scale.name);
      if (!workload || !isOlder(workload.resourceVersion, scale.resourceVersion)) this.#ahead.delete(key);
    }
  }
}

function isFollowed({ collection }: KindWatch): boolean {
  const { synced, silentMs, failingMs } = collection.state;
  return synced && silentMs < SILENT_MS && failingMs < FAILING_MS;
}

function watchedScale(of: ScaleOf, workload: Workload): Scale {
  const { uid, resourceVersion, specReplicas, statusReplicas, selector } = workload;
  const { group, version, resource, kind, namespace, name } = of;
  return {
    group,
    version,
    resource,
    kind,
    namespace,
    name,
    uid,
    resourceVersion,
    specReplicas,
    statusReplicas,
    selector: selector === '' ? undefined : selector,
  };
}

function pathOf({ group, version, resource, namespace, name }: ScaleOf): string {
  return resourcePath({ group, version, resource, namespace, name, subresource: 'scale' });
}

/** Such as `deployments.apps`. */
function resourceOf({ group, resource }: Pick<ScaleOf, 'group' | 'resource'>): string {
  return `${resource}.${group}`;
}

function keyOf(of: ScaleOf): string {
  return `${resourceOf(of)}/${of.namespace}/${of.name}`;
}

/** Undefined when it is no apiVersion. */
function groupOf(apiVersion: string): string | undefined {
  const parts = apiVersion.split('/');
  if (parts.length > 2) return undefined;
  return parts.length === 2 ? (parts[0] ?? '') : '';
}

function versionOf(apiVersion: string): string {
  return apiVersion.split('/').at(-1) ?? '';
}
