// `setpoint explain` as somebody on call runs it: with the rights that docs/explain.md names, against the pod that leads, whose page
// listens on its own 127.0.0.1.
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { kubeconfigText } from '../../../src/localcluster/api/kubeconfig.ts';
import { eventually } from './eventually.ts';
import { external, Space } from './space.ts';
import type { RealStage } from './stage.ts';

const PAGE_PORT = 8081;
const OURS = 'setpoint-system';
const run = promisify(execFile);

export function explainTests(stage: () => RealStage): void {
  describe('setpoint explain', () => {
    it('asks the pod that leads at a forwarded port, and says which right is missing', async () => {
      const space = await Space.make(stage(), 'explained');
      await space.workload('api');
      space.tell('jobs', 15);
      await space.target('api', { metrics: [external('jobs', 5)], maxReplicas: 8 });
      await space.untilSize('api', 3);
      await leaderAsPod(stage());
      const explain = await someoneOnCall(space);

      expect(await explain()).toMatch(
        /The controller: the Lease setpoint-system\/setpoint, which names its pod, cannot be read: .*cannot get resource "leases"/,
      );
      await mayForward(space, ['get']);
      await eventually('the right to read the Lease', explain, (told) => !told.includes('cannot be read'));
      expect(await explain()).toMatch(
        /The controller: port 8081 of pod setpoint-system\/\S+ did not answer: pods \S+ is forbidden: ask for the verbs get and create on pods\/portforward in the namespace setpoint-system/,
      );
      await mayForward(space, ['get', 'create']);
      const told = await eventually('the controller tells it', explain, (text) =>
        text.includes('Told by the controller'),
      );
      expect(told).toMatch(/^explained\/api stays at 3 replicas: /);
      expect(told).toMatch(/\nTold by the controller \(port 8081 of pod setpoint-system\/\S+, version \S+\)\.\n$/);
    });
  });
}

/** The replicas are processes of this machine, and so is their host name: a pod of that name whose port leads to the page. */
async function leaderAsPod(stage: RealStage): Promise<void> {
  const { plane } = stage;
  const name = hostname();
  const page = (await stage.leader()).line('page served');
  const path = `/api/v1/namespaces/${OURS}/pods`;
  await plane.setPort({ namespace: OURS, name }, PAGE_PORT, Number(page?.['port']));
  await plane.api.create(path, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'controller',
          image: 'any',
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
      ],
    },
  });
  await eventually(
    'the pod runs',
    () => plane.api.get(`${path}/${name}`),
    ({ status }) => (status as { phase?: string }).phase === 'Running',
  );
}

/** A service account with the role `view` in the namespace; gives what `setpoint explain api` prints for it. */
async function someoneOnCall(space: Space): Promise<() => Promise<string>> {
  const { namespace, stage } = space;
  const { url, certificateAuthority, directory } = stage.plane;
  await space.kubectl('create', 'serviceaccount', 'on-call');
  await space.kubectl(
    'create',
    'rolebinding',
    'on-call',
    '--clusterrole=view',
    `--serviceaccount=${namespace}:on-call`,
  );
  const { stdout: token } = await space.kubectl('create', 'token', 'on-call');
  const kubeconfig = join(directory, 'on-call.kubeconfig');
  writeFileSync(kubeconfig, kubeconfigText({ url, token: token.trim(), certificateAuthority }));
  const args = ['explain', '-n', namespace, 'api', '--kubeconfig', kubeconfig];
  const bundle = join(import.meta.dirname, '../../../dist/setpoint.js');
  return async () => (await run(process.execPath, [bundle, ...args])).stdout;
}

/** In the controller's namespace: the Lease may be read, and with these verbs ports be forwarded. */
async function mayForward({ namespace, stage }: Space, verbs: readonly string[]): Promise<void> {
  const path = (plural: string) => `/apis/rbac.authorization.k8s.io/v1/namespaces/${OURS}/${plural}/on-call`;
  const { api } = stage.plane;
  await api.apply(path('roles'), {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name: 'on-call', namespace: OURS },
    rules: [
      { apiGroups: ['coordination.k8s.io'], resources: ['leases'], resourceNames: ['setpoint'], verbs: ['get'] },
      { apiGroups: [''], resources: ['pods/portforward'], verbs },
    ],
  });
  await api.apply(path('rolebindings'), {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'on-call', namespace: OURS },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'on-call' },
    subjects: [{ kind: 'ServiceAccount', name: 'on-call', namespace }],
  });
}
