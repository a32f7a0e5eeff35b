import { describe, expect, test } from 'vitest';
import { SharedReads } from '../../../src/sources/shared.ts';
import { RecordingTracer } from '../../support/recorded-spans.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';

const never = new AbortController().signal;

function setUp(limits: ConstructorParameters<typeof SharedReads>[1] = {}) {
  const clock = new FakeClock();
  const shared = new SharedReads<string>(clock, limits);
  let requests = 0;
  const signals: AbortSignal[] = [];
  /** A request that answers after `ms`. */
  const slow = (ms: number, answer?: string) => (signal: AbortSignal) => {
    const number = ++requests;
    signals.push(signal);
    return new Promise<string>((resolve) => {
      clock.setTimer(ms, () => resolve(answer ?? `answer ${number}`));
    });
  };
  return { clock, shared, slow, signals, requests: () => requests };
}

describe('SharedReads', () => {
  test('500 askers of one key and tick make one request, in flight or finished', async () => {
    const { clock, shared, slow, requests } = setUp();
    const tick = clock.now();
    const early = Array.from({ length: 250 }, () => shared.read('q', { tickMs: tick }, never, slow(50)));
    await clock.advance(50);
    const late = Array.from({ length: 250 }, () => shared.read('q', { tickMs: tick }, never, slow(50)));
    await clock.advance(50);
    expect(new Set(await Promise.all([...early, ...late]))).toEqual(new Set(['answer 1']));
    expect(requests()).toBe(1);
  });

  test('other keys and other ticks ask for themselves: ten ticks, two keys, twenty requests', async () => {
    const { clock, shared, slow, requests } = setUp();
    for (let tick = 0; tick < 10; tick++) {
      const now = clock.now();
      for (let asker = 0; asker < 3; asker++) {
        for (const key of ['a', 'b']) void shared.read(key, { tickMs: now }, never, slow(10));
      }
      await clock.advance(15_000);
    }
    expect(requests()).toBe(20);
  });

  test('a failure is shared too: nobody asks again within the tick', async () => {
    const { clock, shared, requests, slow } = setUp();
    const fail = (signal: AbortSignal) => slow(5)(signal).then(() => Promise.reject(new Error('down')));
    const reads = [
      shared.read('q', { tickMs: clock.now() }, never, fail),
      shared.read('q', { tickMs: clock.now() }, never, fail),
    ];
    const outcomes = Promise.allSettled(reads);
    await clock.advance(5);
    expect((await outcomes).map((outcome) => outcome.status)).toEqual(['rejected', 'rejected']);
    await expect(shared.read('q', { tickMs: clock.now() - 5 }, never, fail)).rejects.toThrow('down');
    expect(requests()).toBe(1);
  });

  describe('ticks that differ', () => {
    test('share when the request began at or after the tick of the asker and the ticks are near', async () => {
      const { clock, shared, slow, requests } = setUp();
      const tick = clock.now();
      // The first target is decided 300 ms late.
      await clock.advance(300);
      void shared.read('q', { tickMs: tick }, never, slow(10));
      await clock.advance(20);
      // Its tick is 100 ms later than the first one's, but the request began after it.
      expect(await shared.read('q', { tickMs: tick + 100 }, never, slow(10))).toBe('answer 1');
      expect(requests()).toBe(1);
    });

    test('do not share when the request began before the tick of the asker', async () => {
      const { clock, shared, slow, requests } = setUp();
      const tick = clock.now();
      void shared.read('q', { tickMs: tick }, never, slow(10));
      await clock.advance(100);
      void shared.read('q', { tickMs: tick + 100 }, never, slow(10));
      expect(requests()).toBe(2);
    });

    test('do not share when the ticks are further apart than the slack', async () => {
      const { clock, shared, slow, requests } = setUp({ slackMs: 900 });
      const tick = clock.now();
      await clock.advance(2000);
      void shared.read('q', { tickMs: tick + 2000 }, never, slow(10));
      void shared.read('q', { tickMs: tick + 1100 }, never, slow(10));
      expect(requests()).toBe(1);
      void shared.read('q', { tickMs: tick + 1099 }, never, slow(10));
      expect(requests()).toBe(2);
    });

    test('a target with a period of one second never gets its last answer again', async () => {
      const { clock, shared, slow } = setUp();
      const answers: (string | undefined)[] = [];
      for (let second = 0; second < 5; second++) {
        const read = shared.read('q', { tickMs: clock.now() }, never, slow(10));
        await clock.advance(1000);
        answers.push(await read);
      }
      expect(answers).toEqual(['answer 1', 'answer 2', 'answer 3', 'answer 4', 'answer 5']);
    });
  });

  test('finished answers go after a while, answers under way stay until they are there', async () => {
    const { clock, shared, slow, requests } = setUp({ retainMs: 10_000 });
    const tick = clock.now();
    void shared.read('fast', { tickMs: tick }, never, slow(10));
    const hanging = shared.read('hanging', { tickMs: tick }, never, slow(60_000));
    await clock.advance(10_000);
    void shared.read('hanging', { tickMs: tick }, never, slow(10));
    expect(requests()).toBe(2);
    // The fast one is gone, and asked for anew.
    expect(shared.size).toBe(1);
    void shared.read('fast', { tickMs: tick }, never, slow(10));
    expect(requests()).toBe(3);
    await clock.advance(50_000);
    expect(await hanging).toBe('answer 2');
  });

  test('is bounded: the oldest go first, those who wait for them still get their answer', async () => {
    const { clock, shared, slow } = setUp({ maxEntries: 3 });
    const reads = ['a', 'b', 'c', 'd', 'e'].map((key) => shared.read(key, { tickMs: clock.now() }, never, slow(10)));
    expect(shared.size).toBe(3);
    await clock.advance(10);
    expect(await Promise.all(reads)).toHaveLength(5);
  });

  describe('signals', () => {
    test('an asker whose signal aborts leaves at once, the others get the answer', async () => {
      const { clock, shared, slow, signals } = setUp();
      const leaving = new AbortController();
      const first = shared.read('q', { tickMs: clock.now() }, leaving.signal, slow(50));
      const second = shared.read('q', { tickMs: clock.now() }, never, slow(50));
      leaving.abort(new Error('shutdown'));
      expect(await first).toBeUndefined();
      expect(signals[0]?.aborted).toBe(false);
      await clock.advance(50);
      expect(await second).toBe('answer 1');
    });

    test('when the last asker leaves, the request is called off', async () => {
      const { clock, shared, slow, signals } = setUp();
      const leaving = new AbortController();
      const reads = [1, 2].map(() => shared.read('q', { tickMs: clock.now() }, leaving.signal, slow(50)));
      leaving.abort(new Error('shutdown'));
      await Promise.all(reads);
      expect(signals[0]?.aborted).toBe(true);
    });

    test('an asker that comes when all others have given up asks anew, and does not hear that they did', async () => {
      const { clock, shared, slow, requests } = setUp();
      const leaving = new AbortController();
      const tick = clock.now();
      const left = shared.read('q', { tickMs: tick }, leaving.signal, slow(50));
      leaving.abort(new Error('shutdown'));
      expect(await left).toBeUndefined();
      const next = shared.read('q', { tickMs: tick }, never, slow(20));
      await clock.advance(60);
      expect(await next).toBe('answer 2');
      expect(requests()).toBe(2);
    });

    test('an asker that comes with an aborted signal asks for nothing', async () => {
      const { clock, shared, slow, requests } = setUp();
      expect(await shared.read('q', { tickMs: clock.now() }, AbortSignal.abort(), slow(1))).toBeUndefined();
      expect(requests()).toBe(0);
    });

    test('no listeners pile up on a long-lived signal', async () => {
      const { clock, shared, slow } = setUp();
      const life = new AbortController();
      let listeners = 0;
      const add = life.signal.addEventListener.bind(life.signal);
      const remove = life.signal.removeEventListener.bind(life.signal);
      life.signal.addEventListener = (...args: Parameters<typeof add>) => {
        listeners++;
        add(...args);
      };
      life.signal.removeEventListener = (...args: Parameters<typeof remove>) => {
        listeners--;
        remove(...args);
      };
      for (let round = 0; round < 20; round++) {
        const read = shared.read('q', { tickMs: clock.now() }, life.signal, slow(1));
        await clock.advance(15_000);
        await read;
      }
      await settle();
      expect(listeners).toBe(0);
    });
  });

  test('tells who joins a read which read asked for it', async () => {
    const { clock, shared, slow } = setUp();
    const tracer = new RecordingTracer();
    const askers = ['first', 'second', 'third'].map((name) => ({
      tickMs: clock.now(),
      span: tracer.start(name, {}, { 'setpoint.read.shared': false }),
    }));
    const reads = askers.map((asker) => shared.read('q', asker, never, slow(10)));
    await clock.advance(10);
    await Promise.all(reads);
    const [first, ...others] = tracer.spans;
    expect(first).toMatchObject({ attributes: { 'setpoint.read.shared': false }, links: [] });
    for (const { attributes, links } of others) {
      expect([attributes['setpoint.read.shared'], links]).toEqual([true, [first?.origin]]);
    }
  });
});
