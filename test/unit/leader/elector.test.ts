import { afterEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../../src/base/clock.ts';
import { ApiStatusError, SetpointError } from '../../../src/base/errors.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { Elector, type ElectorOptions } from '../../../src/leader/elector.ts';
import type { LeaseRecord, LeaseStore } from '../../../src/leader/lease-store.ts';
import { DEFAULT_LEASE_TIMES, leaseTimeFaults } from '../../../src/leader/lease-times.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { MemoryLeaseStore } from '../../support/memory-lease-store.ts';
import { PausableClock } from '../../support/pausable-clock.ts';

const electors: Elector[] = [];
afterEach(async () => {
  await Promise.all(electors.splice(0).map((elector) => Promise.race([elector.stop(), Promise.resolve()])));
});

function elect(clock: Clock, store: LeaseStore, identity: string, options: Partial<ElectorOptions> = {}) {
  const changes: string[] = [];
  const elector = new Elector({
    ...DEFAULT_LEASE_TIMES,
    store,
    clock,
    random: () => 0.5,
    logger: silentLogger,
    identity,
    onLeading: (isLeading) => changes.push(`${clock.monotonic()} ${isLeading ? 'leads' : 'ceases'}`),
    ...options,
  });
  electors.push(elector);
  const outcome = elector.acquire().then(
    () => 'leads',
    (error: SetpointError) => error.code,
  );
  let lost: SetpointError | undefined;
  void (async () => {
    lost = await elector.lost;
  })();
  return { elector, outcome, changes, lost: () => lost?.message };
}

const heldBy = (holderIdentity: string, changes: Partial<LeaseRecord> = {}): LeaseRecord => ({
  holderIdentity,
  leaseDurationSeconds: 15,
  acquireTime: '2001-01-01T00:00:00.000000Z',
  renewTime: '2001-01-01T00:00:00.000000Z',
  leaseTransitions: 3,
  ...changes,
});

/** Without a watch, as a store that only polls. */
function polled(store: MemoryLeaseStore): LeaseStore {
  return {
    get: (signal) => store.get(signal),
    create: (record, signal) => store.create(record, signal),
    update: (record, version, signal) => store.update(record, version, signal),
  };
}

describe('acquiring', () => {
  it.each<[name: string, record: LeaseRecord | undefined, leadsAfterMs: number, transitions: number]>([
    ['no Lease yet', undefined, 0, 0],
    ['a released Lease', heldBy(''), 0, 4],
    ['its own Lease, from before a restart', heldBy('a'), 0, 3],
    [
      'a Lease of another: a full duration since it was first seen, however old its times say it is',
      heldBy('b'),
      15_000,
      4,
    ],
    [
      'a Lease of another with a time far in the future',
      heldBy('b', { renewTime: '2099-01-01T00:00:00.000000Z' }),
      15_000,
      4,
    ],
    ['a Lease of another with a shorter duration, which counts', heldBy('b', { leaseDurationSeconds: 4 }), 4000, 4],
    ['a Lease of another without a duration: ours counts', heldBy('b', { leaseDurationSeconds: 0 }), 15_000, 4],
  ])('%s', async (_name, record, leadsAfterMs, transitions) => {
    const clock = new FakeClock();
    const store = new MemoryLeaseStore();
    store.set(record);
    const { elector, changes } = elect(clock, store, 'a');
    await clock.advance(leadsAfterMs + 1);
    expect(changes).toEqual([`${leadsAfterMs} leads`]);
    expect(elector.gate.epoch).toBe(transitions);
    expect(store.lease?.record).toMatchObject({
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      leaseTransitions: transitions,
    });
    expect(store.lease?.record.renewTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  });

  it('tells how often the Lease changed its holder, as candidate and as leader', async () => {
    const clock = new FakeClock();
    const store = new MemoryLeaseStore();
    store.set(heldBy('b', { leaseTransitions: 6 }));
    const told: number[] = [];
    elect(clock, store, 'a', { onTransitions: (transitions) => told.push(transitions) });
    await clock.advance(1);
    expect(told).toEqual([6]);
    await clock.advance(15_000);
    expect(told.at(-1)).toBe(7);
  });

  it('asks every 2.0 to 4.4 s without a watch, and takes a released Lease at the next try', async () => {
    const clock = new FakeClock();
    const store = new MemoryLeaseStore();
    store.set(heldBy('b'));
    const { changes } = elect(clock, polled(store), 'a', { random: () => 1 });
    await clock.advance(4399);
    expect(store.calls.get).toBe(1);
    await clock.advance(1);
    expect(store.calls.get).toBe(2);
    store.set(heldBy(''));
    await clock.advance(4400);
    expect(changes).toEqual(['8800 leads']);
  });

  it('with a watch takes a released Lease at once', async () => {
    const clock = new FakeClock();
    const store = new MemoryLeaseStore();
    store.set(heldBy('b'));
    const { changes } = elect(clock, store, 'a');
    await clock.advance(500);
    store.set(heldBy(''));
    await clock.advance(0);
    expect(changes).toEqual(['500 leads']);
  });

  it('tries again while the API server is away', async () => {
    const clock = new FakeClock();
    const store = new MemoryLeaseStore();
    const get = store.get.bind(store);
    let failures = 3;
    store.get = (signal) => (failures-- > 0 ? Promise.reject(new SetpointError('Network', 'no')) : get(signal));
    const { changes } = elect(clock, polled(store), 'a', { random: () => 0 });
    await clock.advance(10_000);
    expect(changes).toEqual(['6000 leads']);
  });

  it('a faster rival wins', async () => {
    const clock = new FakeClock();
    const store = new MemoryLeaseStore();
    const get = store.get.bind(store);
    store.get = async (signal) => {
      const found = await get(signal);
      store.set(heldBy('b'));
      return found;
    };
    const { changes, elector } = elect(clock, polled(store), 'a');
    await clock.advance(4000);
    expect(changes).toEqual([]);
    expect(elector.leader).toBe('b');
  });

  it('does not take a Lease that was deleted under a living leader before its time', async () => {
    const clock = new FakeClock();
    const store = new MemoryLeaseStore();
    store.set(heldBy('b'));
    const { changes } = elect(clock, polled(store), 'a');
    await clock.advance(1000);
    store.set(undefined);
    await clock.advance(13_000);
    expect(changes).toEqual([]);
    await clock.advance(4000);
    expect(changes).toHaveLength(1);
  });

  it('a candidate that is stopped never leads and leaves nothing behind', async () => {
    const clock = new FakeClock();
    const store = new MemoryLeaseStore();
    store.set(heldBy('b'));
    const { elector, outcome } = elect(clock, store, 'a');
    await clock.advance(1000);
    await elector.stop();
    expect(await outcome).toBe('Cancelled');
    expect(clock.pendingTimers).toBe(0);
    expect(store.lease?.record.holderIdentity).toBe('b');
  });
});

it('a candidate that is stopped while its write is under way gives back what it may have taken', async () => {
  const clock = new FakeClock();
  const store = new MemoryLeaseStore();
  const create = store.create.bind(store);
  // The write takes effect; its answer never comes.
  store.create = async (record, signal) => {
    await create(record, signal);
    return await new Promise<never>((_resolve, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason as Error)),
    );
  };
  const { elector, outcome } = elect(clock, store, 'a');
  await clock.advance(100);
  expect(store.lease?.record.holderIdentity).toBe('a');
  await elector.stop();
  expect(await outcome).toBe('Cancelled');
  expect(store.lease?.record.holderIdentity).toBe('');
  await elector.stop();
  expect(store.calls.update).toBe(1);
});

describe('leading', () => {
  async function leader(options: Partial<ElectorOptions> = {}) {
    const clock = new FakeClock();
    const store = new MemoryLeaseStore();
    const one = elect(clock, store, 'a', options);
    await clock.advance(0);
    return { clock, store, ...one };
  }

  it('renews every 2 s with one request each', async () => {
    const { clock, store } = await leader();
    expect(store.calls).toEqual({ get: 1, create: 1, update: 0 });
    await clock.advance(20_000);
    expect(store.calls).toEqual({ get: 1, create: 1, update: 10 });
  });

  it('gives up when it cannot renew for 10 s since the last renewal was sent, and the gate closed 4 s before', async () => {
    const { clock, store, changes, lost, elector } = await leader();
    await clock.advance(5000); // renewed at 4000
    store.update = () => Promise.reject(new SetpointError('Network', 'no'));
    store.get = () => Promise.reject(new SetpointError('Network', 'no'));
    await clock.advance(4999); // 9999
    expect(elector.gate.isOpen).toBe(true);
    expect(() => elector.gate.check()).not.toThrow();
    await clock.advance(1); // 10000
    expect(elector.gate.isOpen).toBe(false);
    expect(() => elector.gate.check()).toThrow('the lease was last renewed 6000 ms ago');
    await clock.advance(3999); // 13999
    expect(changes).toEqual(['0 leads']);
    await clock.advance(1);
    expect(changes).toEqual(['0 leads', '14000 ceases']);
    expect(lost()).toContain('could not be renewed in time');
    expect(() => elector.gate.check()).toThrow('does not lead');
  });

  it('a renewal counts from when it was sent, not from when it was answered', async () => {
    const { clock, store, elector } = await leader();
    const update = store.update.bind(store);
    store.update = (record, version, signal) =>
      new Promise((resolve, reject) =>
        clock.setTimer(4000, () => void update(record, version, signal).then(resolve, reject)),
      );
    await clock.advance(6001); // sent at 2000, answered at 6000
    expect(elector.gate.isOpen).toBe(true);
    await clock.advance(1999); // 8000: six seconds after sending
    expect(elector.gate.isOpen).toBe(false);
  });

  it('a renewal that hangs does not outlive the deadline', async () => {
    const { clock, store, changes } = await leader();
    const hang = (_a: unknown, _b: unknown, signal: AbortSignal) =>
      new Promise<never>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    store.update = hang;
    await clock.advance(10_000);
    expect(changes).toEqual(['0 leads', '10000 ceases']);
  });

  it('stops at once when another holds the Lease (F10)', async () => {
    const { clock, store, changes, lost } = await leader();
    store.set(heldBy('thief'));
    await clock.advance(2000);
    expect(changes).toEqual(['0 leads', '2000 ceases']);
    expect(lost()).toContain('taken by thief');
  });

  it('makes a deleted Lease anew (F09)', async () => {
    const { clock, store, changes } = await leader();
    store.set(undefined);
    await clock.advance(2000);
    expect(store.lease?.record.holderIdentity).toBe('a');
    expect(changes).toEqual(['0 leads']);
  });

  it('survives a conflict that took nothing away', async () => {
    const { clock, store, changes } = await leader();
    store.set({ ...(store.lease?.record ?? heldBy('a')) });
    await clock.advance(2000);
    expect(changes).toEqual(['0 leads']);
    expect(store.lease?.record.holderIdentity).toBe('a');
  });

  it.each([
    ['500', new ApiStatusError(500, 'InternalError', 'no')],
    ['429', new ApiStatusError(429, 'TooManyRequests', 'later', 30_000)],
  ])('three answers of %s in a row cost nothing (F11)', async (_name, error) => {
    const { clock, store, changes } = await leader();
    const update = store.update.bind(store);
    let failures = 3;
    store.update = (record, version, signal) =>
      failures-- > 0 ? Promise.reject(error) : update(record, version, signal);
    await clock.advance(20_000);
    expect(changes).toEqual(['0 leads']);
  });

  it('a wall clock set forward closes the gate until the next renewal, one set back does nothing (F07)', async () => {
    const { clock, elector, changes } = await leader();
    clock.jumpWall(3_600_000);
    expect(elector.gate.isOpen).toBe(false);
    await clock.advance(2000);
    expect(elector.gate.isOpen).toBe(true);
    clock.jumpWall(-3_600_000);
    expect(elector.gate.isOpen).toBe(true);
    expect(changes).toEqual(['0 leads']);
  });

  it('is unhealthy when it has not renewed for longer than anybody would wait', async () => {
    const clock = new FakeClock();
    const process = new PausableClock(clock);
    const { elector } = elect(process, new MemoryLeaseStore(), 'a');
    await clock.advance(0);
    process.pause(); // timers no longer fire, as in a blocked event loop
    await clock.advance(20_000);
    expect(elector.isHealthy).toBe(true);
    await clock.advance(1);
    expect(elector.isHealthy).toBe(false);
  });

  it('frozen for longer than its lease, it writes nothing when it wakes, and gives up (F06)', async () => {
    const clock = new FakeClock();
    const process = new PausableClock(clock);
    const store = new MemoryLeaseStore();
    const { elector, changes } = elect(process, store, 'a');
    await clock.advance(5000);
    process.pause();
    await clock.advance(60_000);
    const { update } = store.calls;
    expect(() => elector.gate.check()).toThrow('the lease was last renewed 61000 ms ago');
    process.resume();
    await clock.advance(0);
    expect(changes).toEqual(['0 leads', '65000 ceases']);
    expect(store.calls.update).toBe(update);
  });
});

describe('two processes', () => {
  it('kill -9: the other leads 15 s after the last renewal it saw', async () => {
    const clock = new FakeClock();
    const store = new MemoryLeaseStore();
    // A killed process never writes again.
    const dying: LeaseStore & { dead: boolean } = {
      dead: false,
      get: (signal) => (dying.dead ? new Promise(() => {}) : store.get(signal)),
      create: (record, signal) => (dying.dead ? new Promise(() => {}) : store.create(record, signal)),
      update: (record, version, signal) => (dying.dead ? new Promise(() => {}) : store.update(record, version, signal)),
    };
    elect(clock, dying, 'a');
    await clock.advance(100);
    const second = elect(clock, store, 'b');
    await clock.advance(59_900);
    dying.dead = true;
    await clock.advance(14_999);
    expect(second.changes).toEqual([]);
    await clock.advance(1);
    expect(second.changes).toEqual(['75000 leads']);
    expect(second.elector.gate.epoch).toBe(1);
  });

  it('SIGTERM: the lease is given back last, and the other leads at once', async () => {
    const clock = new FakeClock();
    const store = new MemoryLeaseStore();
    const first = elect(clock, store, 'a');
    await clock.advance(100);
    const second = elect(clock, store, 'b');
    await clock.advance(29_900);
    await first.elector.stop();
    await clock.advance(0);
    expect(store.lease?.record).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 });
    expect(first.changes).toEqual(['0 leads', '30000 ceases']);
    expect(second.changes).toEqual(['30000 leads']);
    expect(first.lost()).toBeUndefined();
  });

  it('giving back is retried on a conflict and given up on a failure', async () => {
    const clock = new FakeClock();
    const store = new MemoryLeaseStore();
    const first = elect(clock, polled(store), 'a');
    await clock.advance(0);
    const update = store.update.bind(store);
    let conflicts = 1;
    store.update = (record, version, signal) =>
      conflicts-- > 0 ? Promise.reject(new ApiStatusError(409, 'Conflict', 'x')) : update(record, version, signal);
    const stopped = first.elector.stop();
    await clock.advance(1000);
    await stopped;
    expect(store.lease?.record.holderIdentity).toBe('');

    const second = elect(clock, polled(store), 'b');
    await clock.advance(0);
    store.get = () => Promise.reject(new SetpointError('Network', 'no'));
    await second.elector.stop();
    expect(second.elector.isLeading).toBe(false);
  });

  it('does not release a Lease that is no longer its own', async () => {
    const clock = new FakeClock();
    const store = new MemoryLeaseStore();
    const first = elect(clock, polled(store), 'a');
    await clock.advance(0);
    store.set(heldBy('b'));
    await first.elector.stop();
    expect(store.lease?.record.holderIdentity).toBe('b');
  });
});

describe('durations', () => {
  it('the defaults fit', () => {
    expect(leaseTimeFaults(DEFAULT_LEASE_TIMES)).toEqual([]);
  });

  it.each<[times: [number, number, number], fault: string]>([
    [[15, 15, 2], 'the lease duration (15 s) must be longer than the renew deadline (15 s)'],
    [[15, 2.4, 2], 'the renew deadline (2.4 s) must be longer than 1.2 times the retry period (2 s)'],
    [[15, 10, 0], 'the retry period (0 s) must be longer than 0 s'],
    [[15.5, 10, 2], 'must be a whole number of seconds'],
    [[Number.NaN, 10, 2], 'the lease duration (NaN s)'],
  ])('%j', ([lease, renew, retry], fault) => {
    const faults = leaseTimeFaults({
      leaseDurationMs: lease * 1000,
      renewDeadlineMs: renew * 1000,
      retryPeriodMs: retry * 1000,
    });
    expect(faults.join('; ')).toContain(fault);
  });

  it('an elector refuses durations that do not fit', () => {
    expect(
      () =>
        new Elector({
          ...DEFAULT_LEASE_TIMES,
          renewDeadlineMs: 20_000,
          store: new MemoryLeaseStore(),
          clock: new FakeClock(),
          random: () => 0,
          logger: silentLogger,
          identity: 'a',
        }),
    ).toThrow('the lease duration (15 s) must be longer than the renew deadline (20 s)');
  });
});
