import { beforeEach, describe, expect, it } from 'vitest';
import { ApiStatusError, SetpointError } from '../../../src/base/errors.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import type { DecisionEvent } from '../../../src/decide/types.ts';
import { type EventApi, type EventRecord, EventRecorder } from '../../../src/record/events.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';
import { target } from '../../support/targets.ts';

const warning = (message = 'no metrics returned'): DecisionEvent => ({
  type: 'Warning',
  reason: 'FailedGetResourceMetric',
  message,
});
const rescale = (message: string): DecisionEvent => ({ type: 'Normal', reason: 'SuccessfulRescale', message });

/** The events of a cluster, by name. */
class Events implements EventApi {
  readonly stored = new Map<string, EventRecord>();
  writes = 0;
  failWith: (() => Error) | undefined;
  hang = false;

  async create(event: EventRecord): Promise<void> {
    await this.#call();
    if (this.stored.has(event.name)) throw new ApiStatusError(409, 'AlreadyExists', 'exists');
    this.stored.set(event.name, event);
  }

  async update(event: EventRecord): Promise<void> {
    await this.#call();
    if (!this.stored.has(event.name)) throw new ApiStatusError(404, 'NotFound', 'expired');
    this.stored.set(event.name, event);
  }

  get list() {
    return [...this.stored.values()];
  }

  async #call(): Promise<void> {
    this.writes += 1;
    if (this.hang) await new Promise(() => {});
    const error = this.failWith?.();
    if (error) throw error;
  }
}

describe('EventRecorder', () => {
  let clock: FakeClock;
  let api: Events;
  let recorder: EventRecorder;
  let chance = 0;
  beforeEach(() => {
    clock = new FakeClock();
    api = new Events();
    recorder = new EventRecorder({
      api,
      clock,
      random: () => (chance = (chance + 0.123) % 1),
      logger: silentLogger,
      apiVersion: 'setpoint.dev/v1alpha1',
      kind: 'ScaledTarget',
    });
  });

  it('writes an event about the object', async () => {
    recorder.record(target(), warning());
    await settle();
    expect(api.list).toEqual([
      {
        namespace: 'shop',
        name: expect.stringMatching(/^web\.[0-9a-f]+$/),
        regarding: {
          apiVersion: 'setpoint.dev/v1alpha1',
          kind: 'ScaledTarget',
          namespace: 'shop',
          name: 'web',
          uid: 'uid-of-web',
          resourceVersion: '10',
        },
        type: 'Warning',
        reason: 'FailedGetResourceMetric',
        message: 'no metrics returned',
        count: 1,
        firstAtMs: clock.now(),
        lastAtMs: clock.now(),
      },
    ]);
  });

  it('does not repeat the same warning every sync: an hour of it is one object and a write each ten minutes', async () => {
    const from = clock.now();
    for (let cycle = 0; cycle < 180; cycle++) {
      recorder.record(target(), warning());
      await clock.advance(15_000);
    }
    expect(api.writes).toBe(5);
    expect(api.list).toHaveLength(1);
    // Written at 40 min: the 161st sighting.
    expect(api.list[0]).toMatchObject({ count: 161, firstAtMs: from, lastAtMs: from + 160 * 15_000 });
  });

  it('shows a warning again after a minute when only its numbers changed, and at once when it is another story', async () => {
    recorder.record(target(), warning('2 of 5 pods have no sample'));
    await clock.advance(15_000);
    recorder.record(target(), warning('3 of 5 pods have no sample'));
    await settle();
    expect(api.writes).toBe(1);
    await clock.advance(45_000);
    recorder.record(target(), warning('4 of 5 pods have no sample'));
    recorder.record(target(), warning('the source answered with an error'));
    await settle();
    expect(api.list.map(({ message, count }) => [message, count])).toEqual([
      ['4 of 5 pods have no sample', 3],
      ['the source answered with an error', 1],
    ]);
  });

  it('tells of an outage of a source once, whatever is wrong with it from minute to minute', async () => {
    const outage = (source: string, fault: string) =>
      recorder.record(
        target(),
        warning(`unable to get metric rps: unable to fetch metrics from source ${source}: ${fault}`),
      );
    outage('default', 'the connection was refused');
    outage('default', 'the source is left alone for a while');
    outage('other', 'the connection was refused');
    await clock.advance(60_000);
    outage('default', 'HTTP 503');
    await settle();
    expect(api.list.map(({ message, count }) => [message.replace(/.* from /, ''), count])).toEqual([
      ['source default: HTTP 503', 3],
      ['source other: the connection was refused', 1],
    ]);
  });

  it('shows every rescale, merging those with one text', async () => {
    recorder.record(target(), rescale('New size: 4; reason: cpu above target'));
    await clock.advance(1_000);
    recorder.record(target(), rescale('New size: 4; reason: cpu above target'));
    await settle();
    expect(api.list.map((event) => event.count)).toEqual([2]);
    expect(api.writes).toBe(2);
  });

  it('never merges two rescales of other sizes', async () => {
    recorder.record(target(), rescale('Scaled from 2 to 6'));
    recorder.record(target(), rescale('Scaled from 6 to 12'));
    await settle();
    expect(api.list.map(({ message, count }) => [message, count])).toEqual([
      ['Scaled from 2 to 6', 1],
      ['Scaled from 6 to 12', 1],
    ]);
  });

  it('keeps each object to its rate, and no other object pays for it', async () => {
    for (let index = 0; index < 100; index++) {
      recorder.record(target(), rescale(`story ${'x'.repeat(index)}`));
      await settle();
    }
    expect(api.writes).toBe(25);
    recorder.record(target({ name: 'api' }), rescale('fine'));
    await settle();
    expect(api.writes).toBe(26);
    await clock.advance(60_000);
    recorder.record(target(), rescale('one more a minute'));
    await settle();
    expect(api.writes).toBe(27);
  });

  it('begins a new object when the API server has forgotten the old one, and goes on counting', async () => {
    recorder.record(target(), rescale('same'));
    await settle();
    api.stored.clear();
    recorder.record(target(), rescale('same'));
    await settle();
    expect(api.list.map((event) => event.count)).toEqual([2]);
  });

  it('begins a new story after most of an hour', async () => {
    recorder.record(target(), warning());
    await clock.advance(50 * 60_000);
    recorder.record(target(), warning());
    await settle();
    expect(api.list.map((event) => event.count)).toEqual([1, 1]);
  });

  it('remembers a bounded number of stories of an object, the latest ones', async () => {
    const words = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven'];
    const story = (index: number) => warning(`${words[Math.floor(index / 12)]} ${words[index % 12]}`);
    for (let index = 0; index < 16; index++) recorder.record(target(), story(index));
    await clock.advance(10 * 60_000);
    // The first is told again and is now the latest; the seventeenth drives out the second.
    recorder.record(target(), story(0));
    recorder.record(target(), story(16));
    await settle();
    expect(api.writes).toBe(18);
    recorder.record(target(), story(0));
    recorder.record(target(), story(1));
    await settle();
    expect(api.list.filter(({ message }) => message === 'zero one').map(({ count }) => count)).toEqual([1, 1]);
    expect(api.list.filter(({ message }) => message === 'zero zero').map(({ count }) => count)).toEqual([2]);
  });

  it('P11: remembers a bounded number of objects', async () => {
    recorder.record(target(), warning());
    for (let index = 0; index < 20_000; index++) {
      recorder.record(target({ name: `t${index}` }), warning());
      if (index % 500 === 0) await settle();
    }
    await settle();
    recorder.record(target(), warning());
    await settle();
    // Forgotten, hence told anew: two events of one object within ten minutes.
    expect(api.list.filter(({ regarding }) => regarding.name === 'web')).toHaveLength(2);
  });

  it('tries again after a transient failure, and not after a refusal', async () => {
    let failures = 2;
    api.failWith = () => (failures-- > 0 ? new SetpointError('Network', 'reset') : undefined)!;
    recorder.record(target(), warning());
    await clock.advance(3_000);
    expect(api.list).toHaveLength(1);
    api.failWith = () => new ApiStatusError(403, 'Forbidden', 'no');
    const before = api.writes;
    recorder.record(target({ name: 'api' }), warning());
    await clock.advance(10_000);
    expect([api.writes - before, recorder.dropped]).toEqual([1, 1]);
  });

  it('never blocks: with an API server that hangs, what waits is bounded and the rest is counted as dropped', async () => {
    api.hang = true;
    for (let index = 0; index < 3_000; index++) recorder.record(target({ name: `t${index}` }), warning());
    await settle();
    expect(recorder.dropped).toBeGreaterThan(1_900);
    expect(api.writes).toBe(1);
  });

  it('posts what waits before it stops, but not for longer than it is given', async () => {
    recorder.record(target(), warning());
    await recorder.stop(1_000);
    expect(api.list).toHaveLength(1);
    recorder.record(target({ name: 'late' }), warning());
    await settle();
    expect(api.list).toHaveLength(1);
  });

  it('stops in time although the API server hangs', async () => {
    api.hang = true;
    recorder.record(target(), warning());
    let stopped = false;
    const stop = recorder.stop(1_000).then(() => (stopped = true));
    await clock.advance(999);
    expect(stopped).toBe(false);
    await clock.advance(1);
    expect(await stop).toBe(true);
  });

  it('cuts a message to what the API server takes and a name to what is valid', async () => {
    recorder.record(target({ name: `${'a'.repeat(199)}-.b` }), warning('m'.repeat(2_000)));
    await settle();
    expect(api.list[0]!.message).toHaveLength(1_024);
    expect(api.list[0]!.name).toMatch(/^a{199}\.[0-9a-f]+$/);
  });

  it('remembers nothing of objects that have been quiet for long: most of them are gone', async () => {
    for (let index = 0; index < 500; index++) {
      recorder.record(target({ name: `preview-${index}` }), warning());
      await clock.advance(60_000);
    }
    expect(recorder.objects).toBeLessThanOrEqual(51);
    expect(api.list).toHaveLength(500);
  });

  it('an event whose answer was lost is not made again, and is counted on', async () => {
    const create = api.create.bind(api);
    api.create = async (event) => {
      api.create = create;
      await create(event);
      throw new SetpointError('Network', 'reset');
    };
    recorder.record(target(), rescale('New size: 3'));
    await clock.advance(5_000);
    recorder.record(target(), rescale('New size: 3'));
    await clock.advance(5_000);
    expect(api.list).toMatchObject([{ count: 2 }]);
    expect(recorder.dropped).toBe(0);
  });
});
