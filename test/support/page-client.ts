// A reader of a controller's page: its API, and its events as a browser would take them.
import { request } from 'node:http';
import type { ServerEvent, TargetDetail, TargetList } from '../../src/server/api-types.ts';

type Headers = Readonly<Record<string, string>>;

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly bytes: Buffer;
  readonly text: string;
}

export type Received = ServerEvent & { readonly id: string; readonly atMs: number };

/** Asks as it is told: with any method, path and Host, which fetch would not allow. */
export function ask(
  port: number,
  path: string,
  options: { readonly method?: string; readonly headers?: Headers } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, agent: false, ...options }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('end', () => {
        const bytes = Buffer.concat(parts);
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, bytes, text: bytes.toString('utf8') });
      });
    });
    sent.on('error', reject);
    sent.end();
  });
}

export async function list(port: number, headers: Headers = {}): Promise<TargetList> {
  return JSON.parse((await ask(port, '/api/v1/targets', { headers })).text) as TargetList;
}

export async function detail(port: number, name: string, namespace = 'shop'): Promise<TargetDetail> {
  return JSON.parse((await ask(port, `/api/v1/targets/${namespace}/${name}`)).text) as TargetDetail;
}

/** An open stream. */
export interface OpenStream {
  readonly status: number;
  readonly headers: Answer['headers'];
  /** All that came so far. */
  readonly events: readonly Received[];
  /** As it came. */
  readonly text: () => string;
  readonly lastId: () => string;
  readonly ended: Promise<void>;
  /** Takes nothing more from the socket, or goes on. */
  pause(): void;
  resume(): void;
  close(): void;
}

/** Follows the events of a page; resolves with the head of the answer. */
export function follow(port: number, path = '/api/v1/events', headers: Headers = {}): Promise<OpenStream> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, headers, agent: false }, (answer) => {
      const ended = Promise.withResolvers<void>();
      const events: Received[] = [];
      let text = '';
      let rest = '';
      let lastId = '';
      answer.setEncoding('utf8');
      answer.on('data', (part: string) => {
        text += part;
        rest += part;
        for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
          const fields = fieldsOf(rest.slice(0, end));
          rest = rest.slice(end + 2);
          lastId = fields.get('id') ?? lastId;
          const [event, data] = [fields.get('event'), fields.get('data')];
          if (event !== undefined && data !== undefined) {
            events.push({ event, data: JSON.parse(data), id: lastId, atMs: Date.now() } as Received);
          }
        }
      });
      answer.on('close', () => ended.resolve());
      answer.on('error', () => ended.resolve());
      resolve({
        status: answer.statusCode ?? 0,
        headers: answer.headers,
        events,
        text: () => text,
        lastId: () => lastId,
        ended: ended.promise,
        pause: () => void answer.pause(),
        resume: () => void answer.resume(),
        close: () => void sent.destroy(),
      });
    });
    sent.on('error', reject);
    sent.end();
  });
}

function fieldsOf(block: string): Map<string, string> {
  return new Map(
    block.split('\n').map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trimStart()];
    }),
  );
}
