// The local cluster's API server with the ScaledTarget CRD and a client to it, for tests of what talks to one.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import type { WatchContext } from '../../src/kube/collection.ts';
import { KubeClient } from '../../src/kube/client.ts';
import { plainAccess } from '../../src/kube/kubeconfig.ts';
import { startApiServer } from '../../src/localcluster/api-server.ts';

const CRD = new URL('../../crds/scaledtargets.yaml', import.meta.url);

export const neverAborted = (): AbortSignal => new AbortController().signal;

/** Runs the server, hands it and what watches need to `use`, and takes everything down. */
export async function withLocalApi<T>(
  use: (api: {
    server: Awaited<ReturnType<typeof startApiServer>>;
    context: WatchContext;
    client: KubeClient;
  }) => Promise<T>,
): Promise<T> {
  const server = await startApiServer({ namespaces: ['shop', 'depot', 'setpoint-system'] });
  server.store.create('customresourcedefinitions.apiextensions.k8s.io', parse(readFileSync(CRD, 'utf8')));
  const client = new KubeClient({
    access: plainAccess(server.url),
    clock: systemClock,
    version: '0',
    // Retries at once: tests wait for conditions, not for back-off.
    random: () => 0,
  });
  const context = { client, clock: systemClock, random: () => 0, logger: silentLogger, namespaces: [] };
  try {
    return await use({ server, context, client });
  } finally {
    await client.close();
    await server.close();
  }
}

export function deployment(name: string, replicas: number, labels: Record<string, string> = { app: name }) {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'shop' },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'app', image: 'x' }] } },
    },
  };
}

export function scaledTarget(name: string, workload = name, changes: Record<string, unknown> = {}) {
  return {
    apiVersion: 'setpoint.dev/v1alpha1',
    kind: 'ScaledTarget',
    metadata: { name, namespace: 'shop' },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: workload },
      maxReplicas: 10,
      ...changes,
    },
  };
}
