// Each stage on its own: what it makes of a number, and what it says about it.
import { describe, expect, it } from 'vitest';
import { leaveOutOfBounds } from '../../../../src/decide/stages/bounds.ts';
import { isDisabled } from '../../../../src/decide/stages/disabled.ts';
import { limitToBounds } from '../../../../src/decide/stages/limit.ts';
import { limitRate } from '../../../../src/decide/stages/rate.ts';
import { stabilize } from '../../../../src/decide/stages/stabilize.ts';
import type { ShapingStage } from '../../../../src/decide/stages/stage.ts';
import type { Recommendation } from '../../../../src/decide/types.ts';
import { behavior, type Changes, external, NOW, seconds, situation } from '../../../support/situations.ts';
import { CPU } from '../../../support/targets.ts';

const past = (...entries: readonly (readonly [replicas: number, age: number])[]): Recommendation[] =>
  entries.map(([replicas, age]) => ({ replicas, atMs: NOW - seconds(age) }));

function after(
  stage: ShapingStage,
  replicas: number,
  changes: Changes,
  recommendations: readonly Recommendation[] = [],
) {
  const shape = stage({ replicas, steps: [], recommendations }, { situation: situation(changes), stores: true });
  return { size: shape.replicas, reason: shape.steps[0]?.reason, kept: shape.recommendations };
}
const size = (replicas: number) => ({ scale: { specReplicas: replicas, statusReplicas: replicas } });

describe('stabilize without behavior', () => {
  it('keeps the highest of the window, both ends included', () => {
    expect(after(stabilize, 2, {}, past([9, 300.001], [6, 300], [4, 10]))).toMatchObject({
      size: 6,
      reason: 'ScaleDownStabilized',
    });
  });
  it('never holds a scale-up back', () => {
    expect(after(stabilize, 8, {}, past([2, 10]))).toMatchObject({ size: 8, reason: undefined });
  });
  it('can scale up on a past recommendation although the load says keep, as the HPA does', () => {
    expect(after(stabilize, 4, {}, past([7, 60])).size).toBe(7);
  });
  it('stores over the last expired one, or at the end', () => {
    expect(after(stabilize, 2, {}, past([1, 900], [3, 800], [4, 10])).kept).toEqual([
      ...past([1, 900], [2, 0], [4, 10]),
    ]);
    expect(after(stabilize, 2, {}, past([4, 10])).kept).toEqual(past([4, 10], [2, 0]));
  });
  it('with a window of zero remembers the newest only', () => {
    const defaults = { ...situation().defaults, downscaleStabilizationMs: 0 };
    expect(after(stabilize, 2, { defaults }, past([9, 0]))).toMatchObject({ size: 2, kept: past([2, 0]) });
  });
});

describe('stabilize with behavior', () => {
  const spec = { behavior: behavior({ stabilizationWindowSeconds: 60 }, { stabilizationWindowSeconds: 120 }) };
  it.each([
    ['down to the highest of the down window', 2, past([3, 119]), 3, 'ScaleDownStabilized'],
    ['down freely when the highest is as old as the window', 2, past([3, 120]), 2, undefined],
    ['up to the lowest of the up window', 9, past([6, 59]), 6, 'ScaleUpStabilized'],
    ['up freely when the lowest is as old as the window', 9, past([6, 60]), 9, undefined],
    ['not at all between the two', 9, past([2, 59], [8, 100]), 4, 'ScaleUpStabilized'],
    ['never up on a past recommendation', 4, past([9, 10]), 4, undefined],
  ])('moves %s', (_what, wanted, recommendations, expected, reason) => {
    expect(after(stabilize, wanted, { spec }, recommendations)).toMatchObject({ size: expected, reason });
  });
  it('stores over what is older than both windows', () => {
    expect(after(stabilize, 4, { spec }, past([1, 121], [2, 100])).kept).toEqual(past([4, 0], [2, 100]));
  });
  it('uses the default down window where none is given', () => {
    expect(after(stabilize, 2, { spec: { behavior: behavior() } }, past([3, 299])).size).toBe(3);
  });
});

describe('rate', () => {
  it('without behavior: doubles at most, or four', () => {
    const spec = { maxReplicas: 100 };
    expect([1, 2, 3, 10].map((each) => after(limitRate, 99, { ...size(each), spec }).size)).toEqual([4, 4, 6, 20]);
  });
  it('leaves the number to a bound that is as tight', () => {
    expect(after(limitRate, 99, { ...size(4), spec: { maxReplicas: 8 } })).toMatchObject({
      size: 99,
      reason: undefined,
    });
  });
  const policies = (type: 'Pods' | 'Percent', value: number) => [{ type, value, periodSeconds: 60 }];
  it.each([
    ['up by pods', 10, 99, behavior({ policies: policies('Pods', 3) }), 13, 'ScaleUpLimit'],
    [
      'up by percent, rounded up, float noise and all',
      100,
      999,
      behavior({ policies: policies('Percent', 10) }),
      111,
      'ScaleUpLimit',
    ],
    ['down by pods', 10, 1, behavior({}, { policies: policies('Pods', 3) }), 7, 'ScaleDownLimit'],
    [
      'down by percent: the removal is rounded up',
      9,
      1,
      behavior({}, { policies: policies('Percent', 10) }),
      8,
      'ScaleDownLimit',
    ],
    ['up by the larger', 10, 99, behavior(), 20, 'ScaleUpLimit'],
    ['up by the smaller', 10, 99, behavior({ selectPolicy: 'Min' }), 14, 'ScaleUpLimit'],
    ['up not at all', 10, 99, behavior({ selectPolicy: 'Disabled' }), 10, 'ScaleUpDisabled'],
    ['down not at all', 10, 1, behavior({}, { selectPolicy: 'Disabled' }), 10, 'ScaleDownDisabled'],
  ])('with behavior: %s', (_what, from, wanted, given, expected, reason) => {
    const changes = { ...size(from), spec: { behavior: given, maxReplicas: 1000 } };
    expect(after(limitRate, wanted, changes)).toMatchObject({ size: expected, reason });
  });
  it('counts what moved within the period, in both directions, for both', () => {
    const event = (change: number, age: number) => ({ change, atMs: NOW - seconds(age), outdated: false });
    const history = {
      recommendations: [],
      scaleEvents: { up: [event(2, 59), event(50, 60)], down: [event(1, 30)] },
      metrics: {},
    };
    const spec = { behavior: behavior({ policies: policies('Pods', 3) }), maxReplicas: 1000 };
    // The period began at 10 - 2 + 1 = 9.
    expect(after(limitRate, 99, { ...size(10), spec, history }).size).toBe(12);
  });
  it('counts what was perhaps somebody else’s work for its own direction alone', () => {
    const found = (change: number) => ({ change, atMs: NOW, outdated: false, unconfirmed: true as const });
    const moved = (up: number, down: number) => ({
      ...size(10),
      spec: {
        behavior: behavior({ policies: policies('Pods', 3) }, { policies: policies('Pods', 3) }),
        maxReplicas: 1000,
      },
      history: { recommendations: [], scaleEvents: { up: [found(up)], down: [found(down)] }, metrics: {} },
    });
    expect(after(limitRate, 99, moved(2, 5)).size).toBe(11);
    expect(after(limitRate, 1, moved(5, 2)).size).toBe(9);
  });
  it('wraps around at 32 bits as the HPA does, unless the guards are on', () => {
    const given = behavior({ policies: policies('Pods', 2_147_483_647) });
    const spec = { behavior: given, maxReplicas: 1000 };
    expect(after(limitRate, 99, { ...size(10), spec }).size).toBe(10);
    expect(after(limitRate, 99, { ...size(10), spec: { ...spec, guards: 'Enabled' } }).size).toBe(99);
  });
});

describe('limit', () => {
  it.each([
    [99, 10, 'TooManyReplicas'],
    [1, 2, 'TooFewReplicas'],
    [5, 5, undefined],
  ])('makes %i into %i', (wanted, expected, reason) => {
    expect(after(limitToBounds, wanted, { spec: { minReplicas: 2 } })).toMatchObject({ size: expected, reason });
  });
  it('raises what comes from zero below a raised minimum before the speed is limited, without behavior', () => {
    const changes = { ...size(0), spec: { minReplicas: 10, maxReplicas: 500 } };
    expect(after(limitRate, 6, changes)).toMatchObject({ size: 6, reason: undefined });
    expect(after(limitRate, 10, changes)).toMatchObject({ size: 4, reason: 'ScaleUpLimit' });
    const fast = { ...changes, spec: { ...changes.spec, behavior: behavior() } };
    expect(after(limitRate, 6, fast)).toMatchObject({ size: 4, reason: 'ScaleUpLimit' });
  });
  it('calls the way back from zero to a raised minimum a wake, with behavior', () => {
    const spec = { minReplicas: 3, behavior: behavior() };
    expect(after(limitToBounds, 1, { ...size(0), spec })).toMatchObject({ size: 3, reason: 'ScaledToZeroWake' });
  });
});

describe('bounds', () => {
  const step = (specReplicas: number, minReplicas: number, maxReplicas: number) => {
    const found = leaveOutOfBounds(situation({ ...size(specReplicas), spec: { minReplicas, maxReplicas } }));
    return found && [found.after, found.reason];
  };
  it('lead straight back', () => {
    expect(step(12, 2, 10)).toEqual([10, 'AboveMaxReplicas']);
    expect(step(1, 2, 10)).toEqual([2, 'BelowMinReplicas']);
  });
  it('leave zero and what is within alone', () => {
    expect([step(0, 2, 10), step(2, 2, 10), step(10, 2, 10)]).toEqual([undefined, undefined, undefined]);
  });
  it('that contradict each other end in a size, not in a swing', () => {
    expect([step(3, 9, 5), step(12, 9, 5), step(5, 9, 5)]).toEqual([
      [5, 'BelowMinReplicas'],
      [5, 'AboveMaxReplicas'],
      undefined,
    ]);
  });
});

describe('disabled', () => {
  const conditions = [{ type: 'ScaledToZero', status: 'True', reason: 'ScaledToZero', message: '' }] as const;
  const events = { up: [], down: [] };
  const at = (specReplicas: number, byUs: boolean, minReplicas: number, metric = external('queue')) =>
    isDisabled(
      situation({
        ...size(specReplicas),
        spec: { minReplicas, metrics: [metric] },
        previous: { conditions: byUs ? conditions : [], scaleEvents: events },
      }),
    );
  it('is a size of zero by another hand', () => {
    expect([at(0, false, 0), at(0, false, 1), at(1, false, 0)]).toEqual([true, true, false]);
  });
  it('is not a zero of our own, when a metric without pods can wake it or the minimum was raised', () => {
    expect([at(0, true, 0), at(0, true, 1), at(0, true, 0, CPU), at(0, true, 1, CPU)]).toEqual([
      false,
      false,
      true,
      false,
    ]);
  });
});
