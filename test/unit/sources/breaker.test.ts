import { describe, expect, test } from 'vitest';
import { Breaker, type Health } from '../../../src/sources/breaker.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function setUp(random = () => 1) {
  const clock = new FakeClock();
  const breaker = new Breaker(clock, random, { failures: 3, openMs: 1000, maxOpenMs: 4000 });
  const request = (health: Health) => breaker.admit()?.report(health);
  return { clock, breaker, request };
}

describe('Breaker', () => {
  test('opens after so many failures in a row; one success in between starts the count anew', () => {
    const { breaker, request } = setUp();
    for (const health of ['bad', 'bad', 'good', 'bad', 'bad'] as const) request(health);
    expect(breaker.state).toBe('closed');
    request('bad');
    expect(breaker.state).toBe('open');
    expect(breaker.admit()).toBeUndefined();
  });

  test('a request that taught nothing neither counts nor clears', () => {
    const { breaker, request } = setUp();
    for (const health of ['bad', 'unknown', 'bad', 'unknown', 'bad'] as const) request(health);
    expect(breaker.state).toBe('open');
  });

  test('lets exactly one request try, and closes on its success', async () => {
    const { clock, breaker, request } = setUp();
    for (let count = 0; count < 3; count++) request('bad');
    await clock.advance(999);
    expect(breaker.admit()).toBeUndefined();
    await clock.advance(1);
    const probe = breaker.admit();
    expect(breaker.state).toBe('probing');
    expect(breaker.admit()).toBeUndefined();
    probe?.report('good');
    expect(breaker.state).toBe('closed');
    expect(breaker.admit()).toBeDefined();
  });

  test('stays open for longer each time, up to the bound, and from the start again after a success', async () => {
    const { clock, breaker, request } = setUp();
    for (let count = 0; count < 3; count++) request('bad');
    for (const openMs of [1000, 2000, 4000, 4000, 4000]) {
      await clock.advance(openMs - 1);
      expect(breaker.wouldAdmit()).toBe(false);
      await clock.advance(1);
      request('bad');
    }
    await clock.advance(4000);
    request('good');
    for (let count = 0; count < 3; count++) request('bad');
    await clock.advance(1000);
    expect(breaker.wouldAdmit()).toBe(true);
  });

  test('jitter takes away at most half of the time', async () => {
    const { clock, breaker, request } = setUp(() => 0);
    for (let count = 0; count < 3; count++) request('bad');
    await clock.advance(499);
    expect(breaker.wouldAdmit()).toBe(false);
    await clock.advance(1);
    expect(breaker.wouldAdmit()).toBe(true);
  });

  test('a probe that is called off lets the next one try at once', async () => {
    const { clock, breaker, request } = setUp();
    for (let count = 0; count < 3; count++) request('bad');
    await clock.advance(1000);
    breaker.admit()?.report('unknown');
    const next = breaker.admit();
    expect(next).toBeDefined();
    next?.report('good');
    expect(breaker.state).toBe('closed');
  });

  test('outcomes from before it opened change nothing afterwards', async () => {
    const { clock, breaker, request } = setUp();
    const early = breaker.admit();
    for (let count = 0; count < 3; count++) request('bad');
    early?.report('good');
    expect(breaker.state).toBe('open');
    await clock.advance(1000);
    const probe = breaker.admit();
    early?.report('bad');
    expect(breaker.state).toBe('probing');
    probe?.report('good');
    // Reporting twice counts once.
    probe?.report('bad');
    expect(breaker.state).toBe('closed');
  });

  test('requests take turns in trying, so that one that is broken by itself does not keep the others away', async () => {
    const { clock, breaker } = setUp();
    for (let count = 0; count < 3; count++) breaker.admit('a')?.report('bad');
    const tried: string[] = [];
    for (let turn = 0; turn < 12; turn++) {
      await clock.advance(4000);
      for (const key of ['a', 'b', 'c']) {
        const probe = breaker.admit(key);
        if (probe) tried.push(key);
        // By the time the last one asks, it is still under way.
        if (probe) await clock.advance(10);
        if (probe) ['a', 'b', 'c'].forEach((other) => breaker.wouldAdmit(other));
        probe?.report('bad');
      }
    }
    expect(tried.slice(0, 3)).toEqual(['a', 'b', 'c']);
    for (const key of ['a', 'b', 'c']) expect(tried.filter((one) => one === key).length).toBeGreaterThanOrEqual(3);
  });

  test('who waits for the turn of others that do not come again tries all the same', async () => {
    const { clock, breaker } = setUp();
    for (let count = 0; count < 3; count++) breaker.admit('a')?.report('bad');
    breaker.wouldAdmit('gone');
    await clock.advance(4000);
    breaker.admit('a')?.report('bad');
    await clock.advance(15_000);
    expect(breaker.wouldAdmit('a')).toBe(false);
    await clock.advance(15_000);
    expect(breaker.wouldAdmit('a')).toBe(false);
    await clock.advance(15_000);
    breaker.admit('a')?.report('bad');
    await clock.advance(15_000);
    expect(breaker.wouldAdmit('a')).toBe(true);
  });
});
