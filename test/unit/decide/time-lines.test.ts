// What the plain decision does over minutes: each cycle starts from the size and history the one before left.
import { describe, expect, it } from 'vitest';
import { behavior, equalSamples, NOW, pod, pods, samples, seconds, TimeLine } from '../../support/situations.ts';

/** Four pods' worth of load is 300m each; `percent` of the 500m request on each of `count` pods. */
const load = (count: number, percent: number) => ({ pods: pods(count), readings: [equalSamples(count, percent * 5)] });

describe('stabilization', () => {
  it('waits out the window after a peak, and then falls to the highest recommendation since', () => {
    const line = new TimeLine(4);
    // Calm, at the target.
    expect(line.at(0, load(4, 60))).toBe(4);
    // A peak doubles the size.
    expect(line.at(15, load(4, 120))).toBe(8);
    // The load is gone: two replicas would do, but eight were recommended a moment ago.
    expect(line.at(30, load(8, 15))).toBe(8);
    // In between half of it came back.
    expect(line.at(150, load(8, 30))).toBe(8);
    expect(line.at(165, load(8, 15))).toBe(8);
    // 300 s after the peak the window still holds it, a moment later it does not: four were wanted since.
    expect(line.at(315, load(8, 15))).toBe(8);
    expect(line.at(315.1, load(8, 15))).toBe(4);
    // 300 s after the half the rest goes too.
    expect(line.at(451, load(4, 30))).toBe(2);
  });

  it('after a restart holds the size for one window, whatever the load says', () => {
    const line = new TimeLine(6);
    expect(line.at(0, load(6, 10))).toBe(6);
    expect(line.at(299, load(6, 10))).toBe(6);
    expect(line.at(301, load(6, 10))).toBe(1);
  });

  it('with an up window waits until the rise has lasted', () => {
    const line = new TimeLine(4, { spec: { behavior: behavior({ stabilizationWindowSeconds: 60 }) } });
    expect(line.at(0, load(4, 60))).toBe(4);
    // A rise that falls back within a minute changes nothing.
    expect(line.at(30, load(4, 120))).toBe(4);
    expect(line.at(45, load(4, 60))).toBe(4);
    // One that lasts is followed when the last calm cycle is a minute old.
    expect(line.at(90, load(4, 120))).toBe(4);
    expect(line.at(104, load(4, 120))).toBe(4);
    expect(line.at(105, load(4, 120))).toBe(8);
  });
});

describe('rate policies', () => {
  it('add four or double every 15 s by default', () => {
    const line = new TimeLine(1, { spec: { maxReplicas: 100, behavior: behavior() } });
    const sizes = [0, 15, 30, 45].map((at, step) => {
      const size = [1, 5, 10, 20][step] ?? 0;
      return line.at(at, load(size, 600));
    });
    expect(sizes).toEqual([5, 10, 20, 40]);
  });

  it('count what was added within the period, so that a faster cycle is not a faster climb', () => {
    const policies = [{ type: 'Pods', value: 2, periodSeconds: 60 } as const];
    const line = new TimeLine(4, { spec: { maxReplicas: 100, behavior: behavior({ policies }) } });
    expect(line.at(0, load(4, 300))).toBe(6);
    // The allowance of this minute is used up.
    expect(line.at(5, load(6, 300))).toBe(6);
    expect(line.at(59, load(6, 300))).toBe(6);
    expect(line.at(60, load(6, 300))).toBe(8);
  });

  it('let go of replicas one at a time', () => {
    const policies = [{ type: 'Pods', value: 1, periodSeconds: 30 } as const];
    const line = new TimeLine(4, {
      spec: { behavior: behavior({}, { policies, stabilizationWindowSeconds: 0 }) },
      history: { recommendations: [], scaleEvents: { up: [], down: [] }, metrics: {} },
    });
    expect(line.at(0, load(4, 10))).toBe(3);
    expect(line.at(15, load(3, 10))).toBe(3);
    expect(line.at(30, load(3, 10))).toBe(2);
    // The decision says when the next one may go.
    expect(line.decided(45, load(2, 10)).decision).toMatchObject({
      desiredReplicas: 2,
      earliestScaleDownAtMs: NOW + seconds(60),
    });
    expect(line.at(60, load(2, 10))).toBe(1);
  });
});

describe('a rollout', () => {
  const fresh = (at: number, count: number) =>
    pods(count).map((_, index) =>
      pod(`new-${index}`, {
        ready: 'False',
        startedAtMs: NOW + seconds(at - 10),
        readyTransitionAtMs: NOW + seconds(at - 10),
      }),
    );

  it('with new pods burning cpu while they start does not grow the workload', () => {
    const line = new TimeLine(4);
    // Two new pods start at full speed beside four old ones at their target.
    const all = [...pods(4), ...fresh(15, 2)];
    const reading = samples({ 'pod-0': 300, 'pod-1': 300, 'pod-2': 300, 'pod-3': 300, 'new-0': 500, 'new-1': 500 });
    expect(line.at(15, { pods: all, readings: [reading] })).toBe(4);
    // Also while the old ones work a little above it: the unready count as idle, which is below the target again.
    const busy = samples({ 'pod-0': 340, 'pod-1': 340, 'pod-2': 340, 'pod-3': 340, 'new-0': 500, 'new-1': 500 });
    expect(line.at(30, { pods: all, readings: [busy] })).toBe(4);
  });

  it('leaves pods that go away out of the count', () => {
    const line = new TimeLine(4);
    const all = [...pods(4), pod('old-0', { deleting: true }), pod('old-1', { deleting: true })];
    const reading = samples({ 'pod-0': 300, 'pod-1': 300, 'pod-2': 300, 'pod-3': 300, 'old-0': 1, 'old-1': 1 });
    expect(line.at(15, { pods: all, readings: [reading] })).toBe(4);
  });
});

describe('missing data', () => {
  it('never shrinks: not while it is gone, not for the window after it came back', () => {
    const line = new TimeLine(8);
    expect(line.at(0, load(8, 60))).toBe(8);
    // The metrics API is down for ten minutes.
    const down = { pods: pods(8), readings: [{ kind: 'absent', reason: 'Unreachable', message: 'refused' } as const] };
    for (let at = 15; at <= 600; at += 15) expect(line.at(at, down)).toBe(8);
    // The plain HPA shrinks with the first good sample after a long outage: its recommendations have all expired.
    expect(line.at(615, load(8, 15))).toBe(2);
  });

  it('of one pod out of eight counts as full use on the way down', () => {
    const line = new TimeLine(8, { history: { recommendations: [], scaleEvents: { up: [], down: [] }, metrics: {} } });
    // Seven at 30 %: four would do; with the eighth at 100 %: 38 % → six.
    expect(line.at(0, { pods: pods(8), readings: [equalSamples(7, 150)] })).toBe(6);
  });
});
