// Compares answers with what the real HPA did: what must agree, and what else is on the line.
import { isDeepStrictEqual } from 'node:util';
import { answerOf } from '../../src/cli/situations/answer.ts';
import { Player } from '../../src/cli/situations/play.ts';
import { readLine } from '../../src/cli/situations/read.ts';

type Json = Record<string, unknown>;
type View = (answer: Json) => unknown;

const withoutMessages = (list: unknown) => (list as Json[]).map(({ message: _message, ...rest }) => rest);

/** The size, the conditions, the reasons of events, and the kept history. */
const MUST: Readonly<Record<string, View>> = {
  replicas: (answer) => [answer['replicas'], answer['rescaled']],
  conditions: (answer) => withoutMessages(answer['conditions']),
  eventReasons: (answer) => (answer['events'] as Json[]).map(({ reason }) => reason),
  recommendations: (answer) => answer['recommendationsAfter'],
  scaleEvents: (answer) => answer['scaleEventsAfter'],
};
const ALSO: Readonly<Record<string, View>> = {
  messages: (answer) => [answer['conditions'], answer['events']],
  currentMetrics: (answer) => answer['currentMetrics'],
  status: (answer) => [answer['desiredReplicasStatus'], answer['currentReplicasStatus'], answer['statusWritten']],
  errors: (answer) => [answer['errorLabel'], answer['error'], answer['actionLabel']],
};

export interface Difference {
  readonly field: string;
  readonly want: unknown;
  readonly have: unknown;
}

export interface Agreement {
  readonly id: string;
  /** False for lines that do not count: the HPA's size overflowed, or a feature gate is off. */
  readonly counts: boolean;
  /** In what must agree. */
  readonly wrong: readonly Difference[];
  /** In messages, metrics, status fields and errors. */
  readonly alsoWrong: readonly Difference[];
}

/** Plays one line of a situations file and compares. */
export async function compareLine(line: string): Promise<Agreement> {
  const parsed = JSON.parse(line) as { expected: Json; overflow?: string[]; situation: { features: Json } };
  const { expected, overflow = [], situation } = parsed;
  const given = readLine(line);
  const answer = JSON.parse(JSON.stringify(answerOf(given, await new Player().play(given)))) as Json;
  const differences = (views: Readonly<Record<string, View>>): Difference[] =>
    Object.entries(views)
      .map(([field, view]) => ({ field, want: view(expected), have: view(answer) }))
      .filter(({ want, have }) => !isDeepStrictEqual(want, have));
  return {
    id: given.id,
    counts: !overflow.includes('size') && !Object.values(situation.features).includes(false),
    wrong: differences(MUST),
    alsoWrong: differences(ALSO).filter(({ field }) => field !== 'currentMetrics' || !overflow.includes('status')),
  };
}
