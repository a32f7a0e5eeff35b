// The pods that selectors find, from one watch of all namespaces or one for each that is given; trimmed before they are kept.
// Pods of every phase are here: which of them count is the decision's.
import { type Labels, type ParsedSelector, parseSelector } from '../base/selector.ts';
import type { Pods, PodSelection } from '../controller/ports.ts';
import { Collection, type CollectionState, type WatchContext } from './collection.ts';
import { LabelIndex } from './label-index.ts';
import type { ListWatch } from './list-watch.ts';
import type { RawObject } from './raw-object.ts';
import { PodTrimmer, type StoredPod } from './pod-state.ts';

/** Selectors parsed and kept; each target has one. */
const MAX_SELECTORS = 20_000;
/** Pods not heard of for longer are no basis for fewer replicas. Above the watch's own watchdog. */
const SILENT_MS = 150_000;

export class KubePods implements Pods {
  readonly #collection: Collection<StoredPod>;
  readonly #index: LabelIndex<StoredPod>;
  readonly #parsed = new Map<string, ParsedSelector>();

  constructor(context: WatchContext, open?: (namespace: string | undefined) => ListWatch) {
    this.#index = new LabelIndex<StoredPod>((namespace) => this.#collection.inNamespace(namespace));
    const trimmer = new PodTrimmer();
    const trim = (object: RawObject) => trimmer.trim(object);
    const pods = { group: '', version: 'v1', resource: 'pods', trim, indexes: [this.#index] };
    this.#collection = new Collection<StoredPod>(context, pods, open);
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

  select(namespace: string, selector: string | undefined): PodSelection {
    if (selector === undefined || selector === '') return { problem: { kind: 'missing' } };
    const parsed = this.#parse(selector);
    if (parsed.error !== undefined) return { problem: { kind: 'unparsable', message: parsed.error } };
    const pods = this.#index.select(namespace, parsed.selector).map(({ state }) => state);
    return this.#collection.silentMs(namespace) < SILENT_MS ? { pods } : { pods, isStale: true };
  }

  /** Sizes of the index, for tests and metrics. */
  get index(): { readonly namespaces: number } {
    return { namespaces: this.#index.namespaces };
  }

  /** Labels of a pod as last seen. */
  labelsOf(namespace: string, name: string): Labels | undefined {
    return this.#collection.get(namespace, name)?.labels;
  }

  #parse(text: string): ParsedSelector {
    let parsed = this.#parsed.get(text);
    if (!parsed) {
      if (this.#parsed.size >= MAX_SELECTORS) this.#parsed.clear();
      parsed = parseSelector(text);
      this.#parsed.set(text, parsed);
    }
    return parsed;
  }
}
