// Alarms in a word or two, the gravest first; what each means is in its text, from the server.
import type { Alarm } from '../api-types.ts';

export const ALARM_WORDS: Readonly<Record<Alarm['kind'], string>> = {
  InvalidSpec: 'Invalid spec',
  NoScale: 'No workload',
  NoData: 'No data',
  Conflict: 'Conflict',
  WriteFailed: 'Write failed',
  AtMax: 'At max',
  Held: 'Held',
  Silent: 'Silent',
};

const ORDER = Object.keys(ALARM_WORDS);
/** The target does not follow its load; with the others it does, within limits. */
const NOT_GRAVE: ReadonlySet<Alarm['kind']> = new Set(['AtMax', 'Held', 'Silent']);

export const isGrave = ({ kind }: Alarm): boolean => !NOT_GRAVE.has(kind);

/** 0 for the gravest. */
export const gravity = ({ kind }: Alarm): number => ORDER.indexOf(kind);
