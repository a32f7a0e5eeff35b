// The real HPA as a contender: kube-controller-manager with nothing but its HPA controller, its rates raised as for a large cluster.
import { Agent, request } from 'undici';
import type { ControlPlane } from '../../test/controlplane/control-plane.ts';
import type { Contender } from './contender.ts';
import { sumOf } from './exposition.ts';
import { scaleReadIntervals } from './figures.ts';
import { spreadOf } from './statistics.ts';
import { inParallel, type Target } from './world.ts';

/** The controller alone, and as fast as its flags let it be: by default it would keep up with a few hundred targets. */
export const TUNED = {
  controllerManager: { controllers: ['horizontal-pod-autoscaler-controller'], qps: 500, burst: 1000 },
  extraArgs: { 'kube-controller-manager': ['--concurrent-horizontal-pod-autoscaler-syncs=50'] },
};

const RECONCILIATIONS = 'horizontal_pod_autoscaler_controller_reconciliations_total';

/** @param specOf the spec of the autoscaler of a Deployment of that name. */
export function hpa(plane: ControlPlane, specOf: (name: string) => object): Contender {
  const collection = (namespace: string) => `/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers`;
  return {
    name: 'HPA',
    userAgent: /^kube-controller-manager\//,
    prepare: (targets) =>
      inParallel(targets, ({ namespace, name }) =>
        plane.api.create(collection(namespace), { metadata: { name }, spec: specOf(name) }),
      ),
    remove: (targets) =>
      inParallel(targets, ({ namespace, name }: Target) => plane.api.remove(`${collection(namespace)}/${name}`)),
    async start() {
      const process = plane.component('kube-controller-manager');
      await process.start();
      const pid = process.pid;
      if (pid === undefined) throw new Error('kube-controller-manager ended by itself');
      const agent = new Agent({ connect: { ca: plane.certificateAuthority } });
      const url = `https://127.0.0.1:${plane.ports['kube-controller-manager']}/metrics`;
      return {
        pid,
        async mark() {
          const headers = { authorization: `Bearer ${plane.token}` };
          const { body, statusCode } = await request(url, { dispatcher: agent, headers });
          const page = await body.text();
          if (statusCode !== 200) throw new Error(`${url}: HTTP ${statusCode}`);
          return { atMs: Date.now(), page };
        },
        decisionsBetween: (before, after) => sumOf(after.page, RECONCILIATIONS) - sumOf(before.page, RECONCILIATIONS),
        intervalBetween(_before, _after, requests) {
          const { p50, p99 } = spreadOf(scaleReadIntervals(requests));
          return { p50, p99, from: 'between two reads of a scale, from the audit log' };
        },
        async stop() {
          await process.stop();
          await agent.destroy();
        },
      };
    },
  };
}
