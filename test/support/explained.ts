// What people are told of a situation: its record, its sentences, its short line.
import type { Condition } from '../../src/api/spec.ts';
import { conclude } from '../../src/decide/conclude.ts';
import { decide } from '../../src/decide/decide.ts';
import type { Situation, WriteOutcome } from '../../src/decide/types.ts';
import type { DecisionRecord } from '../../src/api/schema-decision.ts';
import { recordOf } from '../../src/record/decision-record.ts';
import { type Explanation, explainRecord, sentencesOf } from '../../src/record/explain/explain.ts';
import { whyOfRecord } from '../../src/record/explain/why.ts';

export interface Told {
  readonly record: DecisionRecord;
  readonly explanation: Explanation;
  readonly sentences: readonly string[];
  readonly why: string;
  readonly conditions: readonly Condition[];
}

/** Decides a situation, writes what is to be written unless said otherwise, and explains it at once. */
export function toldOf(given: Situation, outcome: WriteOutcome = { kind: 'written' }): Told {
  const first = decide(given);
  const { decision } = first.decision.rescale ? conclude(first, outcome, given) : first;
  const record = recordOf({
    decision,
    metrics: given.spec.metrics,
    outcome: first.decision.rescale ? outcome : { kind: 'none' },
    error: decision.error,
    cycle: { id: '1-1', epoch: 1 },
    readyPods: given.pods.filter(({ ready }) => ready === 'True').length,
    leadTimeMs: undefined,
    now: given.now,
  });
  const explanation = explainRecord(record, {
    name: `${given.namespace}/${given.name}`,
    spec: given.spec,
    conditions: decision.conditions,
    nowMs: given.now,
    defaultTolerance: given.defaults.tolerance,
  });
  return {
    record,
    explanation,
    sentences: sentencesOf(explanation),
    why: whyOfRecord(record),
    conditions: decision.conditions,
  };
}
