import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readFrames, type WatchEvent } from '../../../src/kube/watch-frames.ts';

async function* cut(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let start = 0;
  for (let i = 0; start < bytes.length; i++) {
    const end = start + (sizes[i % sizes.length] ?? 1);
    yield bytes.subarray(start, end);
    start = end;
  }
}
const collect = async (events: AsyncIterable<WatchEvent>) => {
  const all: WatchEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
};
const lines = (events: readonly unknown[]) => Buffer.from(events.map((event) => `${JSON.stringify(event)}\n`).join(''));

describe('readFrames', () => {
  it('reads the same events however lines and characters are cut', async () => {
    const events = [
      { type: 'ADDED', object: { name: 'größe 😀' } },
      { type: 'MODIFIED', object: { text: 'a\nb' } },
      { type: 'DELETED', object: {} },
    ];
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 }), async (sizes) => {
        expect(await collect(readFrames(cut(lines(events), sizes)))).toEqual(events);
      }),
      { numRuns: 50 },
    );
  });

  it('takes a last line without a line end, and empty lines for a sign of life', async () => {
    const bytes = Buffer.from('\n\r\n{"type":"BOOKMARK","object":{}}');
    let signs = 0;
    expect(await collect(readFrames(cut(bytes, [4]), { onBytes: () => signs++ }))).toHaveLength(1);
    expect(signs).toBeGreaterThan(3);
  });

  it('does not hold a line without end', async () => {
    const endless = (async function* () {
      for (;;) yield Buffer.alloc(1000, 'x');
    })();
    await expect(collect(readFrames(endless, { maxLineBytes: 10_000 }))).rejects.toThrow('longer than 10000 bytes');
  });
});
