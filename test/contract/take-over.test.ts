// Taking over on the local cluster, which runs no HPAs: theirs is played here. Time is fake.
import type { KubeObject } from '../../src/localcluster/objects.ts';
import { ApiClient } from '../controlplane/api-client.ts';
import { appOnCluster } from '../support/app-on-cluster.ts';
import { DOWN_WINDOW_SECONDS, takeOverContract } from './take-over.contract.ts';

const HPAS = 'horizontalpodautoscalers.autoscaling';

takeOverContract('the local cluster', async () => {
  const stage = await appOnCluster();
  const { cluster, time, usage } = stage;
  const api = new ApiClient(cluster.url, cluster.apiServer.token, '');
  usage.script(() => ({ cpu: '1m' }));
  stage.start({ downscaleStabilization: `${DOWN_WINDOW_SECONDS}s` });
  return {
    api,
    namespace: 'shop',
    async hpaDecides(name, replicas) {
      const hpa = cluster.store.get(HPAS, 'shop', name) as KubeObject;
      const status = { currentReplicas: replicas, desiredReplicas: replicas, currentMetrics: null };
      cluster.store.updateStatus(HPAS, { ...hpa, status });
    },
    passes: (ms) => time.advance(ms),
    async until(what, isSo) {
      for (let seconds = 0; !(await isSo()); seconds += 1) {
        if (seconds > 120) throw new Error(`${what}: not within two minutes`);
        await time.advance(1000);
      }
    },
    async close() {
      await api.close();
      await stage.close();
    },
  };
});
