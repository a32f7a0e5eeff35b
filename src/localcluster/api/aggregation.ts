// API groups that other servers on this machine serve, as an APIService and its Service of type ExternalName name them: requests
// below such a group version, its discovery included, are handed on over https. Only reads: metrics APIs know nothing else.
import type { IncomingMessage } from 'node:http';
import { request as requestOverTls } from 'node:https';
import { asArray, asObject, asString } from '../json-values.ts';
import type { KubeObject } from '../objects.ts';
import { ApiStatusError } from '../status.ts';
import type { Storage } from '../storage/storage.ts';
import type { Exchange } from './exchange.ts';

const DEFAULT_PORT = 443;

/** Where a group version is served. */
interface Backend {
  readonly host: string;
  readonly port: number;
  /** For which its certificate must be good. */
  readonly serverName: string;
  /** PEM that must have signed it. */
  readonly authority: string;
}

/** Group versions that are served elsewhere. */
export function aggregatedVersions(storage: Storage): string[] {
  return storage
    .list('apiservices.apiregistration.k8s.io')
    .map(({ spec }) => asObject(spec))
    .filter(({ service }) => service !== undefined)
    .map(({ group, version }) => `${asString(group)}/${asString(version)}`);
}

/** The server behind a path such as /apis/custom.metrics.k8s.io/v1beta2/...; undefined when this server serves it itself. */
export function findBackend(storage: Storage, path: string): Backend | undefined {
  const [, apis, group = '', version = ''] = path.split('/');
  if (apis !== 'apis') return undefined;
  const api = storage.get('apiservices.apiregistration.k8s.io', '', `${version}.${group}`);
  const { service, caBundle } = asObject(api?.spec);
  if (service === undefined) return undefined;
  const { namespace, name, port = DEFAULT_PORT } = asObject(service);
  const target = storage.get('services', asString(namespace), asString(name));
  return {
    ...addressOf(target, Number(port)),
    serverName: `${asString(name)}.${asString(namespace)}.svc`,
    authority: Buffer.from(asString(caBundle), 'base64').toString('utf8'),
  };
}

function addressOf(service: KubeObject | undefined, port: number): Pick<Backend, 'host' | 'port'> {
  const { type, externalName, ports } = asObject(service?.spec);
  const isOffered = asArray(ports).some((entry) => asObject(entry).port === port);
  if (type !== 'ExternalName' || !isOffered) {
    throw new ApiStatusError(503, 'ServiceUnavailable', 'service unavailable');
  }
  return { host: asString(externalName), port };
}

/** Hands a read on and its answer back. Rejects with 503 when the server cannot be reached. */
export async function handOn(exchange: Exchange, backend: Backend): Promise<void> {
  const { request, response, url } = exchange;
  if (request.method !== 'GET') throw new ApiStatusError(405, 'MethodNotAllowed', 'only reads are handed on');
  const answer = await answerOf(exchange, `${url.pathname}${url.search}`, backend);
  const body = await bodyOf(answer);
  if (response.destroyed) return;
  const { 'content-type': type = 'application/json', 'retry-after': retryAfter } = answer.headers;
  response.writeHead(answer.statusCode ?? 502, {
    'content-type': type,
    'content-length': body.length,
    ...(retryAfter !== undefined && { 'retry-after': retryAfter }),
  });
  response.end(body);
}

function answerOf({ request, response }: Exchange, path: string, backend: Backend): Promise<IncomingMessage> {
  const { host, port, serverName, authority } = backend;
  return new Promise((resolve, reject) => {
    const sent = requestOverTls({
      host,
      port,
      path,
      servername: serverName,
      ca: authority,
      agent: false,
      headers: { accept: request.headers.accept ?? 'application/json', host: serverName },
    });
    // Whoever asked has left: nobody waits for the answer.
    response.on('close', () => sent.destroy());
    sent.on('response', resolve);
    sent.on('error', (error) => reject(unreachable(error)));
    sent.end();
  });
}

async function bodyOf(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of answer) chunks.push(chunk as Buffer);
  } catch (error) {
    throw unreachable(error as Error);
  }
  return Buffer.concat(chunks);
}

function unreachable(error: Error): ApiStatusError {
  return new ApiStatusError(503, 'ServiceUnavailable', `error trying to reach service: ${error.message}`);
}
