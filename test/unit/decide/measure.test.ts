// One metric's arithmetic, number for number, in small situations.
import { describe, expect, it } from 'vitest';
import type { Metric } from '../../../src/api/spec.ts';
import { measure } from '../../../src/decide/measure.ts';
import type { Reading, Situation } from '../../../src/decide/types.ts';
import { absent, equalSamples, external, pod, pods, samples, situation, value } from '../../support/situations.ts';
import { CPU, prometheus } from '../../support/targets.ts';

function measured(
  metric: Metric,
  reading: Reading,
  changes: Partial<Situation> = {},
  averageOver: 'status' | 'spec' = 'status',
) {
  const { spec: _spec, ...others } = changes;
  const given = situation(others);
  return measure({ situation: given, tolerance: { down: 0.1, up: 0.1 }, averageOver }, metric, reading);
}
const proposal = (...args: Parameters<typeof measured>) => {
  const answer = measured(...args);
  return answer.computed?.replicas ?? answer.failure?.message;
};
const cpu = (target: Metric['target']): Metric => ({ ...CPU, target });
const scaled = (specReplicas: number, statusReplicas = specReplicas) => ({ scale: { specReplicas, statusReplicas } });

describe('utilization', () => {
  it('is cut to a whole percent before it is compared with the target', () => {
    // 329 of 500 is 65.8 %, counts as 65: 1.083 of 60, inside a tolerance of 0.1. 330 is 66: 1.1, still inside. 335 is 67.
    expect([329, 330, 334, 335].map((usage) => proposal(CPU, equalSamples(4, usage)))).toEqual([4, 4, 4, 5]);
  });

  it('repeats the noise of doubles: 7/3 of 27 pods are 64', () => {
    const metric = cpu({ type: 'Utilization', averageUtilization: 30 });
    const changes = { ...scaled(27), pods: pods(27) };
    expect(proposal(metric, equalSamples(27, 350), changes)).toBe(64);
  });

  it('counts the ready pods, not the size: under overload one ready pod of four shrinks (the guards hold this)', () => {
    const all = [
      pod('pod-0'),
      ...pods(3, { deleting: true }).map((each, index) => ({ ...each, name: `gone-${index}` })),
    ];
    expect(proposal(CPU, equalSamples(1, 600), { pods: all })).toBe(2);
  });

  it('B40: counts pods of another workload that the selector finds too, as the HPA does', () => {
    // 1.2 times the target of its own four pods is five; two strangers, as busy, make it eight.
    const strangers = pods(6).slice(4);
    expect(proposal(CPU, equalSamples(4, 360))).toBe(5);
    expect(proposal(CPU, equalSamples(6, 360), { pods: [...pods(4), ...strangers] })).toBe(8);
  });

  it('takes samples of pods outside the list into the count but not into the ratio', () => {
    const reading = samples({ 'pod-0': 600, 'pod-1': 600, 'pod-2': 600, 'pod-3': 600, gone: 9_000_000 });
    expect(measured(CPU, reading).status).toMatchObject({ averageUtilization: 120, averageValueMilli: 600n });
  });

  it.each<[string, Reading, Partial<Situation>]>([
    [
      'failed to get cpu utilization: no pods returned by selector while calculating replica count',
      equalSamples(4, 1),
      { pods: [] },
    ],
    [
      'failed to get cpu utilization: did not receive metrics for targeted pods (pods might be unready)',
      equalSamples(4, 1),
      { pods: pods(4, { phase: 'Pending' }) },
    ],
    ['failed to get cpu utilization: no metrics returned matched known pods', samples({ other: 5 }), {}],
    [
      'failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: connection refused',
      absent,
      {},
    ],
    [
      'failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API',
      { kind: 'absent', reason: 'Empty', message: 'nothing' },
      {},
    ],
    [
      'failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the source answered with another kind of reading than this metric takes',
      value(5),
      {},
    ],
  ])('fails with: %s', (message, reading, changes) => {
    expect(proposal(CPU, reading, changes)).toBe(message);
  });
});

describe('missing and unready pods', () => {
  it('missing ones count as idle on the way up', () => {
    // 3 of 4 at 120 %: 2.0; with the fourth at 0: 90 % → 1.5 × 4.
    expect(proposal(CPU, equalSamples(3, 600))).toBe(6);
  });
  it('missing ones count as fully used on the way down', () => {
    // 3 of 4 at 10 %: 0.17; with the fourth at 100 %: 32 % → 0.53 × 4 = 3.
    expect(proposal(CPU, equalSamples(3, 50))).toBe(3);
  });
  it('missing ones at a target above 100 % count as at the target', () => {
    const metric = cpu({ type: 'Utilization', averageUtilization: 200 });
    // 3 of 4 at 100 %: 0.5; with the fourth at 200 %: 125 % → 0.625 × 4 = 3.
    expect(proposal(metric, equalSamples(3, 500))).toBe(3);
  });
  it('hold the size when they would turn the change around', () => {
    // 1 of 4 at 120 %; with three idle ones 30 %: from up to down.
    expect(proposal(CPU, equalSamples(1, 600))).toBe(4);
    expect(measured(CPU, equalSamples(1, 600)).computed?.why).toBe('MissingMetricHold');
  });
  it('unready ones count as idle on the way up and not at all on the way down', () => {
    const starting = [...pods(3), pod('pod-3', { ready: 'False', startedAtMs: situation().now - 1000 })];
    expect(proposal(CPU, equalSamples(4, 600), { pods: starting })).toBe(6);
    // Three at 20 %: 0.33 × 3 ready ones.
    expect(proposal(CPU, equalSamples(4, 100), { pods: starting })).toBe(1);
  });
  it('a surge of a rollout cannot turn a lower load into a larger size', () => {
    const surge = [...pods(4), ...pods(4).map((each, index) => ({ ...each, name: `new-${index}` }))];
    // 7 of 8 pods at 47 %: 0.78; with the last at 100 %: 53 % → 0.88 × 8 pods = 8, more than the 4 there should be: hold.
    const reading = samples(Object.fromEntries(surge.slice(0, 7).map(({ name }) => [name, 235])));
    expect(proposal(CPU, reading, { pods: surge })).toBe(4);
  });
});

describe('averages per pod', () => {
  const metric: Metric = {
    type: 'Pods',
    name: 'queue',
    metricName: 'queue',
    target: { type: 'AverageValue', averageValueMilli: 1000n },
    maxAgeSeconds: 180,
    direction: 'Both',
  };
  it('cut the mean to a whole number', () => {
    expect(measured(metric, samples({ 'pod-0': 5, 'pod-1': 5, 'pod-2': 5, 'pod-3': 4 })).status).toEqual({
      name: 'queue',
      averageValueMilli: 4n,
      sampleAtMs: situation().now,
    });
  });
  it('do not look at readiness', () => {
    expect(proposal(metric, equalSamples(4, 2000), { pods: pods(4, { ready: 'False' }) })).toBe(8);
  });
  it('assume the target for a missing pod on the way down', () => {
    expect(proposal(metric, equalSamples(3, 100))).toBe(2);
  });
  it('win over a utilization when both are given', () => {
    const both = cpu({ type: 'Utilization', averageUtilization: 60, averageValueMilli: 100n });
    expect(proposal(both, equalSamples(4, 200))).toBe(8);
  });
});

describe('one value', () => {
  const total = external('queue', { type: 'Value', valueMilli: 10_000n });
  const average = external('queue', { type: 'AverageValue', averageValueMilli: 10_000n });

  it('multiplies the serving pods', () => {
    const three = [...pods(3), pod('pod-3', { ready: 'False' })];
    expect(proposal(total, value(20_000), { pods: three })).toBe(6);
    expect(proposal(total, value(11_000), { pods: three })).toBe(4);
  });
  it('asks for nothing when no pod is ready, however large it is (the guards hold this)', () => {
    expect(proposal(total, value(99_000_000), { pods: pods(4, { ready: 'False' }) })).toBe(0);
  });
  it('needs pods only outside the tolerance', () => {
    expect(proposal(total, value(10_000), { pods: [] })).toBe(4);
    expect(proposal(total, value(20_000), { pods: [] })).toBe(
      'unable to calculate ready pods: no pods returned by selector while calculating replica count',
    );
  });
  it('knows no tolerance from zero: exactly on target wakes one', () => {
    expect([0, 1, 10_000, 10_001].map((each) => proposal(total, value(each), { ...scaled(0), pods: [] }))).toEqual([
      0, 1, 1, 2,
    ]);
  });
  it('averages over the replicas that run, which a surge enlarges', () => {
    // 43 over the 6 that run is 0.72: 5 by load. 55 over 6 is 0.92, inside: the surge becomes the size.
    expect(proposal(average, value(43_000), scaled(4, 6))).toBe(5);
    expect(proposal(average, value(55_000), scaled(4, 6))).toBe(6);
    // Over the 4 wanted, 43 is 1.08, inside.
    expect(proposal(average, value(43_000), scaled(4, 6), 'spec')).toBe(4);
  });
  it('averages over what runs when it comes from zero, also where the wanted size is asked for', () => {
    expect(proposal(average, value(25_000), scaled(0, 0), 'spec')).toBe(3);
    expect(proposal(average, value(0), scaled(0, 0), 'spec')).toBe(0);
    // Five are still there: 54 over them is 1.08, inside.
    expect(proposal(average, value(54_000), scaled(0, 5), 'spec')).toBe(5);
  });
  it('shows the value itself where there is nothing to average over', () => {
    expect(measured(average, value(25_000), scaled(0, 0)).status).toMatchObject({ averageValueMilli: 25_000n });
  });
  it('goes by the type of the target for Object and by what is given for External and Prometheus', () => {
    const object: Metric = {
      type: 'Object',
      name: 'hits',
      metricName: 'hits',
      describedObject: { kind: 'Ingress', name: 'main' },
      target: { type: 'Utilization', valueMilli: 1n },
      maxAgeSeconds: 180,
      direction: 'Both',
    };
    expect(proposal(object, value(1))).toBe(
      'invalid object metric source: neither a value target nor an average value target was set',
    );
    expect(proposal(external('queue', { type: 'Utilization', valueMilli: 10_000n }), value(20_000))).toBe(8);
    expect(proposal(prometheus('up'), value(600_000))).toBe(6);
  });
  it('says which Prometheus metric failed, at which source', () => {
    expect(measured(prometheus('up'), absent).failure).toEqual({
      reason: 'FailedGetPrometheusMetric',
      message: 'unable to get Prometheus metric rps: unable to fetch metrics from source default: connection refused',
      inContext: 'unable to get Prometheus metric rps: unable to fetch metrics from source default: connection refused',
    });
  });
});

it('a metric type of another version fails by its name', () => {
  const metric: Metric = { ...external('x'), type: 'Unknown', typeName: 'Weather' };
  expect(proposal(metric, value(1))).toBe('unknown metric source type "Weather"');
});
