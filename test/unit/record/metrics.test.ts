import { describe, expect, it } from 'vitest';
import type { ScaledTarget, TargetSpec } from '../../../src/api/spec.ts';
import type { Decision, Proposal, Reading } from '../../../src/decide/types.ts';
import type { CycleReport } from '../../../src/record/cycle-report.ts';
import { METRICS } from '../../../src/record/metrics/catalogue.ts';
import { Metrics } from '../../../src/record/metrics.ts';

const spec: TargetSpec = {
  scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
  minReplicas: 2,
  maxReplicas: 10,
  metrics: [
    {
      type: 'Resource',
      resource: 'cpu',
      name: 'cpu',
      target: { type: 'Utilization', averageUtilization: 60 },
      maxAgeSeconds: 180,
      direction: 'Both',
    },
  ],
  mode: 'Scale',
  guards: 'Enabled',
  initialization: {},
};

function targetNamed(name: string, metrics = spec.metrics): ScaledTarget {
  return {
    key: `shop/${name}`,
    namespace: 'shop',
    name,
    uid: `uid-${name}`,
    generation: 1,
    resourceVersion: '1',
    createdAtMs: 0,
    deleting: false,
    spec: { ...spec, metrics },
    faults: [],
    previous: { conditions: [], scaleEvents: { up: [], down: [] } },
    rawStatus: undefined,
  };
}

function proposalOf(partial: Partial<Proposal> = {}): Proposal {
  return {
    name: 'cpu',
    replicas: 4,
    rawReplicas: 4,
    ratio: 1.5,
    status: { name: 'cpu', averageUtilization: 90, averageValueMilli: 450n },
    mayLower: true,
    guards: [],
    steps: [],
    failure: undefined,
    ...partial,
  };
}

function decisionOf(partial: Partial<Decision> = {}): Decision {
  return {
    currentReplicas: 2,
    desiredReplicas: 4,
    rescale: true,
    rescaleReason: '',
    unclampedReplicas: 4,
    proposals: [proposalOf()],
    winner: 'cpu',
    steps: [{ stage: 'metric', before: 2, after: 4, reason: 'MetricProposal', detail: '' }],
    earliestScaleDownAtMs: undefined,
    scaleDownBlockedBy: undefined,
    conditions: [],
    events: [],
    currentMetrics: [],
    statusDesiredReplicas: 4,
    error: undefined,
    ...partial,
  };
}

const pods = (atMs: number): Reading => ({
  kind: 'pods',
  samples: new Map([['web-1', { valueMilli: 450n, atMs, windowMs: 15_000 }]]),
});

function reportOf(target: ScaledTarget, partial: Partial<CycleReport> = {}): CycleReport {
  return {
    cycle: '1-1',
    target,
    decision: decisionOf(),
    record: undefined,
    outcome: { kind: 'written' },
    readings: [pods(5_000)],
    readyPods: 2,
    atMs: 10_000,
    lagMs: 3,
    durationMs: 20,
    error: undefined,
    ...partial,
  };
}

const create = (perTarget = true) => new Metrics({ perTarget, processMetrics: false });

describe('series of a target', () => {
  it('show sizes, bounds, value against target, ratio and age', async () => {
    const metrics = create();
    metrics.finished(reportOf(targetNamed('web')));
    const text = await metrics.text();
    for (const line of [
      'setpoint_target_current_replicas{namespace="shop",name="web"} 2',
      'setpoint_target_desired_replicas{namespace="shop",name="web"} 4',
      'setpoint_target_unclamped_replicas{namespace="shop",name="web"} 4',
      'setpoint_target_min_replicas{namespace="shop",name="web"} 2',
      'setpoint_target_max_replicas{namespace="shop",name="web"} 10',
      'setpoint_metric_value{namespace="shop",name="web",metric="cpu"} 90',
      'setpoint_metric_target{namespace="shop",name="web",metric="cpu"} 60',
      'setpoint_metric_ratio{namespace="shop",name="web",metric="cpu"} 1.5',
      'setpoint_metric_sample_age_seconds{namespace="shop",name="web",metric="cpu"} 5',
      'setpoint_decisions_total{action="scale_up",reason="MetricProposal"} 1',
    ]) {
      expect(text).toContain(line);
    }
  });

  it('go away with the target, and only its own', async () => {
    const metrics = create();
    metrics.finished(reportOf(targetNamed('web')));
    metrics.finished(reportOf(targetNamed('api')));
    metrics.forgotten('shop', 'web');
    const text = await metrics.text();
    expect(text).not.toContain('name="web"');
    expect(text).toContain('name="api"');
    expect(text).toContain('setpoint_targets 1');
  });

  it('go away with a metric that was renamed', async () => {
    const metrics = create();
    metrics.finished(reportOf(targetNamed('web')));
    const renamed = spec.metrics.map((metric) => ({ ...metric, name: 'load' }));
    metrics.finished(reportOf(targetNamed('web', renamed)));
    const text = await metrics.text();
    expect(text).not.toContain('metric="cpu"');
    expect(text).toContain('metric="load"');
  });

  it('show no value while the metric is absent: a number that stands still would look like a steady load', async () => {
    const metrics = create();
    metrics.finished(reportOf(targetNamed('web')));
    const absent: Reading = { kind: 'absent', reason: 'Timeout', message: 'no answer' };
    const failed = proposalOf({ status: undefined, ratio: undefined, replicas: undefined });
    metrics.finished(
      reportOf(targetNamed('web'), {
        readings: [absent],
        decision: decisionOf({ proposals: [failed], rescale: false }),
      }),
    );
    const text = await metrics.text();
    expect(text).not.toContain('setpoint_metric_value{');
    expect(text).not.toContain('setpoint_metric_sample_age_seconds{');
    expect(text).toContain('setpoint_readings_absent_total{type="Resource",reason="Timeout"} 1');
  });

  it('show nothing that was measured when nothing could be decided: the workload cannot be read, or the spec is wrong', async () => {
    const metrics = create();
    metrics.finished(reportOf(targetNamed('web')));
    metrics.finished(reportOf(targetNamed('web'), { decision: undefined, readings: [], readyPods: undefined }));
    const text = await metrics.text();
    for (const gone of ['metric_value', 'metric_ratio', 'metric_sample_age_seconds', 'target_unclamped_replicas']) {
      expect(text).not.toContain(`setpoint_${gone}{`);
    }
    expect(text).not.toContain('setpoint_target_ready_replicas{');
    expect(text).toContain('setpoint_target_current_replicas{namespace="shop",name="web"} 2');
  });

  it('are left out when switched off; what is counted over the fleet stays', async () => {
    const metrics = create(false);
    metrics.finished(reportOf(targetNamed('web')));
    const text = await metrics.text();
    expect(text).not.toContain('name="web"');
    expect(text).toContain('setpoint_decisions_total');
  });
});

describe('lead time', () => {
  it('is shown when it was measured, in seconds', async () => {
    const metrics = create();
    metrics.finished(reportOf(targetNamed('web'), { atMs: 10_000, readyPods: 2 }));
    expect(await metrics.text()).not.toContain('setpoint_target_lead_time_seconds{');
    metrics.finished(reportOf(targetNamed('web'), { atMs: 40_000, readyPods: 4, leadTimeMs: 30_000 }));
    const text = await metrics.text();
    expect(text).toContain('setpoint_target_lead_time_seconds{namespace="shop",name="web"} 30');
    expect(text).toContain('setpoint_scale_out_lead_time_seconds_count 1');
  });
});

describe('catalogue', () => {
  it('has each name once, with a unit or a total in it where one is due', () => {
    const rows = Object.values(METRICS);
    expect(new Set(rows.map((row) => row.name)).size).toBe(rows.length);
    for (const row of rows) {
      if (row.type === 'counter') expect(row.name).toMatch(/_total$/);
      if (row.type === 'histogram') expect(row.name).toMatch(/_seconds$/);
      expect(row.help).toMatch(/\.$/);
      expect(row.question).toMatch(/\?$/);
    }
  });
});
