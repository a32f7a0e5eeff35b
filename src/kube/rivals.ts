// Other autoscalers: HorizontalPodAutoscalers on the same workload, and ScaledTargets whose selectors find the same pods.
// What a conflict leads to is the controller's; a cluster that does not show its HPAs is one without (said once).
import { type Labels, matches, parseSelector, type Selector } from '../base/selector.ts';
import type { ScaledTarget, ScaleTargetRef } from '../api/spec.ts';
import { ApiStatusError, type SetpointError } from '../base/errors.ts';
import type { Autoscaler, Rivals, Scale, Targets } from '../controller/ports.ts';
import type { PodState } from '../decide/types.ts';
import { Collection, type CollectionState, type WatchContext } from './collection.ts';
import type { ListWatch } from './list-watch.ts';
import type { KubePods } from './pods.ts';
import { countOf, identityOf, objectOf, type RawObject, textOf } from './raw-object.ts';
import type { Stored, StoreIndex } from './store.ts';
import { REFUSAL_IS_MEANT_AFTER_MS } from './watch.ts';

const UNAVAILABLE_RETRY_MS = 300_000;
/** So few are not worth a look. */
const FEW_CLAIMS = 200;

interface StoredAutoscaler extends Stored, Autoscaler {
  /** See workloadKey. */
  readonly workload: string;
}

/** A target as it was last asked about. */
interface Claim {
  readonly key: string;
  readonly name: string;
  readonly uid: string;
  readonly workload: string;
  readonly text: string;
  readonly selector: Selector;
}

export interface KubeRivalsOptions extends WatchContext {
  readonly targets: Pick<Targets, 'get'>;
  readonly pods: Pick<KubePods, 'labelsOf'>;
}

/** Scales that are known without a request. */
export interface KnownScales {
  known(namespace: string, ref: ScaleTargetRef): Scale | undefined;
}

export class KubeRivals implements Rivals {
  readonly #options: KubeRivalsOptions;
  readonly #collection: Collection<StoredAutoscaler>;
  readonly #byWorkload = new AutoscalerIndex();
  readonly #claims = new ClaimIndex();
  readonly #unavailable = Promise.withResolvers<void>();
  #isUnavailable = false;
  #dropDeadAbove = FEW_CLAIMS;

  constructor(options: KubeRivalsOptions, open?: (namespace: string | undefined) => ListWatch) {
    this.#options = options;
    const resource = { group: 'autoscaling', version: 'v2', resource: 'horizontalpodautoscalers' };
    const onFailure = (error: SetpointError, sameMs: number) => this.#failed(error, sameMs);
    const collection = { ...resource, trim: trimAutoscaler, indexes: [this.#byWorkload], onFailure };
    this.#collection = new Collection<StoredAutoscaler>(options, collection, open);
  }

  start(): void {
    this.#collection.start();
  }

  stop(): Promise<void> {
    return this.#collection.stop();
  }

  /** Resolves when the HPAs are known, or known not to be shown. */
  async waitForSync(signal: AbortSignal): Promise<void> {
    await Promise.race([this.#collection.waitForSync(signal), this.#unavailable.promise]);
  }

  get state(): CollectionState {
    return this.#collection.state;
  }

  autoscalersOf(namespace: string, scale: Scale): readonly Autoscaler[] {
    return this.#byWorkload.on(workloadKey(namespace, scale.group, scale.kind, scale.name));
  }

  /**
   * Takes note of all selectors that can be known without a request. To be called before the first decision: until each target was
   * decided once, two on the same pods would not know of each other, and after every start one would be scaled.
   */
  learn(targets: Iterable<ScaledTarget>, scales: KnownScales): void {
    for (const target of targets) {
      const scale = target.spec && scales.known(target.namespace, target.spec.scaleTargetRef);
      if (scale) this.#claim(target, scale, workloadKey(target.namespace, scale.group, scale.kind, scale.name));
    }
  }

  overlapping(target: ScaledTarget, scale: Scale, pods: readonly PodState[]): readonly string[] {
    const { name, namespace } = target;
    const workload = workloadKey(namespace, scale.group, scale.kind, scale.name);
    if (!this.#claim(target, scale, workload)) return [];
    this.#dropDead();
    let names: Set<string> | undefined;
    let seen: Labels | undefined;
    for (const pod of pods) {
      const labels = this.#options.pods.labelsOf(namespace, pod.name);
      // Pods of one template share their labels in memory.
      if (!labels || labels === seen) continue;
      seen = labels;
      this.#claims.candidates(namespace, labels, (claim) => {
        if (claim.workload === workload || !matches(claim.selector, labels)) return;
        if (this.#isAlive(claim)) (names ??= new Set([name])).add(claim.name);
      });
    }
    return names ? [...names].sort() : [];
  }

  /** Claims kept, for tests and metrics. */
  get claims(): number {
    return this.#claims.size;
  }

  /** Notes which pods the target goes by; false when it goes by none. */
  #claim(target: ScaledTarget, scale: Scale, workload: string): boolean {
    const text = scale.selector ?? '';
    const { key, name, uid, namespace } = target;
    const acts = target.spec?.mode === 'Scale' && !target.deleting && !isSwitchedOff(target, scale);
    if (acts && this.#claims.has({ key, uid, workload, text })) return true;
    const { selector } = parseSelector(text);
    if (!acts || !selector?.length) {
      this.#claims.remove(key);
      return false;
    }
    this.#claims.put(namespace, { key, name, uid, workload, text, selector });
    return true;
  }

  /** Claims of targets that are gone are looked for when the claims have doubled: nobody says that a target went. */
  #dropDead(): void {
    if (this.#claims.size <= this.#dropDeadAbove) return;
    for (const claim of this.#claims.all()) this.#isAlive(claim);
    this.#dropDeadAbove = Math.max(FEW_CLAIMS, 2 * this.#claims.size);
  }

  #isAlive(claim: Claim): boolean {
    const target = this.#options.targets.get(claim.key);
    if (target?.uid === claim.uid && target.spec?.mode === 'Scale' && !target.deleting) return true;
    this.#claims.remove(claim.key);
    return false;
  }

  #failed(error: SetpointError, sameMs: number): number | undefined {
    if (!(error instanceof ApiStatusError) || (error.status !== 403 && error.status !== 404)) return undefined;
    // Nothing is decided meanwhile by who has just started: an HPA that is not seen yet would not be left alone.
    if (sameMs < REFUSAL_IS_MEANT_AFTER_MS) return undefined;
    if (!this.#isUnavailable) {
      this.#options.logger.warn('HorizontalPodAutoscalers cannot be seen: conflicts with them are not noticed', {
        error: error.message,
      });
    }
    this.#isUnavailable = true;
    this.#unavailable.resolve();
    return UNAVAILABLE_RETRY_MS;
  }
}

/** At zero by somebody else's hand nothing is decided, and as in the HPA no selector looked at: no pods are claimed. */
function isSwitchedOff({ previous }: ScaledTarget, { specReplicas }: Scale): boolean {
  return (
    specReplicas === 0 && !previous.conditions.some(({ type, status }) => type === 'ScaledToZero' && status === 'True')
  );
}

const NONE: readonly StoredAutoscaler[] = [];

class AutoscalerIndex implements StoreIndex<StoredAutoscaler> {
  readonly #byName = new Map<string, Map<string, StoredAutoscaler>>();

  added(autoscaler: StoredAutoscaler): void {
    const { workload, name } = autoscaler;
    const others = this.#byName.get(workload);
    if (others) others.set(name, autoscaler);
    else this.#byName.set(workload, new Map([[name, autoscaler]]));
  }

  removed({ workload, name }: StoredAutoscaler): void {
    const others = this.#byName.get(workload);
    others?.delete(name);
    if (others?.size === 0) this.#byName.delete(workload);
  }

  /** In order of name. */
  on(workload: string): readonly StoredAutoscaler[] {
    const found = this.#byName.get(workload);
    return found ? [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1)) : NONE;
  }
}

/** Claims by namespace and by one label value they demand, so that a pod meets only those that may select it. */
class ClaimIndex {
  readonly #places = new Map<string, { readonly claim: Claim; readonly slots: readonly string[] }>();
  readonly #slots = new Map<string, Map<string, Claim>>();

  get size(): number {
    return this.#places.size;
  }

  all(): Claim[] {
    return [...this.#places.values()].map(({ claim }) => claim);
  }

  has({ key, uid, workload, text }: Omit<Claim, 'name' | 'selector'>): boolean {
    const known = this.#places.get(key)?.claim;
    return known?.uid === uid && known.workload === workload && known.text === text;
  }

  put(namespace: string, claim: Claim): void {
    this.remove(claim.key);
    const slots = slotsOf(namespace, claim.selector);
    for (const name of slots) {
      const slot = this.#slots.get(name);
      if (slot) slot.set(claim.key, claim);
      else this.#slots.set(name, new Map([[claim.key, claim]]));
    }
    this.#places.set(claim.key, { claim, slots });
  }

  remove(key: string): void {
    for (const name of this.#places.get(key)?.slots ?? []) {
      const slot = this.#slots.get(name);
      slot?.delete(key);
      if (slot?.size === 0) this.#slots.delete(name);
    }
    this.#places.delete(key);
  }

  /** Claims may be removed while they are looked at. */
  candidates(namespace: string, labels: Labels, look: (claim: Claim) => void): void {
    this.#slots.get(anySlot(namespace))?.forEach(look);
    for (const key of Object.keys(labels)) {
      this.#slots.get(labelSlot(namespace, key, labels[key] ?? ''))?.forEach(look);
    }
  }
}

/** One slot for each value of the requirement that allows the fewest; one for all when none names values. */
function slotsOf(namespace: string, selector: Selector): string[] {
  const [best] = selector.filter(({ operator }) => operator === 'In').sort((a, b) => a.values.length - b.values.length);
  return best ? best.values.map((value) => labelSlot(namespace, best.key, value)) : [anySlot(namespace)];
}

const labelSlot = (namespace: string, key: string, value: string): string => `${namespace} ${key}=${value}`;
const anySlot = (namespace: string): string => `${namespace} `;

function workloadKey(namespace: string, group: string, kind: string, name: string): string {
  return `${namespace} ${group}/${kind}/${name}`;
}

function trimAutoscaler(object: RawObject): StoredAutoscaler {
  const identity = identityOf(object);
  const { apiVersion, kind, name } = objectOf(objectOf(object['spec'])['scaleTargetRef']);
  const parts = textOf(apiVersion).split('/');
  const group = parts.length === 2 ? (parts[0] ?? '') : '';
  // The API server shows 0 for an HPA that has decided nothing.
  const desiredReplicas = countOf(objectOf(object['status'])['desiredReplicas']) || undefined;
  const workload = workloadKey(identity.namespace, group, textOf(kind), textOf(name));
  return { ...identity, workload, desiredReplicas };
}
