import { describe, expect, it } from 'vitest';
import type { TimelinePoint } from '../../../../src/record/timeline.ts';
import {
  columnsOf,
  inRange,
  loadOf,
  metricNames,
  SIZE_READINGS,
  topOfSizes,
} from '../../../../src/server/page/chart-data.ts';
import { stepPath } from '../../../../src/server/page/step-path.ts';

function point(second: number, changes: Partial<TimelinePoint> = {}): TimelinePoint {
  return {
    atMs: second * 1000,
    current: 2,
    desired: 2,
    min: 1,
    max: 10,
    unclamped: 2,
    ready: 2,
    written: false,
    metrics: { cpu: { value: 30, target: 60 } },
    ...changes,
  };
}

describe('columns of a chart', () => {
  it('what was not read is a gap, never zero', () => {
    const points = [point(0), point(5, { metrics: {}, unclamped: undefined, ready: undefined }), point(10)];
    expect(columnsOf(points, [loadOf('cpu')])).toEqual([
      [0, 5, 10],
      [50, null, 50],
    ]);
    const [, , , , ready, , unclamped] = columnsOf(points, SIZE_READINGS);
    expect([unclamped, ready]).toEqual([
      [2, null, 2],
      [2, null, 2],
    ]);
  });

  it('a time without decisions is a gap in every line', () => {
    const points = [0, 5, 10, 15, 300, 305].map((second) => point(second));
    expect(columnsOf(points, [({ current }) => current])).toEqual([
      [0, 5, 10, 15, 20, 300, 305],
      [2, 2, 2, 2, null, 2, 2],
    ]);
  });

  it('a decision that is late is no gap', () => {
    const points = [0, 5, 10, 22, 27].map((second) => point(second));
    expect(columnsOf(points, [({ current }) => current])[0]).toEqual([0, 5, 10, 22, 27]);
  });

  it('a target of zero has no load', () => {
    expect(loadOf('cpu')(point(0, { metrics: { cpu: { value: 3, target: 0 } } }))).toBeUndefined();
  });

  it('of nothing are empty', () => {
    expect(columnsOf([], SIZE_READINGS)).toEqual([[], [], [], [], [], [], []]);
    expect(inRange([], '5m')).toEqual([]);
  });

  it('end with the last point, however far back they go', () => {
    const points = [0, 400, 500, 650].map((second) => point(second));
    expect(inRange(points, '5m').map(({ atMs }) => atMs)).toEqual([400_000, 500_000, 650_000]);
    expect(inRange(points, 'all')).toHaveLength(4);
  });

  it('metrics in the order of the spec, then those that were in it once', () => {
    const points = [point(0, { metrics: { old: { value: 1, target: 1 }, rps: { value: 1, target: 1 } } }), point(5)];
    expect(metricNames(points, ['cpu', 'rps', 'never'])).toEqual(['cpu', 'rps', 'old']);
  });
});

describe('the top of the scale of sizes', () => {
  it.each([
    [{}, 4],
    [{ max: 4 }, 6],
    [{ max: 1000 }, 4],
    [{ unclamped: 4000 }, 6],
    [{ unclamped: undefined, ready: undefined, current: 0, desired: 0 }, 3],
  ])('of %j is %d', (changes, top) => {
    expect(topOfSizes([point(0, changes)])).toBe(top);
  });
});

describe('the small picture', () => {
  it('has a step per size, zero at the foot', () => {
    expect(stepPath([2, 4, 0], 100, 20, 0)).toBe('M0 10.0H50.0V0.0H100.0V20.0');
  });

  it('of one size is a level, of none nothing', () => {
    expect(stepPath([3], 100, 20, 0)).toBe('M0 0.0H100');
    expect(stepPath([], 100, 20, 0)).toBe('');
  });
});
