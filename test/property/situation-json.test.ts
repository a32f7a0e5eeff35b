// A situation that went through JSON is the same situation, and is decided the same.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../src/decide/decide.ts';
import { situationFromJson, situationToJson } from '../../src/record/situation-json.ts';
import type { Situation } from '../../src/decide/types.ts';
import { situationOf, world } from '../support/random-situations.ts';
import { equalSamples, seconds, situation, TimeLine } from '../support/situations.ts';

const through = (given: Situation): Situation => situationFromJson(JSON.parse(JSON.stringify(situationToJson(given))));

describe('a situation through JSON', () => {
  it('is the same, and is decided the same, with the history that the guards left', () => {
    fc.assert(
      fc.property(world(['ready', 'starting', 'pending', 'deleting', 'failed']), (given) => {
        const first = situationOf(given);
        expect(through(first)).toEqual(first);
        const later = { ...first, now: first.now + seconds(15), history: decide(first).history };
        expect(through(later)).toEqual(later);
        expect(decide(through(later))).toEqual(decide(later));
      }),
      { numRuns: 300 },
    );
  });

  it('keeps numbers that JSON has no word for, whole numbers of any size, and any name', () => {
    const anything = fc.object({
      withBigInt: true,
      withMap: true,
      maxDepth: 3,
      key: fc.oneof(fc.string(), fc.constantFrom('$', '__proto__', 'constructor', 'members')),
      values: [fc.double(), fc.string(), fc.bigInt(), fc.boolean(), fc.constant(null), fc.constant('$')],
    });
    fc.assert(
      fc.property(anything, (labels) => {
        // Some place where a situation takes any text as a name.
        const given = { ...situation(), odd: labels } as unknown as Situation;
        expect(through(given)).toEqual(given);
      }),
      { numRuns: 500 },
    );
  });

  it('keeps what is remembered of pods without a sample', () => {
    const line = new TimeLine(4, { spec: { guards: 'Enabled' } });
    line.at(0);
    const { history } = line.decided(15, { readings: [equalSamples(2, 300)] });
    const given = situation({ history });
    expect(history.metrics['cpu']?.unseen?.size).toBe(2);
    expect(through(given)).toEqual(given);
  });

  it.each<[unknown, string]>([
    [{}, 'a situation of format undefined, not 1: the controller is of another version'],
    [null, 'a situation of format undefined, not 1: the controller is of another version'],
    [{ format: 2 }, 'a situation of format 2, not 1: the controller is of another version'],
    [{ format: 1, situation: [] }, 'a situation without now'],
    [{ format: 1, situation: { $: 'rm' } }, 'a situation with a value that is none: "rm"'],
    [{ format: 1, situation: { now: 1, namespace: 'a', name: 'b', spec: {} } }, 'a situation without spec'],
  ])('refuses %j', (value, message) => {
    expect(() => situationFromJson(value)).toThrow(message);
  });
});
