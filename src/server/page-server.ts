// The page and its API over HTTP, read-only, on a port of its own. What may be asked is here; what is answered in views.ts, who may see
// it in access.ts, what is told live in feed.ts.
import type { ServerResponse } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type Context, Hono } from 'hono';
import type { Clock } from '../base/clock.ts';
import { isNotFound, messageOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { ScaledTarget } from '../api/spec.ts';
import type { LastSituations } from '../record/last-situations.ts';
import { situationToJson } from '../record/situation-json.ts';
import type { Access, Scope } from './access.ts';
import type { Assets } from './assets.ts';
import { answerWith, bodyOf } from './body.ts';
import type { Feed, Sink } from './feed.ts';
import { knownHosts, ownPagesOnly, readOnly, SAFE_HEADERS, safeHeaders } from './guards.ts';
import { listen, type ListenOptions, type RunningServer } from './listen.ts';
import { ObjectTexts, type ReadObject } from './object-texts.ts';
import { TargetLists } from './target-list.ts';
import type { Views } from './views.ts';

export interface PageOptions {
  readonly views: Views;
  /** What was decided on last; of a process that decides. */
  readonly situations: Pick<LastSituations, 'of'>;
  readonly feed: Feed;
  readonly access: Access;
  readonly assets: Assets;
  /** The object as the API server has it. */
  readonly readObject: ReadObject;
  /** Further Host names. */
  readonly hosts: readonly string[];
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Environment {
  readonly Bindings: HttpBindings;
  readonly Variables: { scope: Scope };
}

type PageContext = Context<Environment>;

/** Streams, and what loads a page beside them. */
const MAX_CONNECTIONS = 512;
/** When a client that was refused for the number of streams may try again. */
const RETRY_AFTER_SECONDS = 10;

/** The routes, apart from the socket. */
export function pageRoutes(options: PageOptions) {
  const { views, situations, feed, access, assets, readObject, hosts, clock, logger } = options;
  const lists = new TargetLists(views, feed, clock);
  const texts = new ObjectTexts(readObject, clock);
  const app = new Hono<Environment>();

  app.use(safeHeaders, knownHosts(hosts), readOnly);
  app.use('/api/*', ownPagesOnly);
  app.use(async (context, next) => {
    const entered = await access.enter(context.req.header('authorization'), () => namespacesOf(views.all()));
    if ('status' in entered) return refuse(context, entered);
    context.set('scope', entered);
    return next();
  });

  app.get('/api/v1/targets', async (context) => answerWith(await lists.get(context.get('scope')), askedBy(context)));
  app.get('/api/v1/targets/:namespace/:name', async (context) => {
    const target = seen(context, views);
    if (!target) return notThere(context);
    const eventId = feed.eventId();
    const { controller, ...detail } = views.detail(target);
    const body = JSON.stringify({ controller: { ...controller, eventId }, ...detail });
    const tagOf = JSON.stringify(detail);
    return answerWith(await bodyOf(body, { type: 'application/json', cache: 'no-cache', tagOf }), askedBy(context));
  });
  app.get('/api/v1/targets/:namespace/:name/yaml', async (context) => {
    const target = seen(context, views);
    if (!target) return notThere(context);
    try {
      const text = await texts.get(target);
      return answerWith(
        await bodyOf(text, { type: 'application/yaml; charset=utf-8', cache: 'no-cache' }),
        askedBy(context),
      );
    } catch (error) {
      if (isNotFound(error)) return notThere(context);
      return context.json({ error: `the API server does not give it: ${messageOf(error)}` }, 502);
    }
  });
  app.get('/api/v1/targets/:namespace/:name/situation', async (context) => {
    const target = seen(context, views);
    if (!target) return notThere(context);
    const situation = situations.of(target.key);
    if (!situation) return context.json({ error: 'this process has not decided this target: ask the leader' }, 404);
    const body = JSON.stringify(situationToJson(situation));
    return answerWith(await bodyOf(body, { type: 'application/json', cache: 'no-cache' }), askedBy(context));
  });
  app.get('/api/v1/events', (context) => openStream(context, { feed, views }));
  app.all('/api/*', (context) =>
    context.json(
      { error: 'not found; there are: /api/v1/targets[/NAMESPACE/NAME[/yaml|/situation]] and /api/v1/events' },
      404,
    ),
  );
  app.get('*', (context) => {
    const file = assets.get(new URL(context.req.url).pathname);
    return file ? answerWith(file, askedBy(context)) : context.text('not found; the page is at /\n', 404);
  });
  app.onError((error, context) => {
    logger.error('request failed', { path: context.req.path, error });
    return context.json({ error: 'this is a fault of the controller: its log says more' }, 500);
  });
  return app;
}

/** Listens, or rejects when the address is taken. */
export function startPage(options: PageOptions, where: ListenOptions): Promise<RunningServer> {
  return listen(pageRoutes(options), { maxConnections: MAX_CONNECTIONS, ...where });
}

function* namespacesOf(targets: Iterable<ScaledTarget>): Iterable<string> {
  for (const { namespace } of targets) yield namespace;
}

function refuse(context: PageContext, { status, message }: { status: 401 | 403 | 503; message: string }): Response {
  if (status === 401)
    context.header('www-authenticate', 'Basic realm="Setpoint: a Kubernetes token as password", charset="UTF-8"');
  if (status === 503) context.header('retry-after', '1');
  return context.json({ error: message }, status);
}

/** The target that the path names, if it is there and may be seen. */
function seen(context: PageContext, views: Views): ScaledTarget | undefined {
  const namespace = context.req.param('namespace') ?? '';
  const name = context.req.param('name') ?? '';
  return context.get('scope').allows(namespace) ? views.find(`${namespace}/${name}`) : undefined;
}

/** In the same words, whether it is not there or may not be seen. */
function notThere(context: PageContext): Response {
  return context.json({ error: 'no such ScaledTarget' }, 404);
}

function askedBy(context: PageContext) {
  return {
    ifNoneMatch: context.req.header('if-none-match'),
    acceptEncoding: context.req.header('accept-encoding'),
  };
}

function openStream(context: PageContext, { feed, views }: { feed: Feed; views: Views }): Response {
  const scope = context.get('scope');
  const { namespace, name, lastEventId } = context.req.query();
  const isOfOne = namespace !== undefined || name !== undefined;
  const only = isOfOne ? `${namespace ?? ''}/${name ?? ''}` : undefined;
  if (only !== undefined && !(scope.allows(namespace ?? '') && views.find(only))) return notThere(context);
  const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' };
  if (context.req.raw.method === 'HEAD') return new Response(null, { headers });
  const { outgoing } = context.env;
  if (!('socket' in outgoing) || !isHttp1(outgoing)) return context.json({ error: 'events need HTTP/1.1' }, 505);
  const stream = feed.open({
    sink: sinkOf(outgoing, headers),
    scope,
    only,
    // The header is of a stream that broke; the query of the list that this stream goes on from.
    lastEventId: context.req.header('last-event-id') ?? lastEventId,
    endsAfterMs: scope.validForMs,
  });
  if (!stream) {
    context.header('retry-after', String(RETRY_AFTER_SECONDS));
    return context.json({ error: 'too many live streams: try again, or read /api/v1/targets' }, 503);
  }
  outgoing.on('drain', () => stream.ready());
  outgoing.on('close', () => stream.closed());
  // Of a connection that breaks: its close is what counts.
  outgoing.on('error', () => stream.closed());
  return RESPONSE_ALREADY_SENT;
}

function isHttp1(outgoing: HttpBindings['outgoing']): outgoing is ServerResponse {
  return 'writeHead' in outgoing && 'writableNeedDrain' in outgoing;
}

/** The head goes out with the first text. */
function sinkOf(outgoing: ServerResponse, headers: Readonly<Record<string, string>>): Sink {
  return {
    write(content) {
      if (!outgoing.headersSent) {
        outgoing.writeHead(200, { ...SAFE_HEADERS, ...headers });
      }
      return outgoing.write(content);
    },
    end: () => void outgoing.end(),
    cut: () => void outgoing.destroy(),
  };
}
