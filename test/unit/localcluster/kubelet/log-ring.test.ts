// The last lines of a container.
import { expect, test } from 'vitest';
import { LogRing } from '../../../../src/localcluster/kubelet/log-ring.ts';

const texts = (ring: LogRing, options = {}) => ring.lines(options).map((line) => line.text);

test('lines are put together from pieces, per stream', () => {
  const ring = new LogRing(() => 0);
  ring.write('stdout', 'he');
  ring.write('stderr', 'oops\n');
  ring.write('stdout', 'llo\n\nwor');
  expect(texts(ring)).toEqual(['oops', 'hello', '']);
  ring.end('stdout');
  ring.end('stdout');
  expect(texts(ring)).toEqual(['oops', 'hello', '', 'wor']);
});

test('by number and by time', () => {
  let now = 0;
  const ring = new LogRing(() => now++);
  ring.write('stdout', 'a\nb\nc\nd\n');
  expect(texts(ring, { tailLines: 2 })).toEqual(['c', 'd']);
  expect(texts(ring, { tailLines: 0 })).toEqual([]);
  expect(texts(ring, { sinceMs: 3 })).toEqual(['d']);
});

test('old lines are dropped and endless ones cut', () => {
  const ring = new LogRing(() => 0);
  for (let index = 0; index < 10_000; index++) ring.write('stdout', `${index}\n`);
  expect(ring.lines().length).toBeLessThanOrEqual(4_000);
  expect(texts(ring, { tailLines: 1 })).toEqual(['9999']);
  ring.write('stderr', 'x'.repeat(100_000));
  expect(texts(ring, { tailLines: 1 })[0]).toHaveLength(16_384);
});

test('followers see new lines until they stop', () => {
  const ring = new LogRing(() => 0);
  const seen: string[] = [];
  const stop = ring.follow((line) => seen.push(line.text));
  ring.write('stdout', 'a\n');
  stop();
  ring.write('stdout', 'b\n');
  expect(seen).toEqual(['a']);
});
