import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../../src/localcluster/objects.ts';
import { ageOf, humanDuration } from '../../../../src/localcluster/table/age.ts';
import { builtinColumns } from '../../../../src/localcluster/table/builtin-columns.ts';
import { findAll } from '../../../../src/localcluster/table/json-path.ts';

const now = Date.parse('2026-01-02T03:04:05Z');

describe('ages', () => {
  test.each([
    [0, '0s'],
    [119_000, '119s'],
    [120_000, '2m'],
    [192_000, '3m12s'],
    [11 * 60_000, '11m'],
    [3 * 3_600_000, '3h'],
    [3.5 * 3_600_000, '3h30m'],
    [47 * 3_600_000, '47h'],
    [52 * 3_600_000, '2d4h'],
    [30 * 86_400_000, '30d'],
    [800 * 86_400_000, '2y70d'],
    [-500, '0s'],
    [-60_000, '<invalid>'],
  ])('%d ms is %s', (durationMs, expected) => {
    expect(humanDuration(durationMs)).toBe(expected);
  });

  test('of nothing is unknown', () => {
    expect(ageOf(undefined, now)).toBe('<unknown>');
    expect(ageOf('2026-01-02T03:03:05Z', now)).toBe('60s');
  });
});

describe('JSONPath of columns', () => {
  const object = {
    spec: { list: [{ n: 1 }, { n: 2 }] },
    metadata: { labels: { 'a.b/c': 'x', plain: 'y' } },
    status: {
      conditions: [
        { type: 'Ready', status: 'True' },
        { type: 'Other', status: 'False' },
      ],
    },
  };
  test.each([
    ['.spec.list[*].n', [1, 2]],
    ['.spec.list[1].n', [2]],
    ['{.spec.list[0].n}', [1]],
    ['.metadata.labels.a\\.b/c', ['x']],
    [".metadata.labels['a.b/c']", ['x']],
    ['.status.conditions[?(@.type=="Ready")].status', ['True']],
    [".status.conditions[?(@.type != 'Ready')].status", ['False']],
    ['.spec.list[?(@.n > 1)].n', [2]],
    ['.spec.missing.deep', []],
    ['.spec[', []],
  ])('%s', (path, expected) => {
    expect(findAll(object, path)).toEqual(expected);
  });
});

describe('columns of built-in kinds', () => {
  function cells(key: string, object: unknown): Record<string, unknown> {
    return Object.fromEntries(
      builtinColumns(key)!.map((column) => [column.name, column.cell(object as KubeObject, now)]),
    );
  }
  const metadata = { name: 'web', creationTimestamp: '2026-01-02T03:03:05Z' };

  test('a pod sums up its containers', () => {
    const pod = {
      metadata,
      spec: { containers: [{}, {}] },
      status: {
        phase: 'Running',
        containerStatuses: [
          { ready: true, restartCount: 2, lastState: { terminated: { finishedAt: '2026-01-02T03:03:35Z' } } },
          { ready: false, state: { waiting: { reason: 'CrashLoopBackOff' } } },
        ],
      },
    };
    expect(cells('pods', pod)).toMatchObject({
      Name: 'web',
      Ready: '1/2',
      Status: 'CrashLoopBackOff',
      Restarts: '2 (30s ago)',
      Age: '60s',
      IP: '<none>',
    });
    expect(cells('pods', { ...pod, metadata: { ...metadata, deletionTimestamp: 'x' } })).toMatchObject({
      Status: 'Terminating',
    });
    expect(
      cells('pods', {
        metadata,
        spec: { containers: [{}] },
        status: { phase: 'Failed', containerStatuses: [{ state: { terminated: { exitCode: 3 } } }] },
      }),
    ).toMatchObject({ Status: 'ExitCode:3' });
  });

  test('an autoscaler shows current against target', () => {
    const metrics = [
      { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
      { type: 'External', external: { metric: { name: 'q' }, target: { type: 'AverageValue', averageValue: '5' } } },
      { type: 'Pods', pods: { target: { averageValue: '1' } } },
    ];
    const status = {
      currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 93 } } }],
      currentReplicas: 2,
    };
    const hpa = {
      metadata,
      spec: { scaleTargetRef: { kind: 'Deployment', name: 'web' }, maxReplicas: 4, metrics },
      status,
    };
    expect(cells('horizontalpodautoscalers.autoscaling', hpa)).toMatchObject({
      Reference: 'Deployment/web',
      Targets: 'cpu: 93%/80%, <unknown>/5 (avg) + 1 more...',
      MinPods: '<unset>',
      MaxPods: 4,
      Replicas: 2,
    });
  });

  test('an event says when it was last seen, and what it is about', () => {
    const event = {
      metadata,
      lastTimestamp: '2026-01-02T03:04:00Z',
      type: 'Normal',
      reason: 'R',
      message: ' text\n',
      involvedObject: { kind: 'Deployment', name: 'web' },
      count: 4,
      source: { component: 'setpoint' },
    };
    expect(cells('events', event)).toMatchObject({
      'Last Seen': '5s',
      Type: 'Normal',
      Object: 'deployment/web',
      Message: 'text',
      Count: 4,
      Source: 'setpoint',
    });
  });

  test('services, leases and workloads', () => {
    expect(
      cells('services', {
        metadata,
        spec: {
          type: 'NodePort',
          clusterIP: '127.0.0.1',
          ports: [{ port: 80, nodePort: 3000, protocol: 'TCP' }],
          selector: { b: '2', a: '1' },
        },
      }),
    ).toMatchObject({ Type: 'NodePort', 'Port(s)': '80:3000/TCP', Selector: 'a=1,b=2' });
    expect(cells('leases.coordination.k8s.io', { metadata, spec: { holderIdentity: 'me' } })).toMatchObject({
      Holder: 'me',
    });
    expect(cells('statefulsets.apps', { metadata, spec: { replicas: 3 }, status: { readyReplicas: 1 } })).toMatchObject(
      { Ready: '1/3' },
    );
  });
});
