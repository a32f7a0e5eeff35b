// The authorities of a control plane, everyone's certificate, the tokens and the key of the service accounts, as files in one folder.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CertificateRequest, type Issued, issueCertificate } from '../../src/localcluster/api/x509.ts';

const LOCAL = { dnsNames: ['localhost'], addresses: ['127.0.0.1'] };

export interface KeyPair {
  readonly certificateFile: string;
  readonly keyFile: string;
}

export interface ServiceCertificate {
  /** PEM, for the names by which the API server calls the service, and for 127.0.0.1. */
  readonly certificate: string;
  /** PEM. */
  readonly key: string;
  /** PEM of who signs the API server's own requests to it: with a client certificate named `front-proxy-client`. */
  readonly requestHeaderAuthority: string;
}

/** Name → groups. */
export type Users = Readonly<Record<string, readonly string[]>>;

export class Certificates {
  readonly #folder: string;
  readonly #authority: Issued;
  readonly #frontProxy: Issued;

  /** @param folder is made. */
  constructor(folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#folder = folder;
    this.#authority = issueCertificate({ commonName: 'setpoint-controlplane', authority: true }, Date.now());
    this.#frontProxy = issueCertificate({ commonName: 'setpoint-front-proxy', authority: true }, Date.now());
    this.write('ca.pem', this.authority);
    this.write('front-proxy-ca.pem', this.#frontProxy.certificate);
  }

  /** PEM. */
  get authority(): string {
    return this.#authority.certificate;
  }

  get authorityFile(): string {
    return join(this.#folder, 'ca.pem');
  }

  get frontProxyAuthorityFile(): string {
    return join(this.#folder, 'front-proxy-ca.pem');
  }

  /** For a server that is called by its address, and by further names. */
  server(name: string, dnsNames: readonly string[] = []): KeyPair {
    return this.#files(name, {
      commonName: name,
      usages: ['server', 'client'],
      dnsNames: [...LOCAL.dnsNames, ...dnsNames],
      addresses: [...LOCAL.addresses, '10.0.0.1'],
      issuer: this.#authority,
    });
  }

  /** For a client that is known by its certificate. */
  client(name: string, organizations: readonly string[] = []): KeyPair {
    return this.#files(name, { commonName: name, organizations, usages: ['client'], issuer: this.#authority });
  }

  /** By which the API server shows aggregated APIs that it is the one who asks. */
  frontProxyClient(): KeyPair {
    return this.#files('front-proxy-client', {
      commonName: 'front-proxy-client',
      usages: ['client'],
      issuer: this.#frontProxy,
    });
  }

  service(service: string, namespace: string): ServiceCertificate {
    const { certificate, key } = issueCertificate(
      {
        commonName: service,
        usages: ['server'],
        dnsNames: [...LOCAL.dnsNames, ...serviceNames(service, namespace)],
        addresses: LOCAL.addresses,
        issuer: this.#authority,
      },
      Date.now(),
    );
    return { certificate, key, requestHeaderAuthority: this.#frontProxy.certificate };
  }

  /** Signs and checks the tokens of service accounts. */
  serviceAccountKeys(): { readonly privateFile: string; readonly publicFile: string } {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    return {
      privateFile: this.write('service-accounts.key', privateKey.export({ type: 'pkcs8', format: 'pem' })),
      publicFile: this.write('service-accounts.pub', publicKey.export({ type: 'spki', format: 'pem' })),
    };
  }

  /** A token for each, and the file in which the API server reads who has which. */
  tokens(users: Users): { readonly file: string; readonly tokens: ReadonlyMap<string, string> } {
    const tokens = new Map(Object.keys(users).map((user) => [user, randomBytes(24).toString('base64url')]));
    const lines = Object.entries(users).map(
      ([user, groups]) => `${tokens.get(user)},${user},${user},"${groups.join(',')}"\n`,
    );
    return { file: this.write('tokens.csv', lines.join('')), tokens };
  }

  #files(name: string, request: CertificateRequest): KeyPair {
    const { certificate, key } = issueCertificate(request, Date.now());
    return { certificateFile: this.write(`${name}.pem`, certificate), keyFile: this.write(`${name}.key`, key) };
  }

  write(name: string, content: string | Buffer): string {
    const file = join(this.#folder, name);
    writeFileSync(file, content, { mode: 0o600 });
    return file;
  }
}

/** By the last of these the API server checks an aggregated API. */
export function serviceNames(service: string, namespace: string): readonly string[] {
  return [`${service}.${namespace}`, `${service}.${namespace}.svc`];
}
