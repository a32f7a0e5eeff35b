// Lines of a file or of standard input, plain or gzip, as they come. What they say is for read.ts.
import { createReadStream } from 'node:fs';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { messageOf } from '../../base/errors.ts';
import type { Io } from '../command.ts';

/** Large enough that turns of the event loop cost nothing beside the lines in one chunk. */
const CHUNK_BYTES = 1 << 20;

/** The lines of a file or of standard input, in batches as they come; unzipped where the first bytes say gzip. */
export async function* linesOf(io: Pick<Io, 'stdin'>, path: string): AsyncGenerator<readonly string[]> {
  const source = path === '-' ? io.stdin : createReadStream(path, { highWaterMark: 1 << 18 });
  const plain = new PassThrough();
  const unzipped = unzip(source, plain);
  // The failure is told by the loop below, which the same error ends.
  unzipped.catch((error: unknown) => plain.destroy(error instanceof Error ? error : new Error(messageOf(error))));
  plain.setEncoding('utf8');
  let rest = '';
  for await (const chunk of plain) {
    const lines = `${rest}${String(chunk)}`.split('\n');
    rest = lines.pop() ?? '';
    yield lines;
  }
  if (rest !== '') yield [rest];
  await unzipped;
}

async function unzip(source: NodeJS.ReadableStream, plain: PassThrough): Promise<void> {
  const chunks = source[Symbol.asyncIterator]();
  const first = await chunks.next();
  const head = first.done === true ? Buffer.alloc(0) : bytesOf(first.value);
  const rest = async function* (): AsyncGenerator<Buffer> {
    yield head;
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield bytesOf(next.value);
  };
  if (head[0] === 0x1f && head[1] === 0x8b) await pipeline(rest, createGunzip({ chunkSize: CHUNK_BYTES }), plain);
  else await pipeline(rest, plain);
}

/** Buffers as they are: copies of a whole file take time. */
function bytesOf(chunk: string | Buffer): Buffer {
  return typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
}
