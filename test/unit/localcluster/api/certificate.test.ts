import { X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { makeCertificate } from '../../../../src/localcluster/api/certificate.ts';

test('the certificate is one that names this machine, signs itself, and belongs to its key', () => {
  const now = Date.parse('2026-01-02T03:04:05Z');
  const { certificate, key } = makeCertificate(now);
  const parsed = new X509Certificate(certificate);
  expect(parsed.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1');
  expect(parsed.checkIP('127.0.0.1')).toBe('127.0.0.1');
  expect(parsed.verify(parsed.publicKey)).toBe(true);
  expect(parsed.checkIssued(parsed)).toBe(true);
  expect(parsed.ca).toBe(true);
  expect(Date.parse(parsed.validFrom)).toBe(now - 86_400_000);
  expect(Date.parse(parsed.validTo)).toBe(now + 30 * 86_400_000);
  expect(key).toContain('BEGIN PRIVATE KEY');
  expect(makeCertificate(now).certificate).not.toBe(certificate);
});
