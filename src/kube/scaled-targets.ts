// The ScaledTargets as last watched, each parsed once per version. A bad object is one with faults: the others do not notice.
// Wakes its listener for what users change, not for our own status writes.
import { parseScaledTarget } from '../api/scaled-target.ts';
import type { ScaledTarget } from '../api/spec.ts';
import type { Targets } from '../controller/ports.ts';
import { Collection, type CollectionState, type WatchContext } from './collection.ts';
import type { ListWatch } from './list-watch.ts';
import type { KeyHandler } from './store.ts';

export const SCALED_TARGETS = { group: 'setpoint.dev', version: 'v1alpha1', resource: 'scaledtargets' } as const;

/** What a user can change of an object, told from what we change. */
type Marks = Pick<ScaledTarget, 'uid' | 'generation' | 'deleting'>;

export class ScaledTargets implements Targets {
  readonly #collection: Collection<ScaledTarget>;
  readonly #marks = new Map<string, Marks>();
  readonly #handlers = new Set<KeyHandler>();

  constructor(context: WatchContext, open?: (namespace: string | undefined) => ListWatch) {
    const trim = (object: unknown) => parseScaledTarget(object, context.clock.now());
    this.#collection = new Collection<ScaledTarget>(context, { ...SCALED_TARGETS, trim }, open);
    this.#collection.onChange((key) => this.#changed(key));
  }

  start(): void {
    this.#collection.start();
  }

  stop(): Promise<void> {
    return this.#collection.stop();
  }

  waitForSync(signal: AbortSignal): Promise<void> {
    return this.#collection.waitForSync(signal);
  }

  get state(): CollectionState {
    return this.#collection.state;
  }

  get(key: string): ScaledTarget | undefined {
    const slash = key.indexOf('/');
    return this.#collection.get(key.slice(0, slash), key.slice(slash + 1));
  }

  all(): Iterable<ScaledTarget> {
    return this.#collection.all();
  }

  /** Calls `handler` with the key of an object that came, went, was recreated, or got another generation. Returns the stop function. */
  onChange(handler: KeyHandler): () => void {
    this.#handlers.add(handler);
    return () => {
      this.#handlers.delete(handler);
    };
  }

  #changed(key: string): void {
    const now = this.get(key);
    const before = this.#marks.get(key);
    if (now) this.#marks.set(key, { uid: now.uid, generation: now.generation, deleting: now.deleting });
    else this.#marks.delete(key);
    const isSame =
      now?.uid === before?.uid && now?.generation === before?.generation && now?.deleting === before?.deleting;
    if (!isSame) for (const handler of this.#handlers) handler(key);
  }
}
