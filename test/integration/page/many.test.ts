// The page with many targets and many readers, over real sockets: what it costs the one event loop that decisions run on.
import { createHistogram } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it } from 'vitest';
import { ask, follow, type OpenStream } from '../../support/page-client.ts';
import { cycleOf, drawTargets, type PageStage, servePage } from '../../support/page-stage.ts';
import { pause } from '../../support/running-app.ts';

let stage: PageStage;
const streams: OpenStream[] = [];
afterEach(async () => {
  for (const stream of streams.splice(0)) stream.close();
  await stage.close();
});

function decideAll(round: number): void {
  for (const target of stage.targets.values()) stage.observer.concluded(cycleOf(target, round));
}

async function until(what: string, condition: () => boolean): Promise<void> {
  const end = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`not within 20 s: ${what}`);
    await pause(20);
  }
}

/** Bytes of what is live: garbage of a quick machine says nothing of what is kept. */
function liveBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** The longest that the event loop was held up while something went on, in milliseconds. */
async function longestTurn(work: Promise<unknown>): Promise<number> {
  const turns = createHistogram();
  const over = { isIt: false };
  const ended = work.finally(() => {
    over.isIt = true;
  });
  for (let at = performance.now(); !over.isIt; ) {
    await nextTurn();
    const now = performance.now();
    turns.record(Math.max(1, Math.round((now - at) * 1000)));
    at = now;
  }
  await ended;
  return turns.max / 1000;
}

describe('5,000 targets', () => {
  it('are listed in one answer without holding up the event loop', async () => {
    stage = await servePage(drawTargets(5000));
    decideAll(1);
    decideAll(2);
    const headers = { 'accept-encoding': 'gzip' };
    // Compiled first: what is measured is a controller that has been running. Then the best of three, since others use this machine.
    await ask(stage.port, '/api/v1/targets', { headers });
    const blocks: number[] = [];
    let tookMs = 0;
    let bytes: Buffer = Buffer.alloc(0);
    for (let count = 0; count < 3; count++) {
      await pause(3000);
      const since = performance.now();
      const answer = ask(stage.port, '/api/v1/targets', { headers });
      blocks.push(await longestTurn(answer));
      tookMs = performance.now() - since;
      ({ bytes } = await answer);
    }
    const blockedMs = Math.min(...blocks);
    const plain = await ask(stage.port, '/api/v1/targets');
    expect((JSON.parse(plain.text) as { targets: unknown[] }).targets).toHaveLength(5000);
    expect({ blockedMs, isShort: blockedMs < 50 }).toEqual({ blockedMs, isShort: true });
    expect({ tookMs, isSoon: tookMs < 2000 }).toEqual({ tookMs, isSoon: true });
    expect(bytes.length).toBeLessThan(plain.bytes.length / 5);
  });
});

describe('live streams', () => {
  it('200 that do not read slow down neither decisions nor those that read, and take no memory for what they miss', async () => {
    stage = await servePage(drawTargets(1000));
    for (let round = 0; round < 20; round++) decideAll(round);
    const timeOf = async (round: number) => {
      const since = performance.now();
      decideAll(round);
      const tookMs = performance.now() - since;
      await pause(250);
      return tookMs;
    };
    const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
    const alone: number[] = [];
    for (let round = 20; round < 28; round++) alone.push(await timeOf(round));

    for (let index = 0; index < 200; index++) {
      const slow = await follow(stage.port);
      slow.pause();
      streams.push(slow);
    }
    const reader = await follow(stage.port);
    streams.push(reader);
    expect(stage.feed.streams).toBe(201);
    decideAll(30);
    await until(
      'the reader has all',
      () => new Set(reader.events.map(({ data }) => 'name' in data && data.name)).size === 1000,
    );
    for (let round = 31; round < 35; round++) await timeOf(round);
    const before = liveBytes();
    const beside: number[] = [];
    for (let round = 35; round < 55; round++) beside.push(await timeOf(round));
    const after = liveBytes();
    // A thousand rows for each of 200 streams in each of twenty rounds would be two gigabytes.
    const grownMiB = (after - before) / 1_048_576;
    expect({ grownMiB, isBounded: grownMiB < 60 }).toEqual({ grownMiB, isBounded: true });
    const [quiet, busy] = [median(alone), median(beside)];
    expect({ quiet, busy, isAsQuick: busy < quiet * 2 + 10 }).toEqual({ quiet, busy, isAsQuick: true });
    // The reader was not held up by the others.
    const last = reader.events.at(-1);
    await until('the reader is up to date', () => (reader.events.at(-1)?.atMs ?? 0) >= (last?.atMs ?? 0));

    // Who reads again learns that something was left out, and goes on.
    const slow = streams[0];
    slow?.resume();
    decideAll(55);
    await until('resync', () => slow?.events.some(({ event }) => event === 'resync') === true);
    const seen = slow?.events.length ?? 0;
    decideAll(56);
    await until('it follows', () => (slow?.events.length ?? 0) > seen);
  }, 90_000);

  it('beyond the limit are asked to come back', async () => {
    stage = await servePage(drawTargets(1), 2);
    streams.push(await follow(stage.port), await follow(stage.port));
    const refused = await ask(stage.port, '/api/v1/events');
    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '10' } });
    streams.pop()?.close();
    await until('a place is free', () => stage.feed.streams === 1);
    const next = await follow(stage.port);
    streams.push(next);
    expect(next.status).toBe(200);
  });

  it('go on where they broke, from a list or another stream', async () => {
    stage = await servePage(drawTargets(3));
    decideAll(0);
    const { controller } = JSON.parse((await ask(stage.port, '/api/v1/targets')).text) as {
      controller: { eventId: string };
    };
    const [first] = stage.targets.values();
    if (first) stage.observer.concluded(cycleOf(first, 1));
    const afterList = await follow(stage.port, `/api/v1/events?lastEventId=${controller.eventId}`);
    streams.push(afterList);
    await until('what came after the list', () => afterList.events.length === 1);
    expect(afterList.events[0]).toMatchObject({ event: 'target', data: { name: 'web-0' } });

    const lastId = afterList.lastId();
    afterList.close();
    await until('it is gone', () => stage.feed.streams === 0);
    decideAll(2);
    decideAll(3);
    const again = await follow(stage.port, '/api/v1/events', { 'last-event-id': lastId });
    streams.push(again);
    // Each target once: the newest.
    await until('what was missed', () => again.events.length === 3);
    expect(again.text()).toMatch(/^retry: 2000\n/);

    const foreign = await follow(stage.port, '/api/v1/events', { 'last-event-id': 'other-5' });
    streams.push(foreign);
    await until('resync', () => foreign.events[0]?.event === 'resync');
  });
});
