// X.509 certificates in DER, written by hand, since Node has keys and signatures but no certificates. P-256 and SHA-256 only.
// Good for a few days on one machine and for nothing else.

import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** Clients whose clock is behind accept it all the same. */
const VALID_BEFORE_MS = 86_400_000;
export const VALID_DAYS = 30;

/** A certificate with its key, and what is needed to sign others with them. */
export interface Issued {
  /** PEM. */
  readonly certificate: string;
  /** PEM, PKCS #8. */
  readonly key: string;
  readonly name: Buffer;
  readonly privateKey: KeyObject;
}

export interface CertificateRequest {
  readonly commonName: string;
  /** Kubernetes reads these as the groups of a client. */
  readonly organizations?: readonly string[];
  /** May sign others. Default false. */
  readonly authority?: boolean;
  readonly usages?: readonly ('server' | 'client')[];
  readonly dnsNames?: readonly string[];
  /** IPv4. */
  readonly addresses?: readonly string[];
  /** Who signs. Unset: itself. */
  readonly issuer?: Issued;
}

/** Valid from a day before `now` (milliseconds) for VALID_DAYS. */
export function issueCertificate(request: CertificateRequest, now: number): Issued {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = nameOf(request);
  const signed = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(positive(randomBytes(16))),
    ecdsaWithSha256,
    request.issuer?.name ?? name,
    sequence(time(now - VALID_BEFORE_MS), time(now + VALID_DAYS * 86_400_000)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...extensionsOf(request))),
  );
  const signature = sign('sha256', signed, request.issuer?.privateKey ?? privateKey);
  return {
    certificate: pem('CERTIFICATE', sequence(signed, ecdsaWithSha256, bitString(signature))),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    name,
    privateKey,
  };
}

function nameOf({ commonName, organizations = [] }: CertificateRequest): Buffer {
  const groups = organizations.map((text) => set(sequence(oid('2.5.4.10'), utf8(text))));
  return sequence(...groups, set(sequence(oid('2.5.4.3'), utf8(commonName))));
}

function extensionsOf(request: CertificateRequest): Buffer[] {
  const { authority = false, usages = [], dnsNames = [], addresses = [] } = request;
  const extensions = [
    sequence(oid('2.5.29.19'), isTrue, octets(authority ? sequence(isTrue) : sequence())),
    sequence(oid('2.5.29.15'), isTrue, octets(authority ? signsAndIssues : signs)),
  ];
  if (usages.length > 0) {
    extensions.push(sequence(oid('2.5.29.37'), octets(sequence(...usages.map((usage) => oid(usageOids[usage]))))));
  }
  const names = [
    ...dnsNames.map((dns) => tagged(0x82, Buffer.from(dns))),
    ...addresses.map((ip) => tagged(0x87, Buffer.from(ip.split('.').map(Number)))),
  ];
  if (names.length > 0) extensions.push(sequence(oid('2.5.29.17'), octets(sequence(...names))));
  return extensions;
}

function tagged(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), length(content.length), content]);
}

function length(size: number): Buffer {
  if (size < 0x80) return Buffer.from([size]);
  return size < 0x100 ? Buffer.from([0x81, size]) : Buffer.from([0x82, size >> 8, size & 0xff]);
}

function sequence(...parts: Buffer[]): Buffer {
  return tagged(0x30, ...parts);
}

function set(...parts: Buffer[]): Buffer {
  return tagged(0x31, ...parts);
}

function integer(value: Buffer): Buffer {
  return tagged(0x02, value);
}

/** The top bit is the sign. */
function positive(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x01]), bytes]);
}

function utf8(text: string): Buffer {
  return tagged(0x0c, Buffer.from(text));
}

function octets(value: Buffer): Buffer {
  return tagged(0x04, value);
}

/** `unused` bits at the end. */
function bitString(value: Buffer, unused = 0): Buffer {
  return tagged(0x03, Buffer.from([unused]), value);
}

function explicit(number: number, value: Buffer): Buffer {
  return tagged(0xa0 + number, value);
}

function time(at: number): Buffer {
  const digits = new Date(at).toISOString().replaceAll(/[-:T]/g, '').slice(0, 14);
  return tagged(0x18, Buffer.from(`${digits}Z`));
}

function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const bytes = rest.flatMap((part) => base128(part));
  return tagged(0x06, Buffer.from([first * 40 + second, ...bytes]));
}

function base128(value: number): number[] {
  const bytes = [value & 0x7f];
  for (let rest = value >> 7; rest > 0; rest >>= 7) bytes.unshift((rest & 0x7f) | 0x80);
  return bytes;
}

const ecdsaWithSha256 = sequence(oid('1.2.840.10045.4.3.2'));
const isTrue = tagged(0x01, Buffer.from([0xff]));
/** digitalSignature. */
const signs = bitString(Buffer.from([0b1000_0000]), 7);
/** digitalSignature and keyCertSign. */
const signsAndIssues = bitString(Buffer.from([0b1000_0100]), 2);
const usageOids = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' };

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
