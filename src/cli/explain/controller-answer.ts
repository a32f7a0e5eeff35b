// What the controller's API answers over HTTP: by its own address, or over a connection that was made before, such as a forwarded port.
import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import type { Duplex } from 'node:stream';
import { untilAborted } from '../../base/deadline.ts';
import { SetpointError } from '../../base/errors.ts';

const CLOSED = 'the connection was closed before the answer';
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

export interface Question {
  readonly token: string | undefined;
  /** Unset: one is made to the host of the URL. Ended afterwards in either case. */
  readonly connection?: Duplex;
  readonly signal: AbortSignal;
}

/**
 * The JSON under the URL. Rejects with a SetpointError `BadAnswer` for everything but JSON with 2xx, with the connection's error, or
 * with the reason of `signal`.
 */
export async function askController(url: string, question: Question): Promise<unknown> {
  const { connection, signal, token } = question;
  try {
    if (connection?.destroyed) throw connection.errored ?? new SetpointError('BadAnswer', CLOSED);
    const { statusCode = 0, text } = await untilAborted(answerTo(url, question), signal);
    if (statusCode === 401) {
      const remedy = 'SETPOINT_CONTROLLER_TOKEN, made by kubectl create token';
      const words =
        token === undefined
          ? `asks for a token: give one in ${remedy}`
          : `refuses the token: give another in ${remedy}`;
      throw new SetpointError('BadAnswer', `it ${words}`);
    }
    if (statusCode < 200 || statusCode > 299) throw new SetpointError('BadAnswer', `${statusCode} ${firstLine(text)}`);
    return parse(text);
  } finally {
    connection?.destroy();
  }
}

interface Answer {
  readonly statusCode: number | undefined;
  readonly text: string;
}

function answerTo(url: string, { token, connection, signal }: Question): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const send = url.startsWith('https:') ? requestTls : requestPlain;
    const headers = { accept: 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) };
    // An agent, even a new one, would make connections of its own.
    const way = connection === undefined ? { agent: false } : { createConnection: () => connection };
    let isAnswered = false;
    const fail = (why: string) => reject(new SetpointError('BadAnswer', why));
    send(url, { headers, signal, ...way })
      .on('response', (response) => {
        isAnswered = true;
        read(response).then((text) => resolve({ statusCode: response.statusCode, text }), reject);
      })
      .on('upgrade', (_response, socket) => {
        socket.destroy();
        fail('it is no controller: it answers in another protocol');
      })
      // Of a name with several addresses all failures come in one error without words.
      .on('error', (error) => reject(error instanceof AggregateError ? error.errors[0] : error))
      .end();
    connection?.on('error', reject).on('close', () => {
      // Later it is the answer that fails, or is whole.
      if (!isAnswered) fail(CLOSED);
    });
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new SetpointError('BadAnswer', 'it is no controller: it answers with something other than JSON');
  }
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
