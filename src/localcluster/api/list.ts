// Lists: selectors, pages that stay consistent while objects change, and the versions a client may ask for.

import type { KubeObject } from '../objects.ts';
import { toServed } from '../resources/convert.ts';
import type { ResourceDefinition } from '../resources/definition.ts';
import { ApiStatusError, badRequest, expired } from '../status.ts';
import type { Storage } from '../storage/storage.ts';
import { fieldMatcher, labelMatcher, type Matcher } from './selectors.ts';

export interface ListResult {
  items: KubeObject[];
  resourceVersion: string;
  continueToken: string | undefined;
  remaining: number | undefined;
}

/** Both selectors of the query as one. Throws 400 for what cannot be read. */
export function selectorOf(definition: ResourceDefinition, query: URLSearchParams): Matcher {
  const labels = labelMatcher(query.get('labelSelector') ?? '');
  const fields = fieldMatcher(definition.key, query.get('fieldSelector') ?? '');
  return (object) => labels(object) && fields(object);
}

/** Items come in the served version. Throws 410 for a continue token or an exact version that is compacted. */
export function listObjects(
  storage: Storage,
  definition: ResourceDefinition,
  namespace: string | undefined,
  query: URLSearchParams,
): ListResult {
  const matches = selectorOf(definition, query);
  const token = query.get('continue') ?? '';
  const page = token === '' ? { version: startVersion(storage, query), start: '' } : readToken(token, storage.version);
  const limit = parseLimit(query.get('limit'));
  const all = objectsAt(storage, definition.key, page, namespace);
  const rest = all.filter((object) => keyOf(object) >= page.start && matches(object));
  const items = limit === 0 ? rest : rest.slice(0, limit);
  const last = items.at(-1);
  const hasMore = items.length < rest.length && last !== undefined;
  const isSelective = (query.get('labelSelector') ?? '') !== '' || (query.get('fieldSelector') ?? '') !== '';
  return {
    items: items.map((object) => toServed(definition, object)),
    resourceVersion: String(page.version),
    continueToken: hasMore ? writeToken(page.version, `${keyOf(last)}\0`) : undefined,
    // The real server does not know the rest of a selective list either.
    remaining: hasMore && !isSelective ? rest.length - items.length : undefined,
  };
}

function objectsAt(
  storage: Storage,
  key: string,
  { version, start }: Page,
  namespace: string | undefined,
): KubeObject[] {
  try {
    return storage.listAt(key, version, namespace);
  } catch (error) {
    if (start === '' || !(error instanceof ApiStatusError)) throw error;
    throw expired(
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
      { continue: writeToken(latest, start) },
    );
  }
}

function startVersion(storage: Storage, query: URLSearchParams): number {
  const text = query.get('resourceVersion') ?? '';
  const match = query.get('resourceVersionMatch');
  if (text === '') return storage.version;
  if (!isVersion(text))
    throw badRequest(
      `invalid resource version: resourceVersion: Invalid value: ${JSON.stringify(text)}: invalid syntax`,
    );
  const version = Number(text);
  if (version > storage.version) throw tooLarge(version, storage.version);
  return match === 'Exact' ? version : storage.version;
}

export function isVersion(text: string): boolean {
  return /^\d{1,15}$/.test(text);
}

function tooLarge(version: number, current: number): ApiStatusError {
  return new ApiStatusError(504, 'Timeout', `Timeout: Too large resource version: ${version}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version', field: '' }],
    retryAfterSeconds: 1,
  });
}

function parseLimit(text: string | null): number {
  if (text === null || text === '') return 0;
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 0)
    throw badRequest(`limit must be a whole number, not ${JSON.stringify(text)}`);
  return limit;
}

function keyOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

/** Stands in a token for whatever version there is then. */
const latest = -1;

interface Page {
  readonly version: number;
  /** The first key of the page. */
  readonly start: string;
}

/** As the real server makes them. */
function writeToken(version: number, start: string): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: version, start })).toString('base64url');
}

function readToken(token: string, current: number): Page {
  try {
    const { rv, start } = JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as {
      rv: unknown;
      start: unknown;
    };
    if (typeof rv === 'number' && typeof start === 'string') return { version: rv === latest ? current : rv, start };
  } catch (error) {
    throw badRequest(`continue key is not valid: ${(error as Error).message}`);
  }
  throw badRequest('continue key is not valid');
}
