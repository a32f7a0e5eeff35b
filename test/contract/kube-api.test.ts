// The local cluster's API server keeps the contract, over HTTPS with a token.
import { startApiServer } from '../../src/localcluster/api-server.ts';
import { kubeApiContract } from './kube-api.contract.ts';

kubeApiContract('the local cluster', async () => {
  const server = await startApiServer({ namespaces: ['contract'], tls: true, users: {} });
  return {
    url: server.url,
    token: server.token,
    ...(server.certificateAuthority === undefined ? {} : { certificateAuthority: server.certificateAuthority }),
    namespace: 'contract',
    compact: () => Promise.resolve(server.faults.compactHistory()),
    close: () => server.close(),
  };
});
