import { describe, expect, test } from 'vitest';
import type { AbsentReading } from '../../../src/decide/types.ts';
import { absent } from '../../../src/sources/absence.ts';
import { Slots } from '../../../src/base/slots.ts';
import { SourceGate, type Attempt } from '../../../src/sources/source-gate.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';

const good: Attempt<string> = { result: 'value', health: 'good' };
const broken: Attempt<string> = { result: absent('Unreachable', 'no connection'), health: 'bad' };
const never = new AbortController().signal;

function setUp(maxConcurrent = 2) {
  const clock = new FakeClock();
  const seen: string[] = [];
  const gate = new SourceGate(
    { name: 'prometheus/default', timeoutMs: 5000, maxConcurrent, breaker: { failures: 3, openMs: 1000 } },
    {
      clock,
      random: () => 1,
      observer: {
        sourceRequest: (source, durationMs, absence) => seen.push(`${source} ${durationMs} ${absence ?? 'ok'}`),
      },
    },
  );
  let running = 0;
  let most = 0;
  let requests = 0;
  const work = (ms: number, attempt: Attempt<string>) => (signal: AbortSignal) => {
    requests++;
    running++;
    most = Math.max(most, running);
    return new Promise<Attempt<string>>((resolve) => {
      const finish = (outcome: Attempt<string>) => {
        cancel();
        running--;
        resolve(outcome);
      };
      const cancel = clock.setTimer(ms, () => finish(attempt));
      signal.addEventListener('abort', () => finish(broken), { once: true });
    });
  };
  return { clock, gate, seen, work, most: () => most, requests: () => requests };
}

const reasonOf = (result: string | AbsentReading) => (typeof result === 'string' ? result : result.reason);

describe('SourceGate', () => {
  test('lets so many through at once, the others in turn', async () => {
    const { clock, gate, work, most, requests } = setUp(2);
    const reads = Array.from({ length: 6 }, () => gate.run(never, work(100, good)));
    await clock.advance(300);
    expect(await Promise.all(reads)).toEqual(Array.from({ length: 6 }, () => 'value'));
    expect([most(), requests()]).toEqual([2, 6]);
  });

  test('a source that hangs: readers get Timeout at the deadline, those in the queue too, later ones CircuitOpen at once', async () => {
    const { clock, gate, work, requests, seen } = setUp(3);
    const reads = Array.from({ length: 5 }, () => gate.run(never, work(60_000, good)));
    await clock.advance(4999);
    expect(requests()).toBe(3);
    await clock.advance(1);
    const answers = (await Promise.all(reads)).map(reasonOf);
    expect(answers.filter((reason) => reason === 'Timeout').length).toBeGreaterThanOrEqual(3);
    expect(new Set(answers)).not.toContain('value');
    // Three timed out in a row: the circuit is open, nobody waits and nobody asks.
    expect(gate.state).toBe('open');
    const before = clock.monotonic();
    const turnedAway = await gate.run(never, work(60_000, good));
    expect(turnedAway).toMatchObject({ reason: 'CircuitOpen', message: expect.stringContaining('Timeout') });
    expect(clock.monotonic()).toBe(before);
    expect(requests()).toBe(3);
    expect(seen).toEqual(Array.from({ length: 3 }, () => 'prometheus/default 5000 Timeout'));
  });

  test('while it is down, one request per opening tries it, however many ask', async () => {
    const { clock, gate, work, requests } = setUp(8);
    for (let count = 0; count < 3; count++) {
      const read = gate.run(never, work(1, broken));
      await clock.advance(1);
      await read;
    }
    expect(requests()).toBe(3);
    await clock.advance(1000);
    const reads = Array.from({ length: 50 }, () => gate.run(never, work(1, broken)));
    await clock.advance(1);
    const reasons = (await Promise.all(reads)).map(reasonOf);
    expect(reasons.filter((reason) => reason === 'Unreachable')).toHaveLength(1);
    expect(reasons.filter((reason) => reason === 'CircuitOpen')).toHaveLength(49);
    expect(requests()).toBe(4);
  });

  test('the circuit that opens empties the queue without asking', async () => {
    const { clock, gate, work, requests } = setUp(1);
    const reads = Array.from({ length: 10 }, () => gate.run(never, work(100, broken)));
    await clock.advance(300);
    expect((await Promise.all(reads)).map(reasonOf)).toEqual([
      ...Array.from({ length: 3 }, () => 'Unreachable'),
      ...Array.from({ length: 7 }, () => 'CircuitOpen'),
    ]);
    expect(requests()).toBe(3);
  });

  test('a reader that is called off leaves at once, from the queue or from its request, and says nothing about the source', async () => {
    const { clock, gate, work, requests } = setUp(1);
    const leaving = new AbortController();
    const reads = Array.from({ length: 5 }, () => gate.run(leaving.signal, work(60_000, good)));
    await settle();
    leaving.abort(new Error('shutdown'));
    expect((await Promise.all(reads)).map(reasonOf)).toEqual(Array.from({ length: 5 }, () => 'Timeout'));
    expect(requests()).toBe(1);
    expect(gate.state).toBe('closed');
    expect(clock.pendingTimers).toBe(0);
  });

  test('work that ignores its signal delays nobody but keeps its slot', async () => {
    const { clock, gate, work, requests } = setUp(1);
    let finish: (attempt: Attempt<string>) => void = () => undefined;
    const deaf = gate.run(never, () => new Promise<Attempt<string>>((resolve) => (finish = resolve)));
    await clock.advance(5000);
    expect(reasonOf(await deaf)).toBe('Timeout');
    const next = gate.run(never, work(1, good));
    await clock.advance(10);
    expect(requests()).toBe(0);
    finish(good);
    await clock.advance(10);
    expect(await next).toBe('value');
  });

  test('a source that was taken out is heard of no more, whatever comes of the request under way', async () => {
    const { clock, gate, work, seen } = setUp(1);
    const hangs = gate.run(never, work(60_000, good));
    await clock.advance(10);
    gate.retire();
    await clock.advance(5000);
    expect([reasonOf(await hangs), seen]).toEqual(['Timeout', []]);
  });

  test('work that throws frees its slot and its probe', async () => {
    const { clock, gate, work } = setUp(1);
    await expect(gate.run(never, () => Promise.reject(new Error('a bug')))).rejects.toThrow('a bug');
    const next = gate.run(never, work(1, good));
    await clock.advance(1);
    expect(await next).toBe('value');
  });
});

describe('Slots', () => {
  test('a full queue refuses, a slot given back twice counts once', async () => {
    const slots = new Slots(1, 1);
    const release = await slots.take(never);
    const queued = slots.take(never);
    expect(await slots.take(never)).toBe('full');
    if (typeof release !== 'function') throw new Error('no slot');
    release();
    release();
    const second = await queued;
    expect([slots.taken, slots.queued]).toEqual([1, 0]);
    if (typeof second !== 'function') throw new Error('no slot');
    second();
    expect(slots.taken).toBe(0);
  });

  test('an aborted signal takes nothing', async () => {
    const slots = new Slots(1, 1);
    expect(await slots.take(AbortSignal.abort())).toBe('aborted');
    expect(slots.taken).toBe(0);
  });
});
