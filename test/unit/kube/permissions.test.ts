import { describe, expect, it } from 'vitest';
import { PERMISSIONS, renderClusterRole, renderLeaseRole, renderTargetRole } from '../../../src/kube/permissions.ts';

describe('permissions', () => {
  it('ask for nothing that would be dangerous', () => {
    const names = PERMISSIONS.flatMap(({ apiGroup, resources }) =>
      resources.map((resource) => `${resource}.${apiGroup}`),
    );
    for (const permission of PERMISSIONS) {
      expect([permission.apiGroup, ...permission.verbs]).not.toContain('*');
      expect(permission.why).not.toBe('');
    }
    // In the metrics APIs every metric is a resource of its own; they are read-only.
    const everything = PERMISSIONS.filter(({ resources }) => resources.includes('*'));
    expect(everything.map(({ apiGroup, verbs }) => [apiGroup, ...verbs])).toEqual([
      ['custom.metrics.k8s.io', 'get'],
      ['external.metrics.k8s.io', 'list'],
    ]);
    expect(names.filter((name) => /^(secrets|configmaps|nodes)\./.test(name))).toEqual([]);
    const writable = PERMISSIONS.filter(({ verbs }) => verbs.some((verb) => !['get', 'list', 'watch'].includes(verb)));
    expect(writable.flatMap(({ resources }) => resources)).toEqual([
      'scaledtargets/status',
      'deployments/scale',
      'statefulsets/scale',
      'replicasets/scale',
      'replicationcontrollers/scale',
      'events',
      'leases',
      'leases',
    ]);
  });

  it('render to a ClusterRole without the Lease, and a Role for the Lease alone', () => {
    const cluster = renderClusterRole({ name: 'setpoint' });
    expect(cluster).toMatchObject({ kind: 'ClusterRole', metadata: { name: 'setpoint' } });
    expect(cluster.rules.flatMap(({ resources }) => resources)).not.toContain('leases');
    expect(renderTargetRole({ name: 'setpoint', namespace: 'shop' })).toMatchObject({
      kind: 'Role',
      metadata: { name: 'setpoint', namespace: 'shop' },
      rules: cluster.rules,
    });
    expect(renderLeaseRole({ name: 'setpoint', namespace: 'own', leaseName: 'setpoint' }).rules).toEqual([
      { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
      {
        apiGroups: ['coordination.k8s.io'],
        resources: ['leases'],
        resourceNames: ['setpoint'],
        verbs: ['get', 'list', 'watch', 'update'],
      },
    ]);
  });
});
