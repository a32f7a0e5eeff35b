// The certificate of the local API server: for 127.0.0.1 and localhost, and its own authority: clients are given it as their CA.

import { issueCertificate } from './x509.ts';

export interface ServerCertificate {
  /** PEM. */
  certificate: string;
  /** PEM, PKCS #8. */
  key: string;
}

/** Valid from a day before `now` (milliseconds), for clients whose clock is behind. */
export function makeCertificate(now: number): ServerCertificate {
  const { certificate, key } = issueCertificate(
    {
      commonName: 'setpoint-local',
      authority: true,
      usages: ['server'],
      dnsNames: ['localhost'],
      addresses: ['127.0.0.1'],
    },
    now,
  );
  return { certificate, key };
}
