// A watch: past changes from the history, then live ones, with bookmarks, a time limit, and errors inside the stream.

import type { Clock } from '../../base/clock.ts';
import type { KubeObject } from '../objects.ts';
import { toServed } from '../resources/convert.ts';
import { apiVersionOf, type ResourceDefinition } from '../resources/definition.ts';
import { ApiStatusError } from '../status.ts';
import type { Change, Storage } from '../storage/storage.ts';
import type { Exchange } from './exchange.ts';
import { isVersion, selectorOf } from './list.ts';
import { checkWatchOptions } from './options.ts';
import { isTrue } from './request-info.ts';
import type { Matcher } from './selectors.ts';

export interface WatchEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: unknown;
}

export interface WatchOptions {
  storage: Storage;
  clock: Clock;
  definition: ResourceDefinition;
  namespace: string | undefined;
  bookmarkIntervalMs: number;
  /** Renders the object of an event (table rows, metadata only). */
  render: (object: KubeObject) => unknown;
  /** Sees each line before it is written; false means it must not be (stalled or cut by a fault). */
  onLine: (line: string, write: (text: string) => void) => boolean;
}

/** Real servers end a watch by themselves after 30 to 60 minutes. */
const defaultTimeoutSeconds = 1_800;

/** What may wait in a watch's buffers for a client that does not read. */
const maxUnreadBytes = 32 * 1024 * 1024;

/** Writes the stream until the client goes, the time is over, or the returned function is called. Throws before the first byte. */
export function serveWatch(exchange: Exchange, options: WatchOptions): () => void {
  const { storage, clock, definition } = options;
  checkWatchOptions(exchange.query);
  const matches = selectorOf(definition, exchange.query);
  const start = startOf(exchange, storage);
  const timeoutSeconds = timeoutOf(exchange.query);
  const wantsBookmarks = isTrue(exchange.query.get('allowWatchBookmarks'));
  const { response } = exchange;
  let isOpen = true;

  const write = (event: WatchEvent): void => {
    if (!isOpen) return;
    const line = `${JSON.stringify(event)}\n`;
    if (options.onLine(line, (text) => response.write(text))) response.write(line);
    // Who does not read is cut off, as by a real server, and resumes from its last version.
    if (response.writableLength > maxUnreadBytes) response.destroy();
  };
  const isInScope = (object: KubeObject) =>
    options.namespace === undefined || object.metadata.namespace === options.namespace;
  const onChange = (change: Change): void => {
    if (!isInScope(change.object)) return;
    const event = eventOf(change, matches);
    if (event !== undefined) write({ type: event.type, object: options.render(toServed(definition, event.object)) });
  };
  const bookmark = (annotations?: Record<string, string>): void => {
    write({ type: 'BOOKMARK', object: bookmarkOf(definition, storage.version, annotations) });
  };

  exchange.writeHead(200, 'application/json');
  response.flushHeaders();
  const stopListening = storage.subscribe(definition.key, onChange);
  for (const change of start.initial(definition.key, options.namespace)) onChange(change);
  if (start.endsWithBookmark) bookmark({ 'k8s.io/initial-events-end': 'true' });

  let cancelBookmark = (): void => undefined;
  const nextBookmark = (): void => {
    cancelBookmark = clock.setTimer(options.bookmarkIntervalMs, () => {
      bookmark();
      nextBookmark();
    });
  };
  if (wantsBookmarks) nextBookmark();
  const stop = (): void => {
    isOpen = false;
    stopListening();
    cancelBookmark();
    cancelTimeout();
  };
  const end = (): void => {
    if (wantsBookmarks) bookmark();
    stop();
    response.end();
  };
  const cancelTimeout = clock.setTimer(timeoutSeconds * 1000, end);
  response.on('close', stop);
  return () => {
    stop();
    response.destroy();
  };
}

function timeoutOf(query: URLSearchParams): number {
  const text = query.get('timeoutSeconds');
  if (text === null || text === '') return defaultTimeoutSeconds;
  const seconds = Number(text);
  return seconds > 0 ? seconds : defaultTimeoutSeconds;
}

/** Unlike a list, a watch answers 500 for what is no version. */
function watchVersion(text: string): number {
  if (isVersion(text)) return Number(text);
  throw new ApiStatusError(500, '', `resourceVersion: Invalid value: ${JSON.stringify(text)}: invalid syntax`);
}

interface WatchStart {
  initial: (key: string, namespace: string | undefined) => Change[];
  endsWithBookmark: boolean;
}

function startOf(exchange: Exchange, storage: Storage): WatchStart {
  const { query } = exchange;
  const text = query.get('resourceVersion') ?? '';
  const sendsInitial = isTrue(query.get('sendInitialEvents'));
  const existing = (key: string, namespace: string | undefined): Change[] =>
    storage
      .list(key, namespace)
      .map((object) => ({ version: storage.version, resource: key, type: 'ADDED', object, previous: undefined }));
  if (sendsInitial) return { initial: existing, endsWithBookmark: isTrue(query.get('allowWatchBookmarks')) };
  if (text === '' || text === '0') return { initial: existing, endsWithBookmark: false };
  const version = watchVersion(text);
  if (version < storage.compactedTo) {
    throw new ApiStatusError(410, 'Expired', `too old resource version: ${version} (${storage.compactedTo})`);
  }
  return { initial: (key) => storage.changesSince(key, version), endsWithBookmark: false };
}

/** What a change means for a view: entering it is ADDED, leaving it DELETED. */
function eventOf(change: Change, matches: Matcher): { type: Change['type']; object: KubeObject } | undefined {
  const before = change.previous !== undefined && matches(change.previous);
  if (change.type === 'DELETED') return before ? { type: 'DELETED', object: change.object } : undefined;
  const now = matches(change.object);
  if (now) return { type: before ? 'MODIFIED' : 'ADDED', object: change.object };
  if (!before || change.previous === undefined) return undefined;
  const { resourceVersion } = change.object.metadata;
  return {
    type: 'DELETED',
    object: { ...change.previous, metadata: { ...change.previous.metadata, resourceVersion } },
  };
}

function bookmarkOf(
  definition: ResourceDefinition,
  version: number,
  annotations: Record<string, string> | undefined,
): unknown {
  return {
    kind: definition.kind,
    apiVersion: apiVersionOf(definition),
    metadata: {
      resourceVersion: String(version),
      creationTimestamp: null,
      ...(annotations === undefined ? {} : { annotations }),
    },
  };
}
