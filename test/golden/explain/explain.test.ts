// What users read of a decision, word for word, in every kind of situation. Read the difference before you accept it:
// `npx vitest run test/golden -u` writes the file anew.
import { describe, expect, it } from 'vitest';
import {
  CONDITION_REASONS,
  type ConditionReason,
  STEP_REASONS,
  VERDICTS,
  WRITE_OUTCOMES,
} from '../../../src/api/reasons.ts';
import type { DecisionRecord } from '../../../src/api/schema-decision.ts';
import { ABSENCES, CASES } from './situations.ts';

/** Reasons of which there is nothing to explain: that a conflict is over. */
const UNTOLD: readonly ConditionReason[] = ['NoConflict'];

const records = CASES.flatMap(({ told }) => (told.record ? [told.record] : []));

/** The words of a closed list that no situation here says. */
function unheard<Word>(words: readonly Word[], of: (record: DecisionRecord) => readonly (Word | undefined)[]): Word[] {
  const heard = new Set(records.flatMap(of));
  return words.filter((word) => !heard.has(word));
}

describe('explanations', () => {
  it('are these', async () => {
    const sections = CASES.map(({ title, told }) => `# ${title}\n${told.sentences.join('\n')}\n`);
    await expect(sections.join('\n')).toMatchFileSnapshot('explanations.txt');
  });

  it('have a situation for every word that a decision can say', () => {
    // What a metric says of itself is a step of its own before it is one of the decision.
    expect(
      unheard(STEP_REASONS, ({ steps, metrics }) => [
        ...(steps ?? []).map(({ reason }) => reason),
        ...(metrics ?? []).map(({ verdict }) => STEP_REASONS.find((reason) => reason === verdict)),
      ]),
    ).toEqual([]);
    expect(unheard(VERDICTS, ({ metrics }) => (metrics ?? []).map(({ verdict }) => verdict))).toEqual([]);
    expect(unheard(WRITE_OUTCOMES, ({ outcome }) => [outcome])).toEqual([]);
    expect(CASES.length).toBeGreaterThanOrEqual(40);
  });

  it('have a situation for every reason that a condition can have, and every absence', () => {
    const heard = new Set(CASES.flatMap(({ told }) => told.conditions ?? []).map(({ reason }) => reason));
    expect(CONDITION_REASONS.filter((reason) => !heard.has(reason) && !UNTOLD.includes(reason))).toEqual([]);
    const all = CASES.flatMap(({ told }) => told.sentences).join('\n');
    // An empty answer is told in the HPA's words.
    const words = Object.entries({ ...ABSENCES, Empty: 'no metrics returned from source default' });
    expect(words.filter(([, message]) => !all.includes(message)).map(([reason]) => reason)).toEqual([]);
  });

  it.each(CASES.map(({ title, told }) => [title, told.sentences] as const))(
    '%s: whole sentences',
    (_title, sentences) => {
      for (const sentence of sentences) {
        expect(sentence).toMatch(/^\S.*[.:]$/s);
        expect(sentence).not.toMatch(/undefined|NaN replicas|\[object|\.\.$| {2}/);
      }
    },
  );
});
