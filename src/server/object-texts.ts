// Objects as YAML, read from the API server when somebody looks, and kept for a moment for those who look at the same time.
import { stringify } from 'yaml';
import type { ScaledTarget } from '../api/spec.ts';
import type { Clock } from '../base/clock.ts';

/** Rejects, and soon, when the API server does not give it. */
export type ReadObject = (target: { readonly namespace: string; readonly name: string }) => Promise<unknown>;

const KEPT_MS = 1000;

export class ObjectTexts {
  readonly #read: ReadObject;
  readonly #clock: Clock;
  readonly #texts = new Map<string, Promise<string>>();

  constructor(read: ReadObject, clock: Clock) {
    this.#read = read;
    this.#clock = clock;
  }

  /** Without what only field managers need. Rejects when the API server does not give it. */
  get({ key, namespace, name }: Pick<ScaledTarget, 'key' | 'namespace' | 'name'>): Promise<string> {
    let text = this.#texts.get(key);
    if (!text) {
      text = this.#read({ namespace, name }).then(yamlOf);
      this.#texts.set(key, text);
      this.#clock.setTimer(KEPT_MS, () => this.#texts.delete(key));
    }
    return text;
  }
}

function yamlOf(object: unknown): string {
  return stringify(withoutManagers(object), { lineWidth: 0 });
}

function withoutManagers(object: unknown): unknown {
  if (typeof object !== 'object' || object === null || !('metadata' in object)) return object;
  const { metadata } = object;
  if (typeof metadata !== 'object' || metadata === null) return object;
  const kept = Object.fromEntries(Object.entries(metadata).filter(([field]) => field !== 'managedFields'));
  return { ...object, metadata: kept };
}
