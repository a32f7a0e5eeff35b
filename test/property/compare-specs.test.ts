// Two specs on the same readings: the same spec decides the same, and another one decides as if it were in force.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../src/decide/decide.ts';
import { compareSpecs } from '../../src/record/explain/compare.ts';
import { situationOf, world } from '../support/random-situations.ts';

describe('a comparison of specs', () => {
  it('finds no difference between a spec and itself, and says what was decided', () => {
    fc.assert(
      fc.property(world(), (given) => {
        const situation = situationOf(given);
        const { current, other, rows, notes } = compareSpecs(situation, structuredClone(situation.spec), situation.now);
        expect(rows.filter(({ differs }) => differs)).toEqual([]);
        expect(notes).toEqual([]);
        expect(other).toEqual(current);
        expect(current.record.desiredReplicas).toBe(decide(situation).decision.desiredReplicas);
      }),
      { numRuns: 200 },
    );
  });

  it('decides the other spec by the readings of the metrics that it has, whatever they are called', () => {
    fc.assert(
      fc.property(world(), fc.nat(20), (given, above) => {
        const situation = situationOf(given);
        const metrics = situation.spec.metrics.toReversed().map((metric) => ({ ...metric, name: `my-${metric.name}` }));
        const spec = { ...situation.spec, metrics, maxReplicas: given.pods.length + above };
        const { other, notes } = compareSpecs(situation, spec, situation.now);
        const readings = situation.readings.toReversed();
        expect(other.record.desiredReplicas).toBe(decide({ ...situation, spec, readings }).decision.desiredReplicas);
        expect(notes).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});
