// Events of the cluster's parts: equal ones are counted, old ones go, and a refused one fails nothing.
import { expect, test } from 'vitest';
import { EventRecorder } from '../../../../src/localcluster/workloads/event-recorder.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { objectStore } from '../../../support/object-store.ts';

function recorder(most?: number) {
  const clock = new FakeClock();
  const { store } = objectStore(clock);
  const events = new EventRecorder(store, clock, most);
  const about = store.create('configmaps', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'x', namespace: 'shop' },
  });
  const say = (message: string) => events.record(about, { component: 'test', reason: 'Said', message });
  return { clock, store, events, say, list: () => store.list('events', 'shop') };
}

test('an equal event is counted, another is another', async () => {
  const { clock, say, list } = recorder();
  say('a');
  await clock.advance(5_000);
  say('a');
  say('b');
  expect(list().map((event) => [event['message'], event['count']])).toEqual([
    ['a', 2],
    ['b', 1],
  ]);
  expect(list()[0]).toMatchObject({
    involvedObject: { kind: 'ConfigMap', name: 'x' },
    firstTimestamp: '2026-01-01T00:00:00Z',
    lastTimestamp: '2026-01-01T00:00:05Z',
  });
});

test('events older than an hour go, one that repeats stays', async () => {
  const { clock, say, list } = recorder();
  say('once');
  say('often');
  for (let minute = 0; minute < 70; minute += 10) {
    await clock.advance(600_000);
    say('often');
  }
  expect(list().map((event) => event['message'])).toEqual(['often']);
});

test('no more than so many are kept', () => {
  const { say, list } = recorder(50);
  for (let index = 0; index < 60; index++) say(`message ${index}`);
  expect(list()).toHaveLength(50);
});

test('a namespace that is gone refuses the event, and nothing else happens', () => {
  const { events, list } = recorder();
  const gone = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'gone', uid: 'u', resourceVersion: '1', creationTimestamp: '' },
  };
  expect(() => events.record(gone, { component: 'test', reason: 'Said', message: 'a' })).not.toThrow();
  expect(list()).toEqual([]);
});
