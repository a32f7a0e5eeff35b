// Where the API server is and what to show it: kubeconfig files, in-cluster service accounts, exec plugins, token files.
// KubeConfig of the Kubernetes client does the reading; connections are transport.ts's. Never puts file contents in an error.
import { readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import type { RequestOptions } from 'node:https';
import { dirname, resolve } from 'node:path';
import { KubeConfig, type User } from '@kubernetes/client-node';
import { parse } from 'yaml';
import type { Clock } from '../base/clock.ts';
import { SetpointError } from '../base/errors.ts';

/** Certificates and keys are re-read from disk at most this often; exec plugins and token files have their own expiry below it. */
const REREAD_AFTER_MS = 30_000;
/** A credential plugin that hangs must not hang every call for ever. */
const CREDENTIALS_TIMEOUT_MS = 20_000;

type Pem = string | Buffer;

export interface TlsSettings {
  readonly ca?: Pem;
  readonly cert?: Pem;
  readonly key?: Pem;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

export interface Credentials {
  /** Such as `authorization`. Never logged. */
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsSettings;
  /** For connections that are not HTTP calls: leads through the kubeconfig's proxy where it names one. */
  readonly agent?: Agent | undefined;
}

/** One API server and the credentials for it. */
export interface ClusterAccess {
  /** Origin and path prefix, without a slash at the end. */
  readonly server: string;
  /** Namespace of the context, or of the pod that this process runs in. */
  readonly namespace: string | undefined;
  /** http, https or socks5 URL from the kubeconfig's `proxy-url`. */
  readonly proxyUrl: string | undefined;
  /** `fresh` forgets what was read before: after a 401. Rejects with a SetpointError `Network` when a plugin fails. */
  credentials(fresh: boolean): Promise<Credentials>;
}

export interface AccessOptions {
  readonly clock: Clock;
  /** Path of a kubeconfig. Unset: KUBECONFIG, then ~/.kube/config, then the service account of the pod. */
  readonly kubeconfig?: string | undefined;
  /** Unset: the file's current context. */
  readonly context?: string | undefined;
}

/** Reads the configuration. Throws a SetpointError `InvalidOptions` that names the file and the remedy. */
export function loadAccess(options: AccessOptions): ClusterAccess {
  let config = load(options);
  const cluster = config.getCurrentCluster();
  if (!cluster) throw new SetpointError('InvalidOptions', 'the kubeconfig names no cluster: set current-context');
  const server = serverUrl(cluster.server);
  let cached: { readonly value: Promise<Credentials>; readonly at: number } | undefined;
  return {
    server,
    namespace: config.getContextObject(config.getCurrentContext())?.namespace?.trim() || undefined,
    proxyUrl: cluster.proxyUrl,
    credentials(fresh) {
      const now = options.clock.monotonic();
      if (cached && !fresh && now - cached.at < REREAD_AFTER_MS) return cached.value;
      if (fresh) config = load(options);
      const value = readCredentials(config, options.clock);
      const entry = { value, at: now };
      cached = entry;
      value.catch(() => {
        if (cached === entry) cached = undefined;
      });
      return value;
    },
  };
}

/** Access without credentials or TLS files, for a server on this machine. */
export function plainAccess(server: string, headers: Readonly<Record<string, string>> = {}): ClusterAccess {
  const credentials = Promise.resolve({ headers, tls: {} });
  return { server: serverUrl(server), namespace: undefined, proxyUrl: undefined, credentials: () => credentials };
}

function load({ kubeconfig, context }: AccessOptions): KubeConfig {
  const config = new KubeConfig();
  const what = kubeconfig === undefined ? 'the default kubeconfig' : `kubeconfig ${kubeconfig}`;
  try {
    if (kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(kubeconfig);
  } catch (error) {
    // The message of a parse error quotes the file, which holds keys and tokens: only its code goes on.
    const code = (error as NodeJS.ErrnoException).code;
    const why = code === undefined ? 'is not a valid kubeconfig' : `cannot be read (${code})`;
    throw new SetpointError('InvalidOptions', `${what} ${why}: give an existing file with --kubeconfig`);
  }
  if (kubeconfig === undefined && isFallback(config)) {
    throw new SetpointError(
      'InvalidOptions',
      'no cluster found: give --kubeconfig, or run in a pod with a service account',
    );
  }
  if (kubeconfig !== undefined) addTokenFiles(config, kubeconfig);
  if (context !== undefined) {
    if (!config.getContextObject(context)) {
      throw new SetpointError('InvalidOptions', `${what} has no context "${context}": see kubectl config get-contexts`);
    }
    config.setCurrentContext(context);
  }
  // The client refuses plain http unless verification is off; over http there is nothing to verify.
  config.clusters = config.clusters.map((one) =>
    one.server.startsWith('http:') ? { ...one, skipTLSVerify: true } : one,
  );
  return config;
}

/** The client's last resort is http://localhost:8080, where nobody listens. */
function isFallback(config: KubeConfig): boolean {
  const cluster = config.getCurrentCluster();
  return cluster?.name === 'cluster' && cluster.server === 'http://localhost:8080';
}

/** The client does not know `tokenFile`, which kubectl does: such a user gets the token file provider of pods. */
function addTokenFiles(config: KubeConfig, path: string): void {
  const text = readFileSync(path, 'utf8');
  // Reading it a second time is for those who have one.
  if (!text.includes('tokenFile')) return;
  const document = parse(text) as { users?: { name?: string; user?: { tokenFile?: unknown } }[] };
  const files = new Map<string, string>();
  for (const { name, user } of document.users ?? []) {
    if (name !== undefined && typeof user?.tokenFile === 'string') {
      files.set(name, resolve(dirname(path), user.tokenFile));
    }
  }
  config.users = config.users.map((user): User => {
    const tokenFile = files.get(user.name);
    return tokenFile === undefined ? user : { ...user, authProvider: { name: 'tokenFile', config: { tokenFile } } };
  });
}

function serverUrl(text: string): string {
  if (!URL.canParse(text)) throw new SetpointError('InvalidOptions', `server "${text}" of the kubeconfig is not a URL`);
  const { protocol } = new URL(text);
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw new SetpointError('InvalidOptions', `server "${text}" of the kubeconfig must be an http or https URL`);
  }
  return text.replace(/\/+$/, '');
}

async function readCredentials(config: KubeConfig, clock: Clock): Promise<Credentials> {
  const options: RequestOptions = {};
  let cancelTimer = () => {};
  try {
    await Promise.race([
      config.applyToHTTPSOptions(options),
      new Promise((_resolve, reject) => {
        cancelTimer = clock.setTimer(CREDENTIALS_TIMEOUT_MS, () => reject(new Error('timeout')));
      }),
    ]);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? (error as Error).name;
    throw new SetpointError('Network', `credentials for the API server could not be read (${code})`, { cause: error });
  } finally {
    cancelTimer();
  }
  const headers: Record<string, string> = {};
  if (typeof options.auth === 'string')
    headers['authorization'] = `Basic ${Buffer.from(options.auth).toString('base64')}`;
  for (const [name, value] of Object.entries(options.headers ?? {})) headers[name.toLowerCase()] = String(value).trim();
  const agent = options.agent instanceof Agent ? options.agent : undefined;
  return { headers, tls: tlsOf(options), agent };
}

function tlsOf(options: RequestOptions): TlsSettings {
  return {
    ...(options.ca ? { ca: options.ca as Pem } : {}),
    ...(options.cert ? { cert: options.cert as Pem } : {}),
    ...(options.key ? { key: options.key as Pem } : {}),
    ...(options.servername ? { servername: options.servername } : {}),
    ...(options.rejectUnauthorized === undefined ? {} : { rejectUnauthorized: options.rejectUnauthorized }),
  };
}
