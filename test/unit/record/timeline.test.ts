import { describe, expect, it } from 'vitest';
import type { CycleReport } from '../../../src/record/cycle-report.ts';
import { type TimelineOptions, Timelines } from '../../../src/record/timeline.ts';
import { decide } from '../../../src/decide/decide.ts';
import { situation } from '../../support/situations.ts';
import { CPU, prometheus, spec, target } from '../../support/targets.ts';

const AT = Date.UTC(2026, 0, 1, 12);
const decided = decide(situation({})).decision;

interface Numbers {
  readonly key?: string;
  readonly current?: number;
  readonly unclamped?: number | undefined;
  readonly ready?: number | undefined;
  /** Percent, by metric; undefined: not read. */
  readonly values?: readonly (number | undefined)[];
  readonly names?: readonly string[];
}

/** A cycle `second` seconds in. */
function report(
  second: number,
  { key = 'shop/web', current = 3, names = ['cpu'], ...rest }: Numbers = {},
): CycleReport {
  const values = rest.values ?? names.map(() => 30);
  const [namespace = '', name = ''] = key.split('/');
  return {
    cycle: `1-${second}`,
    target: target({ namespace, name, spec: spec({ metrics: names.map((one) => ({ ...CPU, name: one })) }) }),
    decision: {
      ...decided,
      currentReplicas: current,
      desiredReplicas: current + 1,
      unclampedReplicas: rest.unclamped,
      proposals: names.map((one, index) => ({
        name: one,
        replicas: current,
        rawReplicas: current,
        ratio: 0.5,
        status: values[index] === undefined ? undefined : { name: one, averageUtilization: values[index] },
        mayLower: true,
        guards: [],
        steps: [],
        failure: undefined,
      })),
    },
    record: undefined,
    outcome: { kind: second % 2 === 0 ? 'none' : 'written' },
    conditions: [],
    readings: [],
    readyPods: rest.ready,
    atMs: AT + second * 1000,
    lagMs: 0,
    error: undefined,
  };
}

const create = (options: Partial<TimelineOptions> = {}) =>
  new Timelines({ maxBytes: 1_000_000, maxPointsPerTarget: 100, ...options });

describe('timelines', () => {
  it('give back what was put in, the unknown as unknown', () => {
    const timelines = create();
    timelines.concluded(report(0, { ready: 2, unclamped: 7, values: [35] }));
    timelines.concluded(report(15, { current: 4, values: [undefined] }));
    const bounds = { min: 1, max: 10 };
    expect(timelines.points('shop/web')).toEqual([
      {
        ...bounds,
        atMs: AT,
        current: 3,
        desired: 4,
        unclamped: 7,
        ready: 2,
        metrics: { cpu: { value: 35, target: 60 } },
        written: false,
      },
      {
        ...bounds,
        atMs: AT + 15_000,
        current: 4,
        desired: 5,
        unclamped: undefined,
        ready: undefined,
        metrics: {},
        written: true,
      },
    ]);
    expect(timelines.newest('shop/web')?.current).toBe(4);
    expect(timelines.newest('shop/other')).toBeUndefined();
  });

  it('keep the newest points, in their order, whatever wraps around', () => {
    const timelines = create({ maxPointsPerTarget: 50 });
    for (let second = 0; second < 333; second++) timelines.concluded(report(second, { current: second }));
    const points = timelines.points('shop/web');
    expect(points.map(({ current }) => current)).toEqual(Array.from({ length: 50 }, (_, index) => 283 + index));
    expect(points.map(({ atMs }) => (atMs - AT) / 1000)).toEqual(points.map(({ current }) => current));
  });

  it('stay under their bytes: the more targets, the fewer points of each', () => {
    const maxBytes = 200_000;
    const timelines = create({ maxBytes, maxPointsPerTarget: 10_000 });
    for (let second = 0; second < 600; second++) timelines.concluded(report(second, { key: 'shop/first' }));
    const alone = timelines.points('shop/first').length;
    for (let second = 600; second < 900; second++) {
      for (let index = 0; index < 60; index++) timelines.concluded(report(second, { key: `shop/t-${index}` }));
      timelines.concluded(report(second, { key: 'shop/first' }));
      expect(timelines.bytes).toBeLessThanOrEqual(maxBytes);
    }
    expect(alone).toBe(600);
    expect(timelines.points('shop/first').length).toBeLessThan(100);
    expect(timelines.points('shop/t-59').length).toBeGreaterThan(60);
  });

  it('carry over what is still measured when the metrics change', () => {
    const timelines = create();
    timelines.concluded(report(0, { names: ['cpu', 'memory'], values: [30, 40] }));
    timelines.concluded(report(15, { names: ['memory'], values: [50] }));
    expect(timelines.points('shop/web').map(({ metrics }) => metrics)).toEqual([
      { memory: { value: 40, target: 60 } },
      { memory: { value: 50, target: 60 } },
    ]);
  });

  it('give a small picture of evenly spread sizes that ends with the newest', () => {
    const timelines = create();
    expect(timelines.sizes('shop/web', 8)).toEqual([]);
    for (let second = 0; second < 40; second++) timelines.concluded(report(second, { current: second }));
    expect(timelines.sizes('shop/web', 8)).toEqual([4, 9, 14, 19, 24, 29, 34, 39]);
    expect(timelines.sizes('shop/web', 100)).toHaveLength(40);
  });

  it('forget a target that is gone, bytes and all; a cycle without a decision leaves no point', () => {
    const timelines = create();
    timelines.concluded({ ...report(0), decision: undefined });
    expect(timelines.points('shop/web')).toEqual([]);
    timelines.concluded(report(15));
    timelines.forgotten('shop', 'web');
    expect(timelines.points('shop/web')).toEqual([]);
    expect(timelines.bytes).toBe(0);
  });

  it('hold fractions well enough to draw them, and names that look like built-in fields', () => {
    const timelines = create();
    const metric = { ...prometheus('up'), name: '__proto__' };
    const one = report(0, { names: ['__proto__'] });
    const status = { name: '__proto__', averageValueMilli: 123_456n };
    const proposals = one.decision?.proposals.map((proposal) => ({ ...proposal, status })) ?? [];
    timelines.concluded({
      ...one,
      target: target({ spec: spec({ metrics: [metric] }) }),
      decision: { ...decided, proposals },
    });
    const { metrics } = timelines.points('shop/web')[0] ?? {};
    expect(Object.keys(metrics ?? {})).toEqual(['__proto__']);
    expect(Object.values(metrics ?? {})[0]?.value).toBeCloseTo(123.456, 4);
  });
});
