// The guards of one metric together: what is remembered of what, and the story they tell.
import { describe, expect, it } from 'vitest';
import type { Metric } from '../../../../src/api/spec.ts';
import { guardMetric } from '../../../../src/decide/guards/guard-metric.ts';
import type { GuardContext, GuardedProposal, PlainProposal, Propose } from '../../../../src/decide/guards/types.ts';
import type { MetricMemory, PodState, Reading, ValueReading } from '../../../../src/decide/types.ts';
import { externalAverage, externalValue, prometheusAverage, UNREACHABLE } from '../../../support/plant-metrics.ts';

const NOW = Date.UTC(2026, 0, 5);

function context(changes: Partial<GuardContext> = {}): GuardContext {
  return {
    now: NOW,
    metric: externalValue(100_000n),
    scale: { specReplicas: 10, statusReplicas: 10 },
    minReplicas: 1,
    pods: [],
    toleranceUp: 0.1,
    cpuInitializationPeriodMs: 300_000,
    memory: undefined,
    ...changes,
  };
}

function value(milli: bigint, changes: Partial<ValueReading> = {}): ValueReading {
  return { kind: 'value', valueMilli: milli, atMs: NOW, scrapeIntervalMs: undefined, partial: false, ...changes };
}

/** Asks for the ratio to 100 times `serving` pods. */
function proposing(serving: number): Propose<PlainProposal> {
  return (reading) => {
    if (reading.kind !== 'value') return { replicas: undefined, ratio: undefined };
    const ratio = Number(reading.valueMilli) / 100_000;
    return { replicas: Math.ceil(ratio * serving), ratio };
  };
}

/** Samples by pod: value and age in seconds. */
function pods(samples: Readonly<Record<string, readonly [milli: bigint, ageS: number]>>): Reading {
  const entries = Object.entries(samples).map(
    ([name, [valueMilli, ageS]]) => [name, { valueMilli, atMs: NOW - ageS * 1000, windowMs: 15_000 }] as const,
  );
  return { kind: 'pods', samples: new Map(entries) };
}

/** A pod that has just started. */
function state(name: string): PodState {
  return {
    name,
    phase: 'Running',
    deleting: false,
    ready: 'True',
    readyTransitionAtMs: 0,
    startedAtMs: NOW,
    containers: [],
    initContainers: [],
    podRequests: undefined,
  };
}

/** Ten replicas wanted, and these there are. */
function only(...names: string[]): Partial<GuardContext> {
  return { scale: { specReplicas: 10, statusReplicas: names.length }, pods: names.map(state) };
}

function valueOf(reading: Reading | undefined, name: string): bigint | undefined {
  return reading?.kind === 'pods' ? reading.samples.get(name)?.valueMilli : undefined;
}

/** Asks for the ratio of the mean to 100, times `serving` pods. */
function mean(serving: number): Propose<PlainProposal> {
  return (given) => {
    if (given.kind !== 'pods') return { replicas: undefined, ratio: undefined };
    const values = [...given.samples.values()].map(({ valueMilli }) => Number(valueMilli));
    const ratio = values.reduce((sum, one) => sum + one, 0) / values.length / 100_000;
    return { replicas: Math.ceil(ratio * serving), ratio };
  };
}

function after(readings: readonly [seconds: number, reading: Reading][], metric: Metric): MetricMemory | undefined {
  return readings.reduce<MetricMemory | undefined>((memory, [seconds, reading]) => {
    const now = NOW + seconds * 1000;
    return guardMetric(proposing(10), reading, context({ now, metric, memory })).memory;
  }, undefined);
}

describe('guardMetric', () => {
  it('leaves a plain proposal alone', () => {
    expect(guardMetric(proposing(10), value(50_000n), context())).toMatchObject({
      replicas: 5,
      held: false,
      guards: [],
      steps: [],
    });
  });

  it('tells each guard’s part, each from where the one before ended', () => {
    // A fall after a peak, said by an answer that calls itself partial.
    const memory = after(
      [
        [-15, value(1_000_000n, { atMs: NOW - 15_000 })],
        [0, value(30_000n)],
      ],
      externalValue(100_000n),
    );
    const partial = value(30_000n, { atMs: NOW + 15_000, partial: true });
    const answer = guardMetric(proposing(10), partial, context({ now: NOW + 15_000, memory }));
    expect(answer).toMatchObject({ replicas: 10, held: true, guards: ['VanishedLoad', 'PartialView'] });
    expect(answer.steps.map(({ before, after: end, reason }) => [before, end, reason])).toEqual([
      [3, 10, 'VanishedLoad'],
      [10, 10, 'PartialView'],
    ]);
  });

  it('asks the arithmetic twice only where the samples or the surge call for it', () => {
    const asked: string[] = [];
    const propose: Propose<PlainProposal> = (reading, over) => {
      asked.push(over);
      return proposing(10)(reading, over);
    };
    guardMetric(propose, value(50_000n), context());
    expect(asked).toEqual(['status']);
    guardMetric(propose, value(50_000n), context({ scale: { specReplicas: 10, statusReplicas: 12 } }));
    expect(asked).toEqual(['status', 'status', 'spec']);
  });

  it('keeps what it knows over an outage', () => {
    const known = after([[0, value(950_000n)]], externalValue(100_000n));
    const answer = guardMetric(proposing(10), UNREACHABLE, context({ now: NOW + 600_000, memory: known }));
    expect(answer).toMatchObject({ replicas: undefined, held: false, guards: [] });
    expect(answer.memory).toMatchObject({ last: { valueMilli: 950_000n }, lastSeenAtMs: NOW, peaks: known?.peaks });
  });

  it('names itself where it is the reason that a metric is missing', () => {
    const answer = guardMetric(proposing(10), value(5n, { atMs: NOW - 301_000 }), context());
    expect(answer).toMatchObject({ replicas: undefined, guards: ['StaleSample'] });
  });

  it('forgets everything when another metric takes the name', () => {
    const web = { ...prometheusAverage(100_000n), query: 'sum(rate(web[1m]))' };
    const shop = { ...web, query: 'sum(rate(shop[1m]))' };
    const memory = after([[0, value(1_000_000n, { atMs: undefined })]], web);
    const low = value(10_000n, { atMs: undefined });
    const held = guardMetric(proposing(10), low, context({ now: NOW + 15_000, metric: web, memory }));
    expect(held).toMatchObject({ replicas: 10, guards: ['VanishedLoad'] });
    const fresh = guardMetric(proposing(10), low, context({ now: NOW + 15_000, metric: shop, memory }));
    expect(fresh).toMatchObject({ replicas: 1, guards: [] });
  });

  it('keeps the memory and drops the ceiling when only the target changes', () => {
    const metric = externalAverage(100_000n);
    const stricter = externalAverage(50_000n);
    const memory = after([[0, value(120_000n)]], metric);
    const again = (given: Metric): GuardedProposal<PlainProposal> =>
      guardMetric(proposing(20), value(120_000n), context({ now: NOW + 15_000, metric: given, memory }));
    expect(again(metric)).toMatchObject({ replicas: 12, guards: ['SameSample'] });
    expect(again(stricter)).toMatchObject({ replicas: 24, guards: [] });
    expect(again(stricter).memory.peaks?.[0]).toEqual({ totalMilli: 120_000n, atMs: NOW + 15_000 });
  });

  it('holds old samples that would lower and lets them raise', () => {
    const old = { atMs: NOW - 200_000 };
    expect(guardMetric(proposing(10), value(50_000n, old), context())).toMatchObject({
      replicas: 10,
      held: true,
      guards: ['StaleSample'],
    });
    expect(guardMetric(proposing(10), value(150_000n, old), context())).toMatchObject({ replicas: 15, guards: [] });
  });

  it('lets fresh samples of some pods say more than all with the old ones', () => {
    const reading = pods({ fresh: [150_000n, 10], old: [10_000n, 200] });
    expect(guardMetric(mean(10), reading, context())).toMatchObject({
      plain: { replicas: 8 },
      replicas: 15,
      held: false,
    });
  });

  it('takes old samples into account where that is more, also below the current size', () => {
    // Three of ten pods got stuck while busy: with them six are enough, without them three.
    const reading = pods({ a: [200_000n, 200], b: [0n, 0], c: [0n, 0], d: [0n, 0] });
    const propose: Propose<PlainProposal> = (given) =>
      given.kind === 'pods' && given.samples.size === 4
        ? { replicas: 6, ratio: 0.6 }
        : { replicas: given.kind === 'pods' ? 3 : undefined, ratio: 0.3 };
    const answer = guardMetric(propose, reading, context(only('a', 'b', 'c', 'd')));
    expect(answer).toMatchObject({ replicas: 6, held: false, guards: [] });
  });

  it('takes an overload that only old samples show as a reason not to shrink', () => {
    const reading = pods({ fresh: [10_000n, 10], old: [350_000n, 200] });
    // 1.8 times the target over two ready pods is 4 of 10 replicas; the fresh sample alone would have 1.
    const two = context(only('fresh', 'old'));
    expect(guardMetric(mean(2), reading, two)).toMatchObject({
      plain: { replicas: 4 },
      replicas: 10,
      held: true,
      guards: ['NoShrinkUnderLoad'],
    });
    // Where the fresh one alone asks for more replicas, the overload is still the one of all.
    const propose: Propose<PlainProposal> = (given) =>
      given.kind === 'pods' && given.samples.size === 2 ? { replicas: 4, ratio: 1.8 } : { replicas: 5, ratio: 0.5 };
    expect(guardMetric(propose, reading, two)).toMatchObject({
      replicas: 10,
      held: true,
      guards: ['StaleSample', 'NoShrinkUnderLoad'],
    });
  });

  it('takes an overload that only the fresh samples show as one, too', () => {
    const reading = pods({ fresh: [150_000n, 10], old: [10_000n, 200] });
    // All samples ask for no fewer than the fresh ones, but it is by them that the pods are overloaded.
    const propose: Propose<PlainProposal> = (given) =>
      given.kind === 'pods' && given.samples.size === 2 ? { replicas: 5, ratio: 0.8 } : { replicas: 5, ratio: 1.5 };
    expect(guardMetric(propose, reading, context(only('fresh', 'old')))).toMatchObject({
      replicas: 10,
      guards: ['NoShrinkUnderLoad'],
    });
  });

  it('remembers the sample of a pod through a reading without that pod, as long as the pod exists', () => {
    const play = (existing: readonly PodState[]): Reading | undefined => {
      let memory: MetricMemory | undefined;
      const readings = [pods({ a: [1n, 10], b: [1n, 10] }), pods({ a: [1n, 5] }), pods({ a: [1n, 0], b: [9n, 100] })];
      for (const reading of readings)
        memory = guardMetric(mean(10), reading, context({ pods: existing, memory })).memory;
      return memory?.last;
    };
    // The last answer has an older sample of b than the first one had.
    expect(valueOf(play([state('a'), state('b')]), 'b')).toBe(1n);
    expect(valueOf(play([state('a')]), 'b')).toBe(9n);
  });

  it('believes a partial answer neither about a fall nor about the time of the last whole one', () => {
    const metric = externalValue(100_000n);
    const readings: [number, Reading][] = [[0, value(1_000_000n)]];
    for (let second = 15; second <= 300; second += 15) {
      readings.push([second, value(20_000n, { atMs: NOW + second * 1000, partial: true })]);
    }
    const memory = after(readings, metric);
    expect(memory).toMatchObject({ lastSeenAtMs: NOW, fall: undefined });
    const whole = value(20_000n, { atMs: NOW + 315_000 });
    expect(guardMetric(proposing(10), whole, context({ now: NOW + 315_000, metric, memory }))).toMatchObject({
      replicas: 10,
      guards: ['VanishedLoad'],
    });
  });

  it('changes neither memory nor reading in place', () => {
    const freeze = <T>(given: T): T => {
      if (typeof given === 'object' && given !== null) Object.values(Object.freeze(given)).forEach(freeze);
      return given;
    };
    const memory = freeze(
      after(
        [
          [0, value(950_000n)],
          [15, value(10_000n, { atMs: NOW + 15_000 })],
        ],
        externalValue(1n),
      ),
    );
    const metric = externalValue(1n);
    const step = () =>
      guardMetric(
        proposing(10),
        freeze(value(0n, { atMs: NOW + 30_000 })),
        context({ now: NOW + 30_000, metric, memory }),
      );
    expect(step()).toEqual(step());
  });
});
