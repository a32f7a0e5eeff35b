// Lists in pages and watches of one collection, as a reflector asks for them. A list that loses a page is no list.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { SetpointError } from '../base/errors.ts';
import type { KubeClient } from './client.ts';
import { arrayOf, objectOf, type RawObject, textOf } from './raw-object.ts';

const PAGE_SIZE = 500;
/** A million objects: beyond it the continue tokens go in a circle. */
const MAX_PAGES = 2000;
/** Objects handed over in one turn of the event loop: a whole page of ScaledTargets, in code not yet compiled, took 30 ms. */
const ITEMS_PER_TURN = 50;
const PAGE_TIMEOUT_MS = 30_000;
/** From request to the head of the answer. */
const WATCH_TIMEOUT_MS = 30_000;
const METADATA_ONLY = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** One collection of the API server. */
export interface ListWatch {
  /** One page as the API server answers it. */
  list(query: Query, metadataOnly: boolean, signal: AbortSignal): Promise<unknown>;
  /** The bytes of a watch; they fail when `signal` aborts. */
  watch(query: Query, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
}

export interface Selectors {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

/** The collection at `path`, such as `/api/v1/pods`, narrowed by selectors. */
export function listWatchOf(client: KubeClient, path: string, selectors: Selectors = {}): ListWatch {
  return {
    list: (query, metadataOnly, signal) =>
      client.list(path, {
        query: { ...selectors, ...query },
        signal,
        timeoutMs: PAGE_TIMEOUT_MS,
        ...(metadataOnly ? { accept: METADATA_ONLY } : {}),
      }),
    watch: (query, signal) =>
      client.watch(path, { query: { ...selectors, ...query }, signal, timeoutMs: WATCH_TIMEOUT_MS }),
  };
}

/** Which state a list may show: the newest there is, or any not older than a version. */
export interface ListFrom {
  readonly notOlderThan?: string | undefined;
}

/**
 * Reads all pages and hands each item over as it comes, so that whole objects need not be kept. Resolves with the
 * resourceVersion of the list. Rejects when any page fails (410: the continue token has expired) or is no list.
 */
export async function listAll(
  source: ListWatch,
  options: ListFrom & { readonly metadataOnly?: boolean; readonly signal: AbortSignal },
  onItem: (item: RawObject) => void,
): Promise<string> {
  const from: Query =
    options.notOlderThan === undefined
      ? {}
      : { resourceVersion: options.notOlderThan, resourceVersionMatch: 'NotOlderThan' };
  let next: string | undefined;
  for (let page = 0; page < MAX_PAGES; page++) {
    // A continue token stands for its list: no other version may be named beside it.
    const query = next === undefined ? { limit: PAGE_SIZE, ...from } : { limit: PAGE_SIZE, continue: next };
    const answer = objectOf(await source.list(query, options.metadataOnly ?? false, options.signal));
    const metadata = objectOf(answer['metadata']);
    const resourceVersion = textOf(metadata['resourceVersion']);
    if (!textOf(answer['kind']).endsWith('List') || resourceVersion === '') {
      throw new SetpointError('BadAnswer', 'the API server answered a list request with something other than a list');
    }
    for (const [index, item] of arrayOf(answer['items']).entries()) {
      if (index > 0 && index % ITEMS_PER_TURN === 0) await nextTurn();
      onItem(objectOf(item));
    }
    next = textOf(metadata['continue']);
    if (next === '') return resourceVersion;
  }
  throw new SetpointError('BadAnswer', `the list does not end within ${MAX_PAGES} pages`);
}
