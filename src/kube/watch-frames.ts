// The bytes of a watch as events: one JSON object a line, however lines and characters are cut into chunks. A line that
// cannot be read fails the stream: dropping it would leave a change unseen for ever.
import { SetpointError } from '../base/errors.ts';

/** etcd refuses objects above 1.5 MiB; managed fields and escapes cannot make that 16. */
export const MAX_LINE_BYTES = 16 * 1024 * 1024;
const NEWLINE = 0x0a;
const TYPES = new Set(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR']);

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: Readonly<Record<string, unknown>>;
}

/** Yields events until the stream ends. Throws `BadAnswer` for a line that is too long, broken or no event. */
export async function* readFrames(
  chunks: AsyncIterable<Uint8Array>,
  options: { readonly onBytes?: () => void; readonly maxLineBytes?: number } = {},
): AsyncGenerator<WatchEvent, void, undefined> {
  const maxLineBytes = options.maxLineBytes ?? MAX_LINE_BYTES;
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  const hold = (bytes: Uint8Array) => {
    heldBytes += bytes.length;
    if (heldBytes > maxLineBytes)
      throw new SetpointError('BadAnswer', `a watch event is longer than ${maxLineBytes} bytes`);
    if (bytes.length > 0) held.push(bytes);
  };
  const release = (): string => {
    const text = Buffer.concat(held).toString('utf8');
    held = [];
    heldBytes = 0;
    return text;
  };
  for await (const chunk of chunks) {
    options.onBytes?.();
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      hold(chunk.subarray(start, end));
      start = end + 1;
      const line = release();
      if (line.trim() !== '') yield parseFrame(line);
    }
    hold(chunk.subarray(start));
  }
  const rest = release();
  if (rest.trim() !== '') yield parseFrame(rest);
}

function parseFrame(line: string): WatchEvent {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new SetpointError('BadAnswer', 'a watch event is cut off or not JSON');
  }
  const { type, object } = (value ?? {}) as { type?: unknown; object?: unknown };
  if (typeof type !== 'string' || !TYPES.has(type) || typeof object !== 'object' || object === null) {
    throw new SetpointError('BadAnswer', 'a watch event has no known type or no object');
  }
  return { type: type as WatchEvent['type'], object: object as WatchEvent['object'] };
}
