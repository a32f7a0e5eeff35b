import { describe, expect, it } from 'vitest';
import type { Metric } from '../../../src/api/spec.ts';
import { metricsText, metricText, readable, targetText, valueText } from '../../../src/record/metric-text.ts';
import { tellRescale } from '../../../src/record/rescale-text.ts';
import { decision } from '../../support/decisions.ts';
import { CPU, prometheus, spec } from '../../support/targets.ts';

const memory: Metric = {
  ...CPU,
  type: 'Resource',
  name: 'memory',
  resource: 'memory',
  target: { type: 'AverageValue', averageValueMilli: 209_715_200_000n },
};

describe('readable quantities', () => {
  it.each<[bigint, string]>([
    [0n, '0'],
    [450n, '0.45'],
    [667n, '0.667'],
    [2_082n, '2.08'],
    [9_999n, '10'],
    [10_004n, '10'],
    [1_000n, '1'],
    [1_500n, '1.5'],
    [120_500n, '120.5'],
    [1_234_000n, '1234'],
    [9_999_999n, '10000'],
    [12_345_678n, '12.35k'],
    [5_000_000_000n, '5M'],
    [9_223_372_036_854_775_807n, '9.22P'],
    [-450n, '-0.45'],
  ])('%s thousandths are %s', (milli, text) => {
    expect(readable(milli)).toBe(text);
  });

  it('counts thousandths of a core below one, as kubectl top does', () => {
    expect([readable(450n, 'cores'), readable(0n, 'cores'), readable(1_500n, 'cores')]).toEqual(['450m', '0', '1.5']);
  });

  it('counts bytes in powers of 1024', () => {
    expect([
      readable(119_160_832_000n, 'bytes'),
      readable(512_000n, 'bytes'),
      readable(1_073_741_824_000n, 'bytes'),
    ]).toEqual(['113.6Mi', '512', '1Gi']);
  });
});

describe('metrics in a column', () => {
  it('shows value against target in the form of the target', () => {
    const rps = prometheus('up');
    expect(
      metricsText(
        [CPU, rps],
        [
          { name: 'cpu', averageUtilization: 73, averageValueMilli: 365n },
          { name: 'rps', averageValueMilli: 120_000n, valueMilli: 360_000n },
        ],
      ),
    ).toBe('cpu: 73%/60%, rps: 120/100');
    expect(metricText(memory, { name: 'memory', averageValueMilli: 119_160_832_000n })).toBe('memory: 113.6Mi/200Mi');
  });

  it('says that a value is unknown rather than zero', () => {
    expect(metricsText([CPU], [undefined])).toBe('cpu: <unknown>/60%');
    expect(metricsText([CPU], [])).toBe('cpu: <unknown>/60%');
  });

  it('stays short with many metrics', () => {
    const many = Array.from({ length: 5 }, (_, index) => ({ ...CPU, name: `m${index}` }));
    expect(metricsText(many, [])).toBe('m0: <unknown>/60%, m1: <unknown>/60%, m2: <unknown>/60%, + 2 more...');
  });

  it('lets an average value win over a utilization, as the decision does, and shows total values', () => {
    const both = { ...CPU, target: { type: 'AverageValue', averageUtilization: 60, averageValueMilli: 500n } };
    const status = { name: 'cpu', averageUtilization: 73, averageValueMilli: 450n };
    expect([valueText(both, status), targetText(both)]).toEqual(['450m', '500m']);
    const total = { ...prometheus('up'), target: { type: 'Value', valueMilli: 100_000n } };
    expect([valueText(total, { name: 'rps', valueMilli: 250_000n }), targetText(total)]).toEqual(['250', '100']);
  });
});

describe('tellRescale', () => {
  const decided = decision({
    currentReplicas: 3,
    desiredReplicas: 7,
    winner: 'cpu',
    currentMetrics: [{ name: 'cpu', averageUtilization: 146 }],
  });

  it("says old and new size and the winner around the HPA's words", () => {
    const event = {
      type: 'Normal' as const,
      reason: 'SuccessfulRescale' as const,
      message: 'New size: 7; reason: cpu resource utilization (percentage of request) above target',
    };
    expect(tellRescale(event, decided, spec()).message).toBe(
      'Scaled from 3 to 7: cpu is 146%, target 60%. New size: 7; reason: cpu resource utilization (percentage of request) above target',
    );
  });

  it('names no metric when none won, and leaves other events alone', () => {
    const event = {
      type: 'Warning' as const,
      reason: 'FailedRescale' as const,
      message: 'New size: 7; reason: ; error: no',
    };
    expect(tellRescale(event, { ...decided, winner: undefined }, spec()).message).toBe(
      'Could not scale from 3 to 7. New size: 7; reason: ; error: no',
    );
    const other = { type: 'Warning' as const, reason: 'FailedGetScale' as const, message: 'no' };
    expect(tellRescale(other, decided, spec())).toBe(other);
  });
});
