// A metrics adapter behind the API server of a local cluster, as it would be installed: a Service, and an APIService for each version.
import type { LocalCluster } from '../../src/localcluster/cluster.ts';
import { type MetricsAdapter, type MetricsAdapterOptions, startMetricsAdapter } from './metrics-adapter.ts';

const NAMESPACE = 'kube-system';
const NAME = 'metrics-adapter';
const SERVICES = 'services';
const API_SERVICES = 'apiservices.apiregistration.k8s.io';
export const CUSTOM = 'custom.metrics.k8s.io';
export const EXTERNAL = 'external.metrics.k8s.io';

/** Starts an adapter with a certificate for its Service; register group versions of it with `registerApis`. */
export function startClusterAdapter(options: MetricsAdapterOptions = {}): Promise<MetricsAdapter> {
  return startMetricsAdapter({ dnsNames: [`${NAME}.${NAMESPACE}.svc`], ...options });
}

/** Makes the API server hand on requests to these groups; of a group's versions it prefers the newest. */
export function registerApis(
  { store }: Pick<LocalCluster, 'store'>,
  adapter: MetricsAdapter,
  ...apis: readonly (readonly [group: string, ...versions: string[]])[]
): void {
  if (!store.get(SERVICES, NAMESPACE, NAME)) {
    store.create(SERVICES, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: NAME, namespace: NAMESPACE },
      spec: { type: 'ExternalName', externalName: 'localhost', ports: [{ port: adapter.port, protocol: 'TCP' }] },
    });
  }
  for (const [group, ...versions] of apis) {
    for (const version of versions) {
      store.create(API_SERVICES, {
        apiVersion: 'apiregistration.k8s.io/v1',
        kind: 'APIService',
        metadata: { name: `${version}.${group}` },
        spec: {
          group,
          version,
          service: { namespace: NAMESPACE, name: NAME, port: adapter.port },
          caBundle: Buffer.from(adapter.ca ?? '').toString('base64'),
          groupPriorityMinimum: 100,
          versionPriority: 100,
        },
      });
    }
  }
}
