// Tells one disagreement: Setpoint's steps, the HPA's answer, and the smallest situation in which the two still disagree.
import { FieldError } from '../../src/cli/situations/fields.ts';
import { Player } from '../../src/cli/situations/play.ts';
import { readLine } from '../../src/cli/situations/read.ts';
import { outcomeSentences } from '../../src/cli/situations/sentences.ts';
import { type Agreement, compareLine } from '../support/situation-agreement.ts';
import { answered, NoAnswer } from './hpa-process.ts';
import { type Json, shrink } from './shrink.ts';
import type { NamedSituation } from './situation.ts';

/** Answers one line as the HPA. */
export type Ask = (line: string) => Promise<string>;

/** The fields in which a counted line differs; empty when the two agree or the line is free. */
export function differingFields({ counts, wrong, alsoWrong }: Agreement): string[] {
  return counts ? [...wrong, ...alsoWrong].map(({ field }) => field) : [];
}

/** What every line must have. */
const KEEP = new Set(['id', 'profile', ...['', '.features', '.config', '.metrics'].map((name) => `situation${name}`)]);

/** The answered line of the smallest situation that differs in nothing else than this line does. */
export async function smallestDisagreement(line: string, ask: Ask): Promise<string> {
  const fields = new Set(differingFields(await compareLine(line)));
  const { id, profile, situation } = JSON.parse(line) as Record<string, Json>;
  const asLine = async (candidate: Json) => {
    const text = JSON.stringify(candidate);
    return answered(text, await ask(text));
  };
  const fails = async (candidate: Json) => {
    // The API server would give an HPA without metrics one: another situation.
    if ((candidate as unknown as NamedSituation).situation.metrics.length === 0) return false;
    try {
      const still = differingFields(await compareLine(await asLine(candidate)));
      return still.length > 0 && still.every((field) => fields.has(field));
    } catch (error) {
      // What one of the two cannot read, or an API server would refuse, is no smaller case.
      if (error instanceof FieldError || error instanceof NoAnswer) return false;
      throw error;
    }
  };
  const whole: Json = { id: id ?? null, profile: profile ?? null, situation: situation ?? null };
  return asLine(await shrink(whole, { fails, keep: KEEP }));
}

/** What differs in a line, and how each side came to its answer. */
export async function tell(line: string): Promise<string> {
  const { id, wrong, alsoWrong } = await compareLine(line);
  const given = readLine(line);
  const steps = outcomeSentences(given, await new Player().play(given));
  const { expected } = JSON.parse(line) as { expected: Record<string, unknown> };
  const differences = [...wrong, ...alsoWrong].map(
    ({ field, want, have }) => `  ${field}\n    HPA      ${JSON.stringify(want)}\n    Setpoint ${JSON.stringify(have)}`,
  );
  const answer = Object.entries(expected).map(([name, value]) => `  ${name}: ${JSON.stringify(value)}`);
  return [
    `${id} differs in`,
    ...differences,
    'Setpoint, step by step',
    ...steps.map((step) => `  ${step}`),
    'The HPA',
    ...answer,
  ].join('\n');
}
