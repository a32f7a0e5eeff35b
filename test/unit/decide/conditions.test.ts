import { describe, expect, it } from 'vitest';
import { condition, withCondition } from '../../../src/decide/conditions.ts';

const able = condition('AbleToScale', 'True', 'ReadyForNewScale', 'it can');
const active = condition('ScalingActive', 'True', 'ValidMetricFound', 'from cpu');

describe('withCondition', () => {
  it('adds a type at the end, and replaces it where it stands', () => {
    const both = withCondition([able], active);
    expect(both).toEqual([able, active]);
    const limited = condition('AbleToScale', 'True', 'ScaleDownStabilized', 'it waits');
    expect(withCondition(both, limited)).toEqual([limited, active]);
    expect(both).toEqual([able, active]);
  });

  it('makes no other list where nothing is new', () => {
    const before = [able, active];
    expect(withCondition(before, { ...active })).toBe(before);
  });

  it.each([
    { ...active, status: 'False' as const },
    { ...active, reason: 'InvalidSelector' as const },
    { ...active, message: 'from memory' },
  ])('takes every word of a condition for news', (changed) => {
    expect(withCondition([able, active], changed)).toEqual([able, changed]);
  });
});
