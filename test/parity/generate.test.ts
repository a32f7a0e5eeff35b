// The generator: the same seed gives the same situations, everything in them can be read, and nothing is left out.
import { describe, expect, it } from 'vitest';
import { readLine } from '../../src/cli/situations/read.ts';
import { Draw } from './generate/draw.ts';
import { milli } from './generate/metrics.ts';
import { situationAt } from './generate/situation.ts';
import { Kinds } from './kinds.ts';
import { PROFILES } from './situation.ts';

const drawn = (seed: number, count: number) => Array.from({ length: count }, (_, index) => situationAt(seed, index));

describe('draws', () => {
  it('are the same on every machine', () => {
    const draw = new Draw(1, 0);
    expect([draw.int(0, 999), draw.int(0, 999), draw.int(0, 999), draw.pick(['a', 'b', 'c'])]).toEqual(FIRST_OF_SEED_1);
  });

  it('of neighbouring seeds and members have nothing in common', () => {
    const streams = [new Draw(1, 0), new Draw(1, 1), new Draw(2, 0), new Draw(2 ** 40, 0)];
    const numbers = streams.flatMap((draw) => draw.list(50, () => draw.int(0, 2 ** 31)));
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  it('follow their weights, and both ends of a range occur', () => {
    const draw = new Draw(3, 0);
    const ends = draw.list(200, () => draw.int(2, 4));
    expect(new Set(ends)).toEqual(new Set([2, 3, 4]));
    const weighed = draw.list(1000, () =>
      draw.weighted([
        [1, 'rare'],
        [9, 'often'],
        [0, 'never'],
      ]),
    );
    expect(weighed.filter((one) => one === 'rare').length).toBeGreaterThan(50);
    expect(weighed.filter((one) => one === 'rare').length).toBeLessThan(150);
    expect(weighed).not.toContain('never');
    expect(new Set(draw.shuffled([1, 2, 3, 4]))).toEqual(new Set([1, 2, 3, 4]));
  });
});

describe('situations', () => {
  it('are the same for the same seed, and others for another', () => {
    expect(drawn(7, 60)).toEqual(drawn(7, 60));
    expect(drawn(7, 60).map(({ situation }) => situation)).not.toEqual(drawn(8, 60).map(({ situation }) => situation));
  });

  it('do not depend on those before them', () => {
    expect(situationAt(7, 59)).toEqual(drawn(7, 60)[59]);
  });

  it('take turns in their profiles, each with a name of its own', () => {
    const all = drawn(1, 60);
    expect(all.slice(0, 6).map(({ profile }) => profile)).toEqual([...PROFILES]);
    expect(new Set(all.map(({ id }) => id)).size).toBe(60);
  });

  it('can be read, and none of their ages lies right on a limit where time passes', () => {
    for (const named of drawn(1, 600)) {
      const { id } = readLine(JSON.stringify(named));
      expect(id).toBe(named.id);
      const { situation } = named;
      if (situation.recommendationsHistory !== null && situation.updateScaleConflicts === undefined) continue;
      const events = [...(situation.scaleEventsHistory?.up ?? []), ...(situation.scaleEventsHistory?.down ?? [])];
      expect(events.filter(({ ageSeconds }) => Number.isInteger(ageSeconds))).toEqual([]);
    }
  });

  it('have everything that the comparison is to see', () => {
    const kinds = new Kinds();
    for (const { situation } of drawn(1, 4000)) kinds.add(situation);
    expect(kinds.entries().filter(([, count]) => count === 0)).toEqual([]);
    expect(kinds.entries().length).toBeGreaterThan(60);
  });
});

describe('thousandths', () => {
  it('beyond 2^53 are texts, held within 64 bits', () => {
    expect([milli(0.4), milli(2 ** 53), milli(-3)]).toEqual([0, 2 ** 53, -3]);
    expect(milli(2 ** 53 + 2)).toBe('9007199254740994');
    expect([milli(1e30), milli(-1e30)]).toEqual(['9223372036854775807', '-9223372036854775807']);
  });
});

const FIRST_OF_SEED_1 = [102, 143, 382, 'c'];
