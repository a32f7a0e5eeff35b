// What a request is about, read from its method and URL as the real API server does: verb, resource, namespace, name, subresource.

export interface RequestInfo {
  isResource: boolean;
  /** get, list, watch, create, update, patch, delete, deletecollection; the lower-case method for other paths. */
  verb: string;
  path: string;
  group: string;
  version: string;
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
}

const methodVerbs: Record<string, string> = {
  GET: 'get',
  HEAD: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

export function parseRequest(method: string, url: URL): RequestInfo {
  const path = url.pathname;
  const other: RequestInfo = {
    isResource: false,
    verb: method.toLowerCase(),
    path,
    group: '',
    version: '',
    resource: '',
    subresource: '',
    namespace: '',
    name: '',
  };
  const parts = decodeParts(path);
  const prefix = parts[0] === 'api' ? 2 : parts[0] === 'apis' ? 3 : 0;
  if (prefix === 0 || parts.length <= prefix) return other;
  const group = prefix === 2 ? '' : (parts[1] ?? '');
  const version = parts[prefix - 1] ?? '';
  const place = parsePlace(parts.slice(prefix));
  const verb = refineVerb(methodVerbs[method] ?? method.toLowerCase(), place.name, url.searchParams);
  return {
    isResource: true,
    verb,
    path,
    group,
    version,
    ...place,
    name: place.name || selectedName(verb, url.searchParams),
  };
}

function decodeParts(path: string): string[] {
  return path
    .split('/')
    .filter((part) => part !== '')
    .map((part) => {
      try {
        return decodeURIComponent(part);
      } catch {
        return part;
      }
    });
}

const namespaceSubresources = new Set(['status', 'finalize']);

function parsePlace(parts: string[]): Pick<RequestInfo, 'namespace' | 'resource' | 'name' | 'subresource'> {
  const isNamespaced = parts[0] === 'namespaces' && parts.length > 2 && !namespaceSubresources.has(parts[2] ?? '');
  const namespace = parts[0] === 'namespaces' && parts.length > 1 ? (parts[1] ?? '') : '';
  const [resource = '', name = '', ...rest] = isNamespaced ? parts.slice(2) : parts;
  return { namespace, resource, name, subresource: rest.join('/') };
}

function refineVerb(verb: string, name: string, query: URLSearchParams): string {
  if (verb === 'delete' && name === '') return 'deletecollection';
  // Of one object there is no watch, whatever the query says.
  if (verb !== 'get' || name !== '') return verb;
  return isTrue(query.get('watch')) ? 'watch' : 'list';
}

/** A list or watch of one object by its name is judged by that name. */
function selectedName(verb: string, query: URLSearchParams): string {
  if (verb !== 'list' && verb !== 'watch') return '';
  return /^metadata\.name==?([^,]+)$/.exec(query.get('fieldSelector') ?? '')?.[1] ?? '';
}

export function isTrue(value: string | null): boolean {
  return value === 'true' || value === '1';
}
