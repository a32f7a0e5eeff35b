import { MemoryLeaseStore } from '../support/memory-lease-store.ts';
import { KubeLeases } from '../../src/kube/leases.ts';
import { withLocalApi } from '../support/local-api.ts';
import { leaseStoreContract } from './lease-store.contract.ts';

leaseStoreContract('in memory', (use) => use(new MemoryLeaseStore()));

leaseStoreContract('on the API server', (use) =>
  withLocalApi(({ context }) =>
    use(new KubeLeases({ ...context, namespace: 'setpoint-system', name: 'setpoint', timeoutMs: 5000 })),
  ),
);
