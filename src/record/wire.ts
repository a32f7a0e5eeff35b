// How times and texts are written where others read them: status, journal, API.

/** Seconds are enough for people; a time that no calendar holds is as if it were unknown. */
export function timeText(atMs: number | undefined): string | undefined {
  return atMs === undefined || !(Math.abs(atMs) < 8.64e15) ? undefined : secondsText(atMs);
}

/** Seconds written out lately: targets that are decided together write the same few, and keep them. */
const written = new Map<number, string>();
const MAX_WRITTEN = 64;

/** What RFC 3339 can say: the years 1 to 9999, in seconds. */
const FIRST_SECOND = -62_135_596_800;
const LAST_SECOND = 253_402_300_799;

/** RFC 3339 in whole seconds; a time that it cannot say is the nearest that it can. */
export function secondsText(atMs: number): string {
  const at = Math.floor(atMs / 1000);
  const known = written.get(at);
  if (known !== undefined) return known;
  const sayable = Math.min(LAST_SECOND, Math.max(FIRST_SECOND, Number.isNaN(at) ? 0 : at));
  const text = `${new Date(sayable * 1000).toISOString().slice(0, 19)}Z`;
  if (written.size >= MAX_WRITTEN) written.clear();
  written.set(at, text);
  return text;
}

/**
 * The text, shortened to the limit where it is longer. Half of a character, from the cut or from an answer of a source, is written as
 * the API server keeps it: else what it shows would never be what was sent, and a refresh never at its end.
 */
export function cut(text: string, limit: number): string {
  const within = text.length <= limit ? text : `${text.slice(0, limit - 3)}...`;
  return within.toWellFormed();
}
