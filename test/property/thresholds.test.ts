// The values that an explanation names are where the decision turns: one more grows, one more does not shrink.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Metric } from '../../src/api/spec.ts';
import type { PodState, Reading, Situation } from '../../src/decide/types.ts';
import { thresholdsOf } from '../../src/record/explain/thresholds.ts';
import { toldOf } from '../support/explained.ts';
import { external, NOW, pods, samples, seconds, situation, value } from '../support/situations.ts';
import { CPU } from '../support/targets.ts';

const TOLERANCE = { down: 0.1, up: 0.1 };

/** What the metric asks for in a situation, and the values at which that would change. */
function asked(given: Situation, metric: Metric) {
  const { record } = toldOf(given);
  const [decided] = record.metrics ?? [];
  if (!decided) throw new Error('nothing was decided');
  const size = given.scale.specReplicas;
  return { proposal: decided.proposal ?? Number.NaN, decided, size, metric };
}

function turns(
  situationAt: (value: number) => Situation,
  metric: Metric,
  start: number,
  parse: (text: string) => number,
) {
  const { decided, size } = asked(situationAt(start), metric);
  const { above, atMost } = thresholdsOf({ metric, decided, size, guards: 'Disabled', tolerance: TOLERANCE });
  const at = (given: number) => asked(situationAt(given), metric).proposal;
  if (above !== undefined) {
    expect(at(parse(above))).toBeLessThanOrEqual(size);
    expect(at(parse(above) + 1)).toBeGreaterThan(size);
  }
  if (atMost !== undefined) {
    expect(at(parse(atMost))).toBeLessThan(size);
    expect(at(parse(atMost) + 1)).toBeGreaterThanOrEqual(size);
  }
  return { above, atMost };
}

const starting = { ready: 'False', startedAtMs: NOW - seconds(20), readyTransitionAtMs: NOW - seconds(20) } as const;
const percentOf = (text: string) => Number(text.slice(0, -1));

describe('thresholds', () => {
  it('are where a utilization turns the size, with pods without a sample and pods that start', () => {
    const world = fc.record({
      serving: fc.integer({ min: 1, max: 12 }),
      missing: fc.integer({ min: 0, max: 5 }),
      unready: fc.integer({ min: 0, max: 5 }),
      target: fc.integer({ min: 1, max: 150 }),
      start: fc.integer({ min: 0, max: 400 }),
    });
    let told = 0;
    fc.assert(
      fc.property(world, ({ serving, missing, unready, target, start }) => {
        const size = serving + missing + unready;
        const metric: Metric = { ...CPU, target: { type: 'Utilization', averageUtilization: target } };
        const containers = [{ name: 'main', requests: { cpu: 1000n } }];
        const all = pods(size, { containers }).map(
          (pod, index): PodState => (index < size - unready ? pod : { ...pod, ...starting }),
        );
        const seen = all.filter((_, index) => index < serving || index >= serving + missing).map(({ name }) => name);
        const situationAt = (percent: number) =>
          situation({
            spec: { metrics: [metric], maxReplicas: 100_000 },
            scale: { specReplicas: size, statusReplicas: size },
            pods: all,
            readings: [samples(Object.fromEntries(seen.map((name) => [name, percent * 10])))],
          });
        const { above, atMost } = turns(situationAt, metric, start, percentOf);
        told += (above === undefined ? 0 : 1) + (atMost === undefined ? 0 : 1);
      }),
      { numRuns: 400 },
    );
    expect(told).toBeGreaterThan(400);
  });

  it.each(['AverageValue', 'Value'] as const)('are where one value turns the size: %s', (type) => {
    const world = fc.record({
      size: fc.integer({ min: 1, max: 12 }),
      // Whole numbers of few digits, which texts show in full.
      target: fc.integer({ min: 1, max: 80 }),
      start: fc.integer({ min: 0, max: 2000 }),
    });
    fc.assert(
      fc.property(world, ({ size, target, start }) => {
        const goal = BigInt(target);
        const metric = external(
          'queue',
          type === 'Value' ? { type, valueMilli: goal } : { type, averageValueMilli: goal },
        );
        const situationAt = (milli: number) =>
          situation({
            spec: { metrics: [metric], maxReplicas: 100_000 },
            scale: { specReplicas: size, statusReplicas: size },
            pods: pods(size),
            readings: [value(milli) satisfies Reading],
          });
        // An average is shown to the thousandth: only where it is whole does the text say all of it.
        if (type === 'AverageValue' && size > 1) return;
        const { above, atMost } = turns(situationAt, metric, start, (text) => Math.round(Number(text) * 1000));
        expect(above).toBeDefined();
        // Less than nothing cannot be measured: of one replica nothing is left to ask for but zero.
        if (size > 1) expect(atMost).toBeDefined();
      }),
      { numRuns: 300 },
    );
  });
});
