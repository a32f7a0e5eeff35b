// The controller beside a real kube-apiserver over etcd: the same file as beside the local cluster.
import { controllerContract } from '../contract/controller.contract.ts';
import { startControlPlane } from '../controlplane/control-plane.ts';

controllerContract('kube-apiserver', async () => {
  const plane = await startControlPlane({ flavour: 'api', namespaces: ['contract'] });
  return {
    url: plane.url,
    token: plane.token,
    certificateAuthority: plane.certificateAuthority,
    namespace: 'contract',
    restartApiServer: () => plane.restartApiServer(),
    close: () => plane.stop(),
  };
});
