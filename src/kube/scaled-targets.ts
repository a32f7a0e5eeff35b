// The ScaledTargets as last watched, each parsed once per version. A bad object is one with faults: the others do not notice.
// Wakes its listener for what users change, not for our own status writes.
import { parseScaledTarget } from '../api/scaled-target.ts';
import type { ScaledTarget } from '../api/spec.ts';
import { isNotFound, SetpointError } from '../base/errors.ts';
import type { Targets } from '../controller/ports.ts';
import { Collection, type CollectionState, type WatchContext } from './collection.ts';
import type { ListWatch } from './list-watch.ts';
import type { KeyHandler } from './store.ts';

export const SCALED_TARGETS = { group: 'setpoint.dev', version: 'v1alpha1', resource: 'scaledtargets' } as const;

const NO_CRD = new SetpointError(
  'BadAnswer',
  'the cluster does not know ScaledTargets: install the CRD with kubectl apply -f crds/scaledtargets.yaml',
);
/** On average between two looks for the CRD. */
const LOOK_AGAIN_MS = 3000;

/** What a user can change of an object, told from what we change. */
type Marks = Pick<ScaledTarget, 'uid' | 'generation' | 'deleting'>;

export class ScaledTargets implements Targets {
  readonly #collection: Collection<ScaledTarget>;
  readonly #marks = new Map<string, Marks>();
  readonly #handlers = new Set<KeyHandler>();
  #isMissing = false;

  constructor(context: WatchContext, open?: (namespace: string | undefined) => ListWatch) {
    const trim = (object: unknown) => parseScaledTarget(object, context.clock.now());
    const onFailure = (error: SetpointError) => this.#failed(error, context);
    this.#collection = new Collection<ScaledTarget>(context, { ...SCALED_TARGETS, trim, onFailure }, open);
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
    const { state } = this.#collection;
    return isNotFound(state.failure) ? { ...state, failure: NO_CRD } : state;
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

  /** As `onChange`, of every new version: our own status writes too. */
  onVersion(handler: KeyHandler): () => void {
    return this.#collection.onChange(handler);
  }

  /** A missing CRD is told as what it is, once; it may be applied any moment, and is looked for steadily. */
  #failed(error: SetpointError, { logger, random }: WatchContext): number | undefined {
    if (!isNotFound(error)) {
      this.#isMissing = false;
      return undefined;
    }
    if (!this.#isMissing) logger.warn(NO_CRD.message);
    this.#isMissing = true;
    return LOOK_AGAIN_MS * (0.5 + random());
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
