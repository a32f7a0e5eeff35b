// A decision in sentences, and in one line for a column.
import { describe, expect, it } from 'vitest';
import { toldOf } from '../../../support/explained.ts';
import { absent, type Changes, equalSamples, external, NOW, situation, value } from '../../../support/situations.ts';
import { CPU } from '../../../support/targets.ts';

const told = (changes: Changes) => toldOf(situation(changes)).sentences;
const why = (changes: Changes) => toldOf(situation(changes)).why;
const size = (replicas: number) => ({ scale: { specReplicas: replicas, statusReplicas: replicas } });
const recently = (replicas: number) => ({
  recommendations: [{ replicas, atMs: NOW - 1000 }],
  scaleEvents: { up: [], down: [] },
  metrics: {},
});

describe('explain', () => {
  it('tells what was asked for, what limited it, the result, and when a smaller size can come', () => {
    expect(told({ readings: [equalSamples(4, 900)], spec: { maxReplicas: 100 } })).toEqual([
      'shop/web went from 4 to 8 replicas: cpu 300% of target, limited by the scale-up rate (decided just now, at 2026-01-05T08:00:00Z).',
      'cpu asks for 12 replicas: 180% against a target of 60% (sample 0 s old), 3 times its target over 4 ready pods.',
      'The proposal, of cpu, counts: 4 → 12.',
      'The scale-up rate limits the change: 12 → 8 (from 4 at most 8 at once by the scale-up policies).',
      'Result: from 4 replicas to 8 replicas.',
      'Its metrics ask for 12: the rest comes as the scale-up policies allow it.',
      'With all 8 ready, it shrinks when cpu is at 52% or less.',
      'A smaller size can come at 2026-01-05T08:05:00Z (in 5 min) at the earliest; until then the scale-down window holds the size.',
    ]);
  });
  it('tells of metrics without a reading', () => {
    const metrics = [CPU, external('queue')];
    expect(told({ spec: { metrics }, readings: [equalSamples(4, 100), absent] }).slice(2)).toEqual([
      'queue has no usable reading: unable to get external metric shop/queue/nil: unable to fetch metrics from external metrics API: connection refused.',
      'Missing data holds the size: stays at 4 (1 of 2 metrics failed).',
      'Result: 4 replicas, no change.',
      'It grows when cpu is above 66% (now 20%).',
      'It does not shrink while queue cannot be read.',
    ]);
  });
  it('tells of the tolerance and of nothing to go by', () => {
    expect(told({})[1]).toBe(
      'cpu asks for 4 replicas, the size it has: 60% against a target of 60% (sample 0 s old), 1 times its target over 4 ready pods, within the tolerance.',
    );
    expect(told({ readings: [absent] })[2]).toBe('There is no usable metric: stays at 4 (1 of 1 metric failed).');
  });
  it('tells of directions', () => {
    expect(told({ spec: { metrics: [{ ...CPU, direction: 'Up' }] }, readings: [equalSamples(4, 150)] })[1]).toBe(
      'cpu asks for 4 replicas, the size it has (2 before guards and direction): 30% against a target of 60% (sample 0 s old), 0.5 times its target over 4 ready pods; cpu may only vote for more replicas.',
    );
  });
  it('tells of sizes out of bounds and of zero', () => {
    expect(told({ ...size(12), readings: [] })[1]).toBe(
      'The size is above maxReplicas and goes straight to it: 12 → 10 (maxReplicas is 10).',
    );
    expect(told({ ...size(0), readings: [] })[1]).toContain('Scaling is switched off: stays at 0');
  });
});

describe('why, in one line', () => {
  it.each<[string, Changes]>([
    ['cpu 100% of target: stays at 4, within tolerance', {}],
    ['cpu 150% of target: 4 → 6', { readings: [equalSamples(4, 450)] }],
    [
      'cpu 300% of target: 4 → 8, limited by the scale-up rate',
      { readings: [equalSamples(4, 900)], spec: { maxReplicas: 99 } },
    ],
    [
      'cpu 300% of target: 4 → 5, limited by maxReplicas',
      { readings: [equalSamples(4, 900)], spec: { maxReplicas: 5 } },
    ],
    [
      'cpu 33% of target: stays at 4, held by the scale-down window',
      { readings: [equalSamples(4, 100)], history: recently(4) },
    ],
    [
      'cpu 33% of target: 4 → 3, no further within the scale-down window',
      { readings: [equalSamples(4, 100)], history: recently(3) },
    ],
    ['cpu 167% of target: stays at 4, pods without a sample may be enough', { readings: [equalSamples(2, 500)] }],
    ['cpu 83% of target: stays at 4, pods without a sample may need the size', { readings: [equalSamples(3, 250)] }],
    [
      'queue 25 times its target: 4 → 8, limited by the scale-up rate',
      { spec: { metrics: [external('queue')], maxReplicas: 999 }, readings: [value(10_000_000)] },
    ],
    ['12 → 10, the size is above maxReplicas and goes straight to it', { ...size(12), readings: [] }],
    ['stays at 0, scaling is switched off', { ...size(0), readings: [] }],
    [
      'stays at 4, failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: connection refused',
      { readings: [absent] },
    ],
  ])('%s', (expected, changes) => {
    expect(why(changes)).toBe(expected);
  });
});
