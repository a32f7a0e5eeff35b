// What the controller's API answers over HTTP: by its own address, or over a connection that was made before, such as a forwarded port.
import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import type { Duplex } from 'node:stream';
import { SetpointError } from '../../base/errors.ts';

const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

export interface Question {
  readonly token: string | undefined;
  /** Unset: one is made to the host of the URL. Closed afterwards in either case. */
  readonly connection?: Duplex;
  readonly signal: AbortSignal;
}

/** The JSON under the URL. Rejects with a SetpointError `BadAnswer` for everything but 2xx; the connection's errors pass through. */
export async function askController(url: string, { token, connection, signal }: Question): Promise<unknown> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const send = url.startsWith('https:') ? requestTls : requestPlain;
    const headers = { accept: 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) };
    // An agent, even a new one, would make connections of its own.
    const way = connection === undefined ? { agent: false } : { createConnection: () => connection };
    send(url, { headers, signal, ...way }, resolve)
      // Of a name with several addresses all failures come in one error without words.
      .on('error', (error) => reject(error instanceof AggregateError ? error.errors[0] : error))
      .end();
  });
  const { statusCode = 0 } = response;
  const text = await read(response);
  if (statusCode === 401 && token === undefined) {
    throw new SetpointError('BadAnswer', 'it asks for a token: give one in SETPOINT_CONTROLLER_TOKEN');
  }
  if (statusCode < 200 || statusCode > 299) throw new SetpointError('BadAnswer', `${statusCode} ${firstLine(text)}`);
  return JSON.parse(text) as unknown;
}

async function read(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES)
      throw new SetpointError('BadAnswer', `its answer is longer than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function firstLine(text: string): string {
  return (text.split('\n', 1)[0] ?? '').slice(0, 200);
}
