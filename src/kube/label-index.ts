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
  /** namespace → label → value → objects in order of name, for labels that some selector has asked for. */
  readonly #byLabel = new Map<string, Map<string, Map<string, T[]>>>();
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
      const place = items ? placeOf(items, item.name) : 0;
      if (items?.[place] === item) items.splice(place, 1);
      if (value !== undefined && items?.length === 0) byValue.delete(value);
    }
    if (this.#isEmpty(item.namespace)) this.#byLabel.delete(item.namespace);
  }

  /** What the selector finds in the namespace, in order of name. */
  select(namespace: string, selector: Selector): T[] {
    return this.#candidates(namespace, selector).filter((item) => matches(selector, item.labels));
  }

  /** The fewest objects that one requirement leaves, all of the namespace when none names values; in order of name. */
  #candidates(namespace: string, selector: Selector): readonly T[] {
    let best: readonly (readonly T[])[] | undefined;
    let bestSize = Number.POSITIVE_INFINITY;
    for (const { key, operator, values } of selector) {
      if (operator !== 'In') continue;
      const byValue = this.#valuesOf(namespace, key);
      const lists = values.map((value) => byValue.get(value) ?? []);
      const size = lists.reduce((sum, list) => sum + list.length, 0);
      if (size >= bestSize) continue;
      best = lists;
      bestSize = size;
    }
    if (best?.length === 1) return best[0] ?? [];
    return (best?.flat() ?? [...this.#inNamespace(namespace)]).sort(byName);
  }

  /** Namespaces that are indexed. */
  get namespaces(): number {
    return this.#byLabel.size;
  }

  #isEmpty(namespace: string): boolean {
    return this.#inNamespace(namespace)[Symbol.iterator]().next().done === true;
  }

  #valuesOf(namespace: string, label: string): Map<string, T[]> {
    let labels = this.#byLabel.get(namespace);
    const known = labels?.get(label);
    if (known) return known;
    const byValue = new Map<string, T[]>();
    // Nothing is kept of namespaces without objects: their number is bounded by nobody.
    if (this.#isEmpty(namespace)) return byValue;
    if (!labels) {
      labels = new Map();
      this.#byLabel.set(namespace, labels);
    }
    labels.set(label, byValue);
    for (const item of this.#inNamespace(namespace)) addTo(byValue, label, item);
    return byValue;
  }
}

function addTo<T extends Labelled>(byValue: Map<string, T[]>, label: string, item: T): void {
  const value = valueOf(item, label);
  if (value === undefined) return;
  const items = byValue.get(value);
  if (items) items.splice(placeOf(items, item.name), 0, item);
  else byValue.set(value, [item]);
}

/** Where the name is among objects in order of name, or would be. */
function placeOf(items: readonly Labelled[], name: string): number {
  let from = 0;
  let to = items.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((items[middle]?.name ?? '') < name) from = middle + 1;
    else to = middle;
  }
  return from;
}

function byName(a: Labelled, b: Labelled): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

function valueOf(item: Labelled, label: string): string | undefined {
  return Object.hasOwn(item.labels, label) ? item.labels[label] : undefined;
}
