// A collection of an API server in memory: versions, pages, watch streams that a test may delay, cut, corrupt or hold back.
import { ApiStatusError } from '../../src/base/errors.ts';
import type { ListWatch, Query } from '../../src/kube/list-watch.ts';

export interface FakeObject {
  readonly metadata: { namespace: string; name: string; uid: string; resourceVersion: string };
  readonly [field: string]: unknown;
}

export class FakeStream implements AsyncIterable<Uint8Array> {
  readonly query: Query;
  closed = false;
  #chunks: Uint8Array[] = [];
  #wake: () => void = () => {};
  #end: { readonly error?: unknown } | undefined;

  constructor(query: Query, signal: AbortSignal) {
    this.query = query;
    signal.addEventListener('abort', () => this.fail(signal.reason), { once: true });
  }

  /** Raw bytes, however cut. */
  write(bytes: string | Uint8Array): void {
    this.#chunks.push(typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
    this.#wake();
  }

  send(type: string, object: unknown): void {
    this.write(`${JSON.stringify({ type, object })}\n`);
  }

  end(): void {
    this.#end ??= {};
    this.#wake();
  }

  fail(error: unknown): void {
    this.#end ??= { error };
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (;;) {
        const chunk = this.#chunks.shift();
        if (chunk) {
          yield chunk;
          continue;
        }
        if (this.#end) {
          if ('error' in this.#end) throw this.#end.error;
          return;
        }
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      this.closed = true;
    }
  }
}

export class FakeCollection implements ListWatch {
  readonly objects = new Map<string, FakeObject>();
  version = 100;
  readonly lists: Query[] = [];
  readonly watches: Query[] = [];
  readonly streams: FakeStream[] = [];
  /** Errors for the next lists and watches; undefined lets one pass. */
  readonly listFailures: (Error | undefined)[] = [];
  readonly watchFailures: (Error | undefined)[] = [];
  /** Watches starting below it get 410. */
  compactedBelow = 0;
  /** True: changes are not delivered to streams. */
  muted = false;
  /** Answers lists with this version instead of the newest, as a lagging server does. */
  listVersion: number | undefined;
  readonly kind: string;
  #uids = 0;

  constructor(kind = 'PodList') {
    this.kind = kind;
  }

  put(name: string, fields: Record<string, unknown> = {}, namespace = 'shop'): FakeObject {
    const key = `${namespace}/${name}`;
    const before = this.objects.get(key);
    const { metadata: extra, ...rest } = fields as { metadata?: Record<string, unknown> };
    const metadata = {
      namespace,
      name,
      uid: before?.metadata.uid ?? `uid-${++this.#uids}`,
      resourceVersion: String(++this.version),
      ...extra,
    };
    const object = { metadata, ...rest };
    this.objects.set(key, object);
    this.#deliver(before ? 'MODIFIED' : 'ADDED', object);
    return object;
  }

  delete(name: string, namespace = 'shop'): void {
    const key = `${namespace}/${name}`;
    const before = this.objects.get(key);
    if (!before) throw new Error(`no ${key}`);
    this.objects.delete(key);
    this.#deliver('DELETED', { ...before, metadata: { ...before.metadata, resourceVersion: String(++this.version) } });
  }

  /** The stream opened last. */
  get stream(): FakeStream {
    const last = this.streams.at(-1);
    if (!last) throw new Error('no watch was opened');
    return last;
  }

  get openStreams(): number {
    return this.streams.filter((stream) => !stream.closed).length;
  }

  list(query: Query, _metadataOnly: boolean, signal: AbortSignal): Promise<unknown> {
    this.lists.push(query);
    signal.throwIfAborted();
    const failure = this.listFailures.shift();
    if (failure) return Promise.reject(failure);
    const all = [...this.objects.values()];
    const start = Number(query['continue'] ?? 0);
    const end = start + Number(query['limit'] ?? all.length);
    const resourceVersion = String(this.listVersion ?? this.version);
    const metadata = end < all.length ? { resourceVersion, continue: String(end) } : { resourceVersion };
    return Promise.resolve({ kind: this.kind, metadata, items: structuredClone(all.slice(start, end)) });
  }

  watch(query: Query, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    this.watches.push(query);
    signal.throwIfAborted();
    const failure = this.watchFailures.shift();
    if (failure) return Promise.reject(failure);
    if (Number(query['resourceVersion']) < this.compactedBelow) {
      return Promise.reject(new ApiStatusError(410, 'Expired', 'too old resource version'));
    }
    const stream = new FakeStream(query, signal);
    this.streams.push(stream);
    return Promise.resolve(stream);
  }

  #deliver(type: string, object: FakeObject): void {
    if (this.muted) return;
    for (const stream of this.streams) if (!stream.closed) stream.send(type, object);
  }
}
