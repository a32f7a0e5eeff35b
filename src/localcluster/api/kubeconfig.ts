// A kubeconfig for the server, as kubectl and every client library read it.

import { stringify } from 'yaml';

export interface KubeconfigParts {
  url: string;
  token: string;
  namespace?: string;
  /** PEM; only for https. */
  certificateAuthority?: string | undefined;
}

export function kubeconfigText({ url, token, namespace = 'default', certificateAuthority }: KubeconfigParts): string {
  const ca =
    certificateAuthority === undefined
      ? {}
      : { 'certificate-authority-data': Buffer.from(certificateAuthority).toString('base64') };
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'setpoint-local', cluster: { server: url, ...ca } }],
    users: [{ name: 'setpoint-local', user: { token } }],
    contexts: [{ name: 'setpoint-local', context: { cluster: 'setpoint-local', user: 'setpoint-local', namespace } }],
    'current-context': 'setpoint-local',
  });
}
