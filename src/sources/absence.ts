// Makes absent readings. Their messages are our own words: nothing of a source's bytes, one line, short.
import type { AbsenceReason } from '../api/reasons.ts';
import type { AbsentReading } from '../decide/types.ts';

/** Longer than any message here, unless a name of the administrator's is in it. */
const MAX_LENGTH = 160;

export function absent(reason: AbsenceReason, message: string): AbsentReading {
  return Object.freeze({ kind: 'absent', reason, message: message.slice(0, MAX_LENGTH) });
}

/** Whether a result is an absent reading, among results that know no other `kind` of that name. */
export function isAbsent(result: unknown): result is AbsentReading {
  return typeof result === 'object' && result !== null && 'kind' in result && result.kind === 'absent';
}
