// The file of metric sources that an administrator writes: its schema, and all its faults at once with field, value and remedy.
// Pure: reading the file, and the files that it names, is source-set.ts.
import { parseDocument } from 'yaml';
import * as z from 'zod';
import { formatDurationMs, parseDurationMs } from '../base/duration.ts';
import { sourceUrlFault } from './source-url.ts';

/** One Prometheus-compatible server. Paths are of files, read when used. */
export interface PrometheusConfig {
  readonly name: string;
  readonly url: string;
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly bearerTokenFile?: string | undefined;
  readonly basicAuth?:
    | {
        readonly username?: string | undefined;
        readonly usernameFile?: string | undefined;
        readonly passwordFile: string;
      }
    | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** How often new data can appear. */
  readonly scrapeIntervalMs: number;
  /** For one query from start to end. */
  readonly timeoutMs: number;
}

export type ConfigOutcome = { readonly sources: readonly PrometheusConfig[] } | { readonly faults: readonly string[] };

/** More is no configuration. */
export const MAX_CONFIG_BYTES = 1024 * 1024;
const MAX_SOURCES = 100;
const DEFAULT_SCRAPE_INTERVAL = '30s';
const DEFAULT_TIMEOUT = '5s';
/** The name of the source that --prometheus-url defines. */
export const DEFAULT_SOURCE = 'default';

const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/;
const HEADER_VALUE = /^[\x20-\x7e]{0,1000}$/;
/** Headers that are the client's own business, or that belong into a file of their own. */
const OWN_HEADERS: ReadonlyMap<string, string> = new Map([
  ['authorization', 'use bearerTokenFile or basicAuth'],
  ['proxy-authorization', 'leave it out, no proxy is used'],
  ['cookie', 'use bearerTokenFile or basicAuth'],
  ['host', 'write the host into url'],
  ['connection', 'leave it out'],
  ['transfer-encoding', 'leave it out'],
  ['content-length', 'leave it out'],
  ['content-type', 'leave it out'],
  ['accept', 'leave it out'],
  ['accept-encoding', 'leave it out'],
  ['user-agent', 'leave it out'],
]);
/** Fields that other programs have and that are left out here on purpose. */
const LEFT_OUT: ReadonlyMap<string, string> = new Map([
  ['insecure', 'the certificate is always checked: give caFile'],
  ['insecureSkipVerify', 'the certificate is always checked: give caFile'],
  ['bearerToken', 'credentials are read from files: give bearerTokenFile'],
  ['token', 'credentials are read from files: give bearerTokenFile'],
  ['password', 'credentials are read from files: give passwordFile'],
]);

const path = z.string().min(1, 'give the path of a file').max(4096, 'give a path of at most 4096 characters');

function duration(minMs: number, maxMs: number) {
  return z.string().transform((text, context) => {
    const ms = parseDurationMs(text);
    if (ms !== undefined && ms >= minMs && ms <= maxMs) return ms;
    context.addIssue({
      code: 'custom',
      message: `give a duration from ${formatDurationMs(minMs)} to ${formatDurationMs(maxMs)}, such as 15s`,
    });
    return z.NEVER;
  });
}

const url = z.string().superRefine((text, context) => {
  const fault = sourceUrlFault(text);
  if (fault !== undefined) context.addIssue({ code: 'custom', message: fault, params: { complete: true } });
});

const basicAuth = z.strictObject({
  username: z.string().max(1000, 'give at most 1000 characters').optional(),
  usernameFile: path.optional(),
  passwordFile: path,
});

const headers = z.record(z.string(), z.string()).superRefine((given, context) => {
  for (const [name, value] of Object.entries(given)) {
    const remedy = OWN_HEADERS.get(name.toLowerCase());
    if (remedy !== undefined) {
      context.addIssue({
        code: 'custom',
        path: [name],
        message: `cannot be set here: ${remedy}`,
        params: { complete: true },
      });
    } else if (!HEADER_NAME.test(name) || !HEADER_VALUE.test(value)) {
      context.addIssue({
        code: 'custom',
        path: [name],
        message: 'is no HTTP header: give a name of letters, digits and - and a value of printable ASCII',
        params: { complete: true },
      });
    }
  }
});

const prometheus = z.strictObject({
  name: z.string().regex(NAME, 'give at most 63 lower-case letters, digits and -, not - at either end'),
  url,
  caFile: path.optional(),
  certFile: path.optional(),
  keyFile: path.optional(),
  bearerTokenFile: path.optional(),
  basicAuth: basicAuth.optional(),
  headers: headers.default({}),
  scrapeInterval: duration(1000, 3_600_000).prefault(DEFAULT_SCRAPE_INTERVAL),
  timeout: duration(100, 30_000).prefault(DEFAULT_TIMEOUT),
});

const schema = z.strictObject({
  prometheus: z.array(prometheus).max(MAX_SOURCES, `give at most ${MAX_SOURCES} sources`).default([]),
});

/** The configuration of the source that --prometheus-url defines. */
export function defaultSource(baseUrl: string): PrometheusConfig {
  return configOf(prometheus.parse({ name: DEFAULT_SOURCE, url: baseUrl }));
}

/**
 * Sources from the text of the file.
 * @param hasDefault whether --prometheus-url defines the source `default` already.
 */
export function parseSourcesConfig(text: string, hasDefault: boolean): ConfigOutcome {
  const loaded = loadYaml(text);
  if ('faults' in loaded) return loaded;
  const parsed = schema.safeParse(loaded.value);
  const faults = parsed.success ? [] : parsed.error.issues.flatMap((issue) => faultLines(issue, loaded.value));
  faults.push(...relationFaults(loaded.value, hasDefault));
  return parsed.success && faults.length === 0 ? { sources: parsed.data.prometheus.map(configOf) } : { faults };
}

function loadYaml(text: string): { readonly value: unknown } | { readonly faults: readonly string[] } {
  if (text.length > MAX_CONFIG_BYTES) return { faults: [`is too long: give at most ${MAX_CONFIG_BYTES} characters`] };
  const document = parseDocument(text, { uniqueKeys: true, prettyErrors: true, logLevel: 'silent' });
  if (document.errors.length > 0) {
    // The first line of the message names the place; what follows quotes the file, which may hold what is secret.
    return { faults: document.errors.map((error) => `is not valid YAML: ${error.message.split('\n')[0] ?? ''}`) };
  }
  try {
    const value: unknown = document.toJS({ maxAliasCount: 20 });
    if (value === null || value === undefined) return { faults: ['is empty: give a list "prometheus:" of sources'] };
    return { value };
  } catch {
    return { faults: ['is not valid YAML: it has too many aliases'] };
  }
}

function configOf(source: z.output<typeof prometheus>): PrometheusConfig {
  const { scrapeInterval, timeout, ...rest } = source;
  return Object.freeze({ ...rest, scrapeIntervalMs: scrapeInterval, timeoutMs: timeout });
}

/** What spans fields or sources, found in the raw document, so that it is said together with the faults of single fields. */
function relationFaults(root: unknown, hasDefault: boolean): string[] {
  const list = fieldOf(root, 'prometheus');
  if (!Array.isArray(list)) return [];
  const names = new Set<unknown>();
  return list.flatMap((source: unknown, index) => {
    const found = sourceFaults(source);
    const name = fieldOf(source, 'name');
    if (name !== undefined && names.has(name)) found.push(`name is ${shown(name)} again: give each source its own`);
    if (name === DEFAULT_SOURCE && hasDefault) {
      found.push(`name is "${DEFAULT_SOURCE}", which --prometheus-url defines too: leave out one of the two`);
    }
    names.add(name);
    return found.map((fault) => `prometheus[${index}].${fault}`);
  });
}

function sourceFaults(source: unknown): string[] {
  const has = (field: string) => fieldOf(source, field) !== undefined;
  const faults: string[] = [];
  if (has('certFile') !== has('keyFile')) faults.push('certFile needs keyFile and the other way round: give both');
  if (has('bearerTokenFile') && has('basicAuth')) {
    faults.push('bearerTokenFile is given beside basicAuth: give one of the two');
  }
  const auth = fieldOf(source, 'basicAuth');
  if (
    auth !== undefined &&
    (fieldOf(auth, 'username') === undefined) === (fieldOf(auth, 'usernameFile') === undefined)
  ) {
    faults.push('basicAuth needs one of username and usernameFile: give exactly one');
  }
  const url = fieldOf(source, 'url');
  if (typeof url === 'string' && /^http:/i.test(url) && (has('caFile') || has('certFile'))) {
    faults.push('caFile and certFile have no use without TLS: give an https:// url');
  }
  return faults;
}

function fieldOf(value: unknown, field: PropertyKey): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, field)) return undefined;
  return (value as Readonly<Record<PropertyKey, unknown>>)[field] ?? undefined;
}

const WANTED: Readonly<Record<string, string>> = {
  string: 'a text, in quotes where it looks like something else',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};

/** One clear line per fault: the field, its value where that is no secret, the remedy. */
function faultLines(issue: z.core.$ZodIssue, root: unknown): string[] {
  const field = fieldName(issue.path);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const name = JSON.stringify(key.slice(0, 60));
      return `${field === '' ? '' : `${field}: `}the field ${name} is unknown: ${LEFT_OUT.get(key) ?? 'take it out or correct it'}`;
    });
  }
  const subject = field === '' ? 'the file' : field;
  const isComplete = issue.code === 'custom' && issue.params?.['complete'] === true;
  if (isComplete) return [`${subject} ${issue.message}`];
  const value = valueAt(root, issue.path);
  if (issue.code === 'invalid_type') {
    if (value === undefined) return [`${subject} is missing: give it`];
    return [`${subject} is ${shown(value)}: give ${WANTED[issue.expected] ?? issue.expected}`];
  }
  return [`${subject} is ${shown(value)}: ${issue.message}`];
}

function fieldName(path: readonly PropertyKey[]): string {
  let name = '';
  for (const part of path) {
    if (typeof part === 'number') name += `[${part}]`;
    else name += `${name === '' ? '' : '.'}${String(part).slice(0, 100)}`;
  }
  return name;
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root;
  for (const part of path) value = fieldOf(value, part);
  return value;
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'a map';
  const text = JSON.stringify(value) ?? 'unset';
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
