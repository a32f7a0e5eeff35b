// What every request to the page has to pass, and what every answer says to browsers: known Host names only (a page of somebody else
// whose name was pointed here is not let in), nothing but reading, nothing from elsewhere, nothing inside of other pages.
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { MiddlewareHandler } from 'hono';

/** On every answer. */
export const SAFE_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
};

const LOCAL_HOSTS = ['localhost', '127.0.0.1', '[::1]'];

/** On every answer, of whatever kind. */
export const safeHeaders: MiddlewareHandler = async (context, next) => {
  await next();
  if (context.res === RESPONSE_ALREADY_SENT) return;
  for (const [name, value] of Object.entries(SAFE_HEADERS)) context.res.headers.set(name, value);
  if (!context.res.headers.has('cache-control')) context.res.headers.set('cache-control', 'no-store');
};

/** Only these Host names, beside those of this machine; with any port. */
export function knownHosts(further: readonly string[]): MiddlewareHandler {
  const known = new Set([...LOCAL_HOSTS, ...further.map(asHost)]);
  return async (context, next) => {
    const host = context.req.header('host') ?? '';
    if (known.has(hostOf(host))) return next();
    const shown = JSON.stringify(host.slice(0, 100));
    return context.text(`Host ${shown} is not known here: give it by --page-host to the controller\n`, 421);
  };
}

/** Without port and final dot, in lower case. */
function hostOf(header: string): string {
  return header
    .toLowerCase()
    .replace(/:[0-9]*$/, '')
    .replace(/\.$/, '');
}

/** An IPv6 address stands in brackets there. */
function asHost(name: string): string {
  return name.includes(':') && !name.startsWith('[') ? `[${name.toLowerCase()}]` : name.toLowerCase();
}

/**
 * A page from elsewhere cannot read what is answered here; without this it could still ask, and take up all live streams. Browsers say
 * where a request comes from, other clients say nothing.
 */
export const ownPagesOnly: MiddlewareHandler = (context, next) => {
  const from = context.req.header('sec-fetch-site');
  if (from === undefined || from === 'same-origin' || from === 'none') return next();
  return Promise.resolve(context.json({ error: 'not for pages from elsewhere' }, 403));
};

export const readOnly: MiddlewareHandler = (context, next) => {
  if (context.req.raw.method === 'GET' || context.req.raw.method === 'HEAD') return next();
  return Promise.resolve(context.text('only GET and HEAD: nothing can be changed here\n', 405, { allow: 'GET, HEAD' }));
};
