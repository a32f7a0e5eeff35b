// What a played situation came to, in the sentences of `setpoint explain`.
import { explainRecord, sentencesOf } from '../../record/explain/explain.ts';
import type { Outcome } from './play.ts';
import { NOW, type Play } from './read.ts';

/** One sentence each, in the order of the story. */
export function outcomeSentences({ situation }: Play, { record, status, error }: Outcome): string[] {
  if (!record && error) return [error.message];
  const { namespace, name, spec, defaults } = situation;
  const explanation = explainRecord(record, {
    name: `${namespace}/${name}`,
    spec,
    conditions: status.conditions,
    nowMs: NOW,
    defaultTolerance: defaults.tolerance,
  });
  return sentencesOf(explanation);
}
