// Bodies as they go out: compressed where the client takes that, with a tag so that what has not changed is not sent again.
import { createHash, type Hash } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, gzip, gzipSync } from 'node:zlib';

const compress = promisify(gzip);
/** Below this a header more costs as much as is saved. */
const LEAST_BYTES = 1024;

export interface Body {
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Undefined: not worth it. */
  readonly zipped: Uint8Array<ArrayBuffer> | undefined;
  readonly tag: string;
  readonly cache: string;
}

export interface BodyOptions {
  readonly type: string;
  readonly cache: string;
  /** What the tag is made of where not all of the body counts, such as the time of the answer; or that, hashed already. */
  readonly tagOf?: string | Hash;
}

/**
 * For what is made once, at the start: smaller at the cost of time, and without the threads that Node starts for work off the
 * main one, which would take 20 MB for as long as the process lives.
 */
export function fixedBody(bytes: Uint8Array<ArrayBuffer>, { type, cache }: BodyOptions): Body {
  const zipped = bytes.length < LEAST_BYTES ? undefined : gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION });
  return { type, bytes, zipped, cache, tag: tagOf(bytes) };
}

/** Compresses off the main thread. Bytes are taken as they are, not copied. */
export async function bodyOf(content: string | Uint8Array<ArrayBuffer>, options: BodyOptions): Promise<Body> {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  const level = constants.Z_BEST_SPEED;
  const zipped =
    bytes.length < LEAST_BYTES ? undefined : ((await compress(bytes, { level })) as Uint8Array<ArrayBuffer>);
  return { type: options.type, bytes, zipped, cache: options.cache, tag: tagOf(options.tagOf ?? bytes) };
}

/** A tag that speaks of the meaning, not of the bytes. */
function tagOf(content: string | Uint8Array | Hash): string {
  const isText = typeof content === 'string' || content instanceof Uint8Array;
  const hash = isText ? createHash('sha256').update(content) : content;
  return `W/"${hash.digest('base64url').slice(0, 22)}"`;
}

/** The answer to a request with these headers: 304 where the client has it already. */
export function answerWith(
  { type, bytes, zipped, tag, cache }: Body,
  asked: { readonly ifNoneMatch: string | undefined; readonly acceptEncoding: string | undefined },
): Response {
  const headers = { etag: tag, 'cache-control': cache, vary: 'accept-encoding, authorization' };
  if (isKnown(asked.ifNoneMatch, tag)) return new Response(null, { status: 304, headers });
  const isZipped = zipped !== undefined && takesGzip(asked.acceptEncoding);
  const sent = isZipped ? zipped : bytes;
  return new Response(sent, {
    headers: {
      ...headers,
      'content-type': type,
      'content-length': String(sent.length),
      ...(isZipped && { 'content-encoding': 'gzip' }),
    },
  });
}

function isKnown(ifNoneMatch: string | undefined, tag: string): boolean {
  const known = (ifNoneMatch ?? '').split(',').map((part) => part.trim());
  return known.includes(tag) || known.includes('*');
}

function takesGzip(acceptEncoding: string | undefined): boolean {
  return (acceptEncoding ?? '').split(',').some((part) => {
    const [name = '', ...parameters] = part.trim().split(/\s*;\s*/);
    return /^(?:gzip|\*)$/i.test(name) && !parameters.some((parameter) => /^q=0(?:\.0*)?$/i.test(parameter));
  });
}
