// The Kubernetes API as Setpoint uses it, against any server: what is true here must be true of a real control plane and of ours.
// Needs an empty namespace and a token that may do everything. Knows nothing of how the server is made.
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { accessContract } from './kube-api/access.ts';
import { bodiesContract } from './kube-api/bodies.ts';
import { customResourcesContract } from './kube-api/custom-resources.ts';
import { discoveryContract } from './kube-api/discovery.ts';
import { jobsContract } from './kube-api/jobs.ts';
import { eventsContract, hpasContract, leasesContract } from './kube-api/leases-and-events.ts';
import { listsContract, watchesContract } from './kube-api/lists-and-watches.ts';
import { CRDS, gaugeCrd } from './kube-api/objects-under-test.ts';
import { objectsContract } from './kube-api/objects.ts';
import { patchesContract } from './kube-api/patches.ts';
import { ApiSession, type KubeApiConnection } from './kube-api/session.ts';
import { subresourcesContract } from './kube-api/subresources.ts';
import { tablesContract } from './kube-api/tables.ts';

export function kubeApiContract(serverName: string, connect: () => Promise<KubeApiConnection>): void {
  describe(`Kubernetes API of ${serverName}`, () => {
    const api = new ApiSession(connect);

    beforeAll(async () => {
      await api.open();
      const made = await api.call('POST', CRDS, gaugeCrd);
      if (made.status !== 201) throw new Error(`the CRD of the suite was refused: ${made.text}`);
      await api.until(async () =>
        expect((await api.get(api.in('apis/contract.setpoint.dev/v1', 'gauges'))).status).toBe(200),
      );
    });
    afterAll(() => api.close());

    discoveryContract(api);
    objectsContract(api);
    bodiesContract(api);
    patchesContract(api);
    subresourcesContract(api);
    customResourcesContract(api);
    tablesContract(api);
    leasesContract(api);
    eventsContract(api);
    hpasContract(api);
    jobsContract(api);
    listsContract(api);
    watchesContract(api);
    accessContract(api);
  });
}
