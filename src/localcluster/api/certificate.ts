// A self-signed certificate for 127.0.0.1 and localhost, written in DER by hand, since Node has keys and signatures but no certificates.
// It is its own authority: clients are given it as their CA. Good for a few days on one machine and for nothing else.

import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

export interface ServerCertificate {
  /** PEM. */
  certificate: string;
  /** PEM, PKCS #8. */
  key: string;
}

const validityDays = 30;
const dayMs = 86_400_000;

/** Valid from a day before `now` (milliseconds), for clients whose clock is behind. */
export function makeCertificate(now: number): ServerCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = sequence(set(sequence(oid('2.5.4.3'), utf8('setpoint-local'))));
  const signed = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(positive(randomBytes(16))),
    ecdsaWithSha256,
    name,
    sequence(time(now - dayMs), time(now + validityDays * dayMs)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(basicConstraints, keyUsage, extendedKeyUsage, subjectAltName())),
  );
  const signature = sign('sha256', signed, privateKey);
  const certificate = sequence(signed, ecdsaWithSha256, bitString(signature));
  return {
    certificate: pem('CERTIFICATE', certificate),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  };
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
const basicConstraints = sequence(oid('2.5.29.19'), isTrue, octets(sequence(isTrue)));
/** digitalSignature and keyCertSign. */
const keyUsage = sequence(oid('2.5.29.15'), isTrue, octets(bitString(Buffer.from([0b1000_0100]), 2)));
const extendedKeyUsage = sequence(oid('2.5.29.37'), octets(sequence(oid('1.3.6.1.5.5.7.3.1'))));

function subjectAltName(): Buffer {
  const dns = tagged(0x82, Buffer.from('localhost'));
  const ip = tagged(0x87, Buffer.from([127, 0, 0, 1]));
  return sequence(oid('2.5.29.17'), octets(sequence(dns, ip)));
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
