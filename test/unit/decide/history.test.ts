// What is remembered, and in which place.
import { describe, expect, it } from 'vitest';
import { changeWithin, storeScaleEvent } from '../../../src/decide/history.ts';
import { behavior, NOW, seconds } from '../../support/situations.ts';

const event = (change: number, age: number, outdated = false) => ({ change, atMs: NOW - seconds(age), outdated });
const rules = behavior({ policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }] });

describe('scale events', () => {
  it('are not kept without behavior', () => {
    const events = { up: [event(1, 5)], down: [] };
    expect(storeScaleEvent(events, undefined, { from: 2, to: 5, atMs: NOW })).toBe(events);
  });
  it('go to the list of their direction, without sign', () => {
    expect(storeScaleEvent({ up: [], down: [] }, rules, { from: 5, to: 2, atMs: NOW })).toEqual({
      up: [],
      down: [event(3, 0)],
    });
  });
  it('take the place of the last outdated one; others stay marked', () => {
    const events = { up: [event(1, 70), event(2, 61), event(3, 60), event(4, 5)], down: [] };
    expect(storeScaleEvent(events, rules, { from: 2, to: 5, atMs: NOW }).up).toEqual([
      event(1, 70, true),
      event(3, 0),
      event(3, 60),
      event(4, 5),
    ]);
  });
  it('reuse a place marked earlier even when a longer period would count it again', () => {
    const events = { up: [event(1, 5, true)], down: [] };
    expect(storeScaleEvent(events, rules, { from: 2, to: 5, atMs: NOW }).up).toEqual([event(3, 0)]);
  });
  it('count while strictly younger than the period', () => {
    expect(changeWithin([event(1, 59.999), event(2, 60), event(4, 0)], seconds(60), NOW)).toBe(5);
  });
  it('never change the list that came in', () => {
    const up = Object.freeze([Object.freeze(event(1, 70))]);
    storeScaleEvent({ up, down: [] }, rules, { from: 2, to: 5, atMs: NOW });
    expect(up).toEqual([event(1, 70)]);
  });
});
