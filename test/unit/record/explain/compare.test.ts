// Two specs side by side: what is told of a size that would not be written. That each side decides as if in force is a property.
import { describe, expect, it } from 'vitest';
import { compareSpecs } from '../../../../src/record/explain/compare.ts';
import { equalSamples, NOW, situation } from '../../../support/situations.ts';

const growing = situation({ readings: [equalSamples(4, 450)] });

describe('a comparison of specs', () => {
  it('says of mode: Recommend that nothing is written', () => {
    const { current, other, rows } = compareSpecs(growing, { ...growing.spec, mode: 'Recommend' }, NOW);
    expect([current.record.outcome, other.record.outcome]).toEqual(['Written', 'Recommend']);
    expect(current.explanation.outcome).toBe('Result: from 4 replicas to 6 replicas.');
    expect(other.explanation.outcome).toBe(
      'Result: 6 replicas recommended and not written (mode: Recommend); the size is 4.',
    );
    expect(rows.filter(({ differs }) => differs).map(({ what }) => what)).toEqual(['mode']);
  });
});
