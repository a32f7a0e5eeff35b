// How times and texts are written where others read them: status, journal, API.

/** Seconds are enough for people; a time that no calendar holds is as if it were unknown. */
export function timeText(atMs: number | undefined): string | undefined {
  return atMs === undefined || !(Math.abs(atMs) < 8.64e15) ? undefined : secondsText(atMs);
}

/** The last second written out: one cycle writes the same one several times. */
let lastSecond = { at: Number.NaN, text: '' };

/** RFC 3339 in whole seconds. */
export function secondsText(atMs: number): string {
  const at = Math.floor(atMs / 1000);
  if (at !== lastSecond.at) lastSecond = { at, text: `${new Date(at * 1000).toISOString().slice(0, 19)}Z` };
  return lastSecond.text;
}

/** The text, shortened to the limit where it is longer. */
export function cut(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 3)}...`;
}
