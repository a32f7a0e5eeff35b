// Reads from the controller. What went wrong comes back as a value, with the server's own words where it gave some.

export interface Problem {
  /** Of the answer; undefined when there was none. */
  readonly status: number | undefined;
  readonly text: string;
}

/** A local address that does not answer for so long will not. */
const TIMEOUT_MS = 15_000;
const LONGEST_MESSAGE = 300;

export async function readJson(
  url: string,
  signal: AbortSignal,
): Promise<{ readonly value: unknown } | { readonly problem: Problem }> {
  const answer = await read(url, signal);
  if ('problem' in answer) return answer;
  try {
    return { value: JSON.parse(answer.text) as unknown };
  } catch {
    return { problem: { status: undefined, text: `${url} did not answer with JSON` } };
  }
}

/** As text. */
export async function read(
  url: string,
  signal: AbortSignal,
): Promise<{ readonly text: string } | { readonly problem: Problem }> {
  try {
    // Past the browser's cache: an answer that is equal but for its time would come with the time of the first one.
    const answer = await fetch(url, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      cache: 'no-store',
    });
    const text = await answer.text();
    return answer.ok ? { text } : { problem: { status: answer.status, text: messageOf(text) || answer.statusText } };
  } catch (error) {
    return { problem: { status: undefined, text: error instanceof Error ? error.message : String(error) } };
  }
}

/** The message of an error that is JSON with one, else the text. */
function messageOf(text: string): string {
  try {
    const { message, error } = JSON.parse(text) as { message?: unknown; error?: unknown };
    const said = message ?? error;
    if (typeof said === 'string') return said.slice(0, LONGEST_MESSAGE);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return text.trim().slice(0, LONGEST_MESSAGE);
}
