// Which resources are served: the built-in ones and those of the CRDs there are at the moment.

import { apiVersionOf, type ResourceDefinition } from './definition.ts';

export class Registry {
  readonly #definitions = new Map<string, ResourceDefinition>();

  constructor(definitions: readonly ResourceDefinition[]) {
    for (const definition of definitions) this.add(definition);
  }

  add(definition: ResourceDefinition): void {
    this.#definitions.set(idOf(definition.group, definition.version, definition.plural), definition);
  }

  /** Takes out all versions of a custom resource. */
  removeCustom(key: string): void {
    for (const [id, definition] of this.#definitions) {
      if (definition.custom && definition.key === key) this.#definitions.delete(id);
    }
  }

  find(group: string, version: string, plural: string): ResourceDefinition | undefined {
    return this.#definitions.get(idOf(group, version, plural));
  }

  /** The definition in the version that is stored, by `deployments.apps`; `events.events.k8s.io` finds events. */
  byKey(key: string): ResourceDefinition | undefined {
    const wanted = key === 'events.events.k8s.io' ? 'events' : key;
    let found: ResourceDefinition | undefined;
    for (const definition of this.#definitions.values()) {
      if (definition.key !== wanted) continue;
      if (definition.storedApiVersion === apiVersionOf(definition)) return definition;
      found ??= definition;
    }
    return found;
  }

  byKind(apiVersion: string, kind: string): ResourceDefinition | undefined {
    for (const definition of this.#definitions.values()) {
      if (definition.kind === kind && apiVersionOf(definition) === apiVersion) return definition;
    }
    return undefined;
  }

  /** All definitions, each version of a resource by itself, in the order they were added. */
  all(): ResourceDefinition[] {
    return Array.from(this.#definitions.values());
  }

  /** Definitions in their stored version: one per storage key. */
  stored(): ResourceDefinition[] {
    return this.all().filter((definition) => definition.storedApiVersion === apiVersionOf(definition));
  }
}

function idOf(group: string, version: string, plural: string): string {
  return `${group}/${version}/${plural}`;
}
