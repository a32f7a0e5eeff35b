// What a source is shown of us: certificates, tokens and passwords from files that may be rotated at any time. Content is never
// logged and never part of a message.
import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { Clock } from '../base/clock.ts';
import { messageOf, SetpointError } from '../base/errors.ts';
import type { PrometheusConfig } from './config.ts';
import type { TlsMaterial } from './http-client.ts';
import { WatchedFile } from './watched-file.ts';

/** A token of the API server is about a kilobyte; a bundle of certificate authorities some hundred. */
const MAX_SECRET_BYTES = 64 * 1024;
const MAX_PEM_BYTES = 1024 * 1024;

type Role = 'ca' | 'cert' | 'key' | 'token' | 'username' | 'password';

export class Credentials {
  readonly #files = new Map<Role, WatchedFile>();
  readonly #username: string;

  constructor(config: PrometheusConfig, clock: Clock) {
    const paths: readonly (readonly [Role, string | undefined, number])[] = [
      ['ca', config.caFile, MAX_PEM_BYTES],
      ['cert', config.certFile, MAX_PEM_BYTES],
      ['key', config.keyFile, MAX_PEM_BYTES],
      ['token', config.bearerTokenFile, MAX_SECRET_BYTES],
      ['username', config.basicAuth?.usernameFile, MAX_SECRET_BYTES],
      ['password', config.basicAuth?.passwordFile, MAX_SECRET_BYTES],
    ];
    for (const [role, path, maxBytes] of paths) {
      if (path !== undefined) this.#files.set(role, new WatchedFile(path, maxBytes, clock));
    }
    this.#username = config.basicAuth?.username ?? '';
  }

  /** Certificates and key, with a mark that changes when any of them does. Rejects as WatchedFile does, if none was ever read. */
  async tls(): Promise<{ readonly material: TlsMaterial; readonly mark: string }> {
    const roles = ['ca', 'cert', 'key'] as const;
    const contents = await Promise.all(roles.map((role) => this.#content(role)));
    const [ca, cert, key] = contents.map((content) => content?.bytes);
    return {
      material: { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) },
      mark: contents.map((content) => content?.version ?? 0).join(' '),
    };
  }

  /** The Authorization header; none when no credentials are configured. */
  async headers(): Promise<Readonly<Record<string, string>>> {
    if (this.#files.has('token')) return { authorization: `Bearer ${await this.#text('token')}` };
    if (!this.#files.has('password')) return {};
    const username = this.#files.has('username') ? await this.#text('username') : this.#username;
    const pair = Buffer.from(`${username}:${await this.#text('password')}`, 'utf8');
    return { authorization: `Basic ${pair.toString('base64')}` };
  }

  /** Looks at the files of the Authorization header now; whether any of them changed. Never rejects. */
  async reread(): Promise<boolean> {
    const files = (['token', 'username', 'password'] as const).flatMap((role) => this.#files.get(role) ?? []);
    const before = files.map((file) => file.last?.version);
    await Promise.allSettled(files.map((file) => file.refresh()));
    return files.some((file, index) => file.last?.version !== before[index]);
  }

  /** Reads every file once and says what is wrong with them, one line each. */
  async faults(): Promise<string[]> {
    const outcomes = await Promise.allSettled(
      [...this.#files].map(async ([role, file]) => (isPem(role) ? file.refresh() : this.#text(role))),
    );
    const faults = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [messageOf(outcome.reason)] : []));
    if (faults.length > 0) return faults;
    try {
      const { material } = await this.tls();
      createSecureContext(material);
      // A context takes authorities that are none without a word, and would then trust nobody.
      if (material.ca !== undefined) void new X509Certificate(material.ca);
      return [];
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
      const paths = (['ca', 'cert', 'key'] as const).flatMap((role) => this.#files.get(role)?.path ?? []);
      return [`${paths.join(', ')} cannot be used (${code}): give PEM, and a key that belongs to its certificate`];
    }
  }

  /** A file that cannot be read just now, as in the middle of a rotation, counts as unchanged. */
  async #content(role: Role) {
    const file = this.#files.get(role);
    if (file === undefined) return undefined;
    try {
      return await file.read();
    } catch (error) {
      if (file.last !== undefined) return file.last;
      throw error;
    }
  }

  async #text(role: Role): Promise<string> {
    const content = await this.#content(role);
    const text = content?.bytes.toString('utf8').trim() ?? '';
    if (text === '' || /\p{Cc}/u.test(text)) {
      const path = this.#files.get(role)?.path ?? role;
      throw new SetpointError('InvalidOptions', `${path} holds no ${role}: write it as one line of text`);
    }
    return text;
  }
}

function isPem(role: Role): boolean {
  return role === 'ca' || role === 'cert' || role === 'key';
}
