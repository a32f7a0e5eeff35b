import { describe, expect, it } from 'vitest';
import type { TargetRow, TargetUpdate } from '../../../src/server/api-types.ts';
import { Feed, type FeedOptions, type Sink, type StreamOptions } from '../../../src/server/feed.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { target } from '../../support/targets.ts';

const EVERYTHING = { id: 'all', allows: () => true };

/** Takes what it is given until it is told to be full. */
class TestSink implements Sink {
  text = '';
  isFull = false;
  isCut = false;
  isEnded = false;

  write(content: string | Uint8Array): boolean {
    this.text += typeof content === 'string' ? content : Buffer.from(content).toString();
    return !this.isFull;
  }
  end(): void {
    this.isEnded = true;
  }
  cut(): void {
    this.isCut = true;
  }
  /** Event and data since the last call. */
  take(): string[] {
    const blocks = this.text.split('\n\n').filter((block) => block.includes('event: '));
    this.text = '';
    return blocks.map((block) => block.replace(/^id: .*\n/, '').replace(/^event: (.*)\ndata: /, '$1 '));
  }
}

function create(changes: Partial<FeedOptions> = {}) {
  const clock = new FakeClock();
  /** By key: what its row says; a key that is not there is gone. */
  const sizes = new Map<string, number>([
    ['shop/web', 1],
    ['shop/api', 1],
    ['bank/ledger', 1],
  ]);
  let rows = 0;
  const views = {
    find: (key: string) => {
      const [namespace = '', name = ''] = key.split('/');
      return sizes.has(key) ? target({ namespace, name }) : undefined;
    },
    row: ({ key }: { key: string }) => {
      rows += 1;
      return { size: sizes.get(key) } as unknown as TargetRow;
    },
    update: ({ key }: { key: string }) => ({ detail: sizes.get(key) }) as unknown as TargetUpdate,
  };
  const feed = new Feed({ views, clock, id: 'f', maxStreams: 3, ...changes });
  const set = (key: string, size: number) => {
    sizes.set(key, size);
    feed.touch(key);
  };
  const open = (options: Partial<StreamOptions> = {}) => {
    const sink = new TestSink();
    const given = { only: undefined, lastEventId: undefined, endsAfterMs: undefined, scope: EVERYTHING, ...options };
    return { sink, stream: feed.open({ sink, ...given }) };
  };
  const drop = (key: string) => {
    sizes.delete(key);
    feed.touch(key);
  };
  return { clock, feed, set, drop, open, rows: () => rows };
}

describe('live feed', () => {
  it('tells the newest of each target a few times a second, made once for all streams', async () => {
    const { clock, set, open, rows } = create();
    const [one, other] = [open(), open()];
    for (let size = 2; size < 50; size++) set('shop/web', size);
    set('shop/api', 7);
    expect(one.sink.take()).toEqual([]);
    await clock.advance(200);
    expect(one.sink.take()).toEqual(['target {"size":49}', 'target {"size":7}']);
    expect(other.sink.take()).toEqual(['target {"size":49}', 'target {"size":7}']);
    expect(rows()).toBe(2);
  });

  it('does nothing while nobody listens', async () => {
    const { clock, feed, set, rows } = create();
    set('shop/web', 2);
    await clock.advance(60_000);
    expect(rows()).toBe(0);
    expect(clock.pendingTimers).toBe(0);
    expect(feed.streams).toBe(0);
  });

  it('tells only what may be seen, of one target in detail, and what is gone', async () => {
    const { clock, set, drop, open } = create();
    const shop = open({ scope: { id: 'shop', allows: (namespace) => namespace === 'shop' } });
    const web = open({ only: 'shop/web' });
    set('bank/ledger', 2);
    set('shop/web', 3);
    drop('shop/api');
    await clock.advance(200);
    expect(shop.sink.take()).toEqual(['target {"size":3}', 'gone {"namespace":"shop","name":"api"}']);
    expect(web.sink.take()).toEqual(['detail {"detail":3}']);
  });

  it('leaves out what comes while a stream takes nothing, and tells the newest when it does again', async () => {
    const { clock, set, open } = create();
    const { sink, stream } = open();
    sink.isFull = true;
    set('shop/web', 2);
    await clock.advance(200);
    expect(sink.take()).toEqual(['target {"size":2}']);
    for (let size = 3; size < 9; size++) {
      set('shop/web', size);
      await clock.advance(200);
    }
    expect(sink.take()).toEqual([]);
    sink.isFull = false;
    stream?.ready();
    expect(sink.take()).toEqual(['target {"size":8}']);
  });

  it('never tells an older state as a newer one, whoever was told in between', async () => {
    const { clock, set, open } = create();
    const [quick, slow] = [open(), open()];
    slow.sink.isFull = true;
    set('shop/api', 2);
    set('shop/web', 2);
    await clock.advance(200);
    slow.sink.take();
    set('shop/web', 3);
    await clock.advance(200);
    set('shop/web', 4);
    slow.sink.isFull = false;
    slow.stream?.ready();
    await clock.advance(200);
    expect(slow.sink.take().at(-1)).toBe('target {"size":4}');
    expect(quick.sink.take().at(-1)).toBe('target {"size":4}');
  });

  it('says resync to who is too far behind, and to all when another process decides', async () => {
    const { clock, feed, set, open } = create({ maxChanges: 10 });
    const { sink, stream } = open();
    sink.isFull = true;
    set('shop/web', 2);
    await clock.advance(200);
    for (let size = 0; size < 20; size++) set(`shop/t-${size}`, size);
    await clock.advance(200);
    sink.take();
    sink.isFull = false;
    stream?.ready();
    expect(sink.take()).toEqual(['resync {}']);
    feed.resync();
    await clock.advance(200);
    expect(sink.take()).toEqual(['resync {}']);
  });

  it('says resync of one target that was told of twice, since its journal has more than the newest', async () => {
    const { clock, set, open } = create();
    const { sink, stream } = open({ only: 'shop/web' });
    sink.isFull = true;
    set('shop/web', 2);
    await clock.advance(200);
    sink.take();
    set('shop/web', 3);
    set('shop/web', 4);
    sink.isFull = false;
    stream?.ready();
    expect(sink.take()).toEqual(['resync {}']);
  });

  it('cuts a stream that takes nothing for half a minute; the others are kept alive', async () => {
    const { clock, feed, set, open } = create();
    const [stuck, alive] = [open(), open()];
    stuck.sink.isFull = true;
    set('shop/web', 2);
    await clock.advance(61_000);
    expect([stuck.sink.isCut, alive.sink.isCut]).toEqual([true, false]);
    expect(feed.streams).toBe(1);
    expect(alive.sink.text.match(/^:$/gm)?.length).toBeGreaterThanOrEqual(3);
  });

  it('ends a stream when what its reader may see is to be asked again', async () => {
    const { clock, open } = create();
    const { sink } = open({ endsAfterMs: 20_000 });
    await clock.advance(46_000);
    expect(sink.isEnded).toBe(true);
  });

  it('has room for so many, and for none when it is closed', () => {
    const { feed, open } = create();
    const streams = [open(), open(), open()];
    expect(open().stream).toBeUndefined();
    streams[0]?.stream?.closed();
    expect(open().stream).toBeDefined();
    feed.close();
    expect(streams.map(({ sink }) => sink.isEnded)).toEqual([false, true, true]);
    expect(open().stream).toBeUndefined();
  });

  it('remembers for a minute after the last stream, and not longer', async () => {
    const { clock, set, open } = create();
    const first = open();
    set('shop/web', 2);
    await clock.advance(200);
    const id = /id: (f-\d+)\nevent/.exec(first.sink.text)?.[1];
    first.stream?.closed();
    set('shop/web', 3);
    const soon = open({ lastEventId: id });
    expect(soon.sink.take()).toEqual(['target {"size":3}']);
    soon.stream?.closed();
    await clock.advance(61_000);
    set('shop/web', 4);
    expect(open({ lastEventId: id }).sink.take()).toEqual(['resync {}']);
  });
});
