// Makes absent readings. Their messages are our own words: nothing of a source's bytes, one line, short.
import type { AbsenceReason } from '../api/reasons.ts';
import type { AbsentReading } from '../decide/types.ts';

/** Longer than any message here, unless a name of the administrator's is in it. */
const MAX_LENGTH = 160;

export function absent(reason: AbsenceReason, message: string): AbsentReading {
  return Object.freeze({ kind: 'absent', reason, message: message.slice(0, MAX_LENGTH) });
}
