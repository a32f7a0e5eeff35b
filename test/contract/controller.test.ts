// The controller beside the local cluster's API server. What runs there are the contract's own pods.
import { startApiServer } from '../../src/localcluster/api-server.ts';
import { CuttableProxy } from '../support/cuttable-proxy.ts';
import { controllerContract } from './controller.contract.ts';

controllerContract('the local cluster', async () => {
  const server = await startApiServer({ namespaces: ['contract'], tls: true, users: {} });
  const proxy = new CuttableProxy(server.url);
  await proxy.restore();
  return {
    url: proxy.url.replace('http:', 'https:'),
    token: server.token,
    ...(server.certificateAuthority === undefined ? {} : { certificateAuthority: server.certificateAuthority }),
    namespace: 'contract',
    async restartApiServer() {
      await proxy.cut();
      await proxy.restore();
    },
    async close() {
      await proxy.cut();
      await server.close();
    },
  };
});
