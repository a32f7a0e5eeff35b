// From a request to its handler: audit, faults, authentication, authorization, then the resource or one of the other paths.

import type { Clock } from '../../base/clock.ts';
import { ApiStatusError, forbidden, unknownPath } from '../status.ts';
import type { PodMetricsProvider } from '../objects.ts';
import type { Pod } from '../workloads/types.ts';
import type { ObjectService } from '../resources/object-service.ts';
import { reviewAccess } from './access-review.ts';
import { aggregatedVersions, findBackend, handOn } from './aggregation.ts';
import type { AuditLog } from './audit.ts';
import type { Authenticator, User } from './auth.ts';
import { refuseBrowsers } from './browser-guard.ts';
import { discover } from './discovery.ts';
import type { Exchange } from './exchange.ts';
import { delay, errorOfFault, type Fault, type Faults } from './faults.ts';
import type { HandlerContext } from './handler-context.ts';
import { handleResource } from './handlers.ts';
import { actingUser } from './impersonation.ts';
import { answerPodMetrics } from './pod-metrics-api.ts';
import { authorize, forbiddenRequest, type Grant } from './rbac.ts';
import { forwardPort } from './port-forward.ts';
import { renderObject } from './render.ts';
import { answerTokenRequest } from './token-request.ts';
import { reviewToken } from './token-review.ts';
import { serveWatch } from './watch.ts';
import { guardWatch, resetConnection } from './watch-faults.ts';

/** Gives the log of a pod's container, or undefined when there is none. */
export type PodLogProvider = (
  namespace: string,
  pod: string,
  options: { container: string | undefined; tailLines: number | undefined },
) => string | undefined;

export interface ServerParts {
  service: ObjectService;
  authenticator: Authenticator;
  audit: AuditLog;
  faults: Faults;
  clock: Clock;
  bookmarkIntervalMs: number;
  /** How a watch from a compacted version is refused: inside the stream, or by HTTP status. */
  expiredWatchAs: 'event' | 'status';
  openapi: (path: string) => unknown;
  podMetrics: () => PodMetricsProvider | undefined;
  podLogs: () => PodLogProvider | undefined;
}

export async function handleRequest(parts: ServerParts, exchange: Exchange): Promise<void> {
  const started = parts.clock.now();
  const state: RequestState = { grant: undefined };
  const finish = (): void => {
    const { info, request, url, user, userAgent } = exchange;
    const { verb, group, resource, subresource, namespace, name, path } = info;
    parts.audit.add({
      time: started,
      durationMs: parts.clock.now() - started,
      method: request.method ?? '',
      path,
      query: url.search.slice(1),
      verb,
      group,
      resource,
      subresource,
      namespace,
      name,
      user: user?.name ?? '',
      userAgent,
      code: codeOf(exchange),
      allowedBy: state.grant,
    });
  };
  try {
    await process(parts, exchange, state);
  } catch (error) {
    exchange.sendError(error instanceof ApiStatusError ? error : internalError(error));
  }
  finish();
}

/** 0: no answer. */
function codeOf({ otherCode, response }: Exchange): number {
  return otherCode ?? (response.headersSent ? response.statusCode : 0);
}

interface RequestState {
  grant: Grant | undefined;
}

function internalError(error: unknown): ApiStatusError {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new ApiStatusError(500, 'InternalError', `Internal error occurred: ${text}`);
}

async function process(parts: ServerParts, exchange: Exchange, state: RequestState): Promise<void> {
  refuseBrowsers(exchange.request.headers);
  const { headers } = exchange.request;
  const asking = parts.authenticator.authenticate(headers.authorization);
  exchange.user = asking;
  const user = actingUser(parts.service.storage, asking, headers);
  exchange.user = user;
  const faults = parts.faults.take(exchange.info, user.name, exchange.userAgent);
  if (await isAnsweredByFault(parts, exchange, faults)) return;
  const grant = authorize(parts.service.storage, user, exchange.info);
  if (grant === undefined) throw forbiddenRequest(user, exchange.info);
  if (grant !== 'unrestricted') state.grant = grant;
  if (faults.some((fault) => fault.kind === 'reset-after')) swallowAnswer(exchange);
  await route(parts, exchange, faults);
}

async function isAnsweredByFault(parts: ServerParts, exchange: Exchange, faults: readonly Fault[]): Promise<boolean> {
  for (const fault of faults) {
    if (fault.kind === 'latency') await delay(parts.clock, fault.delayMs);
    else if (fault.kind === 'error') throw errorOfFault(fault);
    else if (fault.kind === 'reset') return resetNow(exchange);
    else if (fault.kind === 'hang') return untilClosed(exchange);
    else if (fault.kind === 'body') {
      exchange.send(fault.code, fault.body, fault.contentType ?? 'text/html');
      return true;
    }
  }
  return exchange.response.destroyed;
}

function resetNow(exchange: Exchange): true {
  resetConnection(exchange.response);
  return true;
}

function untilClosed(exchange: Exchange): Promise<true> {
  return new Promise((resolve) => {
    exchange.response.on('close', () => resolve(true));
  });
}

/** The answer is lost on the way: whatever is sent resets the connection instead. */
function swallowAnswer(exchange: Exchange): void {
  exchange.send = () => resetConnection(exchange.response);
}

async function route(parts: ServerParts, exchange: Exchange, faults: readonly Fault[]): Promise<void> {
  const backend = findBackend(parts.service.storage, exchange.info.path);
  return backend === undefined ? answerHere(parts, exchange, faults) : handOn(exchange, backend);
}

async function answerHere(parts: ServerParts, exchange: Exchange, faults: readonly Fault[]): Promise<void> {
  const { info } = exchange;
  if (!info.isResource) return answerOther(parts, exchange);
  if (info.group === 'metrics.k8s.io') return exchange.send(200, answerPodMetrics(exchange, parts.podMetrics()));
  if (info.group === 'authorization.k8s.io') return answerReview(parts, exchange);
  if (info.group === 'authentication.k8s.io') return answerTokenReview(parts, exchange);
  const definition = parts.service.registry.find(info.group, info.version, info.resource);
  if (definition === undefined || (definition.namespaced && info.namespace === '' && info.verb === 'get'))
    throw unknownPath();
  const context = { service: parts.service, exchange, definition, nowMs: parts.clock.now() };
  switch (`${info.resource}/${info.subresource}`) {
    case 'pods/log':
      return answerLog(parts, exchange);
    case 'pods/portforward':
      return answerPortForward(parts, exchange);
    case 'serviceaccounts/token':
      return answerTokenRequest(context, parts.authenticator);
    default:
  }
  exchange.negotiate();
  return info.verb === 'watch' ? answerWatch(parts, context, faults) : handleResource(context);
}

function answerWatch(parts: ServerParts, { exchange, definition }: HandlerContext, faults: readonly Fault[]): void {
  const { info } = exchange;
  const { form } = exchange.negotiate();
  const { pass } = guardWatch(exchange, parts.faults, faults);
  try {
    serveWatch(exchange, {
      storage: parts.service.storage,
      clock: parts.clock,
      definition,
      namespace: definition.namespaced && info.namespace !== '' ? info.namespace : undefined,
      bookmarkIntervalMs: parts.bookmarkIntervalMs,
      render: (object) => renderObject(form, definition, object, exchange, parts.clock.now()),
      onLine: pass,
    });
  } catch (error) {
    answerExpiredWatch(parts, exchange, error);
  }
}

function answerExpiredWatch(parts: ServerParts, exchange: Exchange, error: unknown): void {
  const isExpired = error instanceof ApiStatusError && error.code === 410;
  if (!isExpired || parts.expiredWatchAs === 'status') throw error;
  exchange.send(200, `${JSON.stringify({ type: 'ERROR', object: error.toStatus() })}\n`);
}

const versionInfo = {
  major: '1',
  minor: '32',
  gitVersion: 'v1.32.4-setpoint-local',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '2026-01-01T00:00:00Z',
  goVersion: '',
  compiler: '',
  platform: 'linux/amd64',
};

function answerOther(parts: ServerParts, exchange: Exchange): void {
  const { path } = exchange.info;
  if (/^\/(?:healthz|livez|readyz)(?:\/|$)/.test(path)) return exchange.send(200, 'ok', 'text/plain; charset=utf-8');
  if (path === '/version' || path === '/version/') return exchange.send(200, versionInfo);
  const accept = exchange.request.headers.accept ?? '';
  const aggregated = /as=APIGroupDiscoveryList/.test(accept)
    ? /v=v2[;,]/.test(`${accept};`)
      ? 'v2'
      : 'v2beta1'
    : undefined;
  const { registry, storage } = parts.service;
  const found = path.startsWith('/openapi/')
    ? parts.openapi(path)
    : discover({ registry, elsewhere: aggregatedVersions(storage) }, path, aggregated);
  if (found === undefined) throw unknownPath();
  const isAggregated = aggregated !== undefined && (path === '/api' || path === '/apis');
  return exchange.send(
    200,
    found,
    isAggregated
      ? `application/json;g=apidiscovery.k8s.io;v=${aggregated};as=APIGroupDiscoveryList`
      : 'application/json',
  );
}

async function answerReview(parts: ServerParts, exchange: Exchange): Promise<void> {
  const { info, user } = exchange;
  const isKnown = info.resource === 'selfsubjectaccessreviews' || info.resource === 'subjectaccessreviews';
  if (!isKnown || info.verb !== 'create' || user === undefined) throw unknownPath();
  exchange.send(201, reviewAccess(parts.service.storage, user, await exchange.readObject()));
}

async function answerTokenReview(parts: ServerParts, exchange: Exchange): Promise<void> {
  const { info } = exchange;
  if (info.resource !== 'tokenreviews' || info.verb !== 'create') throw unknownPath();
  const uidOf = ({ name }: User): string => {
    const [, namespace = '', account = ''] = /^system:serviceaccount:([^:]+):(.+)$/.exec(name) ?? [];
    return parts.service.storage.get('serviceaccounts', namespace, account)?.metadata.uid ?? '';
  };
  exchange.send(201, reviewToken(parts.authenticator, await exchange.readObject(), uidOf));
}

function answerPortForward(parts: ServerParts, exchange: Exchange): void {
  const { info, user } = exchange;
  // Whoever opens a WebSocket asks with GET, and does more than read. As in a real server without a word about the verb.
  const mayOpen = user && authorize(parts.service.storage, user, { ...info, verb: 'create' });
  if (exchange.upgrade && !mayOpen) throw forbidden({ group: '', plural: 'pods', kind: 'Pod' }, info.name, '');
  const pods = parts.service.registry.byKey('pods');
  if (pods !== undefined) forwardPort(exchange, parts.service.get(pods, info.namespace, info.name) as unknown as Pod);
}

function answerLog(parts: ServerParts, exchange: Exchange): void {
  const { namespace, name } = exchange.info;
  const pod = parts.service.registry.byKey('pods');
  if (pod !== undefined) parts.service.get(pod, namespace, name);
  const tail = exchange.query.get('tailLines');
  const options = {
    container: exchange.query.get('container') ?? undefined,
    tailLines: tail === null ? undefined : Number(tail),
  };
  exchange.send(200, parts.podLogs()?.(namespace, name, options) ?? '', 'text/plain; charset=utf-8');
}
