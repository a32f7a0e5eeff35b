// What the guards promise whatever happens: over random minutes of random readings, beside the plain HPA on the very same ones.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../src/decide/decide.ts';
import { recommend } from '../../src/decide/recommend.ts';
import type { Proposal, Situation } from '../../src/decide/types.ts';
import { METRICS, play, PODS, setup, step, steps } from '../support/random-steps.ts';

function unguarded(situation: Situation): Situation {
  return { ...situation, spec: { ...situation.spec, guards: 'Disabled' } };
}

/** What is wrong with a guarded proposal beside the plain one on the same readings; undefined: nothing. */
function faultBeside(guarded: Proposal, plain: Proposal, current: number): string | undefined {
  const moves = guarded.guards.some((guard) => guard === 'StaleSample' || guard === 'SurgeIsNotSize');
  if (guarded.replicas === undefined) return plain.replicas === undefined || moves ? undefined : 'lost its number';
  if (!guarded.mayLower && guarded.replicas !== current) return 'held elsewhere than at the current size';
  if (moves) return undefined;
  // Neither samples nor averages are others than the HPA's: then only SameSample may give less, and never less than there is.
  if (plain.replicas === undefined) return 'made a number out of nothing';
  if (guarded.guards.length === 0) return guarded.replicas === plain.replicas ? undefined : 'moved without a guard';
  if (!guarded.guards.includes('SameSample'))
    return guarded.replicas > plain.replicas ? undefined : 'lowered by a hold';
  return guarded.replicas >= current && guarded.replicas < plain.replicas ? undefined : 'cut below the current size';
}

/** What is wrong with the steps of a proposal: they lead from the HPA's number to the one in the end without a gap. */
function faultOfStory({ steps: story, replicas, rawReplicas }: Proposal): string | undefined {
  if (replicas === undefined) return undefined;
  const starts = [undefined, ...story.map(({ after }) => after)];
  const isWhole = story.every(({ before }, index) => index === 0 || before === starts[index]);
  const fits = story[0]?.after === rawReplicas && story.at(-1)?.after === replicas;
  return isWhole && fits ? undefined : `the steps do not lead to ${replicas}`;
}

describe('guards, over any minutes', () => {
  it('never ask for less than the HPA, but for what SameSample cuts and StaleSample and SurgeIsNotSize take away', () => {
    fc.assert(
      fc.property(steps, setup, (given, day) => {
        play(given, day, (situation) => {
          const guarded = recommend(situation).proposals;
          const plain = recommend(unguarded(situation)).proposals;
          const current = situation.scale.specReplicas;
          const faults = guarded.flatMap((proposal, index) => [
            faultBeside(proposal, plain[index] as Proposal, current),
            faultOfStory(proposal),
          ]);
          expect(faults.filter((fault) => fault !== undefined)).toEqual([]);
        });
      }),
      { numRuns: 100 },
    );
  });

  it('leave a whole number within the bounds', () => {
    fc.assert(
      fc.property(steps, setup, (given, day) => {
        play(given, day, (situation) => {
          const { desiredReplicas } = decide(situation).decision;
          expect(Number.isInteger(desiredReplicas)).toBe(true);
          expect(desiredReplicas).toBeGreaterThanOrEqual(situation.spec.minReplicas);
          expect(desiredReplicas).toBeLessThanOrEqual(situation.spec.maxReplicas);
        });
      }),
      { numRuns: 50 },
    );
  });

  it('never shrink what misses a metric, whatever was before', () => {
    fc.assert(
      fc.property(steps, setup, fc.nat(METRICS.length - 1), (given, day, missing) => {
        play(given, day, (situation) => {
          const readings = situation.readings.with(missing % situation.readings.length, {
            kind: 'absent',
            reason: 'Unreachable',
            message: 'the source cannot be reached',
          });
          const { desiredReplicas } = decide({ ...situation, readings }).decision;
          expect(desiredReplicas).toBeGreaterThanOrEqual(situation.scale.specReplicas);
        });
      }),
      { numRuns: 50 },
    );
  });

  it('remember no more than a sample or two per pod and a score of peaks', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 30, maxLength: 60 }), (given) => {
        const history = play(
          given,
          { withBehavior: false, metrics: [...METRICS.keys()], minReplicas: 1 },
          () => undefined,
        );
        for (const memory of Object.values(history.metrics)) {
          expect(memory.peaks?.length ?? 0).toBeLessThanOrEqual(20);
          const readings = [memory.last, memory.sample?.reading];
          const sizes = readings.map((reading) => (reading?.kind === 'pods' ? reading.samples.size : 1));
          expect(Math.max(...sizes)).toBeLessThanOrEqual(2 * PODS.length);
          expect(memory.unseen?.size ?? 0).toBeLessThanOrEqual(PODS.length);
        }
        expect(Object.keys(history.metrics)).toHaveLength(METRICS.length);
      }),
      { numRuns: 10 },
    );
  });
});
