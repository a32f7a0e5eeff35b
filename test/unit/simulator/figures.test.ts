// Figures of time-lines that are written down here, so that each can be counted by hand.
import { describe, expect, it } from 'vitest';
import { judge, reasonsOf } from '../../../src/simulator/figures.ts';
import type { Moment, Played, Point } from '../../../src/simulator/play.ts';
import { parseScenario, type Scenario } from '../../../src/simulator/scenario.ts';
import type { Expectation } from '../../../src/simulator/schema.ts';
import { SCENARIO, scenarioTexts } from '../../support/scenario-texts.ts';

/** A decision a minute; each pair is the size before and after it. */
const SIZES = [2, 2, 4, 8, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 3];

const moments = SIZES.map((size, index) => {
  const before = SIZES[index - 1] ?? size;
  return {
    seconds: index * 60,
    size,
    decision: { currentReplicas: before, desiredReplicas: size, rescale: before !== size },
    record: {
      steps: [{ reason: size === 6 ? 'ScaleDownStabilized' : 'MetricProposal' }],
      metrics: [{ verdict: 'Winner' }],
    },
  } as unknown as Moment;
});
/** Pods do 80 each: three are short of 250. */
const points: Point[] = [
  { seconds: 0, load: 100, size: 2, ready: 2 },
  { seconds: 5, load: 250, size: 4, ready: 2 },
  { seconds: 10, load: 250, size: 4, ready: 3 },
  { seconds: 15, load: 250, size: 4, ready: 4 },
];
const empty: Played = { points: [], moments: [] };

function measured(expectation: Partial<Expectation>, limits: { atLeast?: number; atMost?: number } = { atMost: 0 }) {
  const scenario: Scenario = parseScenario(scenarioTexts({ scenario: SCENARIO }));
  const expect = [{ of: 'itself', says: '', ...limits, ...expectation } as Expectation];
  const [verdict] = judge(
    { ...scenario, file: { ...scenario.file, expect } },
    {
      itself: { points, moments },
      beside: empty,
    },
  );
  return verdict;
}

describe('figures', () => {
  it.each<[Partial<Expectation>, number]>([
    [{ measure: 'changes' }, 4],
    [{ measure: 'changes', from: 180, to: 240 }, 2],
    // 8 to 6 a minute after 4 to 8; what comes eleven minutes later, in the same direction, is none.
    [{ measure: 'reversals' }, 1],
    [{ measure: 'largestSize' }, 8],
    [{ measure: 'largestSize', from: 240 }, 6],
    [{ measure: 'smallestSize', from: 120 }, 3],
    [{ measure: 'secondsToSize', size: 5, from: 60 }, 120],
    [{ measure: 'secondsToSize', size: 9 }, Number.POSITIVE_INFINITY],
    [{ measure: 'secondsToSmaller', from: 120 }, 120],
    [{ measure: 'secondsToSmaller', from: 300, to: 600 }, Number.POSITIVE_INFINITY],
    [{ measure: 'decisionsNaming', reason: 'ScaleDownStabilized' }, 11],
    [{ measure: 'decisionsNaming', reason: 'Winner', to: 60 }, 2],
    [{ measure: 'shortSeconds' }, 10],
    [{ measure: 'coveredPercent' }, 50],
    [{ measure: 'podHours' }, (14 * 5) / 3600],
  ])('%j is %d', (expectation, figure) => {
    expect(measured(expectation)?.measured).toBeCloseTo(figure);
  });

  it('hold between their limits, both included', () => {
    const holds = (limits: { atLeast?: number; atMost?: number }) => measured({ measure: 'changes' }, limits)?.holds;
    expect([holds({ atMost: 4 }), holds({ atLeast: 4 }), holds({ atLeast: 4, atMost: 4 })]).toEqual([true, true, true]);
    expect([holds({ atMost: 3 }), holds({ atLeast: 5 })]).toEqual([false, false]);
  });

  it('that never come meet no limit from above', () => {
    const never = { measure: 'secondsToSize', size: 9 } as Partial<Expectation>;
    expect([measured(never, { atMost: 1e9 })?.holds, measured(never, { atLeast: 60 })?.holds]).toEqual([false, true]);
  });

  it('of what stands beside are of that run', () => {
    expect(measured({ of: 'beside', measure: 'changes' })?.measured).toBe(0);
  });

  it('know the reasons of steps and the verdicts of metrics', () => {
    expect([...reasonsOf(moments[5]!.record)]).toEqual(['ScaleDownStabilized', 'Winner']);
  });
});
