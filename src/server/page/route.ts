// What the address says: which view, what is searched for, how it is sorted, what is selected. Everything after the `#`, so that the
// page works under any path.

export const COLUMNS = ['alarms', 'target', 'workload', 'size', 'load', 'metrics', 'why', 'changed'] as const;
export type Column = (typeof COLUMNS)[number];

export const RANGES = ['5m', '30m', 'all'] as const;
export type Range = (typeof RANGES)[number];

export interface OverviewRoute {
  readonly view: 'overview';
  readonly query: string;
  readonly sort: Column;
  readonly descending: boolean;
}

export interface TargetRoute {
  readonly view: 'target';
  readonly namespace: string;
  readonly name: string;
  /** `since` of the journal entry that is looked at; undefined: the last decision, whatever comes. */
  readonly at: string | undefined;
  readonly range: Range;
}

export type Route = OverviewRoute | TargetRoute;

export const OVERVIEW: OverviewRoute = { view: 'overview', query: '', sort: 'alarms', descending: false };

/** What cannot be understood is the overview. */
export function parseRoute(hash: string): Route {
  const [path, search] = splitOnce(hash.replace(/^#/, ''), '?');
  const values = new URLSearchParams(search);
  const match = /^\/targets\/([^/]+)\/([^/]+)$/.exec(path);
  const [namespace, name] = [decoded(match?.[1]), decoded(match?.[2])];
  if (namespace !== undefined && name !== undefined) {
    const range = RANGES.find((one) => one === values.get('range')) ?? 'all';
    return { view: 'target', namespace, name, at: values.get('at') ?? undefined, range };
  }
  return {
    view: 'overview',
    query: values.get('q') ?? '',
    sort: COLUMNS.find((column) => column === values.get('sort')) ?? OVERVIEW.sort,
    descending: values.get('desc') === '1',
  };
}

/** The address of a view, with only what differs from the usual. */
export function formatRoute(route: Route): string {
  const values = new URLSearchParams();
  if (route.view === 'overview') {
    if (route.query !== '') values.set('q', route.query);
    if (route.sort !== OVERVIEW.sort) values.set('sort', route.sort);
    if (route.descending) values.set('desc', '1');
    return `#/${suffix(values)}`;
  }
  if (route.at !== undefined) values.set('at', route.at);
  if (route.range !== 'all') values.set('range', route.range);
  return `#/targets/${encodeURIComponent(route.namespace)}/${encodeURIComponent(route.name)}${suffix(values)}`;
}

/** The address of one target. */
export function targetHref(namespace: string, name: string): string {
  return formatRoute({ view: 'target', namespace, name, at: undefined, range: 'all' });
}

function suffix(values: URLSearchParams): string {
  const text = values.toString();
  return text === '' ? '' : `?${text}`;
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)];
}

function decoded(part: string | undefined): string | undefined {
  if (part === undefined) return undefined;
  try {
    return decodeURIComponent(part);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
