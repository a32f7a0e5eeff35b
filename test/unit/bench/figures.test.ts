import { describe, expect, it } from 'vitest';
import { bucketsOf, sumOf } from '../../../bench/cluster/exposition.ts';
import {
  boundOf,
  byVerbAndResource,
  requestsOf,
  scaleReadIntervals,
  stepFigures,
} from '../../../bench/cluster/figures.ts';
import { spreadOf } from '../../../bench/cluster/statistics.ts';
import type { AuditEntry } from '../../controlplane/audit.ts';

function entry(changes: Partial<AuditEntry>): AuditEntry {
  return {
    id: 'x',
    stage: 'ResponseComplete',
    verb: 'get',
    user: 'setpoint',
    credential: undefined,
    userAgent: 'setpoint/0.1.0',
    path: '/',
    group: 'apps',
    resource: 'deployments',
    subresource: 'scale',
    namespace: 'bench-0',
    name: 'web-0',
    replicas: undefined,
    holder: undefined,
    code: 200,
    receivedAtMs: 0,
    atMs: 0,
    ...changes,
  };
}

describe('figures of a contender', () => {
  it('counts its own requests that were answered in the period, a watch once', () => {
    const entries = [
      entry({ atMs: 10 }),
      entry({ atMs: 20 }),
      entry({ atMs: 12, userAgent: 'kubectl/v1.36.3' }),
      entry({ atMs: 13, verb: 'watch', stage: 'ResponseStarted' }),
      entry({ atMs: 14, verb: 'watch' }),
    ];
    expect(requestsOf(entries, /^setpoint\//, { fromMs: 10, toMs: 20 })).toEqual([entries[0], entries[3]]);
  });

  it('names requests by verb, resource and group of metrics, the most frequent first', () => {
    const pods = entry({ verb: 'list', resource: 'pods', subresource: undefined, group: 'metrics.k8s.io' });
    const discovery = entry({ resource: undefined, subresource: undefined, group: '' });
    expect([...byVerbAndResource([discovery, pods, entry({}), pods])]).toEqual([
      ['list pods.metrics.k8s.io', 2],
      ['get other', 1],
      ['get deployments/scale', 1],
    ]);
  });

  it('takes the time between two reads of the same scale as the interval', () => {
    const entries = [
      entry({ receivedAtMs: 1_000 }),
      entry({ receivedAtMs: 3_000, name: 'web-1' }),
      entry({ receivedAtMs: 4_000, verb: 'update' }),
      entry({ receivedAtMs: 16_100 }),
    ];
    expect(scaleReadIntervals(entries)).toEqual([15.1]);
  });

  it('times a step to the first accepted write of each target', () => {
    const entries = [
      entry({ verb: 'update', atMs: 500 }),
      entry({ verb: 'update', atMs: 2_000, code: 409 }),
      entry({ verb: 'update', atMs: 3_000 }),
      entry({ verb: 'update', atMs: 9_000 }),
      entry({ verb: 'update', atMs: 5_000, name: 'web-1' }),
    ];
    expect(stepFigures(entries, 1_000)).toEqual({ accepted: 2, reaction: { p50: 2, p99: 4, max: 4 } });
  });

  it('knows of a histogram the bound that a share of what came in between did not exceed', () => {
    const before = new Map([
      [0.1, 5],
      [1, 10],
      [Number.POSITIVE_INFINITY, 10],
    ]);
    const after = new Map([
      [0.1, 103],
      [1, 109],
      [Number.POSITIVE_INFINITY, 110],
    ]);
    expect(boundOf(before, after, 0.5)).toBe(0.1);
    expect(boundOf(before, after, 0.99)).toBe(1);
    expect(boundOf(before, after, 1)).toBe(Number.POSITIVE_INFINITY);
    expect(boundOf(after, after, 0.5)).toBeNaN();
  });

  it('reads sums and histograms from a page of metrics', () => {
    const page = [
      '# HELP a_total x',
      'a_total{kind="x"} 3',
      'a_total{kind="y"} 4.5',
      'a_total_other 9',
      'lag_bucket{le="0.1"} 7',
      'lag_bucket{le="+Inf"} 8',
      'lag_sum 1',
    ].join('\n');
    expect(sumOf(page, 'a_total')).toBe(7.5);
    expect(sumOf(page, 'missing')).toBe(0);
    expect([...bucketsOf(page, 'lag')]).toEqual([
      [0.1, 7],
      [Number.POSITIVE_INFINITY, 8],
    ]);
  });

  it('tells values by nearest rank', () => {
    expect(spreadOf([3, 1, 2])).toEqual({ p50: 2, p99: 3, max: 3 });
    expect(spreadOf([]).p50).toBeNaN();
  });
});
