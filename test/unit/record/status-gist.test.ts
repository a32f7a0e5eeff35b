import { describe, expect, it } from 'vitest';
import type { Decision } from '../../../src/decide/types.ts';
import { recordOf } from '../../../src/record/decision-record.ts';
import { nextStatus } from '../../../src/record/status.ts';
import { distanceBetween, numbersOf, numbersShown, wordsOf } from '../../../src/record/status-gist.ts';
import { decision } from '../../support/decisions.ts';
import { target } from '../../support/targets.ts';

const STEP = {
  stage: 'combine',
  before: 3,
  after: 3,
  reason: 'WithinTolerance',
  detail: 'cpu is on its target',
} as const;
const AT = Date.UTC(2026, 0, 1, 12);
const words = (changes: Partial<Decision> = {}) => {
  const made = decision(changes);
  return wordsOf(target(), made, made.conditions);
};
const cpuAt = (ratio: number | undefined, averageValueMilli?: bigint): Decision =>
  decision({
    proposals: [
      { ...decision().proposals[0]!, ratio, status: { name: 'cpu', ...(averageValueMilli && { averageValueMilli }) } },
    ],
    currentMetrics: [{ name: 'cpu', ...(averageValueMilli && { averageValueMilli }) }],
  });

function shownOf(made: Decision): unknown {
  const record = recordOf({
    decision: made,
    metrics: target().spec!.metrics,
    outcome: { kind: 'none' },
    error: undefined,
    cycle: undefined,
    readyPods: 3,
    leadTimeMs: undefined,
    now: AT,
  });
  const { conditions } = made;
  const story = { target: target(), decision: made, record, conditions, rescaled: false, why: '', now: AT };
  return nextStatus(undefined, { ...story, scaleEvents: { up: [], down: [] } });
}

describe('wordsOf', () => {
  it('are the same whatever the numbers are', () => {
    const { proposals } = decision();
    const moved = proposals.map((proposal) => ({ ...proposal, ratio: 0.97 }));
    expect(words({ proposals: moved, earliestScaleDownAtMs: AT })).toBe(words());
  });

  it.each<[string, Partial<Decision>]>([
    ['another size is found', { currentReplicas: 7 }],
    ['another size is wanted', { statusDesiredReplicas: 7 }],
    ['another metric wins', { winner: 'rps' }],
    ['something else blocks a smaller size', { scaleDownBlockedBy: 'ScaleDownLimit' }],
    ['a guard acts', { proposals: [{ ...decision().proposals[0]!, guards: ['StaleSample'] }] }],
    ['a metric says something else', { proposals: [{ ...decision().proposals[0]!, steps: [STEP] }] }],
    ['a stage was passed', { steps: [STEP] }],
    ['a condition says something else', { conditions: [{ ...decision().conditions[0]!, message: 'other words' }] }],
  ])('are others when %s', (_what, changes) => {
    expect(words(changes)).not.toBe(words());
  });

  it('are others for another spec', () => {
    const made = decision();
    expect(wordsOf(target({ generation: 9 }), made, made.conditions)).not.toBe(words());
  });
});

describe('the numbers of a status', () => {
  it.each([
    [0.98, 49n],
    [1 / 3, 1_234_567n],
    [Number.POSITIVE_INFINITY, 5_000n],
    [0, 0n],
  ])('are read back as they were written: ratio %s', (ratio, milli) => {
    const made = cpuAt(ratio, milli);
    expect(distanceBetween(numbersShown(shownOf(made)), numbersOf(made))).toBe(0);
  });

  it.each([
    ['a value that moved', cpuAt(1, 50n), cpuAt(0.95, 48n), 0.05],
    ['an average alone', cpuAt(1, 50n), cpuAt(1, 51n), 0.01],
    ['a value that came', cpuAt(undefined), cpuAt(0.5, 25n), 1],
    ['a value that went', cpuAt(0.5, 25n), cpuAt(undefined), 1],
    ['a value without any bound', cpuAt(0.5, 25n), cpuAt(Number.POSITIVE_INFINITY, 25n), 1],
  ])('are apart by %s', (_what, before, after, distance) => {
    expect(distanceBetween(numbersShown(shownOf(before)), numbersOf(after))).toBeCloseTo(distance, 10);
  });

  it.each([[undefined], ['x'], [{ lastDecision: { metrics: [{ ratio: 5 }] } }], [{ currentMetrics: [null, 7] }]])(
    'are none where a status is %j',
    (status) => {
      expect(distanceBetween(numbersShown(status), numbersOf(cpuAt(1, 50n)))).toBe(1);
    },
  );
});
