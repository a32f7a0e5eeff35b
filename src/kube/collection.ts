// A watched collection in some namespaces or in all: one reflector and one store for each, read as one.
import type { Clock } from '../base/clock.ts';
import type { SetpointError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import { type ListWatch, listWatchOf } from './list-watch.ts';
import type { KubeClient } from './client.ts';
import { resourcePath } from './paths.ts';
import type { RawObject } from './raw-object.ts';
import { type KeyHandler, Store, type Stored, type StoreIndex } from './store.ts';
import { Reflector } from './watch.ts';

/** What every watch needs. */
export interface WatchContext {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Empty: all namespaces, with one watch. */
  readonly namespaces: readonly string[];
}

export interface CollectionOptions<T extends Stored> {
  readonly group: string;
  readonly version: string;
  /** Plural. */
  readonly resource: string;
  /** Total: it reads what it can and never throws. */
  readonly trim: (object: RawObject) => T;
  readonly indexes?: readonly StoreIndex<T>[];
  /** See ReflectorOptions. */
  readonly onFailure?: (error: SetpointError, sameMs: number) => number | undefined;
}

/** Counts of all its reflectors together; times in ms of the one that is silent, or fails, for longest. */
export interface CollectionState {
  readonly synced: boolean;
  /** Why one of them is not followed just now; undefined while all are. */
  readonly failure: SetpointError | undefined;
  /** For how long none of its attempts has succeeded; 0 while all is well. */
  readonly failingMs: number;
  readonly silentMs: number;
  readonly objects: number;
  readonly lists: number;
  readonly watches: number;
  readonly failures: number;
  readonly repairs: number;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

const NO_PARTS: CollectionState = {
  synced: true,
  failure: undefined,
  failingMs: 0,
  silentMs: 0,
  objects: 0,
  lists: 0,
  watches: 0,
  failures: 0,
  repairs: 0,
};

export class Collection<T extends Stored> {
  readonly #parts = new Map<string | undefined, { readonly reflector: Reflector<T>; readonly store: Store<T> }>();

  constructor(
    context: WatchContext,
    options: CollectionOptions<T>,
    open: (namespace: string | undefined) => ListWatch = (namespace) =>
      listWatchOf(context.client, resourcePath({ ...options, namespace })),
  ) {
    const namespaces = context.namespaces.length === 0 ? [undefined] : new Set(context.namespaces);
    for (const namespace of namespaces) {
      const store = new Store<T>({ logger: context.logger, indexes: options.indexes ?? [] });
      const reflector = new Reflector<T>({
        name: namespace === undefined ? options.resource : `${options.resource} in ${namespace}`,
        source: open(namespace),
        store,
        trim: options.trim,
        clock: context.clock,
        random: context.random,
        logger: context.logger,
        ...(options.onFailure ? { onFailure: options.onFailure } : {}),
      });
      this.#parts.set(namespace, { reflector, store });
    }
  }

  start(): void {
    for (const { reflector } of this.#parts.values()) reflector.start();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#parts.values()].map(({ reflector }) => reflector.stop()));
  }

  /** Resolves when all first lists are in; rejects with the signal's reason when it aborts first. */
  async waitForSync(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#parts.values()].map(({ reflector }) => reflector.waitForSync(signal)));
  }

  get synced(): boolean {
    return [...this.#parts.values()].every(({ reflector }) => reflector.synced);
  }

  get state(): CollectionState {
    // In one pass: it is asked for with every read of a scale.
    const state: Mutable<CollectionState> = { ...NO_PARTS };
    for (const { reflector, store } of this.#parts.values()) {
      const { counts, failingMs, silentMs } = reflector;
      state.synced &&= reflector.synced;
      state.failure ??= reflector.failure;
      state.failingMs = Math.max(state.failingMs, failingMs);
      state.silentMs = Math.max(state.silentMs, silentMs);
      state.objects += store.size;
      state.lists += counts.lists;
      state.watches += counts.watches;
      state.failures += counts.failures;
      state.repairs += counts.repairs;
    }
    return state;
  }

  /** Milliseconds since the API server was last heard of for this namespace. */
  silentMs(namespace: string): number {
    return this.#partOf(namespace)?.reflector.silentMs ?? 0;
  }

  get(namespace: string, name: string): T | undefined {
    return this.#storeOf(namespace)?.get(namespace, name);
  }

  *all(): Iterable<T> {
    for (const { store } of this.#parts.values()) yield* store.all();
  }

  inNamespace(namespace: string): Iterable<T> {
    return this.#storeOf(namespace)?.inNamespace(namespace) ?? [];
  }

  /** See Store. Returns the stop function. */
  onChange(handler: KeyHandler): () => void {
    const stops = [...this.#parts.values()].map(({ store }) => store.onChange(handler));
    return () => {
      for (const stop of stops) stop();
    };
  }

  #storeOf(namespace: string): Store<T> | undefined {
    return this.#partOf(namespace)?.store;
  }

  #partOf(namespace: string) {
    return this.#parts.get(namespace) ?? this.#parts.get(undefined);
  }
}
