// Compares a store with the API server's own list, versions only: finds what a watch missed without saying so.
// What to do about it is the reflector's: it lists anew.
import { type ListWatch, listAll } from './list-watch.ts';
import { identityOf } from './raw-object.ts';
import { isOlder } from './resource-version.ts';
import { keyOf, type Store, type Stored } from './store.ts';

/** What was seen at the server, to be looked at again when the watch had time to catch up. */
export interface Snapshot {
  readonly listVersion: string;
  /** Key → resourceVersion. */
  readonly versions: ReadonlyMap<string, string>;
}

export async function takeSnapshot(source: ListWatch, signal: AbortSignal): Promise<Snapshot> {
  const versions = new Map<string, string>();
  const listVersion = await listAll(source, { metadataOnly: true, signal }, (item) => {
    const identity = identityOf(item);
    versions.set(keyOf(identity), identity.resourceVersion);
  });
  return { listVersion, versions };
}

/**
 * Keys that the store lacks, has in an older version, or has although they were gone. Call it some seconds after the snapshot:
 * what the watch delivered since is no difference. An object deleted since may be named; that costs one list.
 */
export function differences(snapshot: Snapshot, store: Store<Stored>): string[] {
  const found: string[] = [];
  const seen = new Set<string>();
  for (const item of store.all()) {
    const key = keyOf(item);
    seen.add(key);
    const version = snapshot.versions.get(key);
    const isBehind = version !== undefined && isOlder(item.resourceVersion, version);
    const isGone = version === undefined && !isOlder(snapshot.listVersion, item.resourceVersion);
    if (isBehind || isGone) found.push(key);
  }
  for (const key of snapshot.versions.keys()) if (!seen.has(key)) found.push(key);
  return found;
}
