// API groups that other servers on this machine serve. The API server finds them through a Service of type ExternalName that points
// to localhost, since no endpoint may be a loopback address.
import type { ApiClient } from './api-client.ts';
import { poll } from './poll.ts';

export interface ApiRegistration {
  /** Such as `custom.metrics.k8s.io`. */
  readonly group: string;
  /** Such as `v1beta2`. */
  readonly version: string;
  /** Name of the Service, for which the server has a certificate from ControlPlane.serviceCertificate. */
  readonly service: string;
  /** Default `kube-system`. */
  readonly namespace?: string;
  /** On which the server listens, by https on 127.0.0.1. */
  readonly port: number;
}

const AVAILABLE_TIMEOUT_MS = 30_000;

export async function registerApi(api: ApiClient, authority: string, registration: ApiRegistration): Promise<void> {
  const { group, version, service, namespace = 'kube-system', port } = registration;
  await api.apply(`/api/v1/namespaces/${namespace}/services/${service}`, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: service, namespace },
    spec: { type: 'ExternalName', externalName: 'localhost', ports: [{ port, protocol: 'TCP' }] },
  });
  const name = `${version}.${group}`;
  const path = `/apis/apiregistration.k8s.io/v1/apiservices/${name}`;
  await api.apply(path, {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name },
    spec: {
      group,
      version,
      service: { name: service, namespace, port },
      caBundle: Buffer.from(authority).toString('base64'),
      groupPriorityMinimum: 100,
      versionPriority: 100,
    },
  });
  let last = 'no condition yet';
  const available = await poll(AVAILABLE_TIMEOUT_MS, async () => {
    const { status } = await api.get(path);
    const conditions = (status as { conditions?: { type: string; status: string; message: string }[] }).conditions;
    const condition = conditions?.find(({ type }) => type === 'Available');
    last = condition?.message ?? last;
    return condition?.status === 'True';
  });
  if (!available) throw new Error(`the aggregated API ${name} on port ${port} is not available: ${last}`);
}
