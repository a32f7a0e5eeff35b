// ConfigMaps and Secrets as pods use them: their entries as bytes, and what is said when one is not there.
import type { KubeObject, ObjectStore } from '../objects.ts';

/** What a pod needs is not there (yet): it waits, and says so in the words of a kubelet. */
export class MissingConfig extends Error {}

export type ConfigKind = 'configmap' | 'secret';

/** Reads the ConfigMaps and Secrets of one namespace as they are now. */
export interface ConfigData {
  /** By key; undefined when there is no such object. */
  entries(kind: ConfigKind, name: string): ReadonlyMap<string, Buffer> | undefined;
}

const RESOURCES = { configmap: 'configmaps', secret: 'secrets' } as const;

export function configData(store: Pick<ObjectStore, 'get'>, namespace: string): ConfigData {
  return {
    entries(kind, name) {
      const object = store.get(RESOURCES[kind], namespace, name);
      return object && entriesOf(kind, object);
    },
  };
}

function entriesOf(kind: ConfigKind, object: KubeObject): Map<string, Buffer> {
  const { data = {}, binaryData = {} } = object as {
    data?: Record<string, string>;
    binaryData?: Record<string, string>;
  };
  const texts = Object.entries(data).map(
    ([key, value]) => [key, Buffer.from(value, kind === 'secret' ? 'base64' : 'utf8')] as const,
  );
  return new Map([
    ...texts,
    ...Object.entries(binaryData).map(([key, value]) => [key, Buffer.from(value, 'base64')] as const),
  ]);
}

/** Of a whole object. Undefined: it is not there and need not be. @throws MissingConfig when it must be. */
export function entriesFor(
  config: ConfigData,
  kind: ConfigKind,
  { name = '', optional = false }: { name?: string | undefined; optional?: boolean | undefined },
): ReadonlyMap<string, Buffer> | undefined {
  const entries = config.entries(kind, name);
  if (!entries && !optional) throw new MissingConfig(`${kind} "${name}" not found`);
  return entries;
}

/**
 * Calls `read` until it no longer misses anything, again each time that a ConfigMap or Secret of the namespace changes; `missing` is
 * told what is not there. Rejects when `signal` fires, or with what else `read` throws.
 */
export async function untilConfigured<T>(
  { store, namespace, signal }: { store: Pick<ObjectStore, 'watch'>; namespace: string; signal: AbortSignal },
  read: () => T,
  missing: (message: string) => void,
): Promise<T> {
  for (;;) {
    signal.throwIfAborted();
    try {
      return read();
    } catch (error) {
      if (!(error instanceof MissingConfig)) throw error;
      missing(error.message);
    }
    await nextChange(store, namespace, signal);
  }
}

function nextChange(store: Pick<ObjectStore, 'watch'>, namespace: string, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // What is there already is told first: that is no change.
  let told = false;
  const stops = Object.values(RESOURCES).map((resource) =>
    store.watch(resource, ({ object }) => {
      if (told && object.metadata.namespace === namespace) resolve();
    }),
  );
  told = true;
  const abort = () => reject(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  return promise.finally(() => {
    for (const stop of stops) stop();
    signal.removeEventListener('abort', abort);
  });
}
