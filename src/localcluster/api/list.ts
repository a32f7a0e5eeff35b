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
  const page = token === '' ? { version: startVersion(storage, query), after: '' } : readToken(token);
  const limit = parseLimit(query.get('limit'));
  const all = objectsAt(storage, definition.key, page.version, namespace, token !== '');
  const rest = all.filter((object) => (page.after === '' || keyOf(object) > page.after) && matches(object));
  const items = limit === 0 ? rest : rest.slice(0, limit);
  const last = items.at(-1);
  const hasMore = items.length < rest.length && last !== undefined;
  const isSelective = (query.get('labelSelector') ?? '') !== '' || (query.get('fieldSelector') ?? '') !== '';
  return {
    items: items.map((object) => toServed(definition, object)),
    resourceVersion: String(page.version),
    continueToken: hasMore ? writeToken(page.version, keyOf(last)) : undefined,
    // The real server does not know the rest of a selective list either.
    remaining: hasMore && !isSelective ? rest.length - items.length : undefined,
  };
}

function objectsAt(
  storage: Storage,
  key: string,
  version: number,
  namespace: string | undefined,
  isContinued: boolean,
): KubeObject[] {
  try {
    return storage.listAt(key, version, namespace);
  } catch (error) {
    if (!isContinued || !(error instanceof ApiStatusError)) throw error;
    throw expired(
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results.',
    );
  }
}

function startVersion(storage: Storage, query: URLSearchParams): number {
  const text = query.get('resourceVersion') ?? '';
  const match = query.get('resourceVersionMatch');
  if (text === '') {
    if (match !== null) throw badRequest('resourceVersionMatch is forbidden unless resourceVersion is provided');
    return storage.version;
  }
  const version = parseVersion(text);
  if (version > storage.version) throw tooLarge(version, storage.version);
  return match === 'Exact' ? version : storage.version;
}

export function parseVersion(text: string): number {
  if (!/^\d{1,15}$/.test(text))
    throw badRequest(`Invalid value: ${JSON.stringify(text)}: resourceVersion must be a whole number`);
  return Number(text);
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

function writeToken(version: number, after: string): string {
  return Buffer.from(JSON.stringify({ v: version, after })).toString('base64url');
}

function readToken(token: string): { version: number; after: string } {
  try {
    const { v, after } = JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as { v: unknown; after: unknown };
    if (typeof v === 'number' && typeof after === 'string') return { version: v, after };
  } catch (error) {
    throw badRequest(`continue key is not valid: ${(error as Error).message}`);
  }
  throw badRequest('continue key is not valid');
}
