// What an HTTP answer of the API server means: JSON within a size, or one error of the catalogue. Bodies are never logged
// and never quoted, but for the message of a well-formed Status object.
import { StringDecoder } from 'node:string_decoder';
import { ApiStatusError, SetpointError } from '../base/errors.ts';
import type { TransportResponse } from './transport.ts';

const MAX_ERROR_BYTES = 64 * 1024;
const MAX_MESSAGE = 1024;
/** A server that asks for hours has a wrong clock or a wrong mind. */
const MAX_RETRY_AFTER_MS = 60_000;

/** The decoded body of a 2xx answer. Rejects with `BadAnswer` or an ApiStatusError; transport failures pass through. */
export async function readJson(response: TransportResponse, maxBytes: number): Promise<unknown> {
  await refuseFailure(response);
  if (!isJson(response)) {
    dump(response);
    throw new SetpointError(
      'BadAnswer',
      `the API server answered ${response.statusCode} with something other than JSON`,
    );
  }
  const text = await readText(response.body, maxBytes);
  if (text === undefined) {
    throw new SetpointError('BadAnswer', `the API server's answer is longer than ${maxBytes} bytes`);
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new SetpointError('BadAnswer', 'the API server answered with JSON that does not parse');
  }
}

/** Throws for everything but 2xx and frees the connection. */
export async function refuseFailure(response: TransportResponse): Promise<void> {
  const { statusCode } = response;
  if (statusCode >= 200 && statusCode < 300) return;
  if (statusCode < 400) {
    dump(response);
    throw new SetpointError('BadAnswer', `the API server answered ${statusCode}: redirects are not followed`);
  }
  const retryAfterMs = parseRetryAfter(response.headers['retry-after']);
  const text = isJson(response) ? await readText(response.body, MAX_ERROR_BYTES) : undefined;
  if (text === undefined) dump(response);
  throw failureOf(statusCode, text, retryAfterMs);
}

/** What an error status means; `text` is the body where that is JSON. */
export function failureOf(statusCode: number, text: string | undefined, retryAfterMs?: number): ApiStatusError {
  const { reason, message } = parseStatus(text) ?? { reason: '', message: `HTTP status ${statusCode}` };
  return new ApiStatusError(statusCode, reason, message, retryAfterMs);
}

/** The text of a failure's body; undefined when that is too long to be one. */
export function readLimited(body: AsyncIterable<Buffer>): Promise<string | undefined> {
  return readText(body, MAX_ERROR_BYTES);
}

/** An ApiStatusError from a Status object, as ERROR events of a watch carry one. */
export function statusError(value: unknown): ApiStatusError {
  const status = readStatus(value);
  return new ApiStatusError(
    status?.code ?? 500,
    status?.reason ?? '',
    status?.message ?? 'the watch ended with an error',
  );
}

function parseStatus(text: string | undefined) {
  if (text === undefined) return undefined;
  try {
    return readStatus(JSON.parse(text) as unknown);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function readStatus(value: unknown): { code: number; reason: string; message: string } | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { kind, code, reason, message } = value as Record<string, unknown>;
  if (kind !== 'Status') return undefined;
  return {
    code: typeof code === 'number' ? code : 500,
    reason: typeof reason === 'string' ? reason : '',
    message: typeof message === 'string' && message !== '' ? message.slice(0, MAX_MESSAGE) : 'no message',
  };
}

function parseRetryAfter(header: string | string[] | undefined): number | undefined {
  if (typeof header !== 'string' || !/^[0-9]{1,6}$/.test(header)) return undefined;
  return Math.min(MAX_RETRY_AFTER_MS, Number(header) * 1000);
}

function isJson(response: TransportResponse): boolean {
  const type = response.headers['content-type'];
  const encoding = response.headers['content-encoding'];
  return typeof type === 'string' && /^application\/(?:[\w.+-]+\+)?json\b/i.test(type) && encoding === undefined;
}

/** Undefined when the body is longer than `maxBytes`; the connection is then broken off. */
async function readText(body: AsyncIterable<Buffer>, maxBytes: number): Promise<string | undefined> {
  const decoder = new StringDecoder('utf8');
  let text = '';
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) return undefined;
    text += decoder.write(chunk);
  }
  return text + decoder.end();
}

/** Frees the connection without reading on: a short rest is read, a long one breaks the connection. */
function dump(response: TransportResponse): void {
  response.body.on('error', () => undefined);
  response.body.dump({ limit: MAX_ERROR_BYTES }).catch(() => undefined);
}
