// Finds pods by selector without walking a namespace: an index over the labels that selectors ask for, grown as they are asked.
// Kept in step by the pod store; which pods matter to a decision is the decision's business.
import { type Labels, matches, type Selector } from '../base/selector.ts';
import type { StoreIndex } from './store.ts';

export interface Labelled {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Labels;
}

export class LabelIndex<T extends Labelled> implements StoreIndex<T> {
  /** namespace → label → value → objects, for labels that some selector has asked for. */
  readonly #byLabel = new Map<string, Map<string, Map<string, Set<T>>>>();
  readonly #inNamespace: (namespace: string) => Iterable<T>;

  constructor(inNamespace: (namespace: string) => Iterable<T>) {
    this.#inNamespace = inNamespace;
  }

  added(item: T): void {
    for (const [label, byValue] of this.#byLabel.get(item.namespace) ?? []) addTo(byValue, label, item);
  }

  removed(item: T): void {
    for (const [label, byValue] of this.#byLabel.get(item.namespace) ?? []) {
      const value = valueOf(item, label);
      const items = value === undefined ? undefined : byValue.get(value);
      items?.delete(item);
      if (value !== undefined && items?.size === 0) byValue.delete(value);
    }
    if (this.#isEmpty(item.namespace)) this.#byLabel.delete(item.namespace);
  }

  /** What the selector finds in the namespace, in order of name. */
  select(namespace: string, selector: Selector): T[] {
    const found: T[] = [];
    for (const items of this.#candidates(namespace, selector)) {
      for (const item of items) if (matches(selector, item.labels)) found.push(item);
    }
    return found.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  }

  /** The fewest objects that one requirement leaves; all of the namespace when none names values. */
  #candidates(namespace: string, selector: Selector): readonly Iterable<T>[] {
    let best: readonly ReadonlySet<T>[] | undefined;
    let bestSize = Number.POSITIVE_INFINITY;
    for (const { key, operator, values } of selector) {
      if (operator !== 'In') continue;
      const byValue = this.#valuesOf(namespace, key);
      const sets = values.map((value) => byValue.get(value) ?? new Set<T>());
      const size = sets.reduce((sum, set) => sum + set.size, 0);
      if (size < bestSize) [best, bestSize] = [sets, size];
    }
    return best ?? [this.#inNamespace(namespace)];
  }

  /** Namespaces that are indexed. */
  get namespaces(): number {
    return this.#byLabel.size;
  }

  #isEmpty(namespace: string): boolean {
    return this.#inNamespace(namespace)[Symbol.iterator]().next().done === true;
  }

  #valuesOf(namespace: string, label: string): Map<string, Set<T>> {
    // Nothing is kept of namespaces without objects: their number is bounded by nobody.
    if (this.#isEmpty(namespace)) return new Map();
    let labels = this.#byLabel.get(namespace);
    if (!labels) {
      labels = new Map();
      this.#byLabel.set(namespace, labels);
    }
    let byValue = labels.get(label);
    if (!byValue) {
      byValue = new Map();
      labels.set(label, byValue);
      for (const item of this.#inNamespace(namespace)) addTo(byValue, label, item);
    }
    return byValue;
  }
}

function addTo<T extends Labelled>(byValue: Map<string, Set<T>>, label: string, item: T): void {
  const value = valueOf(item, label);
  if (value === undefined) return;
  const items = byValue.get(value);
  if (items) items.add(item);
  else byValue.set(value, new Set([item]));
}

function valueOf(item: Labelled, label: string): string | undefined {
  return Object.hasOwn(item.labels, label) ? item.labels[label] : undefined;
}
